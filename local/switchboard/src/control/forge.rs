//! Webhooks by hand: forged ones, and those that were sent before.

use super::body::Body;
use super::{Done, Refused};
use crate::board::Board;
use crate::number::list_from_query;
use crate::sid;
use crate::signature;
use crate::webhook::{Answer, RawRequest, Sent};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use futures::future::join_all;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A webhook to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forged {
    /// Absolute, or a path below the public base URL.
    url: String,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    params: Map<String, Value>,
    /// `valid` (default), `wrong`, `none`, or the header's value itself.
    #[serde(default)]
    signature: Option<String>,
    /// Signs with this token instead of the account's.
    #[serde(default)]
    auth_token: Option<String>,
    /// Adds `AccountSid`, `ApiVersion` and the service number as `To` where they are missing.
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    headers: Map<String, Value>,
}

/// Sends a webhook with any content and signature.
pub(super) async fn forge(State(board): State<Arc<Board>>, Body(forged): Body<Forged>) -> Done {
    let (base, to) = {
        let state = board.state();
        (state.public_base_url.clone(), state.service_number.clone())
    };
    let mut params = pairs(&forged.params);
    if forged.complete {
        let account = board.config.account_sid.clone();
        for (name, value) in [("AccountSid", account), ("ApiVersion", "2010-04-01".to_owned()), ("To", to)] {
            if !params.iter().any(|(key, _)| key == name) {
                params.push((name.to_owned(), value));
            }
        }
    }
    let url = if forged.url.contains("://") { forged.url } else { format!("{base}{}", forged.url) };
    let url = signature::strip_fragment(&url).to_owned();
    let method = forged.method.unwrap_or_else(|| "POST".to_owned()).to_ascii_uppercase();
    let token = forged.auth_token.unwrap_or_else(|| board.config.auth_token.clone());
    let signed = if method == "GET" { &[][..] } else { &params };
    let signature = match forged.signature.as_deref() {
        None | Some("valid") => Some(signature::sign(&token, &url, signed)),
        Some("none") => None,
        Some("wrong") => Some(signature::sign("not the token", &url, signed)),
        Some(literal) => Some(literal.to_owned()),
    };
    let request = RawRequest {
        method,
        url,
        params,
        signature,
        token: Some(sid::uuid()),
        headers: pairs(&forged.headers),
    };
    Ok(Json(answer(&board, &request).await?))
}

/// Name and value; a list repeats the name.
fn pairs(map: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (name, value) in map {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|value| (name.clone(), text(value)))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                pairs.push((name.clone(), text(value)));
            }
        }
    }
    pairs
}

async fn answer(board: &Board, request: &RawRequest) -> Result<Value, Refused> {
    match board.courier.raw(request).await {
        Ok(Answer { status, content_type, body, .. }) => {
            Ok(json!({ "status": status, "content_type": content_type, "body": body }))
        }
        Err(text) => Err(Refused::new(StatusCode::BAD_GATEWAY, &text)),
    }
}

/// Which webhooks to list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Which {
    number: Option<String>,
    /// Only those of this call or text.
    about: Option<String>,
    /// Only those whose kind begins so, e.g. `webhook.voice`.
    hook: Option<String>,
}

/// Webhooks that were sent, oldest first per phone.
pub(super) async fn webhooks(State(board): State<Arc<Board>>, Query(which): Query<Which>) -> Json<Value> {
    let numbers = list_from_query(which.number.as_deref());
    let state = board.state();
    let wanted = |sent: &&Arc<Sent>| {
        which.hook.as_deref().is_none_or(|hook| sent.hook.starts_with(hook))
            && which
                .about
                .as_deref()
                .is_none_or(|sid| sent.call.as_deref() == Some(sid) || sent.message.as_deref() == Some(sid))
    };
    let found: Vec<&Arc<Sent>> = state
        .phones
        .values()
        .filter(|phone| numbers.is_empty() || numbers.contains(&phone.number))
        .flat_map(|phone| phone.webhooks.iter().filter(wanted))
        .collect();
    Json(json!({ "webhooks": found }))
}

/// How to replay.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Replay {
    times: Option<u32>,
    at_once: bool,
}

/// Sends a webhook again, byte for byte.
pub(super) async fn replay(
    State(board): State<Arc<Board>>,
    Path(id): Path<u64>,
    Body(replay): Body<Replay>,
) -> Done {
    let sent = {
        let state = board.state();
        state.phones.values().flat_map(|phone| phone.webhooks.iter()).find(|sent| sent.id == id).cloned()
    };
    let sent = sent.ok_or_else(|| Refused::missing("no such webhook"))?;
    let request = RawRequest {
        method: sent.method.clone(),
        url: sent.url.clone(),
        params: sent.params.clone(),
        signature: Some(sent.signature.clone()),
        token: Some(sent.idempotency_token.clone()),
        headers: Vec::new(),
    };
    let times = replay.times.unwrap_or(1).min(1_000);
    let mut answers = Vec::new();
    if replay.at_once {
        for result in join_all((0..times).map(|_| answer(&board, &request))).await {
            answers.push(result?);
        }
    } else {
        for _ in 0..times {
            answers.push(answer(&board, &request).await?);
        }
    }
    Ok(Json(json!({ "answers": answers })))
}
