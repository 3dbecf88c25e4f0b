//! A table in memory: items, conditions, and an index that may lie behind.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::parsed::Parsed;
use crate::{
    action::{Action, Guard, Write},
    attribute::{Item, n, number, text},
    keys::{self, Key},
    settle::{Refused, Unwritten},
};

/// What the index shows of an actor, since when; the last two or three.
type Shown = Vec<(Timestamp, Option<Item>)>;

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) items: BTreeMap<Key, Item>,
    /// What was read of them.
    pub(super) parsed: Parsed,
    /// The index, shard by shard and actor by actor.
    index: BTreeMap<String, BTreeMap<String, Shown>>,
    /// The last transactions by their tokens, which items they are about, and whether they were written: as long as anybody may send
    /// one again.
    tokens: VecDeque<(String, Vec<Key>, bool)>,
}

/// What is known of a transaction's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing that counts.
    No,
    /// The same was written.
    Written,
    /// It came with other actions.
    WithOthers,
}

/// So many transactions are remembered.
const TOKENS: usize = 256;

impl Memory {
    /// Writes the actions if all their guards hold.
    pub(super) fn write(&mut self, actions: &[Action], shows_at: Timestamp) -> Result<(), Unwritten> {
        let refused: Vec<Refused> = actions
            .iter()
            .enumerate()
            .filter(|(_, action)| !holds(&action.guard, self.items.get(&action.key)))
            .map(|(index, action)| Refused { index, found: self.items.get(&action.key).cloned() })
            .collect();
        if !refused.is_empty() {
            return Err(Unwritten::Refused(refused));
        }
        for action in actions {
            match &action.write {
                Write::Put(item) => {
                    self.items.insert(action.key.clone(), item.clone());
                    self.show(&action.key, shows_at);
                }
                Write::Delete => {
                    self.items.remove(&action.key);
                    self.show(&action.key, shows_at);
                }
                Write::Check => {}
            }
        }
        Ok(())
    }

    /// What is known of a transaction with this token.
    pub(super) fn seen(&self, token: &str, actions: &[Action]) -> Seen {
        match self.tokens.iter().rev().find(|(known, ..)| known == token) {
            Some((_, keys, _)) if !keys.iter().eq(actions.iter().map(|action| &action.key)) => {
                Seen::WithOthers
            }
            Some((_, _, true)) => Seen::Written,
            None | Some((_, _, false)) => Seen::No,
        }
    }

    /// The transaction `token` has come, and was written or refused.
    pub(super) fn remember(&mut self, token: &str, actions: &[Action], written: bool) {
        if self.tokens.len() == TOKENS {
            self.tokens.pop_front();
        }
        let keys = actions.iter().map(|action| action.key.clone()).collect();
        self.tokens.push_back((token.to_owned(), keys, written));
    }

    /// Writes an actor's item again as the next release does.
    pub(super) fn rewrite(&mut self, key: &Key, shows_at: Timestamp) {
        let Some(item) = self.items.get_mut(key) else { return };
        let version: u64 = number(item, "version").unwrap_or(0);
        item.insert("version".to_owned(), n(version.saturating_add(1)));
        item.insert("schema".to_owned(), n(super::NEXT_SCHEMA));
        self.show(key, shows_at);
    }

    /// Carries an actor's item over to the index, which shows it from then on.
    pub(super) fn show(&mut self, key: &Key, from: Timestamp) {
        if key.sk != keys::ACTOR {
            return;
        }
        let Ok(actor) = key.pk.parse() else { return };
        let entry = self.items.get(key).filter(|item| item.contains_key("due_at")).map(|item| {
            let projected = ["pk", "due_shard", "due_at", "rank", "version", "fails"];
            projected.iter().filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone()))).collect()
        });
        let shown = self.index.entry(keys::due_shard(actor)).or_default().entry(key.pk.clone()).or_default();
        // Writings of one item reach the index in their order.
        let from = shown.last().map_or(from, |(earlier, _)| from.max(*earlier));
        shown.push((from, entry));
    }

    /// What the index shows at `now` of a shard: those who are due up to `before`, the earliest first. What is older is forgotten.
    pub(super) fn due(&mut self, shard: &str, now: Timestamp, before: i64) -> Vec<Item> {
        let mut seen = Vec::new();
        // Actors are filed by where they belong; they are found by what their item says.
        let says = |entry: &Item| entry.get("due_shard").and_then(|value| value.as_s().ok()).cloned();
        let Some(filed) = self.index.get_mut(shard) else { return seen };
        filed.retain(|_, shown| {
            let past = shown.iter().take_while(|(from, _)| *from <= now).count();
            shown.drain(..past.saturating_sub(1));
            if let Some((from, Some(entry))) = shown.first()
                && *from <= now
                && number::<i64>(entry, "due_at").is_some_and(|at| at <= before)
                && says(entry).as_deref() == Some(shard)
            {
                seen.push(entry.clone());
            }
            !matches!(shown.as_slice(), [(from, None)] if *from <= now)
        });
        seen.sort_by_cached_key(place);
        seen
    }

    pub(super) fn partition(&self, pk: &str) -> impl Iterator<Item = &Item> {
        let first = Key { pk: pk.to_owned(), sk: String::new() };
        self.items.range(first..).take_while(move |(key, _)| key.pk == pk).map(|(_, item)| item)
    }

    /// Counts one in `attribute`, up to `limit`.
    pub(super) fn count(&mut self, key: &Key, attribute: &str, limit: u32) -> Option<u32> {
        let item = self.items.entry(key.clone()).or_insert_with(|| key.item());
        let taken = number(item, attribute).unwrap_or(0);
        (taken < limit).then(|| {
            item.insert(attribute.to_owned(), n(taken.saturating_add(1)));
            taken.saturating_add(1)
        })
    }
}

/// Where an entry stands in the index.
pub(super) fn place(item: &Item) -> (Option<i64>, Option<String>) {
    (number(item, "due_at"), text(item, "pk").map(str::to_owned))
}

/// Whether `guard` holds of the item as it is.
fn holds(guard: &Guard, found: Option<&Item>) -> bool {
    let Some(item) = found else {
        return !matches!(guard, Guard::Version(_));
    };
    let over =
        |now: &Timestamp| number::<i64>(item, "expires_at").is_some_and(|end| end <= now.as_millisecond());
    match guard {
        Guard::None => true,
        Guard::Absent => false,
        Guard::Version(version) => number::<u64>(item, "version") == Some(*version),
        Guard::Holder(user) => number::<u64>(item, "holder") == Some(user.get()),
        Guard::FreeAt(now) => over(now),
        Guard::FreeAtOr(now, incident) => {
            over(now) || number::<u64>(item, "incident") == Some(incident.get())
        }
    }
}
