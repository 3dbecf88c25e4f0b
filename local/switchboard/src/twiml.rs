//! TwiML as Twilio reads it: XML, then verbs, with warnings for what Twilio would ignore.
//!
//! Source: <https://www.twilio.com/docs/voice/twiml> and the page of each verb.

mod parse;
mod reader;
mod verbs;
mod xml;

pub(crate) use parse::{messages, voice};
pub(crate) use verbs::{Dial, DialNumber, Gather, Record, Say, Verb};

/// A document that Twilio cannot use at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unusable {
    /// Twilio's error code, 12100 for XML that is not well-formed.
    pub(crate) code: u32,
    /// What the debugger would say.
    pub(crate) text: String,
}

/// A document that can be run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document {
    /// What to do, in order.
    pub(crate) verbs: Vec<Verb>,
    /// Warnings with their codes, 12200 for what the schema does not know.
    pub(crate) warnings: Vec<(u32, String)>,
}
