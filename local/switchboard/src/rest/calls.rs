//! `Calls.json`.
//!
//! Source: <https://www.twilio.com/docs/voice/api/call-resource>.

use super::error::ApiError;
use super::{Form, Reply, list};
use crate::board::Board;
use crate::call::{self, Call, Callback, Command, Direction, NewCall, Source, Status};
use crate::event::{About, Level};
use crate::number::parse_number;
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// Longest inline TwiML.
const TWIML_LIMIT: usize = 4_000;
/// Seconds of ringing, unless `Timeout` says otherwise.
const RING: u64 = 60;
/// Most seconds of ringing.
const RING_LIMIT: u64 = 600;
/// Seconds of talking, unless `TimeLimit` says otherwise.
const TALK: u64 = 14_400;

/// Places a call.
pub(super) fn create(board: &Arc<Board>, form: &Form) -> Reply {
    let to = form.get("To").ok_or_else(|| ApiError::of(21_201, "No 'To' number is specified"))?;
    let from = form.get("From").ok_or_else(|| ApiError::of(21_213, "No 'From' number is specified"))?;
    let to = parse_number(to)
        .ok_or_else(|| ApiError::of(21_211, &format!("The 'To' number {to} is not a valid phone number.")))?;
    let from = parse_number(from).ok_or_else(|| {
        ApiError::of(21_212, &format!("The 'From' number {from} is not a valid phone number."))
    })?;
    if from != board.state().service_number {
        let text = format!("The source phone number provided, {from}, is not yet verified for your account.");
        return Err(ApiError::of(21_210, &text));
    }
    let source = source(form)?.ok_or_else(|| ApiError::of(21_205, "Url parameter is required."))?;
    let (callback, unknown) = callback(form)?;
    let sid = call::place(
        board,
        NewCall {
            from,
            to: to.clone(),
            source,
            timeout: seconds(form, "Timeout", RING)?.min(RING_LIMIT),
            time_limit: seconds(form, "TimeLimit", TALK)?,
            callback,
        },
    );
    if let Some(event) = unknown {
        // Twilio accepts the call, logs this and then sends no callbacks at all.
        let text = format!("invalid StatusCallbackEvent '{event}': no callback will be sent");
        board.problem(&to, About::Call(&sid), Level::Warning, 21_626, &text);
    }
    let state = board.state();
    let call = state.calls.get(&sid).ok_or_else(|| ApiError::not_found(&sid))?;
    // Whatever the call does meanwhile, this reply shows it as it was accepted.
    let mut resource = call.resource(&board.config.account_sid);
    if let Some(object) = resource.as_object_mut() {
        object.insert("status".to_owned(), Value::from(Status::Queued.word()));
        for name in ["start_time", "end_time", "duration"] {
            object.insert(name.to_owned(), Value::Null);
        }
    }
    Ok((StatusCode::CREATED, resource))
}

fn source(form: &Form) -> Result<Option<Source>, ApiError> {
    if let Some(url) = form.get("Url") {
        check_url(url, 21_205, "Url is not valid")?;
        let method = form.get("Method").unwrap_or("POST").to_ascii_uppercase();
        return Ok(Some(Source::Url { url: url.to_owned(), method }));
    }
    let Some(twiml) = form.get("Twiml") else { return Ok(None) };
    if twiml.chars().count() > TWIML_LIMIT {
        return Err(ApiError::of(21_205, "Twiml must be at most 4000 characters"));
    }
    Ok(Some(Source::Inline(twiml.to_owned())))
}

/// Where progress goes, and an event that Twilio does not know.
fn callback(form: &Form) -> Result<(Option<Callback>, Option<String>), ApiError> {
    let Some(url) = form.get("StatusCallback") else { return Ok((None, None)) };
    check_url(url, 21_609, "Invalid StatusCallback url")?;
    let mut events: Vec<String> = Vec::new();
    for event in form.all("StatusCallbackEvent").flat_map(|value| value.split(' ')) {
        if !matches!(event, "initiated" | "ringing" | "answered" | "completed") {
            return Ok((None, Some(event.to_owned())));
        }
        events.push(event.to_owned());
    }
    if events.is_empty() {
        events.push("completed".to_owned());
    }
    let method = form.get("StatusCallbackMethod").unwrap_or("POST").to_ascii_uppercase();
    Ok((Some(Callback { url: url.to_owned(), method, events }), None))
}

/// An absolute HTTP URL whose host has no underscore, which Twilio refuses.
pub(super) fn check_url(url: &str, code: u32, message: &str) -> Result<(), ApiError> {
    let good = Url::parse(url).ok().is_some_and(|parsed| {
        matches!(parsed.scheme(), "http" | "https")
            && parsed.host_str().is_some_and(|host| !host.contains('_'))
    });
    if good { Ok(()) } else { Err(ApiError::of(code, &format!("{message}: {url}"))) }
}

fn seconds(form: &Form, name: &str, default: u64) -> Result<u64, ApiError> {
    let Some(text) = form.get(name) else { return Ok(default) };
    text.parse().map_err(|_| ApiError::of(20_001, &format!("Invalid {name}: {text}")))
}

/// Lists calls, newest first.
pub(super) fn list(board: &Board, form: &Form) -> Value {
    let state = board.state();
    let status = form.get("Status");
    let wanted = |call: &&Call| {
        form.get("To").is_none_or(|to| call.to == to)
            && form.get("From").is_none_or(|from| call.from == from)
            && form.get("ParentCallSid").is_none_or(|parent| call.parent.as_deref() == Some(parent))
            && status.is_none_or(|status| call.status.word() == status)
            && list::in_time(form, "StartTime", call.answered.or(call.dialled).or(Some(call.created)))
            && list::in_time(
                form,
                "EndTime",
                call.ended.or_else(|| form.get("EndTime").map(|_| call.created)),
            )
    };
    let newest_first = state.call_order.iter().rev().filter_map(|sid| state.calls.get(sid));
    let account = &board.config.account_sid;
    let all: Vec<Value> = newest_first.filter(wanted).map(|call| call.resource(account)).collect();
    drop(state);
    list::page(account, "calls", &all, form)
}

/// Fetches a call.
pub(super) fn fetch(board: &Board, sid: &str) -> Reply {
    let state = board.state();
    let account = &board.config.account_sid;
    let call = state.calls.get(sid).ok_or_else(|| missing(account, sid))?;
    Ok((StatusCode::OK, call.resource(account)))
}

/// Cancels, ends or redirects a call.
pub(super) fn update(board: &Board, sid: &str, form: &Form) -> Reply {
    let mut state = board.state();
    let account = &board.config.account_sid;
    let call = state.calls.get_mut(sid).ok_or_else(|| missing(account, sid))?;
    let command = match (form.get("Status"), source(form)?) {
        (Some("canceled"), _) => Some(Command::Cancel),
        (Some("completed"), _) => Some(Command::Complete),
        (Some(other), _) => {
            return Err(ApiError::of(20_001, &format!("Invalid Status: {other}")));
        }
        (None, Some(source)) if call.status == Status::InProgress => Some(Command::Goto(source)),
        (None, Some(_)) => {
            return Err(ApiError::of(21_220, "Call is not in-progress. Cannot redirect."));
        }
        (None, None) => None,
    };
    let takes_effect = match &command {
        Some(Command::Cancel) => matches!(call.status, Status::Queued | Status::Ringing),
        Some(_) => !call.status.is_final(),
        None => false,
    };
    let ends = matches!(command, Some(Command::Cancel | Command::Complete));
    let mut resource = call.resource(account);
    if let Some(command) = command.filter(|_| takes_effect) {
        let outcome = if matches!(command, Command::Cancel) { Status::Canceled } else { Status::Completed };
        // A call that ended this very moment has no line any more.
        let _ = call.line.send(command);
        if ends && let Some(object) = resource.as_object_mut() {
            object.insert("status".to_owned(), Value::from(outcome.word()));
        }
    }
    Ok((StatusCode::OK, resource))
}

/// Removes the record of a call that has ended.
pub(super) fn delete(board: &Board, sid: &str) -> Reply {
    let mut state = board.state();
    let account = &board.config.account_sid;
    let call = state.calls.get(sid).ok_or_else(|| missing(account, sid))?;
    if !call.status.is_final() || call.direction == Direction::OutboundDial {
        return Err(ApiError::of(20_409, "Call cannot be deleted while it is in progress"));
    }
    state.calls.remove(sid);
    state.call_order.retain(|kept| kept != sid);
    Ok((StatusCode::NO_CONTENT, Value::Null))
}

fn missing(account: &str, sid: &str) -> ApiError {
    ApiError::not_found(&format!("/2010-04-01/Accounts/{account}/Calls/{sid}.json"))
}
