//! Watching one user of the product: the page asks here, so that a browser needs no second origin.

use super::api::Api;
use super::body::Body;
use super::{Done, Refused};
use crate::board::Board;
use crate::control::story::Story;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Whose incidents the page shows.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Watch {
    pub(crate) api_url: String,
    #[serde(skip_serializing)]
    pub(crate) token: String,
    /// An integer in the product; text is accepted too.
    pub(crate) user_id: Value,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// What the page follows beside the phones.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    pub(crate) watch: Option<Watch>,
    pub(crate) story: Story,
}

/// Sets whom to watch.
pub(super) async fn set(State(board): State<Arc<Board>>, Body(watch): Body<Watch>) -> Done {
    if !watch.api_url.starts_with("http://127.0.0.1") && !watch.api_url.starts_with("http://localhost") {
        return Err(Refused::bad("api_url must be on loopback"));
    }
    board.followed().watch = Some(watch);
    Ok(Json(json!({ "ok": true })))
}

/// The story, and what the product says about the watched user now.
pub(super) async fn show(State(board): State<Arc<Board>>) -> Json<Value> {
    let (watch, story) = {
        let followed = board.followed();
        (followed.watch.clone(), serde_json::to_value(&followed.story).unwrap_or_default())
    };
    let Some(watch) = watch else { return Json(json!({ "story": story, "watch": null })) };
    let api = Api { courier: &board.courier, url: &watch.api_url, token: &watch.token };
    let user = watch.user_id.as_str().map_or_else(|| watch.user_id.to_string(), str::to_owned);
    let (incidents_path, settings_path) =
        (format!("/v1/users/{user}/incidents"), format!("/v1/users/{user}/probe_settings"));
    let (incidents, settings) =
        futures::future::join(api.get(&incidents_path), api.get(&settings_path)).await;
    let error = incidents.as_ref().err().cloned();
    Json(json!({
        "story": story,
        "watch": watch,
        "incidents": incidents.ok(),
        "probe_settings": settings.ok(),
        "error": error,
    }))
}
