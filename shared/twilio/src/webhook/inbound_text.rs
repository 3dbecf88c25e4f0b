//! A text to our number (<https://www.twilio.com/docs/messaging/guides/webhook-request>).

use std::fmt;

use lucius_core::phone::PhoneNumber;
use lucius_telephony::Form;

use super::{MissingField, integer, number, required};

/// What Twilio made of a text that is one of its opt-out words as a whole. It has answered and acted already
/// (<https://www.twilio.com/docs/messaging/features/advanced-opt-out>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptOut {
    /// The sender gets no more texts from us, until they send a START word.
    Stop,
    /// The sender gets texts again.
    Start,
    /// The sender was sent help.
    Help,
    /// A word that we do not know.
    Unknown(String),
}

/// A text that somebody sent us. Its `Debug` form shows none of the words.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundText {
    /// Twilio's identifier of the text: the same text sent to us again has the same.
    pub message_sid: String,
    /// The sender as shown, which proves nothing. None for short codes and names.
    pub from: Option<PhoneNumber>,
    /// Which of our numbers it was sent to.
    pub to: Option<PhoneNumber>,
    /// The words, untrimmed. Empty for a picture alone.
    pub body: String,
    /// How many pictures or other files came with it.
    pub media_count: u32,
    /// Set if the text is one of Twilio's opt-out words.
    pub opt_out: Option<OptOut>,
}

impl InboundText {
    /// Reads a verified form.
    pub fn read(form: &Form) -> Result<Self, MissingField> {
        Ok(Self {
            message_sid: required(form, "MessageSid").or_else(|missing| {
                // The older name, which Twilio still sends beside it.
                required(form, "SmsSid").map_err(|_| missing)
            })?,
            from: number(form, "From"),
            to: number(form, "To"),
            body: form.get("Body").unwrap_or_default().to_owned(),
            media_count: integer(form, "NumMedia").unwrap_or(0),
            opt_out: form.get_filled("OptOutType").map(|word| match word {
                "STOP" => OptOut::Stop,
                "START" => OptOut::Start,
                "HELP" => OptOut::Help,
                other => OptOut::Unknown(other.to_owned()),
            }),
        })
    }
}

impl fmt::Debug for InboundText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundText")
            .field("message_sid", &self.message_sid)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("body_bytes", &self.body.len())
            .field("media_count", &self.media_count)
            .field("opt_out", &self.opt_out)
            .finish()
    }
}
