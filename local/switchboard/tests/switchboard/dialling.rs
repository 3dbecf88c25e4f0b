//! `<Dial>`: one phone is connected to another.

use crate::product::Reply;
use crate::world::{BEN, CARLA, SERVICE, World};
use serde_json::json;

const DORA: &str = "+12025550104";

#[tokio::test]
async fn the_first_that_answers_is_connected() {
    let world = World::start().await;
    world.phone(DORA, json!({ "behaviour": "manual" })).await;
    let action = world.at("/call/done");
    let numbers = format!("<Number>{CARLA}</Number><Number>{DORA}</Number>");
    let sid = world.call(BEN, &format!("<Dial action=\"{action}\">{numbers}</Dial>"), &[]).await;
    let bridged = world.expect(BEN, json!({ "kind": "call.bridged", "about": sid })).await;
    assert_eq!(bridged["with"], CARLA);
    let placed = world.expect(CARLA, json!({ "kind": "call.placed" })).await;
    assert_eq!(
        (placed["from"].as_str(), placed["direction"].as_str()),
        (Some(SERVICE), Some("outbound-dial"))
    );
    let end = world.expect(DORA, json!({ "kind": "call.ended" })).await;
    assert_eq!(end["status"], "canceled");
    world.control("POST", &format!("/calls/{sid}/say"), json!({ "text": "Are you there?" })).await;
    world.expect(CARLA, json!({ "kind": "call.heard", "contains": "are you there" })).await;
    world.control("POST", &format!("/phones/{CARLA}/say"), json!({ "text": "Yes" })).await;
    world.expect(BEN, json!({ "kind": "call.heard", "contains": "yes" })).await;
    world.control("POST", &format!("/phones/{CARLA}/hangup"), json!({})).await;
    let done = world.product.wait("/call/done", 1).await;
    assert_eq!((done[0].get("DialCallStatus"), done[0].get("DialBridged")), ("completed", "true"));
    world.ended(BEN, &sid).await;
}

#[tokio::test]
async fn a_whisper_keeps_a_voicemail_out() {
    let world = World::start().await;
    let whisper = world.at("/call/whisper");
    world
        .product
        .on("/call/whisper", Reply::twiml("<Gather numDigits=\"1\" action=\"/call/yes\"/><Hangup/>"));
    world.product.on("/call/yes", Reply::twiml("<Say>Connecting</Say>"));
    world.phone(CARLA, json!({ "behaviour": "voicemail" })).await;
    world
        .phone(DORA, json!({ "behaviour": "answer", "script": [{ "press": "1" }, { "say": "Hello" }] }))
        .await;
    let numbers = [CARLA, DORA].map(|number| format!("<Number url=\"{whisper}\">{number}</Number>")).concat();
    let sid = world.call(BEN, &format!("<Dial>{numbers}</Dial><Say>After</Say>"), &[]).await;
    let bridged = world.expect(BEN, json!({ "kind": "call.bridged", "about": sid })).await;
    assert_eq!(bridged["with"], DORA);
    world.expect(BEN, json!({ "kind": "call.heard", "contains": "hello" })).await;
    assert_eq!(world.ended(BEN, &sid).await["heard"], json!(["After"]));
}

#[tokio::test]
async fn nobody_answers() {
    let world = World::start().await;
    for (behaviour, status) in [("busy", "busy"), ("no_answer", "no-answer"), ("unreachable", "failed")] {
        world.phone(CARLA, json!({ "behaviour": behaviour })).await;
        let path = format!("/call/{behaviour}");
        world.call(BEN, &format!("<Dial action=\"{}\">{CARLA}</Dial>", world.at(&path)), &[]).await;
        let done = world.product.wait(&path, 1).await;
        assert_eq!(done[0].get("DialCallStatus"), status);
    }
}
