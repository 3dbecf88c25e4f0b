//! Texts that the product sends: queued, sent, delivered or not, with callbacks in that order.

use super::{Direction, Message, Status};
use crate::board::Board;
use crate::event::{About, Level, What};
use crate::faults::Effect;
use crate::phone::Texts;
use crate::webhook::{self, Hook, Kind};
use crate::{clock, sid};
use std::sync::Arc;

/// A text to send.
#[derive(Debug)]
pub(crate) struct NewMessage {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    pub(crate) callback: Option<String>,
    /// The inbound text that this one answers.
    pub(crate) reply_to: Option<String>,
}

/// Accepts a text; it then makes its way by itself.
pub(crate) fn send(board: &Arc<Board>, new: NewMessage) -> String {
    let message = Message {
        sid: sid::new_sid("SM"),
        from: new.from,
        peer: new.to.clone(),
        to: new.to,
        body: new.body,
        direction: if new.reply_to.is_some() { Direction::OutboundReply } else { Direction::OutboundApi },
        status: Status::Queued,
        created: clock::now(),
        updated: clock::now(),
        sent: None,
        error: None,
        callback: new.callback,
        reply_to: new.reply_to,
    };
    let sid = message.sid.clone();
    let texts = {
        let mut state = board.state();
        state.add_message(message);
        let number = state.messages.get(&sid).map(|m| m.peer.clone()).unwrap_or_default();
        state.phone(&number).texts
    };
    tokio::spawn(travel(Arc::clone(board), sid.clone(), texts));
    sid
}

async fn travel(board: Arc<Board>, sid: String, texts: Texts) {
    let stages: &[(Status, Option<(u32, &'static str)>)] = match texts {
        Texts::Deliver => &[(Status::Sent, None), (Status::Delivered, None)],
        Texts::NoReceipt => &[(Status::Sent, None)],
        Texts::Undelivered => {
            &[(Status::Sent, None), (Status::Undelivered, Some((30_003, "Unreachable destination handset")))]
        }
        Texts::Landline => {
            &[(Status::Sent, None), (Status::Undelivered, Some((30_006, "Landline or unreachable carrier")))]
        }
        Texts::Failed => &[(Status::Failed, Some((30_008, "Unknown error")))],
    };
    let arrives = matches!(texts, Texts::Deliver | Texts::NoReceipt);
    let mut held = None;
    for (status, error) in stages {
        let Some(message) = advance(&board, &sid, *status, *error) else { return };
        tell_phone(&board, &message, arrives);
        let Some(hook) = status_hook(&board, &message) else { continue };
        let effects = board.strike(hook.kind.name(), &hook.number);
        if held.is_none() && effects.contains(&Effect::Reorder) {
            held = Some((hook, effects));
            continue;
        }
        dispatch(&board, hook, effects).await;
        if let Some((hook, effects)) = held.take() {
            dispatch(&board, hook, effects).await;
        }
    }
    if let Some((hook, effects)) = held {
        dispatch(&board, hook, effects).await;
    }
}

fn advance(board: &Board, sid: &str, status: Status, error: Option<(u32, &'static str)>) -> Option<Message> {
    let mut state = board.state();
    let message = state.messages.get_mut(sid)?;
    message.status = status;
    message.updated = clock::now();
    message.error = error;
    if status == Status::Sent {
        message.sent = Some(clock::now());
    }
    Some(message.clone())
}

fn tell_phone(board: &Board, message: &Message, arrives: bool) {
    let from = message.from.clone();
    let body = message.body.clone();
    let what = match message.status {
        Status::Sent if arrives => {
            What::TextReceived { from, body, auto: false, reply_to: message.reply_to.clone() }
        }
        Status::Failed | Status::Undelivered => What::TextFailed {
            from,
            body,
            status: message.status.word().to_owned(),
            code: message.error.map(|(code, _)| code),
        },
        Status::Queued | Status::Sent | Status::Delivered | Status::Received => return,
    };
    board.publish(&message.peer, About::Message(&message.sid), what);
}

/// The status callback for the text as it is now.
///
/// Source: <https://www.twilio.com/docs/messaging/guides/track-outbound-message-status>.
fn status_hook(board: &Board, message: &Message) -> Option<Hook> {
    let url = message.callback.clone()?;
    let status = message.status.word();
    let mut params: Vec<(String, String)> = [
        ("MessageSid", message.sid.as_str()),
        ("SmsSid", &message.sid),
        ("MessageStatus", status),
        ("SmsStatus", status),
        ("From", &message.from),
        ("To", &message.to),
        ("AccountSid", &board.config.account_sid),
        ("ApiVersion", "2010-04-01"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    if let Some((code, _)) = message.error {
        params.push(("ErrorCode".to_owned(), code.to_string()));
    }
    if message.status == Status::Delivered {
        let done = clock::now().strftime("%y%m%d%H%M").to_string();
        params.push(("RawDlrDoneDate".to_owned(), done));
    }
    Some(Hook {
        kind: Kind::TextStatus,
        url,
        method: "POST".to_owned(),
        params,
        number: message.peer.clone(),
        call: None,
        message: Some(message.sid.clone()),
    })
}

async fn dispatch(board: &Arc<Board>, hook: Hook, effects: Vec<Effect>) {
    let delayed = effects.iter().any(|effect| matches!(effect, Effect::Delay(_)));
    let board = Arc::clone(board);
    let work = async move {
        let (number, sid) = (hook.number.clone(), hook.message.clone().unwrap_or_default());
        if let Err(failure) = webhook::deliver(&board, hook, &effects).await {
            board.problem(&number, About::Message(&sid), Level::Warning, failure.code, &failure.text);
        }
    };
    if delayed {
        // A late callback does not hold up those that follow.
        tokio::spawn(work);
    } else {
        work.await;
    }
}
