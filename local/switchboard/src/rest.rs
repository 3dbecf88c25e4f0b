//! Twilio's REST API, as far as calls and texts go.

mod calls;
mod error;
mod list;
mod messages;

use crate::board::Board;
use crate::event::{About, What};
use crate::faults::{Effect, total};
use crate::server::Cut;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use error::ApiError;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::form_urlencoded;

/// Largest request body that is read.
const BODY_LIMIT: usize = 1024 * 1024;

/// Fields of a form or query, in order, repeated names allowed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `a=1&b=2`.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The first value of a field that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// All values of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a successful request answers.
pub(crate) type Reply = Result<(StatusCode, Value), ApiError>;

/// What a request is about.
#[derive(Clone, Debug)]
enum Target {
    CallCreate,
    CallList,
    CallFetch(String),
    CallUpdate(String),
    CallDelete(String),
    TextCreate,
    TextList,
    TextFetch(String),
    TextUpdate(String),
    TextDelete(String),
    Recording(String),
}

impl Target {
    /// Reads method and path; `None` is 20404.
    fn of(method: &Method, path: &[&str]) -> Option<Self> {
        let get = method == Method::GET;
        let post = method == Method::POST;
        let delete = method == Method::DELETE;
        Some(match path {
            ["Calls.json"] if post => Self::CallCreate,
            ["Calls.json"] if get => Self::CallList,
            ["Messages.json"] if post => Self::TextCreate,
            ["Messages.json"] if get => Self::TextList,
            ["Calls", file] => {
                let sid = file.strip_suffix(".json")?.to_owned();
                match () {
                    () if get => Self::CallFetch(sid),
                    () if post => Self::CallUpdate(sid),
                    () if delete => Self::CallDelete(sid),
                    () => return None,
                }
            }
            ["Messages", file] => {
                let sid = file.strip_suffix(".json")?.to_owned();
                match () {
                    () if get => Self::TextFetch(sid),
                    () if post => Self::TextUpdate(sid),
                    () if delete => Self::TextDelete(sid),
                    () => return None,
                }
            }
            ["Recordings", file] if get => {
                Self::Recording(file.split('.').next().unwrap_or_default().to_owned())
            }
            _ => return None,
        })
    }

    /// The name that faults use.
    fn name(&self) -> &'static str {
        match self {
            Self::CallCreate => "rest.call.create",
            Self::CallList => "rest.call.list",
            Self::CallFetch(_) => "rest.call.fetch",
            Self::CallUpdate(_) => "rest.call.update",
            Self::CallDelete(_) => "rest.call.delete",
            Self::TextCreate => "rest.text.create",
            Self::TextList => "rest.text.list",
            Self::TextFetch(_) => "rest.text.fetch",
            Self::TextUpdate(_) => "rest.text.update",
            Self::TextDelete(_) => "rest.text.delete",
            Self::Recording(_) => "rest.recording.fetch",
        }
    }

    /// The phone that the request is about, for faults.
    fn number(&self, board: &Board, form: &Form) -> String {
        let state = board.state();
        match self {
            Self::CallFetch(sid) | Self::CallUpdate(sid) | Self::CallDelete(sid) => {
                state.calls.get(sid).map(|call| call.peer.clone()).unwrap_or_default()
            }
            Self::TextFetch(sid) | Self::TextUpdate(sid) | Self::TextDelete(sid) => {
                state.messages.get(sid).map(|message| message.peer.clone()).unwrap_or_default()
            }
            Self::CallCreate | Self::CallList | Self::TextCreate | Self::TextList | Self::Recording(_) => {
                form.get("To").unwrap_or_default().to_owned()
            }
        }
    }
}

/// Answers everything below `/2010-04-01/`.
pub(crate) async fn handle(State(board): State<Arc<Board>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return ApiError::of(20_001, "The request body is too large").into_response();
    };
    let path = parts.uri.path().to_owned();
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let form = if parts.method == Method::POST { Form::parse(&body) } else { query };
    let authorised = authorise(&board, &parts.headers);
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (account, rest) = match segments.as_slice() {
        [_, "Accounts", account, rest @ ..] => ((*account).to_owned(), rest),
        _ => return ApiError::not_found(&path).into_response(),
    };
    let Some(target) = Target::of(&parts.method, rest) else {
        return ApiError::not_found(&path).into_response();
    };
    if matches!(target, Target::Recording(_)) {
        // Recordings can be played without credentials, as by default at Twilio.
        return recording();
    }
    if !authorised || account != board.config.account_sid {
        return ApiError::unauthorised().into_response();
    }
    let number = target.number(&board, &form);
    let effects = board.strike(target.name(), &number);
    // The client may lose patience; what it asked for happens all the same.
    let work = tokio::spawn(async move {
        let began = Instant::now();
        let done = with_faults(&board, &target, &form, &effects).await;
        note(&board, &target, &number, &form, &done, began.elapsed());
        done.response
    });
    work.await.unwrap_or_else(|_| ApiError::of(20_500, "Internal Server Error").into_response())
}

/// What became of a request.
#[derive(Debug)]
struct Done {
    response: Response,
    /// What was made or changed; none if the request was refused or not handled.
    made: Option<Value>,
}

impl From<Response> for Done {
    fn from(response: Response) -> Self {
        Self { response, made: None }
    }
}

/// Writes a request into the log of the phone that it is about.
fn note(board: &Board, target: &Target, number: &str, form: &Form, done: &Done, took: Duration) {
    if number.is_empty() {
        return;
    }
    let cut = done.response.extensions().get::<Cut>().is_some();
    let sid = done.made.as_ref().and_then(|made| made["sid"].as_str());
    let about = match (target, sid) {
        (Target::CallCreate | Target::CallFetch(_) | Target::CallUpdate(_), Some(sid)) => About::Call(sid),
        (Target::TextCreate | Target::TextFetch(_) | Target::TextUpdate(_), Some(sid)) => About::Message(sid),
        (
            Target::CallCreate
            | Target::CallList
            | Target::CallFetch(_)
            | Target::CallUpdate(_)
            | Target::CallDelete(_)
            | Target::TextCreate
            | Target::TextList
            | Target::TextFetch(_)
            | Target::TextUpdate(_)
            | Target::TextDelete(_)
            | Target::Recording(_),
            _,
        ) => About::Nothing,
    };
    let what = What::Request {
        request: target.name().to_owned(),
        status: (!cut).then(|| done.response.status().as_u16()),
        done: done.made.is_some(),
        seconds: took.as_secs_f64(),
        callback: form.get("StatusCallback").map(str::to_owned),
    };
    board.publish(number, about, what);
}

async fn with_faults(board: &Arc<Board>, target: &Target, form: &Form, effects: &[Effect]) -> Done {
    let before =
        total(effects, |effect| if let Effect::HoldBefore(wait) = effect { Some(*wait) } else { None });
    tokio::time::sleep(before).await;
    for effect in effects {
        match effect {
            Effect::CutBefore | Effect::Down => return Cut::response().into(),
            Effect::Status { status, placed: false } => {
                return ApiError::plain(*status).into_response().into();
            }
            Effect::Error { code, status } => return ApiError::chosen(*code, *status).into_response().into(),
            Effect::HoldBefore(_)
            | Effect::HoldAfter(_)
            | Effect::CutAfter
            | Effect::Status { placed: true, .. }
            | Effect::Queue(_)
            | Effect::Lose
            | Effect::Double
            | Effect::Again(_)
            | Effect::TwiceAtOnce
            | Effect::Delay(_)
            | Effect::Reorder => {}
        }
    }
    let reply = answer(board, target, form);
    let after =
        total(effects, |effect| if let Effect::HoldAfter(wait) = effect { Some(*wait) } else { None });
    tokio::time::sleep(after).await;
    let made = reply.as_ref().ok().map(|(_, value)| value.clone());
    let wrong = effects.iter().find_map(|effect| {
        if let Effect::Status { status, .. } = effect {
            return Some(ApiError::plain(*status).into_response());
        }
        (*effect == Effect::CutAfter).then(Cut::response)
    });
    let response = wrong.unwrap_or_else(|| match reply {
        Ok((StatusCode::NO_CONTENT, _)) => StatusCode::NO_CONTENT.into_response(),
        Ok((status, value)) => (status, axum::Json(value)).into_response(),
        Err(error) => error.into_response(),
    });
    Done { response, made }
}

fn answer(board: &Arc<Board>, target: &Target, form: &Form) -> Reply {
    match target {
        Target::CallCreate => calls::create(board, form),
        Target::CallList => Ok((StatusCode::OK, calls::list(board, form))),
        Target::CallFetch(sid) => calls::fetch(board, sid),
        Target::CallUpdate(sid) => calls::update(board, sid, form),
        Target::CallDelete(sid) => calls::delete(board, sid),
        Target::TextCreate => messages::create(board, form),
        Target::TextList => Ok((StatusCode::OK, messages::list(board, form))),
        Target::TextFetch(sid) => messages::fetch(board, sid),
        Target::TextUpdate(sid) => messages::update(board, sid, form),
        Target::TextDelete(sid) => messages::delete(board, sid),
        Target::Recording(sid) => Err(ApiError::not_found(sid)),
    }
}

/// Basic credentials: account SID and auth token, or the API key.
fn authorise(board: &Board, headers: &HeaderMap) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| STANDARD.decode(value.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, password)) = given.as_deref().and_then(|text| text.split_once(':')) else { return false };
    let account = user == board.config.account_sid && password == board.config.auth_token;
    let key = board.config.api_key.as_ref().is_some_and(|(key, secret)| user == key && password == secret);
    account || key
}

/// A tenth of a second of silence, so that a browser can play what a `<Play>` points to.
fn recording() -> Response {
    let mut wav = Vec::from(*b"RIFF\x44\x03\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00");
    wav.extend_from_slice(b"\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x20\x03\x00\x00");
    wav.resize(wav.len().saturating_add(800), 0x80);
    ([(header::CONTENT_TYPE, "audio/x-wav")], wav).into_response()
}
