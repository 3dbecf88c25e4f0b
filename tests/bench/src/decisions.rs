//! How many decisions one processor makes: an incident in the profile that ships, from the cry for help over rounds of calls that
//! nobody answers to the key that accepts and the key that ends.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    decide::{Case, ContactAct, Event, decide},
    effect::{CallProgress, Channel, Purpose, claim},
    policy::{LEASE, Policy, later},
    turn::Fresh,
};

use crate::event;

/// How often it is counted.
const BATCHES: usize = 7;

/// How long each time.
const BATCH: Duration = Duration::from_millis(300);

/// Decisions in a second, the median.
pub(crate) fn rate(now: Timestamp) -> anyhow::Result<f64> {
    let mut rates = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let (mut decided, begin) = (0_u32, Instant::now());
        while begin.elapsed() < BATCH {
            for _ in 0..10 {
                decided = decided.saturating_add(Life::begin(now)?.end()?);
            }
        }
        rates.push(f64::from(decided) / begin.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    Ok(rates.get(BATCHES / 2).copied().unwrap_or_default())
}

/// One incident.
struct Life {
    case: Case,
    now: Timestamp,
    policy: Policy,
    fresh: Fresh,
    decided: u32,
}

impl Life {
    fn begin(now: Timestamp) -> anyhow::Result<Self> {
        let case = Case { deadman: Some(event::user(now)?), incident: None };
        Ok(Self { case, now, policy: Policy::default(), fresh: event::fresh(now), decided: 0 })
    }

    fn goes(&mut self, event: &Event) -> anyhow::Result<()> {
        let decision = decide(black_box(&self.case), event, self.now, &self.policy, &self.fresh)?;
        self.case = black_box(decision).case;
        self.decided = self.decided.saturating_add(1);
        Ok(())
    }

    /// How many decisions it took.
    fn end(mut self) -> anyhow::Result<u32> {
        self.goes(&Event::Emergency { key: "CA0".to_owned() })?;
        for _ in 0..4 {
            self.goes(&Event::Wake)?;
            self.rings_in_vain()?;
            self.now = later(self.now, SignedDuration::from_mins(10));
        }
        self.presses("1", "1")?;
        self.presses("end2", "9")?;
        let ended = self.case.incident.as_ref().is_some_and(|incident| !incident.is_open());
        ensure!(ended, "the incident did not end");
        Ok(self.decided)
    }

    /// All calls that are due are placed, ring, and are not answered.
    fn rings_in_vain(&mut self) -> anyhow::Result<()> {
        let incident = self.case.incident.as_mut().context("no incident")?;
        for (effect, pending) in claim(&mut incident.pending, self.now, later(self.now, LEASE)) {
            if effect.channel != Channel::Call || effect.purpose != Purpose::Page {
                continue;
            }
            for progress in [CallProgress::Ringing, CallProgress::NoAnswer] {
                let (effect, attempt) = (effect.clone(), pending.attempt);
                let sid = format!("CA{effect}{attempt}");
                self.goes(&Event::CallTold { effect, attempt, sid, progress })?;
            }
        }
        Ok(())
    }

    fn presses(&mut self, step: &str, digits: &str) -> anyhow::Result<()> {
        let (sid, step, digits) = ("CA-last".to_owned(), step.to_owned(), Some(digits.to_owned()));
        self.goes(&Event::Contact { place: 0, act: ContactAct::Press { attempt: 1, sid, step, digits } })
    }
}
