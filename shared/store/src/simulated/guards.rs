//! What `DynamoDB` is asked, beside what the simulated table makes of it: the same writes, over the same items.

#[expect(dead_code, reason = "the suite of the store needs more of it")]
#[path = "../../tests/contract/world.rs"]
mod world;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use proptest::{prelude::*, test_runner::TestRunner};

use super::memory::Memory;
use crate::{
    action::{Action, Guard, Refusal, Write},
    attribute::{Item, n, s},
    keys::{self, Key},
    settle::{Table as _, Unwritten},
};

const NOW: i64 = 1_700_000_000_000;

/// The attributes that guards look at.
const ATTRIBUTES: [&str; 4] = ["version", "holder", "expires_at", "incident"];

/// An attribute: not there, a number on this or that side of what is asked for, or of another type.
fn attribute(name: &'static str) -> impl Strategy<Value = Option<(&'static str, AttributeValue)>> {
    let near = if name == "expires_at" { NOW } else { 7 };
    prop_oneof![
        1 => Just(None),
        4 => (-1..=1_i64).prop_map(move |by| Some((name, n(near.saturating_add(by))))),
        1 => Just(Some((name, s(near.to_string())))),
        1 => Just(Some((name, AttributeValue::Bool(true)))),
    ]
}

/// What stands at a key, if anything does.
fn found() -> impl Strategy<Value = Option<Vec<(&'static str, AttributeValue)>>> {
    let attributes = ATTRIBUTES.map(attribute);
    proptest::option::weighted(0.8, attributes.prop_map(|all| all.into_iter().flatten().collect()))
}

fn guard() -> impl Strategy<Value = Guard> {
    let now = || Timestamp::from_millisecond(NOW).unwrap();
    prop_oneof![
        Just(Guard::None),
        Just(Guard::Absent),
        Just(Guard::Version(7)),
        Just(Guard::Holder(7.try_into().unwrap())),
        Just(Guard::FreeAt(now())),
        Just(Guard::FreeAtOr(now(), 7.try_into().unwrap())),
    ]
}

fn keys() -> [Key; 2] {
    ["7", "8"].map(|id| Key { pk: format!("NUMBER#{id}"), sk: keys::USER.to_owned() })
}

fn item(key: &Key, attributes: &[(&str, AttributeValue)]) -> Item {
    let mut item = key.item();
    item.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    item
}

fn action(key: Key, guard: Guard, write: u8) -> Action {
    let write = match write {
        0 => Write::Put(item(&key, &[("version", n(9))])),
        1 => Write::Delete,
        _ => Write::Check,
    };
    Action { key, write, guard, refusal: Refusal::Moved }
}

/// What was refused, and what stood there.
fn refused(written: Result<(), Unwritten>) -> Vec<(usize, Option<Item>)> {
    match written {
        Ok(()) => Vec::new(),
        Err(Unwritten::Refused(all)) => all.into_iter().map(|one| (one.index, one.found)).collect(),
        Err(other @ (Unwritten::Busy | Unwritten::Failed(_))) => unreachable!("{other:?}"),
    }
}

/// A condition without a guard is nothing that `DynamoDB` takes; nor does the store write one.
fn is_written(guard: &Guard, write: u8) -> bool {
    write < 2 || !matches!(guard, Guard::None)
}

#[test]
fn the_simulated_table_holds_what_dynamodb_holds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(world::World::new());
    let one = || {
        (found(), guard(), 0..3_u8)
            .prop_filter("a check checks", |(_, guard, write)| is_written(guard, *write))
    };
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let done = TestRunner::new(config).run(&(one(), proptest::option::of(one())), |(first, second)| {
        runtime.block_on(async {
            let mut memory = Memory::default();
            let mut actions = Vec::new();
            for ((found, guard, write), key) in std::iter::once(first).chain(second).zip(keys()) {
                let table = world.client.delete_item().table_name(&world.table);
                table.set_key(Some(key.item())).send().await.unwrap();
                if let Some(attributes) = found {
                    let item = item(&key, &attributes);
                    world.store.put(item.clone()).await.unwrap();
                    memory.items.insert(key.clone(), item);
                }
                actions.push(action(key, guard, write));
            }
            let token = world::draw().to_string();
            let real = refused(world.store.write(&actions, &token).await);
            let simulated = refused(memory.write(&actions, Timestamp::UNIX_EPOCH));
            assert_eq!(simulated, real, "{actions:?}");
            for action in actions {
                let real = world.store.item(action.key.clone()).await.unwrap();
                assert_eq!(memory.items.get(&action.key), real.as_ref(), "{action:?}");
            }
        });
        Ok(())
    });
    done.unwrap();
}
