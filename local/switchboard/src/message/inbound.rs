//! Texts that a phone sends to the service number, and the answers in TwiML.

use super::optout::Keyword;
use super::{Direction, Message, NewMessage, Status, segments, send};
use crate::board::Board;
use crate::call::resolve;
use crate::event::{About, Level, What};
use crate::twiml::{self, Verb};
use crate::webhook::{self, Answer, Hook, Kind};
use crate::{clock, sid};
use serde::Serialize;
use std::sync::Arc;

/// Redirects that are followed in answers to one text.
const REDIRECTS: u32 = 10;

/// What became of a text to the service.
#[derive(Debug, Serialize)]
pub(crate) struct Sent {
    /// HTTP status of the webhook, if there was a 2xx answer.
    pub(crate) status: Option<u16>,
    /// Why not.
    pub(crate) problem: Option<String>,
    /// Texts in the answer.
    pub(crate) replies: Vec<String>,
}

/// A phone sends a text to the service number, showing `from`. Returns its SID and the rest of its way.
pub(crate) fn text_service(
    board: &Arc<Board>,
    phone: &str,
    from: &str,
    body: &str,
) -> (String, impl Future<Output = Sent> + use<>) {
    let sid = sid::new_sid("SM");
    let message = {
        let mut state = board.state();
        let message = Message {
            sid: sid.clone(),
            from: from.to_owned(),
            to: state.service_number.clone(),
            peer: phone.to_owned(),
            body: body.to_owned(),
            direction: Direction::Inbound,
            status: Status::Received,
            created: clock::now(),
            updated: clock::now(),
            sent: Some(clock::now()),
            error: None,
            callback: None,
            reply_to: None,
        };
        state.add_message(message.clone());
        message
    };
    let sent = What::TextSent { to: message.to.clone(), body: body.to_owned() };
    board.publish(phone, About::Message(&sid), sent);
    obey(board, &message);
    (sid, hand_over(Arc::clone(board), message))
}

/// The carrier's own reaction to STOP, START and HELP. The text is forwarded all the same.
fn obey(board: &Board, message: &Message) {
    let Some(keyword) = Keyword::of(&message.body) else { return };
    let was_out = {
        let mut state = board.state();
        let phone = state.phone(&message.from);
        let was_out = phone.opted_out;
        match keyword {
            Keyword::Stop => phone.opted_out = true,
            Keyword::Start => phone.opted_out = false,
            Keyword::Help => {}
        }
        was_out
    };
    if let Some(answer) = keyword.answer(was_out) {
        let (from, body) = (message.to.clone(), answer.to_owned());
        let what = What::TextReceived { from, body, auto: true, reply_to: Some(message.sid.clone()) };
        board.publish(&message.peer, About::Message(&message.sid), what);
    }
}

async fn hand_over(board: Arc<Board>, message: Message) -> Sent {
    let mut url = format!("{}{}", board.state().public_base_url, board.config.sms_path);
    let mut method = "POST".to_owned();
    let mut sent = Sent { status: None, problem: None, replies: Vec::new() };
    for _ in 0..REDIRECTS {
        let hook = Hook {
            kind: Kind::Sms,
            url: url.clone(),
            method,
            params: fields(&board, &message),
            number: message.peer.clone(),
            call: None,
            message: Some(message.sid.clone()),
        };
        let answer = match webhook::send(&board, hook).await {
            Ok(answer) => answer,
            Err(failure) => {
                board.problem(
                    &message.peer,
                    About::Message(&message.sid),
                    Level::Error,
                    failure.code,
                    &failure.text,
                );
                sent.problem = Some(failure.text);
                return sent;
            }
        };
        sent.status = Some(answer.status);
        match react(&board, &message, &answer, &mut sent) {
            Some((next, next_method)) => (url, method) = (next, next_method),
            None => return sent,
        }
    }
    sent
}

/// Sends the replies of an answer; yields where it redirects to.
fn react(
    board: &Arc<Board>,
    message: &Message,
    answer: &Answer,
    sent: &mut Sent,
) -> Option<(String, String)> {
    if answer.body.trim().is_empty() {
        return None;
    }
    let mut problem = |level, code, text: &str| {
        board.problem(&message.peer, About::Message(&message.sid), level, code, text);
        sent.problem = Some(text.to_owned());
    };
    let kind = answer.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "text/plain" {
        reply(board, message, answer.body.trim(), sent);
        return None;
    }
    if !matches!(kind.as_str(), "text/xml" | "application/xml" | "text/html") {
        problem(Level::Error, 12_300, &format!("invalid content type '{kind}'"));
        return None;
    }
    let document = match twiml::messages(&answer.body) {
        Ok(document) => document,
        Err(unusable) => {
            problem(Level::Error, unusable.code, &unusable.text);
            return None;
        }
    };
    for (code, text) in &document.warnings {
        problem(Level::Warning, *code, text);
    }
    for verb in document.verbs {
        if let Verb::Message { body, .. } = &verb {
            reply(board, message, body, sent);
        } else if let Verb::Redirect { url, method } = verb {
            return resolve(Some(&answer.url), &url).map(|url| (url, method));
        }
    }
    None
}

fn reply(board: &Arc<Board>, message: &Message, body: &str, sent: &mut Sent) {
    sent.replies.push(body.to_owned());
    if board.state().phone(&message.from).opted_out {
        let text = "a reply to a number that has opted out is not sent";
        board.problem(&message.peer, About::Message(&message.sid), Level::Warning, 21_610, text);
        return;
    }
    if body.chars().count() > super::BODY_LIMIT {
        let text = "the reply exceeds the 1600 character limit";
        board.problem(&message.peer, About::Message(&message.sid), Level::Error, 21_617, text);
        return;
    }
    send(
        board,
        NewMessage {
            from: message.to.clone(),
            // To the number that was shown: with a forged sender, its owner gets the answer.
            to: message.from.clone(),
            body: body.to_owned(),
            callback: None,
            reply_to: Some(message.sid.clone()),
        },
    );
}

/// The fields of the webhook.
///
/// Source: <https://www.twilio.com/docs/messaging/guides/webhook-request>.
fn fields(board: &Board, message: &Message) -> Vec<(String, String)> {
    let segments = segments(&message.body).to_string();
    [
        ("ToCountry", "US"),
        ("ToState", "CA"),
        ("SmsMessageSid", message.sid.as_str()),
        ("NumMedia", "0"),
        ("ToCity", ""),
        ("FromZip", ""),
        ("SmsSid", &message.sid),
        ("FromState", "CA"),
        ("SmsStatus", "received"),
        ("FromCity", ""),
        ("Body", &message.body),
        ("FromCountry", "US"),
        ("To", &message.to),
        ("ToZip", ""),
        ("NumSegments", &segments),
        ("MessageSid", &message.sid),
        ("AccountSid", &board.config.account_sid),
        ("From", &message.from),
        ("ApiVersion", "2010-04-01"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}
