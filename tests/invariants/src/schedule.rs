//! When the next question comes: an interval after the last sign of life; or by the clock on the wall, the first time that the expression
//! names, and no later one.
//!
//! The wall clock is walked along, from one change of the zone's offset to the next: what a change skips fires at the change, what it
//! repeats has fired before, unless every hour is named.

use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::DateTime,
    tz::{TimeZone, TimeZoneTransition},
};
use lucius_core::{
    deadman::{Deadman, State},
    policy::{earlier, later},
    schedule::Schedule,
};

use crate::{Invariant, Transition, Violation, promised, step::of_deadman, violation::ensure};

/// Expressions that fire less often are not walked to.
const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 40);

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    let Some(deadman) = &step.after.deadman else { return Ok(()) };
    let State::Waiting { next_probe_at } = deadman.state else { return Ok(()) };
    let planned = |deadman: &Deadman| match deadman.state {
        State::Waiting { next_probe_at } => Some(next_probe_at),
        State::Off | State::Probing(_) | State::Paused { .. } => None,
    };
    if step.before.deadman.as_ref().and_then(planned) == Some(next_probe_at) {
        return Ok(());
    }
    let expression = match &deadman.settings.schedule {
        Schedule::Cron(expression) => expression,
        Schedule::Interval { minutes } => {
            let last = deadman.last_check_in.unwrap_or(step.now);
            let latest = later(last, promised::minutes(step.policy, minutes.get())).max(step.now);
            return ensure(next_probe_at <= latest, Invariant::OnlyAuthentic, of_deadman(deadman), || {
                format!("they are to be asked by {latest}, and not at {next_probe_at}")
            });
        }
    };
    let Some(pattern) = Pattern::read(expression.as_str()) else { return Ok(()) };
    // What was due in the past, as a pause ended and an alert is open, is due now.
    let first = pattern.first_after(deadman.profile.time_zone.rules(), counted_from(step));
    ensure(
        first.is_none_or(|first| first.max(step.now) == next_probe_at),
        Invariant::OnlyAuthentic,
        of_deadman(deadman),
        || format!("{first:?} is the next time they are to be asked, and not {next_probe_at}"),
    )
}

/// What is due at the end of a pause is asked then, or as soon as somebody looks; otherwise what comes next comes after now.
fn counted_from(step: &Transition<'_>) -> Timestamp {
    match step.before.deadman.as_ref().map(|deadman| &deadman.state) {
        Some(State::Paused { until }) => earlier(*until, SignedDuration::from_nanos(1)).min(step.now),
        Some(State::Off | State::Waiting { .. } | State::Probing(_)) | None => step.now,
    }
}

/// What the five fields name, one bit for each number.
#[derive(Debug)]
struct Pattern {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Days of the month and of the week are both restricted: either will do.
    either: bool,
}

impl Pattern {
    /// Reads numbers, ranges, steps and lists of them; one with names is not read.
    fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else { return None };
        let weekdays = bits(weekday, 0, 7)?;
        let (days, all_days) = (bits(day, 1, 31)?, bits("*", 1, 31)?);
        let (sundays, all_weekdays) = (weekdays | (weekdays >> 7), bits("*", 0, 6)?);
        Some(Self {
            minutes: bits(minute, 0, 59)?,
            hours: bits(hour, 0, 23)?,
            months: bits(month, 1, 12)?,
            either: !names_all(day) && !names_all(weekday),
            days: if names_all(day) { all_days } else { days },
            weekdays: if names_all(weekday) { all_weekdays } else { sundays },
        })
    }

    fn names_day(&self, local: DateTime) -> bool {
        let weekday = named(self.weekdays, local.weekday().to_sunday_zero_offset());
        let day = named(self.days, local.day());
        named(self.months, local.month()) && if self.either { day || weekday } else { day && weekday }
    }

    /// The first time on the wall clock in `from..to` that is named.
    fn first_in(&self, from: DateTime, to: DateTime) -> Option<DateTime> {
        let mut local = from.with().second(0).subsec_nanosecond(0).build().ok()?;
        if local < from {
            local = local.checked_add(1.minute()).ok()?;
        }
        while local < to {
            let next_hour = || local.with().minute(0).build().ok()?.checked_add(1.hour()).ok();
            local = if !self.names_day(local) {
                local.date().tomorrow().ok()?.at(0, 0, 0, 0)
            } else if !named(self.hours, local.hour()) {
                next_hour()?
            } else if named(self.minutes, local.minute()) {
                return Some(local);
            } else {
                local.checked_add(1.minute()).ok()?
            };
        }
        None
    }

    /// The first instant after `after`; none if it is too far off.
    fn first_after(&self, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
        let hourly = self.hours == bits("*", 0, 23)?;
        let end = after.checked_add(FARTHEST).ok()?;
        // Where the clock that `after` is read on was set, and what it showed then.
        let set = zone.preceding(after.checked_add(1.nanosecond()).ok()?).next();
        let mut begin = set.as_ref().map_or(Timestamp::MIN, TimeZoneTransition::timestamp);
        let mut fired = repeated(zone, begin, hourly);
        let mut changes = zone.following(after).map(|change| change.timestamp());
        loop {
            let limit = changes.next().map_or(end, |change| change.min(end));
            let offset = zone.to_offset(begin.max(after));
            let local = |at: Timestamp| offset.to_datetime(at);
            let from = local(begin.max(after.checked_add(1.nanosecond()).ok()?));
            let from = fired.map_or(from, |fired| from.max(fired));
            if let Some(found) = self.first_in(from, local(limit)) {
                return offset.to_timestamp(found).ok();
            }
            if limit >= end {
                return None;
            }
            let (skipped, shows) = (local(limit), zone.to_datetime(limit));
            // What is skipped and named fires where the clock goes on, as does what it shows there.
            if self.first_in(skipped, shows).is_some() {
                return Some(limit);
            }
            begin = limit;
            fired = repeated(zone, begin, hourly);
        }
    }
}

/// Up to where the clock, when it was set at `change`, shows again what has fired before.
fn repeated(zone: &TimeZone, change: Timestamp, hourly: bool) -> Option<DateTime> {
    let before = change.checked_sub(1.nanosecond()).ok().filter(|_| !hourly)?;
    Some(zone.to_offset(before).to_datetime(change))
}

fn named(bits: u64, number: i8) -> bool {
    u32::try_from(number).ok().and_then(|number| bits.checked_shr(number)).is_some_and(|bits| bits & 1 == 1)
}

fn names_all(field: &str) -> bool {
    field.split(',').any(|item| item == "*" || item == "*/1")
}

fn bits(field: &str, least: u32, most: u32) -> Option<u64> {
    field.split(',').try_fold(0_u64, |bits, item| {
        let (range, step) =
            item.split_once('/').map_or((item, Some(1)), |(range, step)| (range, step.parse().ok()));
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None => (range.parse().ok()?, range.parse().ok()?),
        };
        let inside = from >= least && to <= most;
        let step: usize = step.filter(|step| *step > 0 && inside)?;
        (from..=to).step_by(step).try_fold(bits, |bits, number| Some(bits | 1_u64.checked_shl(number)?))
    })
}
