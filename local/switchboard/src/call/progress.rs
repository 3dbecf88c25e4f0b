//! Status callbacks of a call, in order, and reordered where a fault says so.
//!
//! Source: <https://www.twilio.com/docs/voice/api/call-resource#statuscallback>.

use super::{Call, Callback, Direction, Status};
use crate::board::Board;
use crate::clock;
use crate::event::{About, Level};
use crate::faults::Effect;
use crate::webhook::{self, Hook, Kind};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Reports one call's progress.
#[derive(Debug)]
pub(crate) struct Progress {
    callback: Option<Callback>,
    sequence: u32,
    queue: UnboundedSender<Hook>,
}

impl Progress {
    /// Starts the queue of a call's callbacks.
    pub(crate) fn start(board: &Arc<Board>, callback: Option<Callback>) -> Self {
        let (queue, hooks) = unbounded_channel();
        if callback.is_some() {
            tokio::spawn(send_in_order(Arc::clone(board), hooks));
        }
        Self { callback, sequence: 0, queue }
    }

    /// Reports `event` (`initiated`, `ringing`, `answered`, `completed`) if the product asked for it. `status` is the
    /// word for `CallStatus`: callbacks know `initiated`, which the REST API does not.
    pub(crate) fn report(&mut self, board: &Board, call: &Call, event: &str, status: &str) {
        let Some(callback) = self.callback.as_ref().filter(|c| c.events.iter().any(|e| e == event)) else {
            return;
        };
        let mut params = standard_fields(board, call, status);
        let mut add = |name: &str, value: String| params.push((name.to_owned(), value));
        add("Timestamp", clock::rfc_2822(clock::now()));
        add("CallbackSource", "call-progress-events".to_owned());
        add("SequenceNumber", self.sequence.to_string());
        if call.status.is_final() {
            let seconds = call.talked();
            add("CallDuration", seconds.to_string());
            add("Duration", seconds.saturating_add(59).checked_div(60).unwrap_or_default().to_string());
            add("SipResponseCode", sip_code(call.status).to_owned());
        }
        self.sequence = self.sequence.saturating_add(1);
        // The receiver lives as long as this call's callbacks do.
        let _ = self.queue.send(Hook {
            kind: Kind::CallStatus,
            url: callback.url.clone(),
            method: callback.method.clone(),
            params,
            number: call.peer.clone(),
            call: Some(call.sid.clone()),
            message: None,
        });
    }
}

async fn send_in_order(board: Arc<Board>, mut hooks: UnboundedReceiver<Hook>) {
    let mut held: Option<(Hook, Vec<Effect>)> = None;
    while let Some(hook) = hooks.recv().await {
        let effects = board.strike(hook.kind.name(), &hook.number);
        if held.is_none() && effects.contains(&Effect::Reorder) {
            held = Some((hook, effects));
            continue;
        }
        dispatch(&board, hook, &effects).await;
        if let Some((late, effects)) = held.take() {
            dispatch(&board, late, &effects).await;
        }
    }
    if let Some((late, effects)) = held {
        dispatch(&board, late, &effects).await;
    }
}

async fn dispatch(board: &Arc<Board>, hook: Hook, effects: &[Effect]) {
    let delayed = effects.iter().any(|effect| matches!(effect, Effect::Delay(_)));
    let board = Arc::clone(board);
    let effects = effects.to_vec();
    let work = async move {
        let (number, call) = (hook.number.clone(), hook.call.clone().unwrap_or_default());
        if let Err(failure) = webhook::deliver(&board, hook, &effects).await {
            // 15003: the call goes on, but the debugger shows it.
            board.problem(&number, About::Call(&call), Level::Warning, 15_003, &failure.text);
        }
    };
    if delayed {
        // A late callback does not hold up those that follow.
        tokio::spawn(work);
    } else {
        work.await;
    }
}

/// The fields that every request about a call carries.
///
/// Source: <https://www.twilio.com/docs/voice/twiml#twilios-request-to-your-application>.
pub(crate) fn standard_fields(board: &Board, call: &Call, status: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = [
        ("CallSid", call.sid.as_str()),
        ("AccountSid", &board.config.account_sid),
        ("From", &call.from),
        ("To", &call.to),
        ("CallStatus", status),
        ("ApiVersion", "2010-04-01"),
        ("Direction", call.direction.word()),
        ("Caller", &call.from),
        ("Called", &call.to),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    for who in ["From", "To", "Caller", "Called"] {
        for (what, value) in [("City", ""), ("State", "CA"), ("Zip", ""), ("Country", "US")] {
            fields.push((format!("{who}{what}"), value.to_owned()));
        }
    }
    if let Some(parent) = &call.parent {
        fields.push(("ParentCallSid".to_owned(), parent.clone()));
    }
    if call.direction == Direction::Inbound {
        fields.push(("StirVerstat".to_owned(), "TN-Validation-Passed-A".to_owned()));
    }
    fields
}

fn sip_code(status: Status) -> &'static str {
    match status {
        Status::Busy => "486",
        Status::NoAnswer | Status::Canceled => "487",
        Status::Failed => "404",
        Status::Queued | Status::Ringing | Status::InProgress | Status::Completed => "200",
    }
}
