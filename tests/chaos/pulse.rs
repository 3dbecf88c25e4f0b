//! The pulse of the emulated cloud: when it did not answer, because it was stopped on purpose or because this machine was too busy for
//! it. Nothing can be promised for such a time; what is promised is counted from its end.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use lucius_tests::Story;
use tokio::time::{Instant, sleep};

/// Between an answer and the next question.
const REST: Duration = Duration::from_millis(250);

/// An answer that takes longer is late: a request of lucius to the table has been given up by then, or nearly.
const LATE: SignedDuration = SignedDuration::from_secs(1);

/// Two late answers with less than this between them are one time in which the cloud did not work.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// A time in which the cloud did not answer.
pub(crate) type Gap = (Timestamp, Timestamp);

/// When the cloud did not answer, so far.
#[derive(Debug, Default)]
pub(crate) struct Pulse(Mutex<Vec<Gap>>);

impl Pulse {
    /// Asks the table again and again; never ends.
    pub(crate) async fn feel(&self, story: &Story) {
        let table = story.table().await;
        loop {
            let from = Timestamp::now();
            story.reads_nothing(&table).await;
            self.answered(from, Timestamp::now());
            sleep(REST).await;
        }
    }

    fn answered(&self, from: Timestamp, to: Timestamp) {
        if to.duration_since(from) > LATE {
            add(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), (from, to));
        }
    }

    /// All times in which the cloud did not answer.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How long a household is waited for: until `end`, and for as long again as the cloud did not answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience<'a> {
    pub(crate) end: Instant,
    pub(crate) pulse: &'a Pulse,
}

impl Patience<'_> {
    /// It is not at its end.
    pub(crate) fn lasts(self) -> bool {
        let lost = lost(&self.pulse.gaps(), Timestamp::MIN, Timestamp::MAX);
        Instant::now() < self.end + lost.unsigned_abs()
    }
}

/// A late answer is a gap of its own, or the last one goes on.
fn add(gaps: &mut Vec<Gap>, (from, to): Gap) {
    match gaps.last_mut() {
        Some((_, end)) if from.duration_since(*end) < APART => *end = to,
        Some(_) | None => gaps.push((from, to)),
    }
}

/// How much of the time from `from` to `to` was lost.
pub(crate) fn lost(gaps: &[Gap], from: Timestamp, to: Timestamp) -> SignedDuration {
    let parts = gaps.iter().map(|(begin, end)| (*end).min(to).duration_since((*begin).max(from)));
    parts.filter(SignedDuration::is_positive).sum()
}

/// Whether some of the time from `from` to `to` was lost.
pub(crate) fn strikes(gaps: &[Gap], from: Timestamp, to: Timestamp) -> bool {
    lost(gaps, from, to).is_positive()
}

#[test]
fn late_answers_that_follow_each_other_are_one_gap() {
    let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).expect("a time");
    let pulse = Pulse::default();
    for (from, to) in [(0, 1), (2, 4), (8, 11), (20, 22), (30, 31)] {
        pulse.answered(at(from), at(to));
    }
    assert_eq!(pulse.gaps(), [(at(2), at(11)), (at(20), at(22))]);
    assert_eq!(lost(&pulse.gaps(), at(5), at(21)), SignedDuration::from_secs(7));
    assert!(strikes(&pulse.gaps(), at(10), at(12)) && !strikes(&pulse.gaps(), at(11), at(20)));
}
