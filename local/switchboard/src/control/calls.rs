//! Calls: looking at them and taking part in them.

use super::body::Body;
use super::events::wait_for;
use super::{Done, LONGEST_WAIT, Refused, number_in};
use crate::board::Board;
use crate::call::{Call, Command, Input, Spoken, Status, Taken};
use crate::clock;
use crate::message::Message;
use crate::number::list_from_query;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

/// Seconds that keys or words wait for a prompt that takes them.
const INPUT_WAIT: f64 = 10.0;
/// Seconds that `answer` and `hangup` wait for their effect.
const EFFECT_WAIT: f64 = 5.0;

/// Filter of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    /// Numbers, separated by commas; none means all.
    number: Option<String>,
    status: Option<String>,
    limit: Option<usize>,
}

/// Calls, oldest first.
pub(super) async fn list(State(board): State<Arc<Board>>, Query(filter): Query<Filter>) -> Json<Value> {
    let numbers = list_from_query(filter.number.as_deref());
    let state = board.state();
    let calls: Vec<Value> = state
        .call_order
        .iter()
        .filter_map(|sid| state.calls.get(sid))
        .filter(|call| numbers.is_empty() || numbers.contains(&call.peer))
        .filter(|call| filter.status.as_deref().is_none_or(|status| call.status.word() == status))
        .take(filter.limit.unwrap_or(10_000))
        .map(Call::view)
        .collect();
    Json(json!({ "calls": calls }))
}

/// Texts, oldest first.
pub(super) async fn messages(State(board): State<Arc<Board>>, Query(filter): Query<Filter>) -> Json<Value> {
    let numbers = list_from_query(filter.number.as_deref());
    let state = board.state();
    let messages: Vec<Value> = state
        .message_order
        .iter()
        .filter_map(|sid| state.messages.get(sid))
        .filter(|message| numbers.is_empty() || numbers.contains(&message.peer))
        .filter(|message| filter.status.as_deref().is_none_or(|status| message.status.word() == status))
        .take(filter.limit.unwrap_or(10_000))
        .map(Message::view)
        .collect();
    Json(json!({ "messages": messages }))
}

/// One call with all its events.
pub(super) async fn show(State(board): State<Arc<Board>>, Path(sid): Path<String>) -> Done {
    let state = board.state();
    let call = state.calls.get(&sid).ok_or_else(|| Refused::missing("no such call"))?;
    let mut view = call.view();
    let events: Vec<Value> = state
        .phones
        .get(&call.peer)
        .into_iter()
        .flat_map(|phone| phone.events.iter())
        .filter(|event| event.is_about(&sid))
        .filter_map(|event| serde_json::to_value(event).ok())
        .collect();
    if let Some(object) = view.as_object_mut() {
        object.insert("events".to_owned(), Value::Array(events));
    }
    Ok(Json(view))
}

/// What to wait for.
#[derive(Debug, Deserialize)]
pub(super) struct Until {
    #[serde(rename = "for")]
    what: String,
    timeout: Option<f64>,
}

/// Waits until a call rings, is answered, waits at a prompt, or has ended.
pub(super) async fn wait(
    State(board): State<Arc<Board>>,
    Path(sid): Path<String>,
    Query(until): Query<Until>,
) -> Done {
    let number = peer(&board, &sid)?;
    let reached = |board: &Board| {
        let state = board.state();
        let call = state.calls.get(&sid)?;
        let there = match until.what.as_str() {
            "ringing" => call.status != Status::Queued,
            "answered" => call.answered.is_some() || call.status.is_final(),
            "gather" => call.waiting.is_some() || call.status.is_final(),
            _ => call.status.is_final(),
        };
        there.then(|| call.view())
    };
    let view = wait_for(&board, &number, until.timeout.unwrap_or(10.0), reached).await;
    view.map(Json).ok_or_else(|| Refused::conflict(&format!("not within the timeout: {}", until.what)))
}

/// What is entered.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Entry {
    digits: Option<String>,
    text: Option<String>,
    /// Seconds to wait for a prompt that takes it.
    wait: Option<f64>,
}

/// Does something to a call.
pub(super) async fn act(
    State(board): State<Arc<Board>>,
    Path((sid, action)): Path<(String, String)>,
    Body(entry): Body<Entry>,
) -> Done {
    perform(&board, &sid, &action, entry).await
}

/// Does something to the newest live call of a phone.
pub(super) async fn act_on_phone(
    State(board): State<Arc<Board>>,
    Path((number, action)): Path<(String, String)>,
    Body(entry): Body<Entry>,
) -> Done {
    let number = number_in(&number)?;
    let sid = board.state().live_call(&number).map(|call| call.sid.clone());
    let sid = sid.ok_or_else(|| Refused::conflict("this phone has no call now"))?;
    perform(&board, &sid, &action, entry).await
}

async fn perform(board: &Arc<Board>, sid: &str, action: &str, entry: Entry) -> Done {
    let wait = entry.wait.unwrap_or(INPUT_WAIT);
    match action {
        "answer" => {
            command(board, sid, Command::Answer, |status| !matches!(status, Status::Queued | Status::Ringing))
                .await
        }
        "reject" => command(board, sid, Command::Reject, Status::is_final).await,
        "hangup" => command(board, sid, Command::HangUp, Status::is_final).await,
        "press" => {
            let digits = entry.digits.unwrap_or_default();
            if digits.is_empty() || !digits.chars().all(|key| "0123456789*#".contains(key)) {
                return Err(Refused::bad("digits must be made of 0-9, * and #"));
            }
            input(board, sid, Spoken::Keys(digits), wait).await
        }
        "say" => input(board, sid, Spoken::Words(entry.text.unwrap_or_default()), wait).await,
        "silence" => input(board, sid, Spoken::Silence, wait).await,
        other => Err(Refused::missing(&format!("unknown action {other}"))),
    }
}

/// Sends a command and waits for its effect.
async fn command(board: &Board, sid: &str, command: Command, done: fn(Status) -> bool) -> Done {
    let number = peer(board, sid)?;
    // A call that has ended has no line any more; the wait below then shows it as it is.
    let _ = line(board, sid)?.send(command);
    let view = wait_for(board, &number, EFFECT_WAIT, |board| {
        let state = board.state();
        state.calls.get(sid).filter(|call| done(call.status)).map(Call::view)
    })
    .await;
    view.map(Json).ok_or_else(|| Refused::conflict("the call did not react"))
}

/// Hands an input to the call and waits for a prompt that takes it.
async fn input(board: &Board, sid: &str, what: Spoken, wait: f64) -> Done {
    let (taken, answer) = oneshot::channel::<Taken>();
    let deadline = clock::after(clock::seconds(wait.min(LONGEST_WAIT)));
    let sent = line(board, sid)?.send(Command::Input(Input { what, stale: deadline, taken }));
    if sent.is_err() {
        return Err(Refused::conflict("the call has ended"));
    }
    match tokio::time::timeout_at(deadline, answer).await {
        Ok(Ok(taken)) if taken.used => Ok(Json(json!({ "call": sid, "taken": taken }))),
        Ok(Ok(_)) => Err(Refused::conflict("the prompt listens for something else")),
        Ok(Err(_)) => Err(Refused::conflict("the call ended before a prompt took it")),
        Err(_) => Err(Refused::conflict("no prompt took it in time")),
    }
}

fn peer(board: &Board, sid: &str) -> Result<String, Refused> {
    let state = board.state();
    state.calls.get(sid).map(|call| call.peer.clone()).ok_or_else(|| Refused::missing("no such call"))
}

fn line(board: &Board, sid: &str) -> Result<UnboundedSender<Command>, Refused> {
    let state = board.state();
    let call = state.calls.get(sid).ok_or_else(|| Refused::missing("no such call"))?;
    if call.status.is_final() {
        return Err(Refused::conflict("the call has ended"));
    }
    Ok(call.line.clone())
}
