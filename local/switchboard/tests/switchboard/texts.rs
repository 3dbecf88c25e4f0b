//! Texts in both directions.

use crate::product::Reply;
use crate::world::{BEN, CARLA, SERVICE, TOKEN, World};
use lucius_switchboard::signature::sign;
use serde_json::json;

#[tokio::test]
async fn a_text_is_sent_and_delivered() {
    let world = World::start().await;
    let url = world.at("/receipt/text");
    let sid = world.text(BEN, "Are you okay?", &[("StatusCallback", &url)]).await;
    let event = world.expect(BEN, json!({ "kind": "text.received", "contains": "okay" })).await;
    assert_eq!((event["message"].as_str(), event["from"].as_str()), (Some(sid.as_str()), Some(SERVICE)));
    let seen = world.product.wait("/receipt/text", 2).await;
    let statuses: Vec<&str> = seen.iter().map(|s| s.get("MessageStatus")).collect();
    assert_eq!(statuses, ["sent", "delivered"]);
    assert_eq!((seen[0].get("MessageSid"), seen[0].get("SmsSid")), (sid.as_str(), sid.as_str()));
    assert_eq!(seen[1].get("RawDlrDoneDate").len(), 10);
    assert_eq!(seen[1].signature, sign(TOKEN, &url, &seen[1].fields));
}

#[tokio::test]
async fn texts_that_do_not_arrive_say_why() {
    let world = World::start().await;
    for (texts, statuses, code) in [
        ("landline", vec!["sent", "undelivered"], "30006"),
        ("undelivered", vec!["sent", "undelivered"], "30003"),
        ("failed", vec!["failed"], "30008"),
    ] {
        world.phone(BEN, json!({ "texts": texts })).await;
        let path = format!("/receipt/{texts}");
        let url = world.at(&path);
        world.text(BEN, "x", &[("StatusCallback", &url)]).await;
        let seen = world.product.wait(&path, statuses.len()).await;
        assert_eq!(seen.iter().map(|s| s.get("MessageStatus")).collect::<Vec<_>>(), statuses);
        assert_eq!(seen.last().unwrap().get("ErrorCode"), code);
        world.expect(BEN, json!({ "kind": "text.failed" })).await;
    }
    assert_eq!(world.get("/unexpected").await["unexpected"], json!([]));
}

#[tokio::test]
async fn an_answer_in_twiml_comes_back_to_the_phone() {
    let world = World::start().await;
    world.product.on("/inbound/sms", Reply::twiml("<Message>PONG!</Message>"));
    let reply = world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "ping" })).await;
    assert_eq!(
        (reply["webhook"]["status"].as_u64(), reply["webhook"]["replies"][0].as_str()),
        (Some(200), Some("PONG!"))
    );
    let event = world.expect(BEN, json!({ "kind": "text.received" })).await;
    assert_eq!((event["body"].as_str(), &event["reply_to"]), (Some("PONG!"), &reply["message"]));
    let seen = &world.product.seen("/inbound/sms")[0];
    assert_eq!((seen.get("From"), seen.get("To"), seen.get("Body")), (BEN, SERVICE, "ping"));
    assert_eq!(
        (seen.get("NumMedia"), seen.get("NumSegments"), seen.get("SmsStatus")),
        ("0", "1", "received")
    );
    assert_eq!(seen.signature, sign(TOKEN, &world.at("/inbound/sms"), &seen.fields));
}

#[tokio::test]
async fn a_forged_sender_gets_the_answer_of_its_victim() {
    let world = World::start().await;
    world.product.on("/inbound/sms", Reply::twiml("<Message>Who are you?</Message>"));
    world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "ok", "from": CARLA })).await;
    world.expect(CARLA, json!({ "kind": "text.received", "contains": "who" })).await;
}

#[tokio::test]
async fn stop_stops_and_start_starts() {
    let world = World::start().await;
    world.product.on("/inbound/sms", Reply::twiml("<Message>We heard you</Message>"));
    world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": " Stop " })).await;
    world.expect(BEN, json!({ "kind": "text.received", "contains": "unsubscribed" })).await;
    assert_eq!(world.product.seen("/inbound/sms").len(), 1, "it is forwarded all the same");
    assert_eq!(world.problems(BEN).await, [("warning".to_owned(), 21_610)], "the reply is not sent");
    let (status, error) =
        world.rest("Messages.json", &[("To", BEN), ("From", SERVICE), ("Body", "x")]).await.unwrap();
    assert_eq!((status, error["code"].as_u64()), (400, Some(21_610)));
    world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "YES" })).await;
    world.expect(BEN, json!({ "kind": "text.received", "contains": "re-subscribed" })).await;
    world.expect(BEN, json!({ "kind": "text.received", "contains": "we heard you" })).await;
    world.text(BEN, "x", &[]).await;
}

#[tokio::test]
async fn answers_that_are_not_twiml_are_errors() {
    let world = World::start().await;
    world.product.on("/inbound/sms", Reply { content_type: "application/json", ..Reply::xml("{}") });
    let reply = world.control("POST", &format!("/phones/{BEN}/text"), json!({ "body": "x" })).await;
    assert!(reply["webhook"]["problem"].as_str().unwrap().contains("content type"));
    assert_eq!(world.problems(BEN).await, [("error".to_owned(), 12_300)]);
}
