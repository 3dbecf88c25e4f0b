//! The carrier fails, and repeats itself.

use fastrand::Rng;
use jiff::Timestamp;
use lucius_tests::{Story, Value, json};
use tokio::time::Instant;

use crate::troubles::{Outage, between, wait};

/// How the carrier fails, each with the faults that make it so. The client's patience is 12 s.
fn failures() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        ("carrier: 500, not done (requests)", vec![json!({ "status": { "status": 500 } })]),
        ("carrier: 500, done (requests)", vec![json!({ "status": { "status": 500, "placed": true } })]),
        ("carrier: 429 (requests)", vec![json!({ "status": { "status": 429 } })]),
        ("carrier: 20003 (requests)", vec![json!({ "error": { "code": 20003 } })]),
        ("carrier: silent, not done (requests)", vec![json!({ "hold_before": 14 }), json!("cut_before")]),
        ("carrier: silent, done (requests)", vec![json!({ "hold_after": 14 })]),
        ("carrier: hangs up (requests)", vec![json!("cut_before")]),
    ]
}

/// What becomes of every webhook: late, and again half a minute after its answer; of every third, twice side by side as well.
fn repetitions() -> Vec<(&'static str, Value)> {
    vec![
        ("webhooks: again 25 s later", json!({ "on": "webhook", "effect": { "again": 25 } })),
        (
            "webhooks: twice at once",
            json!({ "on": "webhook", "effect": "twice_at_once", "probability": 0.3 }),
        ),
        ("webhooks: late", json!({ "on": "webhook.call_status", "effect": { "delay": 3 } })),
        ("webhooks: late", json!({ "on": "webhook.text_status", "effect": { "delay": 5 } })),
        ("webhooks: late", json!({ "on": "webhook.sms", "effect": { "delay": 1 } })),
        ("webhooks: late", json!({ "on": "webhook.voice", "effect": { "delay": 0.7 } })),
    ]
}

/// Sets a fault; its id.
async fn set(story: &Story, fault: &Value) -> u64 {
    story.control.post("faults", fault).await["id"].as_u64().expect("a fault has an id")
}

/// Clears a fault; how often it struck.
async fn clear(story: &Story, id: u64) -> u64 {
    story.control.send("DELETE", &format!("faults/{id}"), None).await.body["hits"]
        .as_u64()
        .unwrap_or_default()
}

/// One outage after the other, for ten product minutes and more each, in an order that is drawn anew for each turn.
pub(crate) async fn fails(story: &Story, mut rng: Rng, end: Instant) -> Vec<Outage> {
    let mut done = Vec::new();
    let mut left = Vec::new();
    while wait(between(&mut rng, 7_000, 16_000), end).await {
        if left.is_empty() {
            left = failures();
            rng.shuffle(&mut left);
        }
        let Some((what, effects)) = left.pop() else { continue };
        let from = Timestamp::now();
        let mut faults = Vec::new();
        for effect in effects {
            faults.push(set(story, &json!({ "on": "rest", "effect": effect })).await);
        }
        wait(between(&mut rng, 10_000, 25_000), end).await;
        let mut struck = 0;
        for fault in faults {
            struck = clear(story, fault).await.max(struck);
        }
        let to = Timestamp::now();
        done.push(Outage { what: what.to_owned(), from, to, struck, of_the_carrier: true });
    }
    done
}

/// Every webhook is late, and comes again.
pub(crate) async fn repeats_itself(story: &Story, end: Instant) -> Vec<Outage> {
    let from = Timestamp::now();
    let mut faults = Vec::new();
    for (what, fault) in repetitions() {
        faults.push((what, set(story, &fault).await));
    }
    tokio::time::sleep_until(end).await;
    let mut done = Vec::new();
    for (what, id) in faults {
        let struck = clear(story, id).await;
        let to = Timestamp::now();
        done.push(Outage { what: format!("{what} (webhooks)"), from, to, struck, of_the_carrier: false });
    }
    done
}
