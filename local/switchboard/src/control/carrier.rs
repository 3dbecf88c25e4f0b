//! The carrier as a whole: its settings, and everything the page needs when it opens.

use super::body::Body;
use super::{Done, Refused};
use crate::board::Board;
use crate::call::Call;
use crate::number::parse_number;
use crate::phone::Phone;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Settings that can be changed while the switchboard runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    public_base_url: Option<String>,
    service_number: Option<String>,
    calls_per_second: Option<f64>,
}

/// The settings.
pub(super) async fn show(State(board): State<Arc<Board>>) -> Json<Value> {
    Json(settings(&board))
}

/// Changes some settings.
pub(super) async fn change(State(board): State<Arc<Board>>, Body(change): Body<Change>) -> Done {
    {
        let mut state = board.state();
        if let Some(url) = change.public_base_url {
            url.trim_end_matches('/').clone_into(&mut state.public_base_url);
        }
        if let Some(number) = change.service_number {
            state.service_number = parse_number(&number).ok_or_else(|| Refused::bad("no phone number"))?;
        }
        if let Some(rate) = change.calls_per_second {
            state.calls_per_second = rate;
        }
    }
    Ok(Json(settings(&board)))
}

fn settings(board: &Board) -> Value {
    let state = board.state();
    json!({
        "url": board.own_url(),
        "account_sid": board.config.account_sid,
        "service_number": state.service_number,
        "public_base_url": state.public_base_url,
        "minute_seconds": board.config.minute_seconds,
        "calls_per_second": state.calls_per_second,
        "voice_path": board.config.voice_path,
        "sms_path": board.config.sms_path,
        "seq": state.last_seq(),
        "story": board.config.stack_json.is_some(),
    })
}

/// Settings, phones, live calls and the last events.
pub(super) async fn state(State(board): State<Arc<Board>>) -> Json<Value> {
    let settings = settings(&board);
    let state = board.state();
    let phones: Vec<Value> = state.phones.values().map(Phone::view).collect();
    let live: Vec<Value> =
        state.calls.values().filter(|call| !call.status.is_final()).map(Call::view).collect();
    let timeline = serde_json::to_value(&state.timeline).unwrap_or_default();
    Json(json!({ "carrier": settings, "phones": phones, "calls": live, "timeline": timeline }))
}
