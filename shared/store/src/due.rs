//! The index of what is due, and putting off what cannot be worked on.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::Timestamp;
use lucius_core::actor::{ActorId, Rank};

use crate::{
    api::{Cursor, DueEntry, DuePage},
    attribute::{Item, instant, millis, n, number, s, text},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys,
};

/// The index of the table.
pub(crate) const INDEX: &str = "due";

/// How a postponement is counted, and the number that this takes beside one.
type Count = (&'static str, Option<u32>);
/// One more than before.
const ONE_MORE: Count = ("if_not_exists(fails, :zero) + :one", Some(0));
/// The first, whatever stands there.
const ANEW: Count = (":one", None);

impl DynamoStore {
    pub(crate) async fn due_in(
        &self,
        shard: u8,
        before: Timestamp,
        after: Option<Cursor>,
    ) -> Result<DuePage, StoreError> {
        let query = self.client.query().table_name(&self.table).index_name(INDEX);
        let query = query
            .key_condition_expression("due_shard = :shard AND due_at <= :before")
            .expression_attribute_values(":shard", s(keys::shard_name(shard)))
            .expression_attribute_values(":before", n(before.as_millisecond()))
            .limit(self.due_page)
            .set_exclusive_start_key(after.map(|cursor| cursor.0));
        let page = query.send().await.map_err(|error| Failed::of("Query", &error))?;
        let items = page.items.unwrap_or_default();
        let entries: Vec<_> = items.iter().filter_map(entry).collect();
        let unknown = items.len().saturating_sub(entries.len());
        Ok(DuePage { entries, unknown, next: page.last_evaluated_key.map(Cursor) })
    }

    pub(crate) async fn put_off(
        &self,
        actor: ActorId,
        version: u64,
        due_at: Timestamp,
    ) -> Result<bool, StoreError> {
        match self.put_off_counting(actor, version, due_at, ONE_MORE).await {
            // A count that is no number cannot be added to. Such an item must wait like any other: it is counted anew.
            Err(StoreError::Permanent(_)) => self.put_off_counting(actor, version, due_at, ANEW).await,
            done => done,
        }
    }

    async fn put_off_counting(
        &self,
        actor: ActorId,
        version: u64,
        due_at: Timestamp,
        (count, zero): Count,
    ) -> Result<bool, StoreError> {
        // An item without a version, or with one that is no number, is listed as version 0.
        let condition = match version {
            0 => {
                "attribute_exists(pk) AND (attribute_not_exists(version) OR version = :version OR NOT attribute_type(version, :number))"
            }
            _ => "version = :version",
        };
        let update =
            self.client.update_item().table_name(&self.table).set_key(Some(keys::actor(actor).item()));
        let mut update = update
            .update_expression(format!("SET due_shard = :shard, due_at = :due, fails = {count}"))
            .condition_expression(condition)
            .expression_attribute_values(":shard", s(keys::due_shard(actor)))
            .expression_attribute_values(":due", n(millis(due_at)))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":version", n(version));
        if version == 0 {
            update = update.expression_attribute_values(":number", s("N"));
        }
        if let Some(zero) = zero {
            update = update.expression_attribute_values(":zero", n(zero));
        }
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            // Whoever is writing it right now has it in hand.
            Some(
                UpdateItemError::ConditionalCheckFailedException(_)
                | UpdateItemError::TransactionConflictException(_),
            ) => Ok(false),
            _ => Err(Failed::of("UpdateItem", &error).into()),
        }
    }
}

/// An entry of the index; none if its actor is of a kind that a later release has brought. Rank, version and count of an item that
/// another release wrote may be missing: it is listed all the same, as ordinary work.
pub(crate) fn entry(item: &Item) -> Option<DueEntry> {
    Some(DueEntry {
        actor: text(item, "pk")?.parse().ok()?,
        due_at: instant(item, "due_at")?,
        rank: number(item, "rank").map_or(Rank::Work, Rank::from_number),
        version: number(item, "version").unwrap_or(0),
        fails: number(item, "fails").unwrap_or(0),
    })
}
