//! What wakes the functions is taken away: messages, schedules, the event source.

use fastrand::Rng;
use jiff::Timestamp;
use lucius_tests::{Story, Value, process};
use tokio::time::Instant;

use crate::troubles::{Outage, STANDS_STILL, between, wait};

fn outage(what: &str, from: Timestamp, struck: usize) -> Outage {
    let struck = u64::try_from(struck).unwrap_or(u64::MAX);
    Outage { what: what.to_owned(), from, to: Timestamp::now(), struck, of_the_carrier: false }
}

/// Empties the queue again and again.
pub(crate) async fn purges(story: &Story, mut rng: Rng, end: Instant) -> Vec<Outage> {
    let mut done = Vec::new();
    while wait(between(&mut rng, 3_000, 15_000), end).await {
        let queue = &story.stack.queue_url;
        let (waiting, in_hand) = story.letters_in(queue).await;
        story.empty_queue(queue).await;
        let now = Timestamp::now();
        done.push(outage("queue purged (messages)", now, usize::try_from(waiting + in_hand).unwrap_or(0)));
    }
    done
}

/// Deletes every schedule again and again. Those of the users never come back; the sweep's second clock does, after more than a minute.
pub(crate) async fn deletes_schedules(story: &Story, mut rng: Rng, end: Instant) -> Vec<Outage> {
    let mut done = Vec::new();
    let mut time = true;
    while time {
        time = wait(between(&mut rng, 2_000, 20_000), end).await;
        let from = Timestamp::now();
        let deleted = story.delete_schedules().await;
        let (clock, users): (Vec<Value>, Vec<Value>) = deleted.into_iter().partition(is_the_clock);
        done.push(outage("users' schedules deleted (schedules)", from, users.len()));
        if time && !clock.is_empty() {
            time = wait(between(&mut rng, 65_000, 90_000), end).await;
            done.push(outage("sweep's second clock gone (clocks)", from, clock.len()));
        }
        story.put_back(&clock).await;
    }
    done
}

fn is_the_clock(schedule: &Value) -> bool {
    schedule["Name"].as_str().is_some_and(|name| name.ends_with("-sweep"))
}

/// Switches the event source off for minutes.
pub(crate) async fn switches_the_source(story: &Story, mut rng: Rng, end: Instant) -> Vec<Outage> {
    let mut done = Vec::new();
    while wait(between(&mut rng, 10_000, 40_000), end).await {
        let from = Timestamp::now();
        story.event_source(false).await;
        wait(between(&mut rng, 60_000, 100_000), end).await;
        story.event_source(true).await;
        done.push(outage("event source off (sources)", from, 1));
    }
    done
}

/// The whole cloud stands still now and then, for seconds: no table, no queue, no clock, no webhook gets through. The carrier goes on.
pub(crate) async fn stands_still(story: &Story, mut rng: Rng, end: Instant) -> Vec<Outage> {
    let mut done = Vec::new();
    let cloud = process::cloud(&story.stack);
    while wait(between(&mut rng, 20_000, 50_000), end).await {
        let from = Timestamp::now();
        let stopped = process::Stopped::process(cloud);
        wait(between(&mut rng, 1_500, 12_000), end).await;
        drop(stopped);
        done.push(outage(STANDS_STILL, from, 1));
    }
    done
}

/// Nobody is woken any more.
pub(crate) async fn take_all_wakes(story: &Story) {
    story.event_source(false).await;
    let _ = story.delete_schedules().await;
    story.rules(false).await;
}
