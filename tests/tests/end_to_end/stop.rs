//! STOP: from a contact, from the person at risk.

use serde_json::json;

use crate::support::{Story, together};

#[tokio::test]
async fn a_contact_who_stops_texts_is_called_and_the_user_hears_of_it() {
    let _house = together().await;
    let story = Story::new(1).await;
    let ben = &story.contacts[0];
    ben.sends("STOP").await;
    story.ana.phone.expect_text("has stopped our texts").await;
    story.ana.phone.sends("SOS").await;
    ben.expect_call()
        .await
        .hears("press 1")
        .await
        .press("1")
        .await
        .hears("You have it")
        .await
        .hangs_up()
        .await;
    story.ana.phone.expect_text("on the way").await;
    assert!(!ben.log().await.iter().any(|event| event["kind"] == "text.failed"), "no text was even tried");
    ben.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn a_user_who_stops_texts_is_asked_by_call() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.ana.phone.sends("stop").await;
    story.ana.arm(json!({ "wait_time_in_minutes": 30 })).await;
    let mut call = story.ana.phone.expect_call().await;
    call.hears("Are you okay").await.press("739182#").await;
    call.ends_with("Thank you").await;
    story.ana.phone.accept_all().await;
    story.finish().await;
}
