//! Messages and items of a later release: they wait, they are not dropped, and they stop nobody.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has to stop")]

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use escalate::{Event, handle};
use lucius_core::{actor::ActorId, deadman::State, id::UserId};
use lucius_shell::{
    aws::wake_message,
    testing::{Alarms, World, contact},
};
use serde_json::{Value, json};

/// A user whose question is due now.
async fn due_user(world: &World) -> UserId {
    world
        .user(|deadman| {
            deadman.contacts = vec![contact(1, deadman.created_at)];
            deadman.settings.active = true;
            deadman.armed_once = true;
            deadman.state = State::Waiting { next_probe_at: deadman.created_at };
        })
        .await
}

async fn is_asked(world: &World, user: UserId) -> bool {
    world.deadman(user).await.unwrap().probe().is_some()
}

/// What the queue delivers, in one batch; the messages that come again, by their places.
async fn deliver(world: &World, bodies: &[String]) -> Vec<String> {
    let record = |(place, body): (usize, &String)| json!({ "messageId": place.to_string(), "body": body });
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    let event: Event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let response = handle(&world.app, event).await.unwrap();
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// Those that a later release wrote come again (and at last wait with the dead letters); the others are worked off meanwhile.
#[tokio::test]
async fn a_message_of_a_later_release_comes_again() {
    let world = World::new().await;
    let (first, last) = (due_user(&world).await, due_user(&world).await);
    let named = |version: u32, user: UserId| {
        json!({ "version": version, "actors": [ActorId::Deadman(user)] }).to_string()
    };
    let untouched = due_user(&world).await;
    let before = world.item(ActorId::Deadman(untouched)).await;
    let bodies = [
        named(1, first),
        named(2, untouched),
        named(0, untouched),
        json!({ "version": 1, "actors": ["GROUP#7", ActorId::Deadman(untouched)] }).to_string(),
        json!({ "version": "2", "whom": ActorId::Deadman(untouched) }).to_string(),
        "no JSON".to_owned(),
        named(1, last),
    ];
    assert_eq!(deliver(&world, &bodies).await, ["1", "2", "3", "4", "5"]);
    assert!(is_asked(&world, first).await && is_asked(&world, last).await);
    assert_eq!(world.item(ActorId::Deadman(untouched)).await, before, "nobody guesses what it meant");
    assert_eq!(deliver(&world, &bodies[1..3]).await, ["0", "1"], "however often it comes");
    // Its actor is due, and a wake that can be read finds it.
    assert!(deliver(&world, &[named(1, untouched)]).await.is_empty());
    assert!(is_asked(&world, untouched).await);
}

/// Invoked directly, what cannot be read fails: Lambda tries again, and then sends it to the dead letters.
#[tokio::test]
async fn a_direct_invocation_of_a_later_release_fails() {
    let world = World::new().await;
    let later: Event = serde_json::from_value(json!({ "version": 2, "actors": ["DEADMAN#7"] })).unwrap();
    handle(&world.app, later).await.unwrap_err();
    for unknown in [
        json!({ "version": 1, "actors": ["GROUP#7"] }),
        json!({ "version": 2, "whom": "DEADMAN#7" }),
        json!({ "records": [] }),
        json!({}),
        Value::Null,
    ] {
        assert!(
            serde_json::from_value::<Event>(unknown.clone()).is_err(),
            "{unknown} would pass for nothing to do"
        );
    }
}

fn without_clock(mut item: HashMap<String, AttributeValue>) -> HashMap<String, AttributeValue> {
    for name in ["due_at", "fails"] {
        item.remove(name);
    }
    item
}

/// Its message is done with, for it would bring nothing; the item itself is looked at again, whatever is strange about it.
#[tokio::test]
async fn an_item_of_a_later_release_is_put_off_and_left_as_it_is() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    for (name, value) in [
        ("schema", AttributeValue::N("2".to_owned())),
        ("schema", AttributeValue::S("2026-11".to_owned())),
        ("version", AttributeValue::S("seven".to_owned())),
        ("op", AttributeValue::N("7".to_owned())),
        ("state", AttributeValue::S(r#"{"kind":"of a later release"}"#.to_owned())),
        ("state", AttributeValue::M(HashMap::new())),
    ] {
        let (user, other) = (due_user(&world).await, due_user(&world).await);
        let actor = ActorId::Deadman(user);
        world.set_attribute(actor, name, value.clone()).await;
        let before = world.item(actor).await;
        let both = wake_message(&[actor, ActorId::Deadman(other)]);
        assert!(deliver(&world, &[both]).await.is_empty(), "{name}: {value:?}");
        assert_eq!(alarms.take(), ["PoisonedActor"], "{name}: {value:?}");
        let after = world.item(actor).await;
        assert_eq!(without_clock(after.clone()), without_clock(before.clone()), "{name}: {value:?}");
        let due = |item: &HashMap<String, AttributeValue>| -> i64 {
            item["due_at"].as_n().unwrap().parse().unwrap()
        };
        let put_off = due(&after) - due(&before);
        assert!((10_000..=300_000).contains(&put_off), "{name}: {value:?}: {put_off} ms");
        assert!(is_asked(&world, other).await, "the other in the same message is woken");
    }
}
