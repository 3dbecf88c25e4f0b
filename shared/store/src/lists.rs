//! Lists: probes, incidents, timelines.

use std::{collections::BTreeMap, str::FromStr};

use aws_sdk_dynamodb::types::Select;
use lucius_core::{
    actor::ActorId,
    history::{Entry, ProbeRecord},
    id::{IncidentId, UserId},
};

use crate::{
    api::Page,
    attribute::{Item, text},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys::{self, Key},
};

/// The id at the end of a sort key.
pub(crate) fn id_in<T: FromStr>(item: &Item, prefix: &str) -> Option<T> {
    text(item, "sk")?.strip_prefix(prefix)?.parse().ok()
}

impl DynamoStore {
    pub(crate) async fn probes_of(
        &self,
        user: UserId,
        page: u32,
        per_page: u32,
    ) -> Result<Page<ProbeRecord>, StoreError> {
        let partition = keys::actor(ActorId::Deadman(user));
        let (items, total) = self.page(&partition, keys::PROBES, page, per_page).await?;
        // A record that this release cannot read is left out: the others are worth showing.
        let records = items.iter().filter_map(|item| serde_json::from_str(text(item, "record")?).ok());
        Ok(Page { items: records.collect(), total })
    }

    pub(crate) async fn incidents_of(
        &self,
        user: UserId,
        page: u32,
        per_page: u32,
    ) -> Result<Page<IncidentId>, StoreError> {
        let partition = keys::actor(ActorId::Deadman(user));
        let (items, total) = self.page(&partition, keys::INCIDENTS, page, per_page).await?;
        Ok(Page { items: items.iter().filter_map(|item| id_in(item, keys::INCIDENTS)).collect(), total })
    }

    pub(crate) async fn lines_of(&self, incident: IncidentId) -> Result<Vec<Entry>, StoreError> {
        let partition = keys::actor(ActorId::Incident(incident));
        let items = self.all(self.query(&partition, keys::TIMELINE)).await?;
        let mut lines = BTreeMap::new();
        for entry in items.iter().flat_map(entries) {
            // The items stand in the order of the incident's versions: what comes later knows more.
            lines.insert(entry.key(), entry);
        }
        Ok(lines.into_values().collect())
    }

    /// One page of the items whose sort keys begin with `prefix`, newest first, and how many there are in all.
    ///
    /// `DynamoDB` has no offset: what comes before the page is read and passed over, what comes after it is counted.
    pub(crate) async fn page(
        &self,
        partition: &Key,
        prefix: &str,
        page: u32,
        per_page: u32,
    ) -> Result<(Vec<Item>, u64), StoreError> {
        let (page, per_page) = (u64::from(page.max(1)), u64::from(per_page.max(1)));
        let (skip, end) = (page.saturating_sub(1).saturating_mul(per_page), page.saturating_mul(per_page));
        let query = self.query(partition, prefix).scan_index_forward(false);
        let (mut items, mut seen, mut from) = (Vec::new(), 0_u64, None);
        loop {
            let wanted = end.saturating_sub(seen);
            let query = if wanted > 0 {
                query.clone().limit(i32::try_from(wanted).unwrap_or(i32::MAX))
            } else {
                query.clone().select(Select::Count)
            };
            let read = query.set_exclusive_start_key(from).send().await;
            let read = read.map_err(|error| Failed::of("Query", &error))?;
            let found = read.items.unwrap_or_default();
            let before = usize::try_from(skip.saturating_sub(seen)).unwrap_or(usize::MAX);
            items.extend(found.into_iter().skip(before));
            seen = seen.saturating_add(u64::try_from(read.count).unwrap_or(0));
            from = read.last_evaluated_key;
            if from.is_none() {
                return Ok((items, seen));
            }
        }
    }
}

/// The lines that one commit wrote. One that this release cannot read is left out.
fn entries(item: &Item) -> Vec<Entry> {
    let list = item.get("entries").and_then(|entries| entries.as_l().ok());
    let texts = list.into_iter().flatten().filter_map(|line| line.as_s().ok());
    texts.filter_map(|line| serde_json::from_str(line).ok()).collect()
}
