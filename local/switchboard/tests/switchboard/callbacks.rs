//! Status callbacks: which, in which order, with which fields.

use crate::world::{ACCOUNT, BEN, SERVICE, TOKEN, World};
use lucius_switchboard::signature::sign;
use serde_json::json;

#[tokio::test]
async fn the_events_that_were_asked_for_come_in_order() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "answer" })).await;
    let url = world.at("/receipt/call?x=1#ct=2000&rt=6000&rc=2&rp=all");
    let events =
        ["initiated", "ringing", "answered", "completed"].map(|event| ("StatusCallbackEvent", event));
    let mut more = vec![("StatusCallback", url.as_str())];
    more.extend(events);
    let sid = world.call(BEN, "<Say>Hello</Say>", &more).await;
    let seen = world.product.wait("/receipt/call", 4).await;
    let statuses: Vec<&str> = seen.iter().map(|s| s.get("CallStatus")).collect();
    assert_eq!(statuses, ["initiated", "ringing", "in-progress", "completed"]);
    for (index, receipt) in seen.iter().enumerate() {
        assert_eq!(receipt.get("SequenceNumber"), index.to_string());
        assert_eq!(receipt.get("CallSid"), sid);
        assert_eq!(receipt.get("AccountSid"), ACCOUNT);
        assert_eq!((receipt.get("From"), receipt.get("To")), (SERVICE, BEN));
        assert_eq!((receipt.get("Caller"), receipt.get("Called")), (SERVICE, BEN));
        assert_eq!((receipt.get("Direction"), receipt.get("ApiVersion")), ("outbound-api", "2010-04-01"));
        assert_eq!(receipt.get("CallbackSource"), "call-progress-events");
        assert!(receipt.get("Timestamp").ends_with("+0000"), "{}", receipt.get("Timestamp"));
        assert_eq!(receipt.query, "x=1", "the fragment is Twilio's own");
        assert_eq!(receipt.signature, sign(TOKEN, &world.at("/receipt/call?x=1"), &receipt.fields));
    }
    assert_eq!((seen[0].get("CallDuration"), seen[3].get("Duration")), ("", "1"));
    assert!((1..60).contains(&seen[3].get("CallDuration").parse::<u32>().unwrap()));
}

#[tokio::test]
async fn only_the_end_is_reported_by_default() {
    let world = World::start().await;
    for (behaviour, status, sip) in
        [("busy", "busy", "486"), ("no_answer", "no-answer", "487"), ("unreachable", "failed", "404")]
    {
        let path = format!("/receipt/{behaviour}");
        world.phone(BEN, json!({ "behaviour": behaviour })).await;
        let url = world.at(&path);
        world.call(BEN, "<Say>Hello</Say>", &[("StatusCallback", url.as_str())]).await;
        let seen = world.product.wait(&path, 1).await;
        assert_eq!((seen[0].get("CallStatus"), seen[0].get("SequenceNumber")), (status, "0"));
        assert_eq!((seen[0].get("SipResponseCode"), seen[0].get("CallDuration")), (sip, "0"));
    }
}

#[tokio::test]
async fn an_unknown_event_silences_all_callbacks() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "busy" })).await;
    let url = world.at("/receipt/call");
    let more = [("StatusCallback", url.as_str()), ("StatusCallbackEvent", "initiated,completed")];
    let sid = world.call(BEN, "<Say>Hello</Say>", &more).await;
    world.ended(BEN, &sid).await;
    assert_eq!(world.problems(BEN).await, [("warning".to_owned(), 21_626)]);
    assert!(world.product.seen("/receipt/call").is_empty());
}

#[tokio::test]
async fn a_callback_that_fails_is_a_warning() {
    let world = World::start().await;
    world.product.on("/receipt/call", crate::product::Reply::status(500));
    world.phone(BEN, json!({ "behaviour": "busy" })).await;
    let url = world.at("/receipt/call#rc=2&rp=all");
    world.call(BEN, "<Say>Hello</Say>", &[("StatusCallback", url.as_str())]).await;
    let seen = world.product.wait("/receipt/call", 3).await;
    assert!(!seen[0].token.is_empty() && seen.iter().all(|s| s.token == seen[0].token));
    world.expect(BEN, json!({ "kind": "problem" })).await;
    assert_eq!(world.problems(BEN).await, [("warning".to_owned(), 15_003)]);
}
