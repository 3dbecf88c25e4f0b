//! The log of a phone: reading it, and waiting for what comes.

use super::body::Body;
use super::{Done, LONGEST_WAIT, Refused, number_in};
use crate::board::Board;
use crate::clock;
use crate::event::{Event, What};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use tokio::time::Instant;

/// Which events are wanted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only those with a higher `seq`.
    after: Option<u64>,
    /// Kinds, separated by commas.
    kind: Option<String>,
    /// Only those of this call or text.
    about: Option<String>,
    /// Only those whose words contain this, whatever the case.
    contains: Option<String>,
    /// Seconds to wait for the first.
    timeout: Option<f64>,
    /// Most events to return.
    limit: Option<usize>,
    /// Marks what is returned as expected.
    consume: bool,
}

impl Wanted {
    fn fits(&self, event: &Event) -> bool {
        let kind = event.what.kind();
        self.kind.as_deref().is_none_or(|kinds| kinds.split(',').any(|wanted| wanted.trim() == kind))
            && self.about.as_deref().is_none_or(|sid| event.is_about(sid))
            && self
                .contains
                .as_deref()
                .is_none_or(|text| words(&event.what).to_lowercase().contains(&text.to_lowercase()))
    }
}

/// The words in an event that a test looks for.
fn words(what: &What) -> String {
    match what {
        What::CallSaid { text, .. }
        | What::CallHeard { text, .. }
        | What::CallRecorded { text, .. }
        | What::Problem { text, .. } => text.clone(),
        What::CallPlayed { url, text } => text.clone().unwrap_or_else(|| url.clone()),
        What::CallGathering { heard, .. } | What::CallEnded { heard, .. } => heard.join(" "),
        What::TextReceived { body, .. } | What::TextFailed { body, .. } | What::TextSent { body, .. } => {
            body.clone()
        }
        What::CallTones { digits } => digits.clone(),
        What::Webhook { url, .. } => url.clone(),
        What::Request { callback, .. } => callback.clone().unwrap_or_default(),
        What::CallPlaced { .. }
        | What::CallRinging { .. }
        | What::CallAnswered { .. }
        | What::CallPaused { .. }
        | What::CallGathered { .. }
        | What::CallRecording { .. }
        | What::CallDialing { .. }
        | What::CallBridged { .. } => String::new(),
    }
}

/// Events of a phone; waits for the first if there is none yet.
pub(super) async fn events(
    State(board): State<Arc<Board>>,
    Path(number): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Done {
    let number = number_in(&number)?;
    let after = wanted.after.unwrap_or_default();
    let limit = wanted.limit.unwrap_or(1_000);
    let find = |board: &Board| {
        let mut state = board.state();
        let phone = state.phone(&number);
        let found: Vec<Arc<Event>> = phone
            .events
            .iter()
            .filter(|event| event.seq > after && wanted.fits(event))
            .take(limit)
            .cloned()
            .collect();
        if wanted.consume {
            for event in &found {
                phone.unclaimed.remove(&event.seq);
            }
        }
        (!found.is_empty()).then_some(found)
    };
    let found = wait_for(&board, &number, wanted.timeout.unwrap_or_default(), find).await.unwrap_or_default();
    let next = found.last().map_or(after, |event| event.seq);
    Ok(Json(json!({ "events": found, "next": next })))
}

/// Waits for one event, marks it as expected and returns it. Without `after`, a call or text that nobody has claimed
/// yet is taken even if it came before.
pub(super) async fn expect(
    State(board): State<Arc<Board>>,
    Path(number): Path<String>,
    Body(wanted): Body<Wanted>,
) -> Done {
    let number = number_in(&number)?;
    let timeout = wanted.timeout.unwrap_or(10.0);
    let find = |board: &Board| {
        let mut state = board.state();
        let phone = state.phone(&number);
        let found = phone
            .events
            .iter()
            .find(|event| {
                let fresh = match wanted.after {
                    Some(after) => event.seq > after,
                    None => !event.what.must_be_expected() || phone.unclaimed.contains_key(&event.seq),
                };
                fresh && wanted.fits(event)
            })
            .cloned()?;
        phone.unclaimed.remove(&found.seq);
        Some(found)
    };
    if let Some(event) = wait_for(&board, &number, timeout, find).await {
        return Ok(Json(json!({ "event": event })));
    }
    let mut state = board.state();
    let log: Vec<&Arc<Event>> = state.phone(&number).events.iter().rev().take(30).collect();
    let text = format!("nothing like {wanted:?} happened to {number} within {timeout} s");
    Err(Refused(StatusCode::REQUEST_TIMEOUT, json!({ "error": text, "last_events_newest_first": log })))
}

/// Calls `find` now and after every event of the phone, until it finds something or time is up.
pub(super) async fn wait_for<T>(
    board: &Board,
    number: &str,
    timeout: f64,
    find: impl Fn(&Board) -> Option<T>,
) -> Option<T> {
    let deadline: Instant = clock::after(clock::seconds(timeout.min(LONGEST_WAIT)));
    let mut signal = board.state().phone(number).signal.subscribe();
    loop {
        signal.mark_unchanged();
        if let Some(found) = find(board) {
            return Some(found);
        }
        match tokio::time::timeout_at(deadline, signal.changed()).await {
            Ok(Ok(())) => {}
            // The phone was forgotten meanwhile, or time is up.
            Ok(Err(_)) | Err(_) => return find(board),
        }
    }
}
