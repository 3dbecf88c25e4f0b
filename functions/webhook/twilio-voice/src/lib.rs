//! The phone line: people call our number.
//!
//! A caller never hears a dead line: what fails on our side is said, and the call goes on where it was.

mod answer;
mod callback;
mod line;
mod login;
mod menu;

use http::{Method, StatusCode};
use lucius_core::{
    ivr::{SORRY, ask_pin},
    phone::PhoneNumber,
    voice::Prompt,
    words::spoken_digits,
};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, say, webhook::verified};
use lucius_twilio::webhook::VoiceRequest;

/// One turn of a call to our number.
struct Turn<'a> {
    request: &'a Request,
    call_sid: String,
    from: Option<PhoneNumber>,
    /// What was keyed in, or said in digits; empty for silence.
    said: String,
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
    let voice = voice.into_inner();
    let said = voice.digits.or_else(|| voice.speech.as_deref().and_then(spoken_digits)).unwrap_or_default();
    let turn = Turn { request, call_sid: voice.call_sid, from: voice.from, said };
    let (number, steps) = match segments.as_slice() {
        ["inbound", "answer"] => return answer::answer(app, &turn, 1).await,
        ["inbound", "answer", round] => {
            return answer::answer(app, &turn, round.parse().unwrap_or(u8::MAX)).await;
        }
        ["inbound", "login"] => (0, line::Step::Login),
        ["inbound", step, number] => {
            let Ok(number) = number.parse() else { return Response::empty(StatusCode::NOT_FOUND) };
            let step = match *step {
                "login" => line::Step::Login,
                "account" => line::Step::Account,
                "menu" => line::Step::Menu,
                "callback" => line::Step::CallBack,
                _ => return Response::empty(StatusCode::NOT_FOUND),
            };
            (number, step)
        }
        _ => return Response::empty(StatusCode::NOT_FOUND),
    };
    match line::step(app, &turn, steps, number).await {
        Ok(prompt) => spoken(app, &prompt),
        Err(error) => sorry(app, &turn, &error),
    }
}

fn spoken<P: Ports>(app: &App<P>, prompt: &Prompt) -> Response {
    Response::twiml(&say::twiml(&app.shell, prompt))
}

/// Says that something went wrong, and listens again at the same address.
fn sorry<P: Ports>(app: &App<P>, turn: &Turn<'_>, error: &RunError) -> Response {
    tracing::error!(error = %error, "a turn of a call failed");
    let path = turn.request.raw_path.trim_end_matches('/').to_owned();
    let words = vec![SORRY.to_owned()];
    let prompt = if path.contains("/menu/") { Prompt::key(words, path) } else { ask_again(words, path) };
    spoken(app, &prompt)
}

fn ask_again(mut words: Vec<String>, path: String) -> Prompt {
    let mut prompt = ask_pin(&[], 0);
    words.append(&mut prompt.say);
    Prompt::digits(words, path)
}
