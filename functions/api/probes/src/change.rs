//! `PUT /v1/users/{uid}/probe_settings`: what is left out stays as it is.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use lucius_core::{
    deadman::{Edit, Pause, ProbeChange},
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

use crate::show;

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
    let change = change(&wanted)?;
    let pause = pause(&wanted.paused_until, app.shell.ports.nature().now())?;
    let proof = session::proof(app, user, request, wanted.pin.as_deref());
    let event = Event::Edit(Edit::Probes { change, pause, proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    let deadman = done.case.deadman.ok_or_else(respond::not_found)?;
    Ok(show::settings(app, &deadman))
}

/// What is to be changed. It is merged with what is set by the decision, so that two requests side by side both count.
fn change(wanted: &Change) -> Result<ProbeChange, Response> {
    let channels = wanted.channels.as_deref().map(fields::channels).transpose()?;
    Ok(ProbeChange {
        active: wanted.active,
        schedule: schedule(wanted)?,
        max_retries: whole("max_retries", wanted.max_retries, &RETRIES)?,
        wait_minutes: whole("wait_time_in_minutes", wanted.wait_time_in_minutes, &WAIT)?,
        by_sms: channels.as_ref().map(|channels| channels.sms),
        by_call: channels.as_ref().map(|channels| channels.call),
        pin_in_reply: wanted.pin_in_reply,
    })
}

fn whole<N: TryFrom<i64>>(
    name: &str,
    number: Option<i64>,
    range: &RangeInclusive<i64>,
) -> Result<Option<N>, Response> {
    number.map(|number| fields::whole(name, number, range)).transpose()
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
fn pause(wanted: &Patch<String>, now: Timestamp) -> Result<Pause, Response> {
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
    Ok(Pause::Until(until))
}
