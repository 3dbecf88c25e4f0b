//! Dead letters: each calls the operator and is deleted, and loses nothing; what a later release has written waits.

use aws_sdk_dynamodb::types::AttributeValue;
use lucius_core::actor::ActorId;
use lucius_shell::{
    aws::wake_message,
    testing::{Alarms, World},
};
use serde_json::{Value, json};
use sweep::{Event, letters, turn};

use crate::support::{Taker, Watcher, due_for, tick};

/// What Lambda invokes the sweep with for these messages, named by their places.
fn letters_of(bodies: &[String]) -> Event {
    let record = |(place, body): (usize, &String)| {
        json!({
            "messageId": place.to_string(), "receiptHandle": "r", "body": body, "attributes": {},
            "messageAttributes": {}, "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:lucius-EscalateDeadLetterQueue-1",
        })
    };
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// The messages that are not deleted.
fn kept(event: Event) -> Vec<String> {
    let Event::Letters(batch) = event else { panic!("this is no tick: {event:?}") };
    let failures = letters::read(&batch).batch_item_failures;
    failures.into_iter().map(|failure| failure.item_identifier).collect()
}

/// What Lambda writes about an asynchronous invocation that it gives up.
fn report(condition: &str, payload: &Value) -> String {
    json!({
        "version": "1.0",
        "timestamp": "2026-03-03T12:00:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:lucius-escalate:$LATEST",
            "condition": condition,
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorMessage": "1 of 1 actors could not be woken" },
    })
    .to_string()
}

/// By whichever way a wake dies: the operator is told whom it was for, the letter goes, and the very next cycle hands them over.
#[tokio::test]
async fn a_dead_letter_is_told_and_deleted_and_its_actor_is_due_anyway() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    let user = ActorId::Deadman(due_for(&world, 30).await);
    let message = wake_message(&[user]);
    let payload: Value = serde_json::from_str(&message).unwrap();
    for (body, why) in [
        (message.clone(), "by its queue or schedule"),
        (report("RetriesExhausted", &payload), "its function failed at every try"),
        (report("EventAgeExceeded", &payload), "its function was not run in time"),
        (report("SomethingNew", &payload), "by its queue or schedule"),
    ] {
        assert!(kept(letters_of(&[body])).is_empty(), "{why}");
        let told = alarms.take_told();
        let [(alarm, words)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(alarm, "DeadLetter");
        assert!(words.contains(why) && words.contains(&user.to_string()), "{words}");
    }
    let (watcher, taker) = (Watcher::content().await, Taker::default());
    turn(&world.app, &taker, Some(&watcher.heartbeat), &tick()).await.unwrap();
    assert_eq!(taker.taken(), [user]);
}

/// What cannot be read stays where it is, calls the operator each time, and keeps nobody else's letter.
#[tokio::test]
async fn a_letter_of_a_later_release_waits() {
    let (alarms, _guard) = Alarms::listen();
    let later = json!({ "version": 2, "actors": ["DEADMAN#7"] });
    let bodies = [
        wake_message(&[]),
        later.to_string(),
        report("RetriesExhausted", &later),
        json!({ "version": 1, "actors": ["GROUP#7"] }).to_string(),
        json!({ "version": "2026-11", "whom": "DEADMAN#7" }).to_string(),
        report("RetriesExhausted", &json!({ "kind": "hush" })),
        "hush".to_owned(),
        String::new(),
        wake_message(&[]),
    ];
    for _ in 0..3 {
        assert_eq!(kept(letters_of(&bodies)), ["1", "2", "3", "4", "5", "6", "7"]);
        let told = alarms.take_told();
        let waiting = told.iter().filter(|(alarm, _)| alarm == "DeadLetterWaits").count();
        assert_eq!((told.len(), waiting), (9, 7));
        assert!(!told.iter().any(|(_, words)| words.contains("hush")), "{told:?}");
    }
}

/// Whatever a clock says, it is time for a cycle.
#[tokio::test]
async fn a_tick_of_a_later_release_is_a_tick() {
    for text in [r#"{"version":1,"clock":"rule"}"#, r#"{"version":2,"clock":"moon","phase":3}"#, "{}"] {
        let event: Event = serde_json::from_str(text).unwrap();
        assert!(matches!(event, Event::Tick(_)), "{event:?}");
    }
}

/// A user as a later release writes them, through the whole life of a wake: tried, postponed, handed over again, until a release
/// comes that can read them. Nothing of them is changed meanwhile but when to look again.
#[tokio::test]
async fn an_item_of_a_later_release_waits_and_is_not_dropped() {
    let world = World::new().await;
    let (alarms, _guard) = Alarms::listen();
    let id = due_for(&world, 30).await;
    let user = ActorId::Deadman(id);
    world.set_attribute(user, "schema", AttributeValue::N("2".to_owned())).await;
    let before = world.item(user).await;
    let mut looks = 0;
    for _ in 0..20 {
        let taker = Taker::default();
        turn(&world.app, &taker, None, &tick()).await.unwrap();
        for actor in taker.taken() {
            lucius_shell::wake::wake(&world.app.shell, actor).await.unwrap();
            assert_eq!(alarms.take(), ["PoisonedActor"]);
            looks += 1;
        }
        world.clock().advance(jiff::SignedDuration::from_secs(60));
    }
    assert!((18..=20).contains(&looks), "looked at {looks} times in twenty minutes");
    let mut after = world.item(user).await;
    assert_eq!(after.get("fails").unwrap().as_n().unwrap(), &looks.to_string());
    for attribute in ["due_at", "fails"] {
        after.insert(attribute.to_owned(), before.get(attribute).unwrap().clone());
    }
    assert_eq!(after, before);
    // The release that can read it is deployed: whoever is overdue is found within 150 s.
    world.set_attribute(user, "schema", AttributeValue::N("1".to_owned())).await;
    for _ in 0..2 {
        let taker = Taker::default();
        turn(&world.app, &taker, None, &tick()).await.unwrap();
        for actor in taker.taken() {
            lucius_shell::wake::wake(&world.app.shell, actor).await.unwrap();
        }
        world.clock().advance(jiff::SignedDuration::from_secs(60));
    }
    assert!(world.deadman(id).await.unwrap().probe().is_some(), "the question is open at last");
}
