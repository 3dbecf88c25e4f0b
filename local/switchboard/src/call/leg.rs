//! One leg of a call: the line to one phone, from dialling to the end.

use super::line::{End, Line};
use super::progress::Progress;
use super::{Call, Callback, Status};
use crate::board::Board;
use crate::clock;
use crate::event::{About, Level, What};
use std::sync::Arc;

/// One leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) board: Arc<Board>,
    pub(crate) sid: String,
    pub(crate) peer: String,
    pub(crate) line: Line,
    pub(crate) progress: Progress,
}

impl Leg {
    /// A leg that has not been dialled yet. The call must have been added to the board.
    pub(crate) fn new(
        board: &Arc<Board>,
        sid: &str,
        peer: &str,
        line: Line,
        callback: Option<Callback>,
    ) -> Self {
        Self {
            board: Arc::clone(board),
            sid: sid.to_owned(),
            peer: peer.to_owned(),
            line,
            progress: Progress::start(board, callback),
        }
    }

    /// Reads or changes the call's record. One that was forgotten already yields the default.
    pub(crate) fn with_call<T: Default>(&self, work: impl FnOnce(&mut Call) -> T) -> T {
        self.board.state().calls.get_mut(&self.sid).map(work).unwrap_or_default()
    }

    /// The call's status now.
    pub(crate) fn status(&self) -> Status {
        self.board.state().calls.get(&self.sid).map_or(Status::Failed, |call| call.status)
    }

    /// Writes into the phone's log.
    pub(crate) fn publish(&self, what: What) {
        self.board.publish(&self.peer, About::Call(&self.sid), what);
    }

    /// Notes what Twilio's debugger would show.
    pub(crate) fn problem(&self, level: Level, code: u32, text: &str) {
        self.board.problem(&self.peer, About::Call(&self.sid), level, code, text);
    }

    /// Sends a status callback if the product asked for that event.
    pub(crate) fn report(&mut self, event: &str, status: &str) {
        let state = self.board.state();
        if let Some(call) = state.calls.get(&self.sid) {
            self.progress.report(&self.board, call, event, status);
        }
    }

    /// The phone has answered.
    pub(crate) fn answer(&mut self, by: &str) {
        self.with_call(|call| {
            call.status = Status::InProgress;
            call.answered = Some(clock::now());
            call.updated = clock::now();
        });
        self.publish(What::CallAnswered { by: by.to_owned() });
        self.report("answered", Status::InProgress.word());
    }

    /// The call is over.
    pub(crate) fn finish(&mut self, end: End) {
        let (seconds, heard) = self.with_call(|call| {
            call.status = end.status;
            call.ended = Some(clock::now());
            call.updated = clock::now();
            call.ended_by = Some(end.by);
            call.waiting = None;
            (call.talked(), call.heard.clone())
        });
        self.report("completed", end.status.word());
        let status = end.status.word().to_owned();
        self.publish(What::CallEnded { status, by: end.by.to_owned(), seconds, heard });
    }
}
