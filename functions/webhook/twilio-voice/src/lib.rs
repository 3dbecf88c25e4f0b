//! The phone line: people call our number.
//!
//! A caller never hears a dead line: what fails on our side is said, and the call goes on where it was.

mod answer;
mod callback;
mod line;
mod login;
mod menu;
mod sorry;

use http::{Method, StatusCode};
use lucius_core::{ivr::Session, phone::PhoneNumber, voice::Prompt, words, words::spoken_digits};
use lucius_shell::{App, Request, Response, ports::Ports, say, webhook::verified};
use lucius_twilio::webhook::VoiceRequest;

/// One turn of a call to our number.
struct Turn<'a> {
    request: &'a Request,
    call_sid: String,
    from: Option<PhoneNumber>,
    /// What was keyed in, or said in digits; empty for anything else.
    said: String,
    /// Something was said that is no number. Whoever speaks is there.
    unclear: bool,
    /// It was a cry for help.
    cries: bool,
}

impl<'a> Turn<'a> {
    fn of(request: &'a Request, voice: VoiceRequest) -> Self {
        let spoken = voice.speech.as_deref().and_then(spoken_digits);
        let unclear = voice.digits.is_none() && voice.speech.is_some() && spoken.is_none();
        let cries = unclear && voice.speech.as_deref().is_some_and(words::is_cry);
        let said = voice.digits.or(spoken).unwrap_or_default();
        Self { request, call_sid: voice.call_sid, from: voice.from, said, unclear, cries }
    }

    /// Names what comes of what was keyed in. Who was told that it was not recorded may key in something else in the same turn, and the
    /// first may have been recorded.
    fn key<P>(&self, app: &App<P>, session: &Session) -> String {
        format!("{}-{}-{}", self.call_sid, session.turns, app.keyring.tag(&self.said))
    }

    /// Nothing was keyed in and nothing was said.
    fn is_silent(&self) -> bool {
        self.said.is_empty() && !self.unclear
    }
}

/// Where in a call a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    step: line::Step,
    /// The number of the turn.
    number: u32,
    /// How often it has been asked for again because it could not be recorded.
    again: u8,
}

impl Place {
    /// Reads `/inbound/{step}/{number}`, and `/{again}` behind it.
    fn of(segments: &[&str]) -> Option<Self> {
        let (step, number, again) = match segments {
            ["inbound", "login"] => ("login", "0", "0"),
            ["inbound", step, number] => (*step, *number, "0"),
            ["inbound", step, number, again] => (*step, *number, *again),
            _ => return None,
        };
        let step = match step {
            "login" => line::Step::Login,
            "account" => line::Step::Account,
            "menu" => line::Step::Menu,
            "callback" => line::Step::CallBack,
            _ => return None,
        };
        Some(Self { step, number: number.parse().ok()?, again: again.parse().ok()? })
    }
}

/// Answers one turn of a call to our number.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let segments = request.segments();
    if request.method == Method::GET && segments.as_slice() == ["inbound", "answer"] {
        // Somebody looks at it in a browser: the first page, which is the same for everybody.
        return answer::first_page(app, 1);
    }
    let form = match verified(app, request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let Ok(voice) = form.try_map(VoiceRequest::read) else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    let turn = Turn::of(request, voice.into_inner());
    match segments.as_slice() {
        ["inbound", "answer"] => return answer::answer(app, &turn, 1).await,
        ["inbound", "answer", round] => {
            return answer::answer(app, &turn, round.parse().unwrap_or(u8::MAX)).await;
        }
        _ => {}
    }
    let Some(place) = Place::of(&segments) else { return Response::empty(StatusCode::NOT_FOUND) };
    match line::step(app, &turn, place).await {
        Ok(prompt) => spoken(app, &prompt),
        Err(error) => spoken(app, &sorry::prompt(place, &error)),
    }
}

fn spoken<P: Ports>(app: &App<P>, prompt: &Prompt) -> Response {
    Response::twiml(&say::twiml(&app.shell, prompt))
}
