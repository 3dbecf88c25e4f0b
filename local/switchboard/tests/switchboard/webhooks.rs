//! How documents are fetched, and what happens when they cannot be used.

use crate::product::Reply;
use crate::world::{BEN, SERVICE, TOKEN, World};
use lucius_switchboard::signature::sign;
use serde_json::json;
use std::time::Duration;

const APOLOGY: &str = "We are sorry, an application error has occurred. Goodbye.";

async fn fetch(world: &World, path: &str) -> (serde_json::Value, Vec<(String, u64)>) {
    let url = world.at(path);
    let (_, call) = world.rest("Calls.json", &[("To", BEN), ("From", SERVICE), ("Url", &url)]).await.unwrap();
    let end = world.ended(BEN, call["sid"].as_str().unwrap()).await;
    (end, world.problems(BEN).await)
}

#[tokio::test]
async fn documents_that_cannot_be_used_end_the_call() {
    for (reply, code) in [
        (Reply::xml("{\"success\": true}"), 12_100),
        (Reply::xml("<Response><Say>x</Response>"), 12_100),
        (Reply::xml("<Reply/>"), 12_102),
        (Reply { content_type: "application/json", ..Reply::xml("{}") }, 12_300),
        (Reply::status(500), 11_200),
        (Reply::status(403), 11_200),
    ] {
        let world = World::start().await;
        world.product.on("/call", reply.clone());
        let (end, problems) = fetch(&world, "/call").await;
        assert_eq!(end["heard"], json!([APOLOGY]), "{reply:?}");
        assert_eq!((end["status"].as_str(), end["by"].as_str()), (Some("completed"), Some("error")));
        assert_eq!(problems, [("error".to_owned(), code)], "{reply:?}");
    }
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_skipped_with_a_warning() {
    let world = World::start().await;
    world.product.on("/call", Reply::twiml("<Shout>x</Shout><Say>Hello</Say>"));
    let (end, problems) = fetch(&world, "/call").await;
    assert_eq!(end["heard"], json!(["Hello"]));
    assert_eq!(problems, [("warning".to_owned(), 12_200)]);
}

#[tokio::test]
async fn relative_urls_need_a_document_with_a_url() {
    let world = World::start().await;
    let sid = world.call(BEN, "<Gather action=\"/call/key\" numDigits=\"1\"/>", &[]).await;
    world.press(&sid, "1").await;
    assert_eq!(world.ended(BEN, &sid).await["by"], "error");
    assert_eq!(world.problems(BEN).await, [("error".to_owned(), 11_100)]);
    world.product.on("/call/menu/1", Reply::twiml("<Redirect>../other</Redirect>"));
    world.product.on("/call/other", Reply::twiml("<Say>There</Say>"));
    let (end, _) = fetch(&world, "/call/menu/1").await;
    assert_eq!(end["heard"], json!(["There"]));
}

#[tokio::test]
async fn failures_are_tried_again_as_the_fragment_says() {
    let world = World::start().await;
    world.product.on("/call", Reply::status(503));
    world.product.on("/call", Reply::status(503));
    world.product.on("/call", Reply::twiml("<Say>At last</Say>"));
    let (end, problems) = fetch(&world, "/call#ct=2000&rt=6000&rc=2&rp=all").await;
    assert_eq!((end["heard"].clone(), problems), (json!(["At last"]), vec![]));
    let seen = world.product.seen("/call");
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|s| s.token == seen[0].token && s.signature == seen[0].signature));
}

#[tokio::test]
async fn an_answer_that_is_too_slow_counts_as_none() {
    let world = World::start().await;
    world.product.on("/call", Reply { after: Duration::from_secs(30), ..Reply::twiml("<Say>Late</Say>") });
    let (end, problems) = fetch(&world, "/call#ct=100&rt=100&rc=0").await;
    assert_eq!((end["heard"].clone(), problems), (json!([APOLOGY]), vec![("error".to_owned(), 11_200)]));
}

#[tokio::test]
async fn redirects_lose_the_form() {
    let world = World::start().await;
    world.product.on("/call", Reply { location: Some("/moved".to_owned()), ..Reply::status(302) });
    world.product.on("/moved", Reply::twiml("<Say>Moved</Say>"));
    let (end, _) = fetch(&world, "/call").await;
    assert_eq!(end["heard"], json!(["Moved"]));
    let moved = &world.product.seen("/moved")[0];
    assert_eq!((moved.method.as_str(), moved.fields.len()), ("GET", 0));
    assert_eq!(moved.signature, sign(TOKEN, &world.at("/moved"), &[]));
}

#[tokio::test]
async fn get_puts_the_fields_into_the_signed_query() {
    let world = World::start().await;
    world.product.on("/call/next", Reply::twiml("<Say>Next</Say>"));
    let sid = world
        .call(BEN, &format!("<Redirect method=\"GET\">{}</Redirect>", world.at("/call/next?a=1")), &[])
        .await;
    world.ended(BEN, &sid).await;
    let seen = &world.product.seen("/call/next")[0];
    assert!(seen.method == "GET" && seen.query.starts_with("a=1&CallSid=CA"), "{seen:?}");
    assert_eq!(seen.signature, sign(TOKEN, &world.at(&format!("/call/next?{}", seen.query)), &[]));
}

#[tokio::test]
async fn a_document_that_goes_round_is_stopped() {
    let world = World::start().await;
    world.product.on("/call", Reply::twiml("<Redirect>/call</Redirect>"));
    let (_, problems) = fetch(&world, "/call").await;
    assert_eq!(problems, [("error".to_owned(), 11_215)]);
}

#[tokio::test]
async fn webhooks_can_be_forged_and_replayed() {
    let world = World::start().await;
    let forged =
        json!({ "url": "/receipt/call", "params": { "CallSid": "CA1", "A": ["1", "2"] }, "complete": true });
    world.control("POST", "/forge", forged).await;
    let seen = &world.product.seen("/receipt/call")[0];
    assert_eq!(seen.signature, sign(TOKEN, &world.at("/receipt/call"), &seen.fields));
    assert_eq!(seen.get("To"), SERVICE);
    for (signature, expected) in [("none", ""), ("literally this", "literally this")] {
        world.control("POST", "/forge", json!({ "url": "/unsigned", "signature": signature })).await;
        assert_eq!(world.product.seen("/unsigned").last().unwrap().signature, expected);
    }
    world.product.on("/call", Reply::twiml("<Say>x</Say>"));
    fetch(&world, "/call").await;
    let list = world.get(&format!("/webhooks?number={BEN}&hook=webhook.voice")).await;
    let id = list["webhooks"][0]["id"].as_u64().unwrap();
    let answers = world
        .control("POST", &format!("/webhooks/{id}/replay"), json!({ "times": 3, "at_once": true }))
        .await;
    assert_eq!(answers["answers"].as_array().unwrap().len(), 3);
    let seen = world.product.seen("/call");
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|s| s.fields == seen[0].fields && s.token == seen[0].token));
}
