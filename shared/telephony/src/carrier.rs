//! The port to a telephone carrier: what lucius asks of it and what it answers.

use std::{fmt, future::Future};

use lucius_core::phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::{error::CarrierError, twiml::InlineTwiml};

/// A company that places calls and sends texts for us.
///
/// Implementations never try a request twice: whether to call again is a decision, and decisions are made
/// elsewhere. Dropping a future may leave the request done or not done, as [`CarrierError::Unknown`] does.
pub trait Carrier {
    /// Places a call. `Ok` means that the carrier has it, not that it rings.
    fn place_call(&self, request: &CallRequest) -> impl Future<Output = Result<Placed, CarrierError>> + Send;

    /// Sends a text. `Ok` means that the carrier has it, not that it arrived.
    fn send_text(&self, request: &TextRequest) -> impl Future<Output = Result<Sent, CarrierError>> + Send;

    /// Ends a call that is queued or ringing and leaves an answered one alone. `Ok` if nothing is left to end:
    /// a call that is over, or that the carrier does not know, counts as cancelled.
    fn cancel_call(&self, sid: &str) -> impl Future<Output = Result<(), CarrierError>> + Send;

    /// Asks what became of a call. A call that the carrier does not know is [`CallStatus::Unknown`].
    fn poll_call(&self, sid: &str) -> impl Future<Output = Result<CallStatus, CarrierError>> + Send;
}

/// A call to place. Its `Debug` form shows neither what is said nor any URL.
#[derive(Clone, PartialEq, Eq)]
pub struct CallRequest {
    /// Who is called.
    pub to: PhoneNumber,
    /// What is said once the call is answered.
    pub twiml: InlineTwiml,
    /// The absolute URL to which the carrier reports the call's start and end.
    pub status_callback: String,
    /// How long it rings, in real seconds.
    pub ring_seconds: u32,
    /// How long an answered call may last, in real seconds.
    pub time_limit_seconds: u32,
}

impl fmt::Debug for CallRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRequest")
            .field("to", &self.to)
            .field("twiml", &self.twiml)
            .field("ring_seconds", &self.ring_seconds)
            .field("time_limit_seconds", &self.time_limit_seconds)
            .finish_non_exhaustive()
    }
}

/// A text to send. Its `Debug` form shows neither the words nor any URL.
#[derive(Clone, PartialEq, Eq)]
pub struct TextRequest {
    /// Who gets it.
    pub to: PhoneNumber,
    /// The words: at most [`crate::sms::MAX_UNITS`] characters, see [`crate::sms::split`].
    pub body: String,
    /// The absolute URL to which the carrier reports what became of it.
    pub status_callback: Option<String>,
}

impl fmt::Debug for TextRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextRequest")
            .field("to", &self.to)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A call that the carrier has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The carrier's identifier of the call.
    pub sid: String,
    /// How long the carrier expects to hold the call back before it dials, in milliseconds.
    pub queue_time_ms: u64,
}

/// A text that the carrier has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The carrier's identifier of the text.
    pub sid: String,
}

/// Where a call stands. The words are Twilio's, which also end up in the timeline
/// (<https://www.twilio.com/docs/voice/api/call-resource>, "Call status values").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CallStatus {
    /// Accepted, waiting to be dialled.
    Queued,
    /// Dialled.
    Initiated,
    /// The telephone rings.
    Ringing,
    /// Somebody or something answered, and the call goes on.
    InProgress,
    /// It was answered and is over. That a person heard it is not said.
    Completed,
    /// The number was engaged, or the call was turned away.
    Busy,
    /// The call could not be connected.
    Failed,
    /// It rang and nobody answered.
    NoAnswer,
    /// We ended it before it was answered.
    Canceled,
    /// A word that we do not know. Neither live nor over: treat the call as one that nobody heard.
    Unknown(String),
}

impl CallStatus {
    /// Reads the carrier's word. Never fails: a new word must not lose a callback.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "queued" => Self::Queued,
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "in-progress" => Self::InProgress,
            "completed" => Self::Completed,
            "busy" => Self::Busy,
            "failed" => Self::Failed,
            "no-answer" => Self::NoAnswer,
            "canceled" => Self::Canceled,
            other => Self::Unknown(other.to_owned()),
        }
    }

    /// The carrier's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
            Self::Unknown(word) => word,
        }
    }

    /// Whether the call is over, so that nothing more will happen on it.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled)
    }

    /// Whether the call is known to be under way: waiting, ringing or answered.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress)
    }

    /// Whether the call was answered by somebody or something, voicemail included. Not a proof of life.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        matches!(self, Self::InProgress | Self::Completed)
    }
}

impl From<String> for CallStatus {
    fn from(word: String) -> Self {
        Self::parse(&word)
    }
}

impl From<CallStatus> for String {
    fn from(status: CallStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for CallStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{CallRequest, CallStatus, PhoneNumber, TextRequest};
    use crate::twiml::Twiml;

    #[test]
    fn every_status_word_survives_a_round_trip() {
        let words = [
            ("queued", false, true, false),
            ("initiated", false, true, false),
            ("ringing", false, true, false),
            ("in-progress", false, true, true),
            ("completed", true, false, true),
            ("busy", true, false, false),
            ("failed", true, false, false),
            ("no-answer", true, false, false),
            ("canceled", true, false, false),
            ("on-the-moon", false, false, false),
        ];
        for (word, terminal, live, reached) in words {
            let status = CallStatus::parse(word);
            assert_eq!(status.as_str(), word);
            assert_eq!(status.is_terminal(), terminal, "{word}");
            assert_eq!(status.is_live(), live, "{word}");
            assert_eq!(status.is_reached(), reached, "{word}");
            let json = serde_json::to_string(&status).unwrap();
            assert_eq!(json, format!("\"{word}\""));
            assert_eq!(serde_json::from_str::<CallStatus>(&json).unwrap(), status);
        }
    }

    #[test]
    fn debug_shows_no_number_no_words_and_no_url() {
        let to = PhoneNumber::parse("+14155550123").unwrap();
        let call = CallRequest {
            to: to.clone(),
            twiml: Twiml::new().say("Maria needs help").inline().unwrap(),
            status_callback: "https://example.org/receipt/hush".to_owned(),
            ring_seconds: 25,
            time_limit_seconds: 180,
        };
        let text = TextRequest {
            to,
            body: "Maria needs help".to_owned(),
            status_callback: Some("https://example.org/receipt/hush".to_owned()),
        };
        for shown in [format!("{call:?}"), format!("{text:#?}")] {
            for hidden in ["Maria", "hush", "0123", "4155"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }
}
