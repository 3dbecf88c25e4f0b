//! Faults on demand.

use crate::product::Reply;
use crate::world::{BEN, CARLA, SERVICE, World};
use serde_json::{Value, json};
use std::time::Instant;

const CALL: [(&str, &str); 3] = [("To", BEN), ("From", SERVICE), ("Twiml", "<Response/>")];

async fn fault(world: &World, fault: Value) -> u64 {
    world.control("POST", "/faults", fault).await["id"].as_u64().unwrap()
}

async fn placed(world: &World) -> usize {
    world.get(&format!("/calls?number={BEN}")).await["calls"].as_array().unwrap().len()
}

#[tokio::test]
async fn connections_are_cut_before_or_after_placing() {
    let world = World::start().await;
    fault(&world, json!({ "on": "rest.call.create", "effect": "cut_before", "count": 1 })).await;
    assert_eq!(world.rest("Calls.json", &CALL).await, None);
    assert_eq!(placed(&world).await, 0);
    fault(&world, json!({ "on": "rest.call.create", "effect": "cut_after", "count": 1 })).await;
    assert_eq!(world.rest("Calls.json", &CALL).await, None);
    assert_eq!(placed(&world).await, 1);
    assert_eq!(world.rest("Calls.json", &CALL).await.unwrap().0, 201, "the fault is used up");
}

#[tokio::test]
async fn statuses_and_codes_are_returned_as_asked() {
    let world = World::start().await;
    fault(
        &world,
        json!({ "on": "rest.call", "effect": { "status": { "status": 503, "placed": true } }, "count": 1 }),
    )
    .await;
    assert_eq!(world.rest("Calls.json", &CALL).await.unwrap().0, 503);
    assert_eq!(placed(&world).await, 1);
    let id = fault(&world, json!({ "on": "rest", "effect": { "error": { "code": 20003 } } })).await;
    for _ in 0..2 {
        let (status, error) = world.rest("Calls.json", &CALL).await.unwrap();
        assert_eq!((status, error["code"].as_u64()), (401, Some(20_003)));
    }
    let cleared = world.control("DELETE", &format!("/faults/{id}"), Value::Null).await;
    assert_eq!((cleared["cleared"].as_u64(), cleared["hits"].as_u64()), (Some(1), Some(2)));
    assert_eq!(world.rest("Calls.json", &CALL).await.unwrap().0, 201);
}

#[tokio::test]
async fn a_held_request_is_placed_even_if_the_client_left() {
    let world = World::start().await;
    fault(&world, json!({ "on": "rest.call.create", "effect": { "hold_before": 0.3 } })).await;
    let request = world.rest("Calls.json", &CALL);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(100), request).await.is_err());
    world.expect(BEN, json!({ "kind": "call.placed" })).await;
}

#[tokio::test]
async fn faults_strike_the_number_they_name() {
    let world = World::start().await;
    fault(&world, json!({ "on": "rest", "number": CARLA, "effect": { "status": { "status": 429 } } })).await;
    assert_eq!(world.rest("Calls.json", &CALL).await.unwrap().0, 201);
    let other = [("To", CARLA), ("From", SERVICE), ("Body", "x")];
    assert_eq!(world.rest("Messages.json", &other).await.unwrap().0, 429);
    world.control("DELETE", &format!("/faults?number={CARLA}"), Value::Null).await;
    assert_eq!(world.rest("Messages.json", &other).await.unwrap().0, 201);
}

#[tokio::test]
async fn a_queued_call_can_be_canceled() {
    let world = World::start().await;
    fault(&world, json!({ "on": "queue", "number": BEN, "effect": { "queue": 600.0 } })).await;
    let (_, call) = world.rest("Calls.json", &CALL).await.unwrap();
    assert!(call["queue_time"].as_str().unwrap().parse::<u64>().unwrap() > 590_000);
    let sid = call["sid"].as_str().unwrap();
    world.rest(&format!("Calls/{sid}.json"), &[("Status", "canceled")]).await.unwrap();
    assert_eq!(world.ended(BEN, sid).await["status"], "canceled");
}

async fn receipts(world: &World, effect: Value, count: usize) -> Vec<String> {
    world.phone(BEN, json!({ "behaviour": "busy" })).await;
    fault(world, json!({ "on": "webhook.call_status", "effect": effect, "count": 1 })).await;
    let url = world.at("/receipt");
    let more = [
        ("StatusCallback", url.as_str()),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "completed"),
    ];
    let sid = world.call(BEN, "<Say>x</Say>", &more).await;
    world.ended(BEN, &sid).await;
    let seen = world.product.wait("/receipt", count).await;
    seen.iter().map(|s| s.get("CallStatus").to_owned()).collect()
}

#[tokio::test]
async fn callbacks_are_doubled_reordered_and_late() {
    for (effect, expected) in [
        (json!("double"), vec!["initiated", "initiated", "busy"]),
        (json!("twice_at_once"), vec!["initiated", "initiated", "busy"]),
        (json!("reorder"), vec!["busy", "initiated"]),
        (json!({ "delay": 0.5 }), vec!["busy", "initiated"]),
        (json!("lose"), vec!["busy"]),
    ] {
        let world = World::start().await;
        assert_eq!(receipts(&world, effect.clone(), expected.len()).await, expected, "{effect}");
    }
}

#[tokio::test]
async fn a_webhook_comes_again_long_after_its_answer() {
    let world = World::start().await;
    world.product.on("/inbound/sms", Reply::twiml("<Message>PONG!</Message>"));
    fault(&world, json!({ "on": "webhook", "effect": { "again": 0.5 } })).await;
    let begun = Instant::now();
    let reply = world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "ping" })).await;
    assert_eq!(reply["webhook"]["replies"], json!(["PONG!"]));
    assert_eq!(world.product.seen("/inbound/sms").len(), 1, "nobody waits for the second");
    let seen = world.product.wait("/inbound/sms", 2).await;
    assert!(begun.elapsed().as_secs_f64() >= 0.5, "{:?}", begun.elapsed());
    assert_eq!((seen[0].get("MessageSid"), &seen[0].token), (seen[1].get("MessageSid"), &seen[1].token));
    let answers = world.get(&format!("/messages?number={BEN}")).await;
    let from_us = answers["messages"].as_array().unwrap().iter().filter(|text| text["body"] == "PONG!");
    assert_eq!(from_us.count(), 1, "what is answered to the second goes nowhere");
}

#[tokio::test]
async fn what_the_product_asked_for_stands_in_the_log() {
    let world = World::start().await;
    let (to, url) = (CALL[0], world.at("/receipt/7"));
    let asked = [to, CALL[1], CALL[2], ("StatusCallback", url.as_str())];
    for (effect, status, done) in [
        (json!({ "status": { "status": 500, "placed": true } }), json!(500), true),
        (json!({ "status": { "status": 429 } }), json!(429), false),
        (json!("cut_after"), Value::Null, true),
        (json!({ "hold_after": 0.2 }), json!(201), true),
    ] {
        fault(&world, json!({ "on": "rest.call.create", "effect": effect.clone(), "count": 1 })).await;
        world.rest("Calls.json", &asked).await;
        let log = world.get(&format!("/phones/{BEN}/events?kind=request")).await;
        let last = log["events"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["request"], "rest.call.create", "{last}");
        assert_eq!((&last["status"], &last["done"]), (&status, &json!(done)), "{effect}");
        assert_eq!(last["callback"], url.as_str(), "{effect}");
        assert_eq!(last["call"].is_string(), done, "the id of what was placed: {last}");
        assert_eq!(last["seconds"].as_f64().unwrap() >= 0.2, effect.get("hold_after").is_some(), "{last}");
    }
}

#[tokio::test]
async fn a_lost_document_ends_the_call() {
    let world = World::start().await;
    fault(&world, json!({ "on": "webhook.voice", "number": BEN, "effect": "lose" })).await;
    let reply = world.control("POST", &format!("/phones/{BEN}/call"), json!({})).await;
    let end = world.ended(BEN, reply["call"].as_str().unwrap()).await;
    assert_eq!(end["by"], "error");
    assert!(world.product.seen("/inbound/answer").is_empty());
}

#[tokio::test]
async fn two_webhooks_at_once_are_one_to_the_caller() {
    let world = World::start().await;
    world.product.on("/inbound/sms", Reply::twiml("<Message>PONG!</Message>"));
    fault(&world, json!({ "on": "webhook.sms", "effect": "twice_at_once" })).await;
    let reply = world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "ping" })).await;
    assert_eq!(reply["webhook"]["replies"], json!(["PONG!"]));
    assert_eq!(world.product.seen("/inbound/sms").len(), 2);
}

#[tokio::test]
async fn nothing_works_while_the_carrier_is_down() {
    let world = World::start().await;
    let id = fault(&world, json!({ "on": "all", "effect": "down" })).await;
    assert_eq!(world.rest("Calls.json", &CALL).await, None);
    let (status, _) = world.try_control("POST", &format!("/phones/{BEN}/call"), json!({})).await;
    assert_eq!(status, 503);
    let (status, _) = world.try_control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "x" })).await;
    assert_eq!(status, 503);
    world.control("DELETE", &format!("/faults/{id}"), Value::Null).await;
    assert_eq!(world.rest("Calls.json", &CALL).await.unwrap().0, 201);
}

#[tokio::test]
async fn a_thousand_calls_at_once() {
    let world = World::start().await;
    let begun = Instant::now();
    let numbers: Vec<String> = (0..1_000).map(|n| format!("+1303555{n:04}")).collect();
    for number in &numbers {
        world.phone(number, json!({ "behaviour": "answer", "script": [{ "press": "1" }] })).await;
    }
    let twiml = format!("<Gather numDigits=\"1\" action=\"{}\"/>", world.at("/call/key"));
    for number in &numbers {
        world.call(number, &twiml, &[]).await;
    }
    world.product.wait("/call/key", 1_000).await;
    for number in &numbers {
        assert_eq!(world.expect(number, json!({ "kind": "call.ended" })).await["status"], "completed");
    }
    assert!(
        world.get("/unexpected").await["unexpected"].as_array().unwrap().len() == 1_000,
        "{:?}",
        begun.elapsed()
    );
}
