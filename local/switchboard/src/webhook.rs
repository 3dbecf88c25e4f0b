//! Webhooks: signed requests to the product, with Twilio's retries and with faults.

mod courier;
mod overrides;

pub(crate) use courier::{Courier, RawRequest};

use crate::board::Board;
use crate::event::{About, What};
use crate::faults::{Effect, total};
use crate::{clock, sid, signature};
use courier::Attempt;
use jiff::Timestamp;
use overrides::Overrides;
use serde::Serialize;
use std::sync::Arc;

/// Why a webhook is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Fetches the TwiML of a call.
    Voice,
    /// Reports a call's progress.
    CallStatus,
    /// Hands over a text to the service number.
    Sms,
    /// Reports a text's progress.
    TextStatus,
}

impl Kind {
    /// The name that faults and logs use.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Voice => "webhook.voice",
            Self::CallStatus => "webhook.call_status",
            Self::Sms => "webhook.sms",
            Self::TextStatus => "webhook.text_status",
        }
    }
}

/// One webhook to send.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) kind: Kind,
    /// As configured, with fragment.
    pub(crate) url: String,
    /// `POST` or `GET`.
    pub(crate) method: String,
    pub(crate) params: Vec<(String, String)>,
    /// The phone that it is about.
    pub(crate) number: String,
    pub(crate) call: Option<String>,
    pub(crate) message: Option<String>,
}

/// What the product answered.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
    /// Where the answer came from, after redirects, without fragment.
    pub(crate) url: String,
}

/// A webhook that got no usable answer, as Twilio's debugger codes it.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) code: u32,
    pub(crate) text: String,
}

/// A webhook that was sent, for replays.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sent {
    pub(crate) id: u64,
    pub(crate) at: Timestamp,
    pub(crate) hook: &'static str,
    pub(crate) number: String,
    pub(crate) call: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) signature: String,
    pub(crate) idempotency_token: String,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) answer: Option<Answer>,
}

/// Sends a webhook, struck by whatever faults are set.
///
/// # Errors
/// [`Failure`] when, after all retries, there is no 2xx answer.
pub(crate) async fn send(board: &Arc<Board>, hook: Hook) -> Result<Answer, Failure> {
    let effects = board.strike(hook.kind.name(), &hook.number);
    deliver(board, hook, &effects).await
}

/// Sends a webhook with these effects.
///
/// # Errors
/// As [`send`].
pub(crate) async fn deliver(board: &Arc<Board>, hook: Hook, effects: &[Effect]) -> Result<Answer, Failure> {
    tokio::time::sleep(total(
        effects,
        |effect| {
            if let Effect::Delay(wait) = effect { Some(*wait) } else { None }
        },
    ))
    .await;
    if effects.contains(&Effect::Lose) || effects.contains(&Effect::Down) {
        return Err(Failure { code: 11200, text: "lost on purpose: never sent".to_owned() });
    }
    // A request that has left is not called back when a caller hangs up, so it runs by itself.
    let sending = tokio::spawn(send_as_often(Arc::clone(board), hook, effects.to_vec()));
    sending.await.unwrap_or_else(|_| Err(Failure { code: 11200, text: "the switchboard failed".to_owned() }))
}

async fn send_as_often(board: Arc<Board>, hook: Hook, effects: Vec<Effect>) -> Result<Answer, Failure> {
    let token = sid::uuid();
    if effects.contains(&Effect::TwiceAtOnce) {
        let (first, _) =
            futures::future::join(send_once(&board, &hook, &token), send_once(&board, &hook, &token)).await;
        return first;
    }
    let first = send_once(&board, &hook, &token).await;
    if effects.contains(&Effect::Double) {
        let _ = send_once(&board, &hook, &token).await;
    }
    for effect in &effects {
        if let Effect::Again(wait) = effect {
            let (board, hook, token, wait) =
                (Arc::clone(&board), hook.clone(), token.clone(), clock::seconds(*wait));
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                send_once(&board, &hook, &token).await
            });
        }
    }
    first
}

/// One delivery with its retries, kept for replays.
async fn send_once(board: &Arc<Board>, hook: &Hook, token: &str) -> Result<Answer, Failure> {
    let overrides = Overrides::of(&hook.url);
    let (url, body_params) = with_query(hook);
    let signature = signature::sign(&board.config.auth_token, &url, &body_params);
    let request = courier::Request {
        method: hook.method.clone(),
        url,
        params: body_params,
        signature: Some(signature.clone()),
        token: Some(token.to_owned()),
        auth_token: board.config.auth_token.clone(),
        headers: Vec::new(),
    };
    let (attempts, result) = board.courier.send(&request, &overrides).await;
    let mut state = board.state();
    let sent = Sent {
        id: state.next_webhook(),
        at: clock::now(),
        hook: hook.kind.name(),
        number: hook.number.clone(),
        call: hook.call.clone(),
        message: hook.message.clone(),
        method: request.method,
        url: request.url,
        params: request.params,
        signature,
        idempotency_token: token.to_owned(),
        attempts,
        answer: result.as_ref().ok().cloned(),
    };
    let id = sent.id;
    let event = What::Webhook {
        id,
        hook: hook.kind.name().to_owned(),
        url: sent.url.clone(),
        status: sent.attempts.last().and_then(|attempt| attempt.status),
        text: result.as_ref().err().map(|failure| failure.text.clone()),
    };
    state.add_webhook(Arc::new(sent));
    drop(state);
    board.publish(&hook.number, about(hook), event);
    result
}

fn about(hook: &Hook) -> About<'_> {
    match (&hook.call, &hook.message) {
        (Some(sid), _) => About::Call(sid),
        (None, Some(sid)) => About::Message(sid),
        (None, None) => About::Nothing,
    }
}

/// A GET carries its fields in the query, and the query is signed as part of the URL.
fn with_query(hook: &Hook) -> (String, Vec<(String, String)>) {
    let url = signature::strip_fragment(&hook.url).to_owned();
    if hook.method != "GET" {
        return (url, hook.params.clone());
    }
    let query: String =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&hook.params).finish();
    let separator = if url.contains('?') { '&' } else { '?' };
    (format!("{url}{separator}{query}"), Vec::new())
}
