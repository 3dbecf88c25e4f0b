//! Whatever wakes us is taken away: the page still comes.

use std::time::Duration;

use serde_json::json;

use crate::support::{Story, alone};

async fn all_expected(story: &Story) {
    for phone in story.contacts.iter().chain([&story.ana.phone]) {
        phone.accept_all().await;
    }
}

/// No queue, no schedule: the sweep alone pages.
#[tokio::test]
#[ignore = "takes minutes of real time"]
async fn without_event_source_and_schedules_the_page_still_comes() {
    let _house = alone().await;
    let story = Story::new(1).await;
    story.ana.arm(json!({})).await;
    story.stack.event_source(false).await;
    story.stack.delete_schedules().await;
    let asked = story
        .ana
        .phone
        .expect(json!({ "kind": "text.received", "contains": "Are you okay", "timeout": 200 }))
        .await;
    let ben = &story.contacts[0];
    let mut call = ben.expect_call_within(200).await;
    story.stack.event_source(true).await;
    call.hears("press 1").await.press("1").await.hears("You have it").await.hangs_up().await;
    println!("asked at {}, paged without queue and schedules", asked["at"]);
    story.incident("accepted").await;
    all_expected(&story).await;
    story.finish().await;
}

/// The performer is killed again and again while it pages: the page comes, with at most one further ring for each death.
#[tokio::test]
async fn killing_the_performer_loses_no_page() {
    let _house = alone().await;
    let story = Story::new(1).await;
    let ben = &story.contacts[0];
    ben.set(json!({ "behaviour": "driven", "ring_seconds": 120 })).await;
    // The carrier takes its time, so that the performer dies between its request and what it would have written.
    let fault = story
        .stack
        .fault(json!({ "on": "rest.call.create", "effect": { "hold_after": 3 }, "number": ben.number }))
        .await;
    let lost = story
        .stack
        .fault(json!({ "on": "webhook.call_status", "effect": "lose", "number": ben.number }))
        .await;
    story.ana.phone.sends("SOS").await;
    ben.expect_call().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let killed = story.stack.kill("escalate");
    assert!(killed > 0, "there was a performer to kill");
    story.stack.clear_fault(&fault).await;
    story.stack.clear_fault(&lost).await;
    ben.is("driven").await;
    let mut call = ben.expect_call_within(150).await;
    assert!(ben.rings().await <= 1 + killed.max(1));
    call.hears("press 1").await.press("1").await.hears("You have it").await.hangs_up().await;
    story.incident("accepted").await;
    all_expected(&story).await;
    story.finish().await;
}
