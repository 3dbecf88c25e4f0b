//! What nobody expected, and what went wrong.

use super::body::Body;
use super::{Done, number_in};
use crate::board::Board;
use crate::event::{Event, Level, What};
use crate::number::list_from_query;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Numbers, separated by commas; none means all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Numbers {
    number: Option<String>,
    /// `error` or `warning`; none means both.
    level: Option<String>,
}

/// Calls and texts of the product that nobody has claimed.
pub(super) async fn unexpected(State(board): State<Arc<Board>>, Query(query): Query<Numbers>) -> Json<Value> {
    let numbers = list_from_query(query.number.as_deref());
    let state = board.state();
    let found: Vec<&Arc<Event>> = state
        .phones
        .values()
        .filter(|phone| numbers.is_empty() || numbers.contains(&phone.number))
        .flat_map(|phone| phone.unclaimed.values())
        .collect();
    Json(json!({ "unexpected": found }))
}

/// What to claim: one event, everything about a call or text, or all of a phone up to now.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    number: String,
    seq: Option<u64>,
    about: Option<String>,
    kind: Option<String>,
}

/// Marks calls and texts as expected.
pub(super) async fn consume(State(board): State<Arc<Board>>, Body(claim): Body<Claim>) -> Done {
    let number = number_in(&claim.number)?;
    let mut state = board.state();
    let unclaimed = &mut state.phone(&number).unclaimed;
    let before = unclaimed.len();
    unclaimed.retain(|seq, event| {
        let claimed = claim.seq.is_none_or(|wanted| wanted == *seq)
            && claim.about.as_deref().is_none_or(|sid| event.is_about(sid))
            && claim.kind.as_deref().is_none_or(|kind| event.what.kind() == kind);
        !claimed
    });
    Ok(Json(json!({ "consumed": before.saturating_sub(unclaimed.len()) })))
}

/// What Twilio's debugger would show.
pub(super) async fn problems(State(board): State<Arc<Board>>, Query(query): Query<Numbers>) -> Json<Value> {
    let numbers = list_from_query(query.number.as_deref());
    let wanted = |event: &&Arc<Event>| {
        let What::Problem { level, .. } = &event.what else { return false };
        match query.level.as_deref() {
            Some("error") => *level == Level::Error,
            Some("warning") => *level == Level::Warning,
            Some(_) | None => true,
        }
    };
    let state = board.state();
    let found: Vec<&Arc<Event>> = state
        .phones
        .values()
        .filter(|phone| numbers.is_empty() || numbers.contains(&phone.number))
        .flat_map(|phone| phone.events.iter().filter(wanted))
        .collect();
    Json(json!({ "problems": found }))
}
