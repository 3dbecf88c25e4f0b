//! The phone line.

use serde_json::json;

use crate::support::{Story, together};

#[tokio::test]
async fn calling_in_before_the_deadline_prevents_the_page() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.arm(json!({ "wait_time_in_minutes": 30 })).await;
    story.ana.phone.expect_text("Are you okay").await;
    let mut call = story.ana.phone.calls().await;
    call.hears("enter or say your PIN").await.press("739182#").await;
    call.hears("press 1").await.press("1").await;
    call.hears("checked in").await.press("#").await;
    call.ends_with("Goodbye").await;
    assert_eq!(story.ana.probe().await["status"], "good");
    assert!(story.ana.newest().await.is_none());
    story.finish().await;
}

#[tokio::test]
async fn three_wrong_pins_end_the_call() {
    let _house = together().await;
    let story = Story::new(0).await;
    let mut call = story.ana.phone.calls().await;
    call.hears("PIN").await.press("000001#").await;
    call.hears("not right").await.press("000002#").await;
    call.hears("not right").await.press("000003#").await;
    call.ends_with("Too many attempts. Goodbye.").await;
    story.finish().await;
}

#[tokio::test]
async fn an_emergency_starts_by_phone_and_ends_only_with_the_pin() {
    let _house = together().await;
    let story = Story::new(1).await;
    let mut call = story.ana.phone.calls().await;
    call.hears("PIN").await.press("739182#").await;
    call.hears("To start an emergency").await.press("9").await;
    call.hears("calling your contacts").await.hangs_up().await;
    let ben = &story.contacts[0];
    ben.expect_text("started an emergency").await;
    ben.expect_call()
        .await
        .hears("started an emergency")
        .await
        .press("1")
        .await
        .hears("You have it")
        .await
        .hangs_up()
        .await;
    story.ana.phone.expect_text("on the way").await;
    // A text without the PIN ends nothing.
    let said = story.ana.phone.sends("Y").await;
    assert!(said[0].contains("PIN"), "{said:?}");
    assert_eq!(story.incident("accepted").await["status"], "accepted");
    let mut call = story.ana.phone.calls().await;
    call.hears("PIN").await.press("739182#").await;
    call.hears("To end the emergency").await.press("9").await;
    call.hears("The alert is over").await.hangs_up().await;
    ben.expect_text("all clear").await;
    assert_eq!(story.incident("ended").await["ended"]["by"], "user");
    // Short minutes: a second round may have texted Ben before he pressed 1.
    ben.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn a_text_with_the_pin_ends_an_emergency() {
    let _house = together().await;
    let story = Story::new(1).await;
    let said = story.ana.phone.sends("SOS").await;
    assert!(said[0].contains("calling your contacts"), "{said:?}");
    let ben = &story.contacts[0];
    ben.expect_text("not okay").await;
    let mut call = ben.expect_call().await;
    call.hears("press 1").await;
    let wrong = story.ana.phone.sends("ok 111111").await;
    assert!(wrong[0].contains("not right"), "{wrong:?}");
    let said = story.ana.phone.sends("ok 739182").await;
    assert!(said[0].contains("over"), "{said:?}");
    ben.expect_text("all clear").await;
    call.press("1").await.hears("is over").await.hangs_up().await;
    story.incident("ended").await;
    // Short minutes: a second round may have texted Ben by then.
    ben.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn silence_on_the_line_hangs_up_after_three_rounds() {
    let _house = together().await;
    let story = Story::new(0).await;
    story.ana.phone.set(json!({ "behaviour": "voicemail" })).await;
    let (status, answer) = story
        .stack
        .control(
            reqwest::Method::POST,
            &format!("/phones/{}/call", story.ana.phone.number),
            &json!({ "behaviour": "answer", "script": [] }),
        )
        .await;
    assert_eq!(status, 200, "{answer}");
    let what = json!({ "kind": "call.ended", "about": answer["call"], "timeout": 30, "contains": "Goodbye" });
    story.ana.phone.expect(what).await;
    story.finish().await;
}
