//! When a user is asked: by the clock on their wall, or so long after their last check-in.
//!
//! Schedules are the user's own local time. What reaches the scheduler outside is an instant in UTC that this module has
//! worked out, so that daylight saving follows one set of rules everywhere.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

mod cron;
mod grammar;
mod zone;

pub use cron::CronExpression;
pub use grammar::{CronRefused, Field};
pub use zone::{TimeZone, ZoneRefused};

/// When the next question is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// At the local times that a unix cron expression names.
    Cron(CronExpression),
    /// So many minutes after the last check-in, whatever the clock says.
    Interval {
        /// How long one check-in lasts.
        minutes: IntervalMinutes,
    },
}

impl Schedule {
    /// When to ask next: the first time after `now` that the expression names in `zone`, or the interval after
    /// `last_check_in`, which is in the past for somebody who is overdue. `minute` is how long a minute of the product
    /// lasts; cron reads the clock on the wall and is never scaled.
    ///
    /// `None` only beyond the end of the calendar, since an expression that never fires is refused when it is entered.
    #[must_use]
    pub fn next_probe_at(
        &self,
        zone: &TimeZone,
        last_check_in: Timestamp,
        now: Timestamp,
        minute: SignedDuration,
    ) -> Option<Timestamp> {
        match self {
            Self::Cron(expression) => expression.next_after(zone, now),
            Self::Interval { minutes } => last_check_in.checked_add(minutes.duration(minute)?).ok(),
        }
    }

    /// The next `count` times, for a person to see what they have set; an interval is counted from `last_check_in` as
    /// if each question were answered when it is asked.
    #[must_use]
    pub fn next_n(
        &self,
        zone: &TimeZone,
        last_check_in: Timestamp,
        now: Timestamp,
        minute: SignedDuration,
        count: usize,
    ) -> Vec<Timestamp> {
        let first = self.next_probe_at(zone, last_check_in, now, minute);
        std::iter::successors(first, |at| self.next_probe_at(zone, *at, *at, minute)).take(count).collect()
    }
}

/// A check interval: 60 minutes to 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct IntervalMinutes(u32);

/// The interval is too short for people to live with, or so long that nobody is watched over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the check interval is between 60 and 43200 minutes")]
pub struct IntervalRefused;

impl IntervalMinutes {
    /// The shortest interval, in minutes.
    pub const MIN: u32 = 60;
    /// The longest interval, in minutes: 30 days.
    pub const MAX: u32 = 43_200;

    /// Accepts 60 to 43,200 minutes.
    pub const fn new(minutes: u32) -> Result<Self, IntervalRefused> {
        if minutes >= Self::MIN && minutes <= Self::MAX { Ok(Self(minutes)) } else { Err(IntervalRefused) }
    }

    /// The number of minutes.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How long the interval lasts where a minute lasts `minute`.
    fn duration(self, minute: SignedDuration) -> Option<SignedDuration> {
        minute.checked_mul(i32::try_from(self.0).ok()?)
    }
}

impl TryFrom<u32> for IntervalMinutes {
    type Error = IntervalRefused;

    fn try_from(minutes: u32) -> Result<Self, IntervalRefused> {
        Self::new(minutes)
    }
}

impl From<IntervalMinutes> for u32 {
    fn from(minutes: IntervalMinutes) -> Self {
        minutes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: SignedDuration = SignedDuration::from_secs(60);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_interval_counts_from_the_last_check_in() {
        let schedule = Schedule::Interval { minutes: IntervalMinutes::new(1440).unwrap() };
        let (last, now) = (at("2026-03-28T12:00:00Z"), at("2026-04-20T00:00:00Z"));
        let berlin = TimeZone::parse("Europe/Berlin").unwrap();
        assert_eq!(schedule.next_probe_at(&berlin, last, now, MINUTE), Some(at("2026-03-29T12:00:00Z")));
        assert_eq!(
            schedule.next_probe_at(&berlin, last, now, SignedDuration::from_millis(500)),
            Some(at("2026-03-28T12:12:00Z"))
        );
        assert_eq!(
            schedule.next_n(&berlin, last, now, MINUTE, 3),
            [at("2026-03-29T12:00:00Z"), at("2026-03-30T12:00:00Z"), at("2026-03-31T12:00:00Z")]
        );
        assert_eq!(schedule.next_probe_at(&berlin, Timestamp::MAX, now, MINUTE), None);
    }

    #[test]
    fn a_cron_expression_counts_from_now_and_is_never_scaled() {
        let schedule = Schedule::Cron(CronExpression::parse("0 18 * * 3").unwrap());
        let (last, now) = (at("2020-01-01T00:00:00Z"), at("2026-03-24T00:00:00Z"));
        let berlin = TimeZone::parse("Europe/Berlin").unwrap();
        assert_eq!(
            schedule.next_n(&berlin, last, now, SignedDuration::from_secs(1), 3),
            [at("2026-03-25T17:00:00Z"), at("2026-04-01T16:00:00Z"), at("2026-04-08T16:00:00Z")]
        );
    }

    #[test]
    fn intervals_have_bounds() {
        for (minutes, ok) in
            [(0, false), (59, false), (60, true), (43_200, true), (43_201, false), (u32::MAX, false)]
        {
            assert_eq!(IntervalMinutes::new(minutes).is_ok(), ok, "{minutes}");
        }
    }

    #[test]
    fn json_is_tagged_and_checked() {
        let cron = Schedule::Cron(CronExpression::parse("0 18 * * WED").unwrap());
        assert_eq!(serde_json::to_string(&cron).unwrap(), r#"{"cron":"0 18 * * WED"}"#);
        assert_eq!(serde_json::from_str::<Schedule>(r#"{"cron":"0 18 * * WED"}"#).unwrap(), cron);
        let interval = Schedule::Interval { minutes: IntervalMinutes::new(60).unwrap() };
        assert_eq!(serde_json::to_string(&interval).unwrap(), r#"{"interval":{"minutes":60}}"#);
        assert_eq!(serde_json::from_str::<Schedule>(r#"{"interval":{"minutes":60}}"#).unwrap(), interval);
        for bad in [r#"{"cron":"0 18 30 2 *"}"#, r#"{"cron":"x"}"#, r#"{"interval":{"minutes":59}}"#] {
            assert!(serde_json::from_str::<Schedule>(bad).is_err(), "{bad}");
        }
    }
}
