//! `Messages.json`.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

use super::calls::check_url;
use super::error::ApiError;
use super::{Form, Reply, list};
use crate::board::Board;
use crate::message::{self, BODY_LIMIT, Message, NewMessage};
use crate::number::parse_number;
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;

/// Sends a text.
pub(super) fn create(board: &Arc<Board>, form: &Form) -> Reply {
    let to = form.get("To").ok_or_else(|| ApiError::of(21_604, "A 'To' phone number is required."))?;
    let from = form.get("From").ok_or_else(|| ApiError::of(21_603, "A 'From' phone number is required."))?;
    let to = parse_number(to)
        .ok_or_else(|| ApiError::of(21_211, &format!("The 'To' number {to} is not a valid phone number.")))?;
    let from = parse_number(from).ok_or_else(|| {
        ApiError::of(21_212, &format!("The 'From' number {from} is not a valid phone number."))
    })?;
    if from != board.state().service_number {
        let text = format!(
            "The 'From' phone number {from} is not a valid, message-capable Twilio phone number for this destination."
        );
        return Err(ApiError::of(21_606, &text));
    }
    if from == to {
        return Err(ApiError::of(21_266, "'To' and 'From' number cannot be the same"));
    }
    let body = form.get("Body").ok_or_else(|| ApiError::of(21_602, "Message body is required."))?;
    if body.chars().count() > BODY_LIMIT {
        let text = "The concatenated message body exceeds the 1600 character limit.";
        return Err(ApiError::of(21_617, text));
    }
    let callback = form.get("StatusCallback");
    if let Some(url) = callback {
        check_url(url, 21_609, "The 'StatusCallback' URL is not a valid URL")?;
    }
    if board.state().phone(&to).opted_out {
        return Err(ApiError::of(21_610, "Attempt to send to unsubscribed recipient"));
    }
    let new =
        NewMessage { from, to, body: body.to_owned(), callback: callback.map(str::to_owned), reply_to: None };
    let sid = message::send(board, new);
    let state = board.state();
    let message = state.messages.get(&sid).ok_or_else(|| ApiError::not_found(&sid))?;
    // Whatever the text does meanwhile, this reply shows it as it was accepted.
    let accepted = Message { status: message::Status::Queued, sent: None, error: None, ..message.clone() };
    Ok((StatusCode::CREATED, accepted.resource(&board.config.account_sid)))
}

/// Lists texts, newest first.
pub(super) fn list(board: &Board, form: &Form) -> Value {
    let state = board.state();
    let wanted = |message: &&Message| {
        form.get("To").is_none_or(|to| message.to == to)
            && form.get("From").is_none_or(|from| message.from == from)
            && list::in_time(form, "DateSent", message.sent.or(Some(message.created)))
    };
    let newest_first = state.message_order.iter().rev().filter_map(|sid| state.messages.get(sid));
    let account = &board.config.account_sid;
    let all: Vec<Value> = newest_first.filter(wanted).map(|message| message.resource(account)).collect();
    drop(state);
    list::page(account, "messages", &all, form)
}

/// Fetches a text.
pub(super) fn fetch(board: &Board, sid: &str) -> Reply {
    let state = board.state();
    let account = &board.config.account_sid;
    let message = state.messages.get(sid).ok_or_else(|| missing(account, sid))?;
    Ok((StatusCode::OK, message.resource(account)))
}

/// Blanks a text's body, the only change a text that was not scheduled allows.
pub(super) fn update(board: &Board, sid: &str, form: &Form) -> Reply {
    let mut state = board.state();
    let account = &board.config.account_sid;
    let message = state.messages.get_mut(sid).ok_or_else(|| missing(account, sid))?;
    if form.get("Status").is_some() {
        return Err(ApiError::of(30_409, "Only scheduled messages can be canceled"));
    }
    if form.all("Body").next() == Some("") {
        message.body.clear();
    }
    Ok((StatusCode::OK, message.resource(account)))
}

/// Removes the record of a text.
pub(super) fn delete(board: &Board, sid: &str) -> Reply {
    let mut state = board.state();
    let account = &board.config.account_sid;
    state.messages.remove(sid).ok_or_else(|| missing(account, sid))?;
    state.message_order.retain(|kept| kept != sid);
    Ok((StatusCode::NO_CONTENT, Value::Null))
}

fn missing(account: &str, sid: &str) -> ApiError {
    ApiError::not_found(&format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json"))
}
