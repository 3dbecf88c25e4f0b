//! Probe settings, as they are shown: with the time zone they mean, and what they come to.

use jiff::Timestamp;
use lucius_core::{
    deadman::{Deadman, State},
    id::UserId,
    policy::Policy,
    schedule::Schedule,
};
use serde::Serialize;

use super::fields::Channels;

/// How many of the next probes are shown.
const NEXT: usize = 3;

/// The settings of one user's probes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeSettingsView {
    id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    user_id: UserId,
    active: bool,
    cron_expression: Option<String>,
    check_interval_minutes: Option<u32>,
    max_retries: u8,
    wait_time_in_minutes: u32,
    channels: Vec<&'static str>,
    pin_in_reply: bool,
    paused_until: Option<Timestamp>,
    time_zone: String,
    next_probe_times: Vec<Timestamp>,
}

impl ProbeSettingsView {
    /// The settings of `deadman` at `now`. They are one with their user, and so are their ids.
    #[must_use]
    pub fn new(deadman: &Deadman, now: Timestamp, policy: &Policy) -> Self {
        let settings = &deadman.settings;
        let (cron_expression, check_interval_minutes) = match &settings.schedule {
            Schedule::Cron(expression) => (Some(expression.as_str().to_owned()), None),
            Schedule::Interval { minutes } => (None, Some(minutes.get())),
        };
        let paused_until = match deadman.state {
            State::Paused { until } => Some(until),
            State::Off | State::Waiting { .. } | State::Probing(_) => None,
        };
        Self {
            id: deadman.id,
            created_at: deadman.created_at,
            updated_at: settings.updated_at,
            user_id: deadman.id,
            active: settings.active,
            cron_expression,
            check_interval_minutes,
            max_retries: settings.max_retries,
            wait_time_in_minutes: settings.wait_minutes,
            channels: Channels { call: settings.by_call, sms: settings.by_sms }.words(),
            pin_in_reply: settings.pin_in_reply,
            paused_until,
            time_zone: deadman.profile.time_zone.name().to_owned(),
            next_probe_times: next_probe_times(deadman, now, policy),
        }
    }
}

/// When the user will be asked next, as things stand. Nothing is asked while the switch is off or an incident is open.
fn next_probe_times(deadman: &Deadman, now: Timestamp, policy: &Policy) -> Vec<Timestamp> {
    if deadman.incident.is_some() {
        return Vec::new();
    }
    let after = |last: Timestamp, now: Timestamp, count: usize| {
        deadman.settings.schedule.next_n(&deadman.profile.time_zone, last, now, policy.minute, count)
    };
    let last = deadman.last_check_in.unwrap_or(now);
    match &deadman.state {
        State::Off => Vec::new(),
        State::Waiting { next_probe_at } => {
            let mut times = vec![*next_probe_at];
            times.extend(after(*next_probe_at, *next_probe_at, NEXT.saturating_sub(1)));
            times
        }
        // An interval that ran out during the pause is asked about at its end.
        State::Paused { until } => {
            let first = after(last, *until, 1).into_iter().map(|at| at.max(*until)).next();
            let rest = first.map(|first| after(first, first, NEXT.saturating_sub(1))).unwrap_or_default();
            first.into_iter().chain(rest).collect()
        }
        State::Probing(_) => after(now, now, NEXT),
    }
}
