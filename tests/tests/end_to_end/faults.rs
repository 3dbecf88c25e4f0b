//! A carrier that fails in every way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Phone, Story, together};

async fn all_expected(story: &Story) {
    for phone in story.contacts.iter().chain([&story.ana.phone]) {
        phone.accept_all().await;
    }
}

/// Answers the next call that gets through and accepts.
async fn accept(phone: &Phone) {
    for _ in 0..10 {
        let mut call = phone.expect_call().await;
        if call.rings_through().await {
            call.press("1").await.hears("going").await.hangs_up().await;
            return;
        }
    }
    panic!("no call got through to {}", phone.number);
}

/// The switchboard holds C's request for ten seconds while B accepts: C is cancelled, or hears it.
#[tokio::test]
async fn a_call_that_is_being_placed_while_another_accepts_is_cancelled() {
    let _house = together().await;
    let story = Story::new(0).await;
    let (b, c) = (story.stranger(), story.stranger());
    for (name, phone) in [("Bob", &b), ("Cyd", &c)] {
        phone.is("driven").await;
        story.ana.add_contact(phone, name, &json!({ "priority": 1 })).await;
    }
    c.set(json!({ "behaviour": "driven", "ring_seconds": 60 })).await;
    let story = Story { contacts: vec![b.clone(), c.clone()], ..story };
    story.stack.fault(json!({ "on": "rest.call.create", "effect": { "hold_after": 10 }, "number": c.number, "count": 1 })).await;
    story.ana.phone.sends("SOS").await;
    b.expect_call().await.hears("press 1").await.press("1").await.hears("You have it").await.hangs_up().await;
    c.expect_call().await.ends_as("canceled").await;
    story.incident("accepted").await;
    all_expected(&story).await;
    story.finish().await;
}

/// Every request times out after the call is placed: at most two rings per contact and round.
#[tokio::test]
async fn requests_that_time_out_after_placing_ring_twice_at_most() {
    let _house = together().await;
    let story = Story::new(1).await;
    let ben = &story.contacts[0];
    ben.is("no_answer").await;
    let fault = json!({ "on": "rest.call.create", "effect": "cut_after", "number": ben.number });
    let fault = story.stack.fault(fault).await;
    let lost = story
        .stack
        .fault(json!({ "on": "webhook.call_status", "effect": "lose", "number": ben.number }))
        .await;
    story.ana.phone.sends("SOS").await;
    // Three rounds at least.
    let incident = loop {
        let incident = story.incident("escalating").await;
        if incident["round"].as_u64().unwrap() >= 4 {
            break incident;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    let rounds = usize::try_from(incident["round"].as_u64().unwrap()).unwrap();
    let rings = ben.rings().await;
    assert!(rings >= 3 && rings <= 2 * rounds, "{rings} rings in {rounds} rounds");
    story.stack.clear_fault(&fault).await;
    story.stack.clear_fault(&lost).await;
    ben.is("driven").await;
    accept(ben).await;
    all_expected(&story).await;
    story.finish().await;
}

/// The carrier refuses our account for ten minutes, then recovers: everybody is called, nobody was rested.
#[tokio::test]
async fn an_account_error_rests_nobody() {
    let _house = together().await;
    let story = Story::new(2).await;
    let mut faults = Vec::new();
    for phone in &story.contacts {
        phone.is("no_answer").await;
        faults.push(story.stack.fault(json!({ "on": "rest.call.create", "effect": { "error": { "code": 20003 } }, "number": phone.number })).await);
    }
    story.ana.phone.sends("SOS").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    for phone in &story.contacts {
        assert_eq!(phone.rings().await, 0);
    }
    for fault in &faults {
        story.stack.clear_fault(fault).await;
    }
    for phone in &story.contacts {
        phone.expect_call_within(90).await;
    }
    story.ana.stop_all().await;
    all_expected(&story).await;
    story.finish().await;
}

/// Every webhook comes twice at once, through a whole story.
#[tokio::test]
async fn every_webhook_twice_at_once_changes_nothing() {
    let _house = together().await;
    let story = Story::new(2).await;
    let (ben, carla) = (&story.contacts[0], &story.contacts[1]);
    for phone in [ben, carla, &story.ana.phone] {
        story
            .stack
            .fault(json!({ "on": "webhook", "effect": "twice_at_once", "number": phone.number }))
            .await;
    }
    ben.is("voicemail").await;
    story.miss().await;
    ben.expect_text("could not be reached").await;
    ben.expect_call().await.ends_as("completed").await;
    carla.expect_text("could not be reached").await;
    let mut call = carla.expect_call().await;
    call.hears("press 1").await.press("1").await.hears("You have it").await.press("9").await;
    call.hears("again").await.press("9").await;
    call.ends_with("Everybody is told").await;
    let incident = story.incident("ended").await;
    let entries = incident["timeline"].as_array().unwrap();
    assert_eq!(entries.iter().filter(|entry| entry["what"] == "accepted").count(), 1, "{entries:#?}");
    assert_eq!(entries.iter().filter(|entry| entry["what"] == "ended").count(), 1, "{entries:#?}");
    all_expected(&story).await;
    story.finish().await;
}

/// The user checks in with their PIN while the first call is being placed: nobody rings on.
#[tokio::test]
async fn a_check_in_while_the_incident_opens_silences_it() {
    let _house = together().await;
    let story = Story::new(1).await;
    let ben = &story.contacts[0];
    ben.set(json!({ "behaviour": "driven", "ring_seconds": 60 })).await;
    story.stack.fault(json!({ "on": "rest.call.create", "effect": { "hold_after": 4 }, "number": ben.number, "count": 1 })).await;
    story.miss().await;
    let mut call = ben.expect_call().await;
    let said = story.ana.phone.sends("ok 739182").await;
    assert!(said[0].contains("over"), "{said:?}");
    call.ends_as("canceled").await;
    story.incident("ended").await;
    let rings = ben.rings().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(ben.rings().await, rings);
    all_expected(&story).await;
    story.finish().await;
}

/// A number that refuses for good is tried by the other channel, and stays in the rounds.
#[tokio::test]
async fn a_permanent_error_tries_the_other_channel() {
    let _house = together().await;
    let story = Story::new(0).await;
    let ben = story.stranger();
    ben.is("driven").await;
    story.ana.add_contact(&ben, "Ben", &json!({ "channels": ["call"] })).await;
    let story = Story { contacts: vec![ben.clone()], ..story };
    story.stack.fault(json!({ "on": "rest.call.create", "effect": { "error": { "code": 21214 } }, "number": ben.number, "count": 1 })).await;
    story.ana.phone.sends("SOS").await;
    ben.expect_text("not okay").await;
    accept(&ben).await;
    let incident: Value = story.incident("accepted").await;
    assert!(incident["timeline"].to_string().contains("refused by the carrier (21214)"), "{incident}");
    all_expected(&story).await;
    story.finish().await;
}
