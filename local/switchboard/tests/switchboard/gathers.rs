//! Prompts and what is entered at them.

use crate::product::Reply;
use crate::world::{BEN, World};
use serde_json::{Value, json};

async fn gathered(world: &World, attributes: &str, script: Value) -> (Value, Vec<crate::product::Seen>) {
    world.phone(BEN, json!({ "behaviour": "answer", "script": script })).await;
    let action = world.at("/call/key");
    let sid =
        world.call(BEN, &format!("<Gather action=\"{action}\" {attributes}/><Say>Nothing</Say>"), &[]).await;
    let end = world.ended(BEN, &sid).await;
    let seen =
        world.product.seen("/call/key").into_iter().filter(|seen| seen.get("CallSid") == sid).collect();
    (end, seen)
}

#[tokio::test]
async fn keys_end_by_count_by_key_or_by_silence() {
    let world = World::start().await;
    for (attributes, keys, digits) in [
        ("numDigits=\"1\"", "12", "1"),
        ("", "600#", "600"),
        ("", "600", "600"),
        ("finishOnKey=\"*\"", "6#0*", "6#0"),
        ("finishOnKey=\"\" numDigits=\"3\"", "6#0", "6#0"),
    ] {
        let (_, seen) = gathered(&world, attributes, json!([{ "press": keys }])).await;
        assert_eq!(seen.len(), 1, "{attributes}");
        assert_eq!(seen[0].get("Digits"), digits, "{attributes}");
    }
}

#[tokio::test]
async fn nothing_entered_goes_on_unless_the_action_wants_it() {
    let world = World::start().await;
    for script in [json!(["nothing"]), json!([]), json!([{ "press": "#" }])] {
        let (end, seen) = gathered(&world, "", script).await;
        assert_eq!((end["heard"].clone(), seen.len()), (json!(["Nothing"]), 0));
    }
    let (_, seen) = gathered(&world, "actionOnEmptyResult=\"true\"", json!(["nothing"])).await;
    assert_eq!((seen.len(), seen[0].get("Digits")), (1, ""));
}

#[tokio::test]
async fn speech_counts_only_where_it_is_asked_for() {
    let world = World::start().await;
    let (_, seen) = gathered(&world, "input=\"dtmf speech\"", json!([{ "say": "one two" }])).await;
    assert_eq!((seen[0].get("SpeechResult"), seen[0].get("Digits")), ("one two", ""));
    assert!(!seen[0].get("Confidence").is_empty());
    let (_, seen) = gathered(&world, "", json!([{ "say": "one two" }])).await;
    assert!(seen.is_empty());
    let (_, seen) = gathered(&world, "input=\"speech\"", json!([{ "press": "1" }])).await;
    assert!(seen.is_empty());
}

#[tokio::test]
async fn a_driven_phone_waits_for_the_test() {
    let world = World::start().await;
    world.product.on(
        "/call/key",
        Reply::twiml("<Say>You have it</Say><Gather action=\"/call/key\" numDigits=\"1\"/>"),
    );
    let action = world.at("/call/key");
    let sid = world
        .call(BEN, &format!("<Gather numDigits=\"1\" action=\"{action}\"><Say>Press 1</Say></Gather>"), &[])
        .await;
    let prompt =
        world.expect(BEN, json!({ "kind": "call.gathering", "about": sid, "contains": "press 1" })).await;
    assert_eq!(prompt["heard"], json!(["Press 1"]));
    world.press(&sid, "1").await;
    let after = prompt["seq"].as_u64().unwrap();
    let prompt = world.expect(BEN, json!({ "kind": "call.gathering", "about": sid, "after": after })).await;
    assert_eq!(
        (prompt["heard"].clone(), prompt["action"].as_str()),
        (json!(["You have it"]), Some(action.as_str()))
    );
    world.control("POST", &format!("/calls/{sid}/silence"), json!({})).await;
    assert_eq!(world.ended(BEN, &sid).await["status"], "completed");
}

#[tokio::test]
async fn keys_wait_for_a_prompt_but_not_for_ever() {
    let world = World::start().await;
    let action = world.at("/call/key");
    let sid = world.call(BEN, &format!("<Gather input=\"speech\" action=\"{action}\"/>"), &[]).await;
    let (status, _) =
        world.try_control("POST", &format!("/calls/{sid}/press"), json!({ "digits": "1", "wait": 5 })).await;
    assert_eq!(status, 409, "the prompt listens to words only");
    let (status, _) =
        world.try_control("POST", &format!("/calls/{sid}/press"), json!({ "digits": "x" })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn machines_do_not_accept() {
    let world = World::start().await;
    let action = world.at("/call/key");
    let ask = format!("<Gather numDigits=\"1\" action=\"{action}\"/>").repeat(6);
    world.phone(BEN, json!({ "behaviour": "voicemail" })).await;
    let sid = world.call(BEN, &ask, &[]).await;
    assert_eq!(world.ended(BEN, &sid).await["by"], "phone");
    assert!(world.product.seen("/call/key").is_empty());
    world.phone(BEN, json!({ "behaviour": "screening" })).await;
    let sid = world.call(BEN, &ask, &[]).await;
    world.ended(BEN, &sid).await;
    let keys: Vec<_> = world.product.seen("/call/key").iter().map(|s| s.get("Digits").to_owned()).collect();
    assert_eq!(keys, ["5"]);
}

#[tokio::test]
async fn a_recording_can_be_played_again() {
    let world = World::start().await;
    world.phone(BEN, json!({ "behaviour": "answer", "script": [{ "say": "Help me please" }] })).await;
    let sid = world
        .call(BEN, &format!("<Record action=\"{}\" finishOnKey=\"#\"/>", world.at("/call/rec")), &[])
        .await;
    let seen = world.product.wait("/call/rec", 1).await;
    let url = seen[0].get("RecordingUrl").to_owned();
    assert!(seen[0].get("RecordingSid").starts_with("RE") && seen[0].get("RecordingDuration") == "2");
    world.ended(BEN, &sid).await;
    world.phone(BEN, json!({ "behaviour": "answer" })).await;
    let sid = world.call(BEN, &format!("<Play>{url}.mp3</Play>"), &[]).await;
    assert_eq!(world.ended(BEN, &sid).await["heard"], json!(["Help me please"]));
}

#[tokio::test]
async fn the_action_hears_of_a_recording_even_when_the_caller_is_gone() {
    let world = World::start().await;
    let sid = world.call(BEN, &format!("<Record action=\"{}\"/>", world.at("/call/rec")), &[]).await;
    world.control("POST", &format!("/calls/{sid}/say"), json!({ "text": "Help" })).await;
    world.control("POST", &format!("/calls/{sid}/hangup"), json!({})).await;
    let seen = world.product.wait("/call/rec", 1).await;
    assert_eq!((seen[0].get("Digits"), seen[0].get("CallStatus")), ("hangup", "completed"));
}
