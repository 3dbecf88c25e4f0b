//! Setting and clearing faults.

use super::body::Body;
use super::{Done, Refused};
use crate::board::Board;
use crate::faults::Fault;
use crate::number::{from_path, list_from_query};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The faults in force.
pub(super) async fn list(State(board): State<Arc<Board>>) -> Json<Value> {
    Json(json!({ "faults": board.faults().list() }))
}

/// Sets a fault.
pub(super) async fn set(State(board): State<Arc<Board>>, Body(mut fault): Body<Fault>) -> Done {
    let known = ["rest", "webhook", "queue", "all", "phone"];
    if !known.contains(&fault.on.split('.').next().unwrap_or_default()) {
        return Err(Refused::bad("'on' must begin with rest, webhook, queue, phone or be all"));
    }
    if let Some(number) = &fault.number {
        fault.number = Some(from_path(number).ok_or_else(|| Refused::bad("no phone number"))?);
    }
    let id = board.faults().add(fault);
    Ok(Json(json!({ "id": id })))
}

/// Which faults to clear.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    number: Option<String>,
}

/// Clears all faults, or those of some numbers.
pub(super) async fn clear(State(board): State<Arc<Board>>, Query(which): Query<Which>) -> Json<Value> {
    let numbers = list_from_query(which.number.as_deref());
    let cleared = board.faults().remove(|fault| {
        !numbers.is_empty() && !fault.number.as_ref().is_some_and(|number| numbers.contains(number))
    });
    Json(json!({ "cleared": cleared }))
}

/// Clears one fault; says how often it struck.
pub(super) async fn remove(State(board): State<Arc<Board>>, Path(id): Path<u64>) -> Json<Value> {
    let mut faults = board.faults();
    let hits = faults.list().iter().find(|fault| fault.id == id).map(|fault| fault.hits);
    let cleared = faults.remove(|fault| fault.id != id);
    Json(json!({ "cleared": cleared, "hits": hits }))
}
