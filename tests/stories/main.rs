//! Whole stories on the deployed stack, all at once: each has people, phones and numbers of its own, and fails on any call
//! or text that nobody expected. A product minute lasts a second.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on says so by panicking"
)]

mod accepts;
mod canary;
mod carrier;
mod edge;
mod edits;
mod forgery;
mod phone_line;
mod probes;
mod rounds;
mod texts;

use std::time::Duration;

use lucius_tests::{Phone, Value, json, secs, until};

/// A question that is due every 60 product minutes comes within this.
const ASKED: Duration = secs(90);

/// A deadline (5 product minutes and 5 s of grace), and what it takes on a busy machine to be looked at.
const ALARMED: Duration = secs(60);

/// Everybody else who was alerted is told who is going.
async fn told_that_somebody_goes(phone: &Phone, who: &str) {
    phone.expect_text(&format!("{who} Test is going to Ann Test")).await;
}

/// The person at risk is told who is coming.
async fn told_who_is_coming(phone: &Phone, who: &str) {
    phone.expect_text(&format!("{who} Test has accepted the alert")).await;
}

/// Waits until `count` calls have been placed to a phone; how many there are.
async fn rings(phone: &Phone, count: usize, limit: Duration) -> usize {
    until(&format!("{count} calls to {}", phone.name()), limit, async || {
        let now = phone.rings().await;
        if now >= count { Ok(now) } else { Err(now) }
    })
    .await
}

/// Whether the timeline of an incident has an entry of this kind that says `words` anywhere.
fn tells(incident: &Value, what: &str, words: &str) -> bool {
    let entries = incident["timeline"].as_array().into_iter().flatten();
    entries.filter(|entry| entry["what"] == what).any(|entry| entry.to_string().contains(words))
}

/// Settings of a phone that rings and rings until somebody answers it.
fn rings_on() -> Value {
    json!({ "behaviour": "manual", "ring_seconds": 60 })
}
