//! What an input has changed in the table, in words short enough for a table of tests.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};

use crate::Stage;

/// The table: fields of items by what each item is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, Map<String, Value>>);

impl Snapshot {
    pub(crate) fn of(
        stage: &Stage,
        items: impl IntoIterator<Item = (String, HashMap<String, AttributeValue>)>,
    ) -> Self {
        Self(items.into_iter().map(|(key, item)| (called(stage, &key), fields(item))).collect())
    }
}

/// An item's name: its key, with the people of the stage for their ids.
fn called(stage: &Stage, key: &str) -> String {
    let people = [("ann", stage.ann), ("bob", stage.bob), ("cleo", stage.cleo)];
    let people = people.map(|(name, id)| (name, format!("DEADMAN#{id}|")));
    let incident = ("incident", format!("INCIDENT#{}|", stage.incident));
    let found = people.into_iter().chain([incident]).find(|(_, partition)| key.starts_with(partition));
    found.map_or_else(|| key.to_owned(), |(name, partition)| key.replacen(&partition, &format!("{name}|"), 1))
}

/// Attributes as JSON; those of an actor's state beside the others. What every write moves is left out.
fn fields(item: impl IntoIterator<Item = (String, AttributeValue)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in item {
        let number = value.as_n().ok().and_then(|number| serde_json::from_str(number).ok());
        let text = value.as_s().ok().map(|text| Value::from(text.as_str()));
        let value = number.or(text).unwrap_or_else(|| Value::from(format!("{value:?}")));
        let state =
            value.as_str().filter(|_| name == "state").and_then(|json| serde_json::from_str(json).ok());
        match (state, name.as_str()) {
            (Some(Value::Object(state)), _) => fields.extend(state),
            (_, "version" | "op" | "rank" | "due_shard" | "pk" | "sk") => {}
            _ => {
                fields.insert(name, value);
            }
        }
    }
    fields
}

/// What is new, gone or different in `after`: `ann.tries` for a field of an actor, `ann/probe` for a row of theirs, `call`
/// for an item of another partition. The question to Ann counts as `ann.question` while it is open as it was.
pub(crate) fn changes(before: &Snapshot, after: &Snapshot) -> BTreeSet<String> {
    let keys: BTreeSet<_> = before.0.keys().chain(after.0.keys()).collect();
    let nothing = Map::new();
    let mut changes = BTreeSet::new();
    for key in keys {
        let (old, new) = (before.0.get(key), after.0.get(key));
        if old == new {
            continue;
        }
        let (partition, row) = key.split_once('|').unwrap_or((key, ""));
        if row != "ACTOR" || old.is_none() || new.is_none() {
            changes.insert(row_name(partition, row));
            continue;
        }
        let (old, new) = (old.unwrap_or(&nothing), new.unwrap_or(&nothing));
        let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let mut names: Vec<_> = names.into_iter().filter(|name| old.get(*name) != new.get(*name)).collect();
        // When an actor is looked at next follows from the rest.
        if names.len() > 1 {
            names.retain(|name| *name != "due_at");
        }
        changes.extend(names.into_iter().map(|name| {
            let name = if name == "state" && is_asked_still(old, new) { "question" } else { name };
            format!("{partition}.{name}")
        }));
    }
    // Whoever remembers an answer has taken the name of the event with the same commit: one is not told without the other.
    let remembers =
        changes.iter().any(|change| change.split_once('.').is_some_and(|(_, field)| field == "seen"));
    if remembers && !changes.remove(EVENT) {
        changes.insert(format!("no {EVENT}"));
    }
    changes
}

/// The item of an event that was decided.
const EVENT: &str = "event/decided";

/// The same question is open until the same time.
fn is_asked_still(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    ["id", "deadline", "asked"].iter().all(|name| {
        let of = |actor: &Map<String, Value>| actor.get("state").cloned().unwrap_or_default();
        let (old, new) = (of(old), of(new));
        old["state"] == "probing" && new["state"] == "probing" && old[name] == new[name]
    })
}

fn row_name(partition: &str, row: &str) -> String {
    let kind = |text: &str| text.split('#').next().unwrap_or_default().to_lowercase();
    match (partition, kind(row).as_str()) {
        ("ann" | "bob" | "cleo" | "incident", row) => format!("{partition}/{row}"),
        (partition, "session" | "tries") => kind(partition),
        (partition, "actor") => format!("another {}", kind(partition)),
        (partition, row) => format!("{}/{row}", kind(partition)),
    }
}
