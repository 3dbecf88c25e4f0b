//! The control API for tests and for the page. `CONTROL.md` describes it.

mod api;
mod body;
mod calls;
mod carrier;
mod claims;
mod events;
mod faults;
mod forge;
mod phones;
mod story;
mod stream;
mod watch;

pub(crate) use watch::Followed;

use crate::board::Board;
use crate::number;
use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest time a request may wait for something to happen, in seconds.
const LONGEST_WAIT: f64 = 600.0;

/// A request that cannot be done.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, Value);

impl Refused {
    fn new(status: StatusCode, text: &str) -> Self {
        Self(status, json!({ "error": text }))
    }

    fn bad(text: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    fn missing(text: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    fn conflict(text: &str) -> Self {
        Self::new(StatusCode::CONFLICT, text)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

/// What a control request answers.
type Done = Result<Json<Value>, Refused>;

/// The number in a path.
fn number_in(path: &str) -> Result<String, Refused> {
    number::from_path(path).ok_or_else(|| Refused::bad(&format!("no phone number: {path}")))
}

/// All routes below `/control`.
pub(crate) fn routes() -> Router<Arc<Board>> {
    Router::new()
        .route("/health", get(async || Json(json!({ "ok": true }))))
        .route("/carrier", get(carrier::show).put(carrier::change))
        .route("/state", get(carrier::state))
        .route("/stream", get(stream::stream))
        .route("/phones", get(phones::list).post(phones::put_many))
        .route("/phones/{number}", get(phones::show).put(phones::put).delete(phones::forget))
        .route("/phones/{number}/events", get(events::events))
        .route("/phones/{number}/expect", post(events::expect))
        .route("/phones/{number}/call", post(phones::call))
        .route("/phones/{number}/text", post(phones::text))
        .route("/phones/{number}/{action}", post(calls::act_on_phone))
        .route("/calls", get(calls::list))
        .route("/calls/{sid}", get(calls::show))
        .route("/calls/{sid}/wait", get(calls::wait))
        .route("/calls/{sid}/{action}", post(calls::act))
        .route("/messages", get(calls::messages))
        .route("/webhooks", get(forge::webhooks))
        .route("/webhooks/{id}/replay", post(forge::replay))
        .route("/forge", post(forge::forge))
        .route("/faults", get(faults::list).post(faults::set).delete(faults::clear))
        .route("/faults/{id}", delete(faults::remove))
        .route("/unexpected", get(claims::unexpected))
        .route("/consume", post(claims::consume))
        .route("/watch", get(watch::show).post(watch::set))
        .route("/story", get(story::show).post(story::start))
        .route("/story/stop", post(story::stop))
        .route("/problems", get(claims::problems))
}
