//! Cron expressions in local time, right across daylight-saving changes.
//!
//! The calendar is searched on the wall clock, without a zone; only then is the local time turned into an instant, by
//! three rules that lose no question:
//! - a local time that exists once is that instant;
//! - one that the clock skips fires at the end of the gap, once for all that were skipped;
//! - one that comes twice fires the first time. Only if every hour is named (`0 * * * *`), it fires both times: somebody
//!   who is to be asked every hour is not left alone for two.
//!
//! `croner` can search in a zone itself, but drops `30 2,14 * * *` in a gap and fails on gaps longer than two hours.

use std::fmt;
use std::str::FromStr;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{self, AmbiguousOffset};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::TimeZone;
use super::grammar::{CronRefused, normalise};

/// The most occurrences that can lie in one repeated stretch of local time: a day of minutes (when a country moves
/// across the date line).
const MAX_REPEATED: usize = 24 * 60;

/// A unix cron expression of five fields; it fires sooner or later.
///
/// Where both day of month and day of week are restricted, a day needs to match only one of them.
#[derive(Clone, PartialEq, Eq)]
pub struct CronExpression(Box<str>);

impl CronExpression {
    /// Reads an expression and keeps it as it is written, but for space around it.
    ///
    /// # Errors
    /// Whatever is not unix cron or never fires, with a sentence for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, CronRefused> {
        normalise(text).map(|_| Self(text.trim().into()))
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first instant strictly after `after` at which the clocks of `zone` call for it.
    ///
    /// `None` only near the end of the calendar, thousands of years away.
    #[must_use]
    pub fn next_after(&self, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
        let (cron, rules) = (self.calendar()?, zone.rules());
        let hourly = cron.pattern.hours.values().len() == 24;
        let mut local = rules.to_datetime(after);
        let mut next = None;
        // More than one step is needed only while `after` is in the second pass of a repeated stretch.
        for _ in 0..=MAX_REPEATED {
            local = following(&cron, local, false)?;
            next = instants(rules, local, hourly)?.into_iter().flatten().find(|at| *at > after);
            if next.is_some() {
                break;
            }
        }
        let next = next?;
        let second_pass = if hourly { second_pass(&cron, rules, after, next) } else { None };
        Some(second_pass.unwrap_or(next))
    }

    /// The next `count` instants after `after`.
    #[must_use]
    pub fn next_n(&self, zone: &TimeZone, after: Timestamp, count: usize) -> Vec<Timestamp> {
        let next = |at: &Timestamp| self.next_after(zone, *at);
        std::iter::successors(next(&after), next).take(count).collect()
    }

    /// The calendar behind the expression. Building it takes 20 µs, so it is made when a time is asked for and not whenever
    /// a user is loaded.
    fn calendar(&self) -> Option<Cron> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        parser.parse(&normalise(&self.0).ok()?).ok()
    }
}

/// The next local time of the calendar.
fn following(cron: &Cron, local: DateTime, inclusive: bool) -> Option<DateTime> {
    cron.find_next_occurrence(&local, inclusive).ok()
}

/// When a local time fires: once, or for an hourly expression twice where the clock goes back.
fn instants(rules: &tz::TimeZone, local: DateTime, hourly: bool) -> Option<[Option<Timestamp>; 2]> {
    Some(match rules.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset.to_timestamp(local).ok(), None],
        AmbiguousOffset::Gap { after, .. } => {
            // With the later offset a skipped time lies before the gap; the change that ends it is the first to show a
            // later local time.
            let before_gap = after.to_timestamp(local).ok()?;
            let mut changes = rules.following(before_gap).map(|change| change.timestamp());
            [changes.find(|change| rules.to_datetime(*change) > local), None]
        }
        AmbiguousOffset::Fold { before, after } => {
            let second = if hourly { after.to_timestamp(local).ok() } else { None };
            [before.to_timestamp(local).ok(), second]
        }
    })
}

/// The first occurrence in a second pass of repeated local time that begins after `after` and before `limit`.
///
/// The search on the wall clock passes a repeated stretch only once; here it starts again where the clock went back.
fn second_pass(cron: &Cron, rules: &tz::TimeZone, after: Timestamp, limit: Timestamp) -> Option<Timestamp> {
    rules.following(after).map(|change| change.timestamp()).take_while(|change| *change < limit).find_map(
        |change| {
            let local = following(cron, rules.to_datetime(change), true)?;
            let [_, second] = instants(rules, local, true)?;
            second.filter(|at| *at >= change && *at < limit)
        },
    )
}

impl fmt::Debug for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CronExpression {
    type Err = CronRefused;

    fn from_str(text: &str) -> Result<Self, CronRefused> {
        Self::parse(text)
    }
}

impl Serialize for CronExpression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CronExpression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
