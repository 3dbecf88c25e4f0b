//! All troubles, side by side, and how often each struck.

use std::{collections::BTreeMap, time::Duration};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use lucius_tests::Story;
use tokio::time::{Instant, sleep_until};

use crate::{
    carrier, cloud, killer,
    plan::{Break, Plan},
    pulse::{Gap, lost},
};

/// A process that was killed.
#[derive(Debug, Clone)]
pub(crate) struct Kill {
    pub(crate) at: Timestamp,
    /// The function.
    pub(crate) package: String,
    /// It was doing something.
    pub(crate) at_work: bool,
}

impl Kill {
    /// Only these place calls.
    pub(crate) fn of_a_performer(&self) -> bool {
        matches!(self.package.as_str(), "escalate" | "deadman")
    }
}

/// A time in which something did not work.
#[derive(Debug, Clone)]
pub(crate) struct Outage {
    pub(crate) what: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// How many requests or webhooks it struck, or how many things it took away.
    pub(crate) struck: u64,
    /// The carrier refused or was silent.
    pub(crate) of_the_carrier: bool,
}

impl Outage {
    /// The cloud was stopped.
    fn of_the_cloud(&self) -> bool {
        self.what == STANDS_STILL
    }
}

/// What the trouble is called in which the whole cloud is stopped.
pub(crate) const STANDS_STILL: &str = "cloud stands still (times)";

/// Everything that was done to lucius.
#[derive(Debug, Clone, Default)]
pub(crate) struct Harm {
    pub(crate) kills: Vec<Kill>,
    pub(crate) outages: Vec<Outage>,
    /// When the cloud itself did not answer, on purpose or not.
    pub(crate) gaps: Vec<Gap>,
}

impl Harm {
    /// For how many seconds the cloud did not answer though nobody had stopped it.
    pub(crate) fn unmeant(&self) -> f64 {
        let all = lost(&self.gaps, Timestamp::MIN, Timestamp::MAX);
        let stopped = self.outages.iter().filter(|outage| outage.of_the_cloud());
        let stopped: SignedDuration = stopped.map(|outage| lost(&self.gaps, outage.from, outage.to)).sum();
        (all - stopped).as_secs_f64()
    }

    /// Each kind of trouble: how often there was one, how many things it struck, how long in all.
    pub(crate) fn kinds(&self) -> BTreeMap<String, (usize, u64, f64)> {
        let mut kinds = BTreeMap::<String, (usize, u64, f64)>::new();
        for outage in &self.outages {
            let kind = kinds.entry(outage.what.clone()).or_default();
            kind.0 += 1;
            kind.1 += outage.struck;
            kind.2 += outage.to.duration_since(outage.from).as_secs_f64();
        }
        kinds
    }
}

/// Strikes until `end`, and puts back what was taken away.
pub(crate) async fn strike(story: &Story, plan: &Plan, end: Instant) -> Harm {
    match plan.breaks {
        Break::Nothing => {}
        Break::Wakes => {
            cloud::take_all_wakes(story).await;
            return Harm::default();
        }
    }
    let (mut kills, sweeps, purges, schedules, source, still, carrier, webhooks) = tokio::join!(
        killer::kills(story, plan.chance("killer"), end),
        killer::kills_sweeps(story, plan.chance("sweeps"), end),
        cloud::purges(story, plan.chance("purges"), end),
        cloud::deletes_schedules(story, plan.chance("schedules"), end),
        cloud::switches_the_source(story, plan.chance("source"), end),
        cloud::stands_still(story, plan.chance("still"), end),
        carrier::fails(story, plan.chance("carrier"), end),
        carrier::repeats_itself(story, end),
    );
    kills.extend(sweeps);
    let outages = [purges, schedules, source, still, carrier, webhooks].concat();
    Harm { kills, outages, gaps: Vec::new() }
}

/// A time between two, in milliseconds.
pub(crate) fn between(rng: &mut Rng, low: u64, high: u64) -> Duration {
    Duration::from_millis(rng.u64(low..=high))
}

/// Waits so long, or until the end. Whether there is time left.
pub(crate) async fn wait(time: Duration, end: Instant) -> bool {
    let until = (Instant::now() + time).min(end);
    sleep_until(until).await;
    until < end
}
