//! A step of a call: Twilio asks what to say next (<https://www.twilio.com/docs/voice/twiml>).

use std::fmt;

use lucius_core::phone::PhoneNumber;
use lucius_telephony::{CallStatus, Form};

use super::{MissingField, number, required};

/// Who placed a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Somebody called us.
    Inbound,
    /// We called somebody: the only calls in which a pressed key proves anything about who answers.
    Outbound,
    /// Twilio did not say, or with a word that we do not know.
    Unknown,
}

/// A call that waits for our answer. Its `Debug` form shows no key that was pressed, for it may be part of a PIN, and
/// no word that was said.
#[derive(Clone, PartialEq, Eq)]
pub struct VoiceRequest {
    /// Twilio's identifier of the call.
    pub call_sid: String,
    /// Where the call stands.
    pub status: CallStatus,
    /// Who placed it.
    pub direction: Direction,
    /// The caller as shown, which proves nothing: anybody can show any number.
    pub from: Option<PhoneNumber>,
    /// Who is called.
    pub to: Option<PhoneNumber>,
    /// The keys pressed in answer to a `Gather`, if any.
    pub digits: Option<String>,
    /// The words said in answer to a `Gather`, if any.
    pub speech: Option<String>,
}

impl VoiceRequest {
    /// Reads a verified form.
    pub fn read(form: &Form) -> Result<Self, MissingField> {
        Ok(Self {
            call_sid: required(form, "CallSid")?,
            status: CallStatus::parse(form.get("CallStatus").unwrap_or_default()),
            direction: match form.get("Direction") {
                Some("inbound") => Direction::Inbound,
                Some("outbound-api" | "outbound-dial") => Direction::Outbound,
                Some(_) | None => Direction::Unknown,
            },
            from: number(form, "From"),
            to: number(form, "To"),
            digits: form.get_filled("Digits").map(str::to_owned),
            speech: form.get_filled("SpeechResult").map(str::to_owned),
        })
    }

    /// The number at the other end, whoever placed the call.
    #[must_use]
    pub fn other_party(&self) -> Option<&PhoneNumber> {
        match self.direction {
            Direction::Outbound => self.to.as_ref(),
            Direction::Inbound | Direction::Unknown => self.from.as_ref(),
        }
    }
}

impl fmt::Debug for VoiceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoiceRequest")
            .field("call_sid", &self.call_sid)
            .field("status", &self.status)
            .field("direction", &self.direction)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("has_digits", &self.digits.is_some())
            .field("has_speech", &self.speech.is_some())
            .finish()
    }
}
