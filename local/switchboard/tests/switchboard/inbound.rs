//! Calls to the service number.

use crate::product::Reply;
use crate::world::{BEN, CARLA, SERVICE, TOKEN, World};
use lucius_switchboard::signature::sign;
use serde_json::json;

#[tokio::test]
async fn a_caller_walks_through_the_menu() {
    let world = World::start().await;
    world.product.on(
        "/inbound/answer",
        Reply::twiml(
            "<Say>I am Lucius.</Say><Gather action=\"/login/\" numDigits=\"4\"><Say>PIN</Say></Gather>",
        ),
    );
    world.product.on("/login/", Reply::twiml("<Say>Hello Anna</Say><Hangup/><Say>Never</Say>"));
    let reply = world
        .control("POST", &format!("/phones/{BEN}/call"), json!({ "script": [{ "press": "1234" }] }))
        .await;
    let sid = reply["call"].as_str().unwrap();
    let end = world.ended(BEN, sid).await;
    assert_eq!(end["heard"], json!(["I am Lucius.", "PIN", "Hello Anna"]));
    let answer = &world.product.seen("/inbound/answer")[0];
    assert_eq!((answer.get("CallStatus"), answer.get("Direction")), ("ringing", "inbound"));
    assert_eq!((answer.get("From"), answer.get("To"), answer.get("CallSid")), (BEN, SERVICE, sid));
    assert_eq!(answer.signature, sign(TOKEN, &world.at("/inbound/answer"), &answer.fields));
    let login = &world.product.seen("/login/")[0];
    assert_eq!((login.get("CallStatus"), login.get("Digits")), ("in-progress", "1234"));
    let unexpected = world.get("/unexpected").await;
    assert_eq!(unexpected["unexpected"], json!([]), "a call that the test placed needs no expecting");
}

#[tokio::test]
async fn a_caller_may_show_any_number() {
    let world = World::start().await;
    world.product.on("/inbound/answer", Reply::twiml("<Gather/>"));
    let reply = world.control("POST", &format!("/phones/{BEN}/call"), json!({ "from": CARLA })).await;
    let sid = reply["call"].as_str().unwrap();
    world.expect(BEN, json!({ "kind": "call.gathering", "about": sid })).await;
    assert_eq!(world.product.seen("/inbound/answer")[0].get("From"), CARLA);
    world.control("POST", &format!("/phones/{BEN}/hangup"), json!({})).await;
    assert_eq!(world.ended(BEN, sid).await["by"], "phone");
}

#[tokio::test]
async fn a_rejected_call_is_never_answered() {
    let world = World::start().await;
    world.product.on("/inbound/answer", Reply::twiml("<Reject reason=\"busy\"/>"));
    let reply = world.control("POST", &format!("/phones/{BEN}/call"), json!({})).await;
    let end = world.ended(BEN, reply["call"].as_str().unwrap()).await;
    assert_eq!((end["status"].as_str(), end["seconds"].as_i64()), (Some("busy"), Some(0)));
}

#[tokio::test]
async fn a_dead_line_is_an_error() {
    let world = World::start().await;
    world.product.on("/inbound/answer", Reply::status(502));
    let reply = world.control("POST", &format!("/phones/{BEN}/call"), json!({})).await;
    let end = world.ended(BEN, reply["call"].as_str().unwrap()).await;
    assert_eq!((end["status"].as_str(), end["by"].as_str()), (Some("failed"), Some("error")));
    assert_eq!(world.problems(BEN).await, [("error".to_owned(), 11_200)]);
}
