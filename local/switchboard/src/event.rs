//! What happened, as tests and the page see it.

use crate::clock;
use jiff::Timestamp;
use serde::Serialize;

/// One thing that happened to one phone. `seq` grows over the whole switchboard, hence also within each phone.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    /// The phone in whose log this stands.
    pub(crate) number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// The kinds of events; the field `kind` carries the name given here.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind")]
pub(crate) enum What {
    /// A call to or from this phone exists. One that came from the product must be expected by a test.
    #[serde(rename = "call.placed")]
    CallPlaced { from: String, to: String, direction: String },
    #[serde(rename = "call.ringing")]
    CallRinging { from: String, timeout_seconds: u64 },
    #[serde(rename = "call.answered")]
    CallAnswered { by: String },
    #[serde(rename = "call.said")]
    CallSaid { text: String, language: String, voice: String },
    #[serde(rename = "call.played")]
    CallPlayed { url: String, text: Option<String> },
    #[serde(rename = "call.tones")]
    CallTones { digits: String },
    #[serde(rename = "call.paused")]
    CallPaused { seconds: f64 },
    #[serde(rename = "call.gathering")]
    CallGathering {
        input: String,
        num_digits: Option<u32>,
        finish_on_key: String,
        timeout_seconds: f64,
        action: String,
        heard: Vec<String>,
    },
    #[serde(rename = "call.gathered")]
    CallGathered { digits: Option<String>, speech: Option<String>, reason: String },
    #[serde(rename = "call.recording")]
    CallRecording { max_length: u32, finish_on_key: String },
    #[serde(rename = "call.recorded")]
    CallRecorded { recording: Option<String>, text: String, reason: String },
    #[serde(rename = "call.dialing")]
    CallDialing { to: Vec<String> },
    #[serde(rename = "call.bridged")]
    CallBridged { with: String, with_call: String },
    #[serde(rename = "call.heard")]
    CallHeard { text: String, from: String },
    #[serde(rename = "call.ended")]
    CallEnded { status: String, by: String, seconds: i64, heard: Vec<String> },
    /// Something that Twilio's debugger would show; `level` is `error` or `warning`.
    #[serde(rename = "problem")]
    Problem { level: Level, code: u32, text: String },
    /// A text reached this phone. One that came from the product must be expected by a test.
    #[serde(rename = "text.received")]
    TextReceived { from: String, body: String, auto: bool, reply_to: Option<String> },
    #[serde(rename = "text.failed")]
    TextFailed { from: String, body: String, status: String, code: Option<u32> },
    #[serde(rename = "text.sent")]
    TextSent { to: String, body: String },
    /// The product asked something of the REST API about this phone. `status` is what it was answered, none if the
    /// connection was cut; `done` says whether it was done all the same.
    #[serde(rename = "request")]
    Request { request: String, status: Option<u16>, done: bool, seconds: f64, callback: Option<String> },
    #[serde(rename = "webhook")]
    Webhook { id: u64, hook: String, url: String, status: Option<u16>, text: Option<String> },
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// The call or text could not go on as the product wanted.
    Error,
    /// It went on, but Twilio's debugger would show it.
    Warning,
}

impl What {
    /// The name of the kind, as in JSON.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::CallPlaced { .. } => "call.placed",
            Self::CallRinging { .. } => "call.ringing",
            Self::CallAnswered { .. } => "call.answered",
            Self::CallSaid { .. } => "call.said",
            Self::CallPlayed { .. } => "call.played",
            Self::CallTones { .. } => "call.tones",
            Self::CallPaused { .. } => "call.paused",
            Self::CallGathering { .. } => "call.gathering",
            Self::CallGathered { .. } => "call.gathered",
            Self::CallRecording { .. } => "call.recording",
            Self::CallRecorded { .. } => "call.recorded",
            Self::CallDialing { .. } => "call.dialing",
            Self::CallBridged { .. } => "call.bridged",
            Self::CallHeard { .. } => "call.heard",
            Self::CallEnded { .. } => "call.ended",
            Self::Problem { .. } => "problem",
            Self::TextReceived { .. } => "text.received",
            Self::TextFailed { .. } => "text.failed",
            Self::TextSent { .. } => "text.sent",
            Self::Request { .. } => "request",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// Whether the product caused it and a test must have expected it.
    pub(crate) fn must_be_expected(&self) -> bool {
        match self {
            Self::CallPlaced { direction, .. } => direction != "inbound",
            Self::TextReceived { auto, .. } => !auto,
            Self::TextFailed { .. } => true,
            Self::CallRinging { .. }
            | Self::CallAnswered { .. }
            | Self::CallSaid { .. }
            | Self::CallPlayed { .. }
            | Self::CallTones { .. }
            | Self::CallPaused { .. }
            | Self::CallGathering { .. }
            | Self::CallGathered { .. }
            | Self::CallRecording { .. }
            | Self::CallRecorded { .. }
            | Self::CallDialing { .. }
            | Self::CallBridged { .. }
            | Self::CallHeard { .. }
            | Self::CallEnded { .. }
            | Self::Problem { .. }
            | Self::TextSent { .. }
            | Self::Request { .. }
            | Self::Webhook { .. } => false,
        }
    }
}

/// Which call or text an event belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    Call(&'a str),
    Message(&'a str),
    Nothing,
}

impl Event {
    /// A new event of now.
    pub(crate) fn new(seq: u64, number: &str, name: Option<String>, about: About<'_>, what: What) -> Self {
        let (call, message) = match about {
            About::Call(sid) => (Some(sid.to_owned()), None),
            About::Message(sid) => (None, Some(sid.to_owned())),
            About::Nothing => (None, None),
        };
        Self { seq, at: clock::now(), number: number.to_owned(), name, call, message, what }
    }

    /// Whether it belongs to this call or text.
    pub(crate) fn is_about(&self, sid: &str) -> bool {
        self.call.as_deref() == Some(sid) || self.message.as_deref() == Some(sid)
    }
}
