//! Questions and answers.

use serde_json::json;

use crate::support::{Story, together};

#[tokio::test]
async fn a_good_reply_closes_the_question() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.miss().await;
    let said = story.ana.phone.sends(" yeah ").await;
    assert!(said[0].contains("Thank you"), "{said:?}");
    assert_eq!(story.ana.probe().await["status"], "good");
    assert!(story.ana.newest().await.is_none());
    story.finish().await;
}

#[tokio::test]
async fn a_bad_reply_calls_the_contact_at_once() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.miss().await;
    let said = story.ana.phone.sends("Nope").await;
    assert!(said[0].contains("calling your contacts"), "{said:?}");
    let ben = &story.contacts[0];
    ben.expect_text("not okay").await;
    ben.expect_call()
        .await
        .hears("not okay")
        .await
        .press("1")
        .await
        .hears("You have it")
        .await
        .hangs_up()
        .await;
    story.ana.phone.expect_text("on the way").await;
    assert_eq!(story.incident("accepted").await["causes"], json!(["bad"]));
    story.finish().await;
}

#[tokio::test]
async fn no_reply_is_asked_again_and_then_calls() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.arm(json!({ "max_retries": 2 })).await;
    story.ana.phone.expect_text("Are you okay").await;
    story.ana.phone.expect_text("You good").await;
    story.ana.phone.expect_text("You good").await;
    let ben = &story.contacts[0];
    ben.expect_call()
        .await
        .hears("could not be reached")
        .await
        .press("1")
        .await
        .hears("You have it")
        .await
        .hangs_up()
        .await;
    ben.expect_text("could not be reached").await;
    story.ana.phone.expect_text("on the way").await;
    let probe = story.ana.probe().await;
    assert_eq!((&probe["status"], &probe["retry_count"]), (&json!("unavailable"), &json!(2)));
    story.finish().await;
}

#[tokio::test]
async fn nonsense_is_kept_explained_once_and_does_not_count() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.miss().await;
    let said = story.ana.phone.sends("no but I can in 2 hours").await;
    assert!(said[0].contains("did not understand"), "{said:?}");
    assert!(story.ana.phone.sends("I'm driving, I will answer later").await.is_empty());
    assert_eq!(story.ana.probe().await["status"], "pending");
    story.ana.phone.sends("Y").await;
    assert_eq!(story.ana.probe().await["status"], "good");
    story.finish().await;
}

#[tokio::test]
async fn a_question_by_call_takes_the_pin_and_nothing_else() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.arm(json!({ "channels": ["call"], "wait_time_in_minutes": 30 })).await;
    let mut call = story.ana.phone.expect_call().await;
    call.hears("enter your PIN").await.press("1111#").await;
    call.hears("not right").await.press("739182#").await;
    call.ends_with("Thank you").await;
    assert_eq!(story.ana.probe().await["status"], "good");
    story.finish().await;
}

#[tokio::test]
async fn a_question_by_call_and_by_text_asks_both_ways() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.arm(json!({ "channels": ["call", "sms"] })).await;
    story.ana.phone.expect_text("Are you okay").await;
    story
        .ana
        .phone
        .expect_call()
        .await
        .hears("Are you okay")
        .await
        .press("9#")
        .await
        .ends_with("calling your contacts")
        .await;
    let ben = &story.contacts[0];
    ben.expect_text("not okay").await;
    ben.expect_call().await.press("1").await.hears("You have it").await.hangs_up().await;
    story.ana.phone.expect_text("on the way").await;
    story.finish().await;
}
