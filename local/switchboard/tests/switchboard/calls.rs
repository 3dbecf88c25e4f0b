//! Life cycles of calls.

use crate::product::Reply;
use crate::world::{BEN, CARLA, SERVICE, World};
use serde_json::json;

#[tokio::test]
async fn every_behaviour_ends_as_its_name_says() {
    let world = World::start().await;
    for (behaviour, status, by) in [
        ("answer", "completed", "document"),
        ("voicemail", "completed", "document"),
        ("screening", "completed", "document"),
        ("busy", "busy", "phone"),
        ("no_answer", "no-answer", "phone"),
        ("unreachable", "failed", "carrier"),
    ] {
        world.phone(BEN, json!({ "behaviour": behaviour })).await;
        let sid = world.call(BEN, "<Say>Hello</Say>", &[]).await;
        let end = world.ended(BEN, &sid).await;
        assert_eq!((end["status"].as_str(), end["by"].as_str()), (Some(status), Some(by)), "{behaviour}");
    }
}

#[tokio::test]
async fn a_phone_that_rings_longer_than_the_timeout_is_not_answered() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "answer", "ring_seconds": 60 })).await;
    let sid = world.call(BEN, "<Say>Hello</Say>", &[("Timeout", "1")]).await;
    assert_eq!(world.ended(BEN, &sid).await["status"], "no-answer");
}

#[tokio::test]
async fn a_manual_phone_rings_until_somebody_acts() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "manual" })).await;
    let first = world.call(BEN, "<Say>Hello</Say>", &[]).await;
    world.get(&format!("/calls/{first}/wait?for=ringing")).await;
    world.control("POST", &format!("/phones/{BEN}/reject"), json!(null)).await;
    assert_eq!(world.ended(BEN, &first).await["status"], "busy");
    let second = world.call(BEN, "<Say>Hello</Say>", &[]).await;
    world.get(&format!("/calls/{second}/wait?for=ringing")).await;
    let call = world.control("POST", &format!("/calls/{second}/answer"), json!(null)).await;
    assert_ne!(call["status"], "ringing");
    assert_eq!(world.ended(BEN, &second).await["heard"], json!(["Hello"]));
}

#[tokio::test]
async fn canceled_ends_only_what_is_not_answered() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "manual" })).await;
    let ringing = world.call(BEN, "<Say>Hello</Say>", &[]).await;
    world.get(&format!("/calls/{ringing}/wait?for=ringing")).await;
    let (_, call) = world.rest(&format!("Calls/{ringing}.json"), &[("Status", "canceled")]).await.unwrap();
    assert_eq!(call["status"], "canceled");
    let end = world.ended(BEN, &ringing).await;
    assert_eq!((end["status"].as_str(), end["by"].as_str()), (Some("canceled"), Some("api")));

    let talking = world.call(CARLA, "<Gather/>", &[]).await;
    world.get(&format!("/calls/{talking}/wait?for=gather")).await;
    let (_, call) = world.rest(&format!("Calls/{talking}.json"), &[("Status", "canceled")]).await.unwrap();
    assert_eq!(call["status"], "in-progress");
    world.rest(&format!("Calls/{talking}.json"), &[("Status", "completed")]).await.unwrap();
    let end = world.ended(CARLA, &talking).await;
    assert_eq!((end["status"].as_str(), end["by"].as_str()), (Some("completed"), Some("api")));
}

#[tokio::test]
async fn a_live_call_can_be_redirected() {
    let world = World::start().await;
    let sid = world.call(BEN, "<Gather/>", &[]).await;
    world.get(&format!("/calls/{sid}/wait?for=gather")).await;
    let document = "<Response><Say>Carla is going</Say></Response>";
    let (status, _) = world.rest(&format!("Calls/{sid}.json"), &[("Twiml", document)]).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(world.ended(BEN, &sid).await["heard"], json!(["Carla is going"]));
}

#[tokio::test]
async fn a_phone_that_hangs_up_ends_the_call() {
    let world = World::start().await;
    let sid = world.call(BEN, "<Gather/>", &[]).await;
    world.get(&format!("/calls/{sid}/wait?for=gather")).await;
    world.control("POST", &format!("/phones/{BEN}/hangup"), json!(null)).await;
    assert_eq!(world.ended(BEN, &sid).await["by"], "phone");
    let (status, _) =
        world.try_control("POST", &format!("/phones/{BEN}/press"), json!({ "digits": "1" })).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn the_time_limit_ends_a_call() {
    let world = World::start().await;
    let sid = world.call(BEN, "<Gather/>", &[("TimeLimit", "1")]).await;
    let end = world.ended(BEN, &sid).await;
    assert_eq!((end["status"].as_str(), end["by"].as_str()), (Some("completed"), Some("time limit")));
}

#[tokio::test]
async fn next_plans_are_used_once_each() {
    let world = World::start().await;
    let next = json!([{ "behaviour": "busy" }, { "behaviour": "answer", "script": [{ "press": "1" }] }]);
    world.phone(BEN, json!({ "behaviour": "no_answer", "next": next })).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let sid = world.call(BEN, "<Say>Hello</Say>", &[]).await;
        statuses.push(world.ended(BEN, &sid).await["status"].clone());
    }
    assert_eq!(statuses, ["busy", "completed", "no-answer"]);
}

#[tokio::test]
async fn calls_leave_the_queue_at_the_carriers_pace() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "busy" })).await;
    world.control("PUT", "/carrier", json!({ "calls_per_second": 2.0 })).await;
    let fields = [("To", BEN), ("From", SERVICE), ("Twiml", "<Response/>")];
    let (_, first) = world.rest("Calls.json", &fields).await.unwrap();
    let (_, second) = world.rest("Calls.json", &fields).await.unwrap();
    assert_eq!(first["queue_time"], "0");
    assert!(second["queue_time"].as_str().unwrap().parse::<u64>().unwrap() > 300, "{second}");
}

#[tokio::test]
async fn what_nobody_expected_is_known() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "busy" })).await;
    let sid = world.call(BEN, "<Say>Hello</Say>", &[]).await;
    world.ended(BEN, &sid).await;
    let unexpected = world.get(&format!("/unexpected?number={BEN},{CARLA}")).await;
    assert_eq!(unexpected["unexpected"][0]["call"], sid.as_str());
    let event = world.expect(BEN, json!({ "kind": "call.placed" })).await;
    assert_eq!(event["call"], sid.as_str());
    let unexpected = world.get(&format!("/unexpected?number={BEN},{CARLA}")).await;
    assert_eq!(unexpected["unexpected"], json!([]));
    let (status, reply) = world
        .try_control("POST", &format!("/phones/{BEN}/expect"), json!({ "kind": "call.placed", "timeout": 0 }))
        .await;
    assert_eq!(status, 408, "{reply}");
    assert_eq!(reply["last_events_newest_first"][0]["kind"], "call.ended");
}

#[tokio::test]
async fn a_call_may_fetch_its_instructions() {
    let world = World::start().await;
    world.product.on("/call/menu", Reply::twiml("<Say>Fetched</Say>"));
    let url = world.at("/call/menu?step=1#rc=2");
    let (status, call) =
        world.rest("Calls.json", &[("To", BEN), ("From", SERVICE), ("Url", &url)]).await.unwrap();
    assert_eq!(status, 201);
    let end = world.ended(BEN, call["sid"].as_str().unwrap()).await;
    assert_eq!(end["heard"], json!(["Fetched"]));
    let seen = world.product.seen("/call/menu");
    assert_eq!((seen[0].query.as_str(), seen[0].get("CallStatus")), ("step=1", "in-progress"));
}
