//! `PUT /v1/users/{uid}/probe_settings`: what is left out stays as it is.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use lucius_core::{
    deadman::{Edit, Pause, ProbeSettings},
    decide::{Event, Scope},
    effect::Channel,
    schedule::{CronExpression, IntervalMinutes, Schedule},
};
use lucius_shell::{
    App, Request, Response,
    api::{Patch, fields},
    ports::{Nature as _, Ports},
    respond, run, session,
};
use serde::Deserialize;

use crate::{load, show};

/// How many follow-up questions there can be.
const RETRIES: RangeInclusive<i64> = 0..=6;
/// How long a question can wait for its answer, in minutes.
const WAIT: RangeInclusive<i64> = 5..=120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    active: Option<bool>,
    cron_expression: Option<String>,
    check_interval_minutes: Option<i64>,
    max_retries: Option<i64>,
    wait_time_in_minutes: Option<i64>,
    channels: Option<Vec<Channel>>,
    pin_in_reply: Option<bool>,
    #[serde(default)]
    paused_until: Patch<String>,
    pin: Option<String>,
}

/// The settings as changed.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let wanted: Change = respond::body(request)?;
    let deadman = load(app, user).await?;
    let settings = settings(&wanted, deadman.settings)?;
    let pause = pause(&wanted.paused_until, &settings, app.shell.ports.nature().now())?;
    if settings.pin_in_reply && deadman.profile.pin.is_none() {
        return Err(fields::refused("pin_in_reply", "set a PIN first (PUT /v1/users/{uid} with \"pin\")"));
    }
    let proof = session::proof(app, user, request, wanted.pin.as_deref());
    let event = Event::Edit(Edit::Probes { settings, pause, proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    let deadman = done.case.deadman.ok_or_else(respond::not_found)?;
    Ok(show::settings(app, &deadman))
}

/// What is set, changed as wanted.
fn settings(wanted: &Change, mut settings: ProbeSettings) -> Result<ProbeSettings, Response> {
    if let Some(schedule) = schedule(wanted)? {
        settings.schedule = schedule;
    }
    if let Some(active) = wanted.active {
        settings.active = active;
    }
    if let Some(number) = wanted.max_retries {
        settings.max_retries = fields::whole("max_retries", number, &RETRIES)?;
    }
    if let Some(number) = wanted.wait_time_in_minutes {
        settings.wait_minutes = fields::whole("wait_time_in_minutes", number, &WAIT)?;
    }
    if let Some(words) = &wanted.channels {
        let channels = fields::channels(words)?;
        settings.by_call = channels.call;
        settings.by_sms = channels.sms;
    }
    if let Some(pin_in_reply) = wanted.pin_in_reply {
        settings.pin_in_reply = pin_in_reply;
    }
    Ok(settings)
}

/// By the clock on the wall, or so long after each check-in; not both.
fn schedule(wanted: &Change) -> Result<Option<Schedule>, Response> {
    match (&wanted.cron_expression, wanted.check_interval_minutes) {
        (Some(_), Some(_)) => {
            Err(fields::refused("check_interval_minutes", "send either this or cron_expression, not both"))
        }
        (Some(text), None) => {
            let cron = CronExpression::parse(text).map_err(|why| fields::refused("cron_expression", why))?;
            Ok(Some(Schedule::Cron(cron)))
        }
        (None, Some(number)) => {
            let minutes = i64::from(IntervalMinutes::MIN)..=i64::from(IntervalMinutes::MAX);
            let number: u32 = fields::whole("check_interval_minutes", number, &minutes)?;
            let minutes =
                IntervalMinutes::new(number).map_err(|why| fields::refused("check_interval_minutes", why))?;
            Ok(Some(Schedule::Interval { minutes }))
        }
        (None, None) => Ok(None),
    }
}

/// What becomes of a pause: left out, it stays; `null` ends it; a time begins it.
fn pause(wanted: &Patch<String>, settings: &ProbeSettings, now: Timestamp) -> Result<Pause, Response> {
    let until = match wanted {
        Patch::Keep => return Ok(Pause::Keep),
        Patch::Empty => return Ok(Pause::End),
        Patch::Set(until) => until,
    };
    let until: Timestamp = until.parse().map_err(|_| {
        fields::refused("paused_until", "a time with its offset, such as 2026-03-03T18:00:00Z")
    })?;
    if until <= now {
        return Err(fields::refused("paused_until", "this time has passed"));
    }
    if !settings.active {
        return Err(fields::refused("paused_until", "probes are not active: there is nothing to pause"));
    }
    Ok(Pause::Until(until))
}
