//! Texts to our number: from a person at risk, from a contact, or from somebody who is both.

mod contact;
mod stop;
mod user;

use http::StatusCode;
use jiff::Timestamp;
use lucius_core::{phone::PhoneNumber, voice::Reply, words};
use lucius_shell::{
    App, Request, Response, RunError, alarm, ports::Nature as _, ports::Ports, webhook::verified,
};
use lucius_store::{NumberCard, Store};
use lucius_telephony::Twiml;
use lucius_twilio::webhook::{InboundText, OptOut};

/// A text, and who is behind its number.
struct Text {
    sid: String,
    from: PhoneNumber,
    body: String,
    arrived_at: Timestamp,
    card: NumberCard,
}

/// Answers a text.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let alias = match request.segments().as_slice() {
        ["inbound", "sms"] => false,
        ["webhook", "sms"] => true,
        _ => return Response::empty(StatusCode::NOT_FOUND),
    };
    let form = match verified(app, request).await {
        Ok(form) => form,
        // The older of the two addresses has always answered so.
        Err(refused) if alias && refused.status == StatusCode::FORBIDDEN => {
            let mut empty = silence();
            empty.status = StatusCode::UNAUTHORIZED;
            return empty;
        }
        Err(refused) => return refused,
    };
    let Ok(text) = form.try_map(InboundText::read) else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    match answer(app, request, text.into_inner()).await {
        Ok(reply) => respond(&reply),
        // It counted when it first came, and whoever sent it has heard so.
        Err(RunError::Known) => silence(),
        Err(error) => {
            tracing::error!(error = %error, "a text was not recorded");
            alarm::operator("NotRecorded", "a text to our number was not recorded");
            respond(&Reply::words("That was not recorded. Please send it again."))
        }
    }
}

async fn answer<P: Ports>(app: &App<P>, request: &Request, text: InboundText) -> Result<Reply, RunError> {
    let Some(from) = text.from else { return Ok(Reply::Silence) };
    let store = app.shell.ports.store();
    let card = store.number(&from, app.shell.ports.nature().now()).await?;
    let keyword = words::keyword(&text.body);
    let opt_out = text.opt_out;
    let text = Text { sid: text.message_sid, from, body: text.body, arrived_at: request.arrived_at, card };
    match (keyword, opt_out) {
        (Some(words::Keyword::Stop), _) | (_, Some(OptOut::Stop)) => {
            stop::stopped(app, &text, true).await?;
            return Ok(Reply::Silence);
        }
        (Some(words::Keyword::Start), _) => {
            stop::stopped(app, &text, false).await?;
            return Ok(Reply::Silence);
        }
        // YES, which is an answer as well.
        (_, Some(OptOut::Start)) => stop::stopped(app, &text, false).await?,
        (Some(words::Keyword::Help) | None, Some(OptOut::Help | OptOut::Unknown(_)) | None) => {
            if text.card.stopped == Some(true) && words::read(&text.body).opts_in {
                // The carrier has read YES as consent to texts, whatever else it answers.
                stop::stopped(app, &text, false).await?;
            }
        }
    }
    if let Some(reply) = contact::by_code(app, &text).await? {
        return Ok(reply);
    }
    match text.card.user {
        Some(user) => match contact::user_reopens_nothing(&text) {
            Some(reply) => Ok(reply),
            None => user::answers(app, &text, user).await,
        },
        None => Ok(contact::without_code(&text)),
    }
}

fn silence() -> Response {
    Response::twiml(&Twiml::new())
}

fn respond(reply: &Reply) -> Response {
    match reply {
        Reply::Words(words) if !words.is_empty() => Response::twiml(&Twiml::new().message(&words.join(" "))),
        Reply::Words(_) | Reply::Silence | Reply::Prompt(_) | Reply::Login(_) => silence(),
    }
}
