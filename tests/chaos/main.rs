//! `make chaos`: everything goes wrong at once on the deployed stack, and every incident reaches its human.
//!
//! Troubles strike beside each other for minutes: processes are killed, the queue is emptied, schedules are deleted, the event
//! source is off, the carrier fails in seven ways, every webhook comes late and again. Meanwhile people miss their check-ins
//! or cry for help, and their contacts behave as people do. Then the troubles end, everybody comes to rest, and what the
//! carrier has seen is held against what lucius says ([`verdict`]).
//!
//! A seed draws the plan: who has which contacts, who misses when, what goes wrong when. It does not draw the run: that is real
//! processes on a real clock.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    reason = "a test that cannot go on says so by panicking"
)]

mod carrier;
mod cloud;
mod household;
mod killer;
mod ledger;
mod plan;
mod pulse;
mod table;
mod troubles;
mod verdict;
#[cfg(test)]
mod verdict_tests;

use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use lucius_tests::{Stack, Story, secs, story::STACK};
use tokio::time::{Instant, sleep_until};

use crate::{
    household::Household,
    ledger::Case,
    plan::Plan,
    pulse::{Patience, Pulse},
    table::say,
};

/// Where the emulated cloud did not answer by itself for more than this part of the troubles, the run says nothing.
const UNMEANT: f64 = 0.2;

/// How many people come to live here, or go, at once: their passwords are hashed.
const AT_ONCE: usize = 8;

/// What is held by the carrier, or sent again late, has come after so many seconds.
const LATE: u64 = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a deployed stack of its own: make chaos runs it"]
async fn every_incident_reaches_its_human_whatever_goes_wrong() {
    let plan = Plan::read();
    say(&plan.to_string());
    let story = Story::on(Stack::named_by(STACK));
    let began = Instant::now();
    let homes: Vec<Household> = stream::iter(plan.people())
        .map(|person| Household::settle(&story, person))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    say(&format!("{} people and their contacts were entered in {:.0?}", homes.len(), began.elapsed()));
    // Schedules reach two minutes ahead and more, and whoever was settled first was settled that long ago.
    let armed = Instant::now();
    let start = armed + secs(plan::AHEAD);
    stream::iter(&homes).for_each_concurrent(AT_ONCE, |home| home.arms(start)).await;
    sleep_until(start).await;
    say(&format!("troubles begin at {}", Timestamp::now()));
    let pulse = Pulse::default();
    let all = async {
        tokio::join!(
            troubles::strike(&story, &plan, start + plan.storm),
            households(&homes, start, Patience { end: start + plan.limit(), pulse: &pulse }),
        )
    };
    let (mut harm, ()) = tokio::select! {
        done = all => done,
        () = pulse.feel(&story) => unreachable!("the pulse is felt without end"),
    };
    harm.gaps = pulse.gaps();
    say(&format!("all have come to rest, or time is over, {:.0?} after the troubles began", start.elapsed()));
    sleep_until(Instant::now() + secs(LATE)).await;
    let cases: Vec<Case> =
        stream::iter(&homes).map(Household::testifies).buffer_unordered(AT_ONCE).collect().await;
    let verdict = verdict::judge(&cases, &harm);
    table::print(&plan, &cases, &harm, &verdict);
    let busy = harm.unmeant();
    assert!(
        busy < UNMEANT * plan.storm.as_secs_f64(),
        "nothing is shown: for {busy:.0} s the cloud did not answer and nobody had stopped it. Let nothing else run on this machine"
    );
    assert!(verdict.wrong.is_empty(), "{} promises were broken, seed {}", verdict.wrong.len(), plan.seed);
}

/// Lives the story of every household, for as long as there is patience.
async fn households(homes: &[Household], start: Instant, patience: Patience<'_>) {
    let lives = homes.iter().map(|home| home.lives(start, patience));
    let _: Vec<()> = futures::future::join_all(lives).await;
}
