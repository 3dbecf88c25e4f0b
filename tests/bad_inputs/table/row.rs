//! A row of the table: an input and what must come of it.

use std::{future::Future, pin::Pin};

use lucius_bad_inputs::{Route, Stage};
use lucius_shell::{Request, Response};

/// One of the ninety-six.
pub(crate) struct Row {
    /// Its number in the list.
    pub(crate) number: u8,
    /// What it is.
    pub(crate) what: &'static str,
    /// What is sent, and where.
    pub(crate) input: Input,
    /// What must come of it.
    pub(crate) expect: Expect,
}

pub(crate) const fn row(number: u8, what: &'static str, input: Input, expect: Expect) -> Row {
    Row { number, what, input, expect }
}

/// Something with several steps; the last answer counts, and what has changed since the stage was last marked.
pub(crate) type Story = fn(&mut Stage) -> Playing<'_>;

/// A story that is being told.
pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Makes tokens on the stage.
pub(crate) type Forger = fn(&mut Stage) -> Forging<'_>;

/// Tokens in the making.
pub(crate) type Forging<'a> = Pin<Box<dyn Future<Output = Vec<String>> + 'a>>;

/// What is sent. In texts and paths, names in braces stand for who and what is on the stage.
pub(crate) enum Input {
    /// A webhook that was changed on its way: on every route that the carrier calls.
    Webhook(fn(&Route) -> Request),
    /// Each of these texts, from Ann, who is being asked. From Dan, who is called for Bob, none of them may accept.
    Texts(&'static [&'static str]),
    /// Each of these as a phone number, wherever one can be entered: for a new user, for oneself, for a new contact, for a
    /// contact that is there.
    Numbers(&'static [&'static str]),
    /// A turn of a call from Ann's number: where it goes, and what the carrier tells beside the usual.
    Call(&'static str, &'static [(&'static str, &'static str)]),
    /// The same for a call that we placed, or for a report on one.
    Placed(&'static str, &'static [(&'static str, &'static str)]),
    /// Tokens instead of Ann's, on every route that takes one.
    Token(Forger),
    /// Requests with Ann's session: method, path, body.
    Api(&'static [(&'static str, &'static str, &'static str)]),
    /// Messages to both functions that are woken, as the sweep sends them, the schedule, and the queue.
    Wakes(&'static [&'static str]),
    /// Several steps.
    Story(Story),
}

/// What a function makes of an input.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A response.
    Http(Response),
    /// The message was worked off.
    Done,
    /// The message comes again.
    Again,
}

/// What must come of an input. Beyond it, whatever the row: no panic, nothing secret in log or answer, well-formed TwiML,
/// the API's envelope.
pub(crate) enum Expect {
    /// Refused as forged: 403 without a body (401 on the older address for texts), and nothing has changed.
    Forged,
    /// It is what the carrier has signed, in other bytes: the same answer and the same changes as for the genuine one.
    Genuine,
    /// This status, these words in the answer (silence if there are none), and these changes and no others.
    Answer(u16, &'static str, &'static [&'static str]),
    /// The message comes again, and these changes are made.
    Again(&'static [&'static str]),
    /// The message is worked off, with these changes.
    Done(&'static [&'static str]),
}

/// A refusal by the API: the status, and what the sender should do.
pub(crate) const fn refused(status: u16, says: &'static str) -> Expect {
    Expect::Answer(status, says, &[])
}

/// A text or a turn of a call is answered with these words, and these changes are made.
pub(crate) const fn told(says: &'static str, changes: &'static [&'static str]) -> Expect {
    Expect::Answer(200, says, changes)
}

/// The question stays open; what was said is kept with it, and how to answer is explained.
pub(crate) const EXPLAINED: Expect = told(
    "I did not understand that. Are you okay? Please answer Y or N. If you need help, reply SOS.",
    &["ann.explained", "ann.question", "ann.seen", "ann/probe"],
);

/// The same for a text that says nothing at all: there is nothing to keep.
pub(crate) const EXPLAINED_ONLY: Expect =
    told("I did not understand that. Are you okay? Please answer Y or N.", &["ann.explained", "ann.seen"]);

/// What a good answer changes.
pub(crate) const ANSWERED: &[&str] =
    &["ann.last_check_in", "ann.pending", "ann.seen", "ann.state", "ann/probe"];

/// It is an answer, however oddly written: the question is closed as good.
pub(crate) const CHECKED_IN: Expect = told("Thank you, Annabel.", ANSWERED);
