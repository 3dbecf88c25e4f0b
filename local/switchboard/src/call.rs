//! Calls: what is known about one, and how it is steered while it lasts.

mod dial;
mod gather;
mod inbound;
mod leg;
mod line;
mod outbound;
mod progress;
mod prompt;
mod record;
mod run;

pub(crate) use inbound::call_service;
pub(crate) use line::{Command, Input, Spoken, Taken};
pub(crate) use outbound::{NewCall, place};
pub(crate) use run::resolve;

use crate::clock;
use crate::event::Level;
use crate::number::formatted;
use crate::phone::Plan;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

/// Status of a call, as in the REST API.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Queued,
    Ringing,
    InProgress,
    Completed,
    Busy,
    Failed,
    NoAnswer,
    Canceled,
}

impl Status {
    /// The word that Twilio uses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing follows.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Ringing | Self::InProgress)
    }
}

/// Who began a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Direction {
    Inbound,
    OutboundApi,
    OutboundDial,
}

impl Direction {
    /// The word that Twilio uses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }
}

/// Where a call's instructions come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Given with the request; has no URL that others could be relative to.
    Inline(String),
    /// Fetched.
    Url { url: String, method: String },
}

/// Where a call's progress is reported.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub(crate) url: String,
    pub(crate) method: String,
    /// `initiated`, `ringing`, `answered`, `completed`.
    pub(crate) events: Vec<String>,
}

/// Something for Twilio's debugger.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Problem {
    pub(crate) at: Timestamp,
    pub(crate) level: Level,
    pub(crate) code: u32,
    pub(crate) text: String,
}

/// A prompt that waits for keys or speech right now.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Waiting {
    /// `gather`, `record` or `bridge`.
    pub(crate) what: &'static str,
    /// `dtmf`, `speech` or both.
    pub(crate) input: String,
    pub(crate) action: String,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) sid: String,
    pub(crate) parent: Option<String>,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The phone in whose log the call stands; differs from `from` when the caller id is forged.
    pub(crate) peer: String,
    pub(crate) direction: Direction,
    pub(crate) status: Status,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) dialled: Option<Timestamp>,
    pub(crate) answered: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    /// Seconds of ringing.
    pub(crate) timeout: u64,
    /// Seconds of talking.
    pub(crate) time_limit: u64,
    pub(crate) plan: Plan,
    pub(crate) problems: Vec<Problem>,
    pub(crate) heard: Vec<String>,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) ended_by: Option<&'static str>,
    /// Milliseconds that the call waits before it is dialled.
    pub(crate) queue_time: u64,
    pub(crate) line: UnboundedSender<Command>,
}

impl Call {
    /// Notes what Twilio's debugger would show.
    pub(crate) fn problem(&mut self, level: Level, code: u32, text: &str) {
        self.problems.push(Problem { at: clock::now(), level, code, text: text.to_owned() });
    }

    /// Seconds of talking so far or in all; what was answered lasted at least one, however short it was.
    pub(crate) fn talked(&self) -> i64 {
        let until = self.ended.unwrap_or_else(clock::now);
        self.answered.map_or(0, |from| clock::seconds_between(from, until).max(1))
    }

    /// The call as the REST API shows it.
    ///
    /// Source: schema `api.v2010.account.call` of Twilio's OpenAPI document.
    pub(crate) fn resource(&self, account: &str) -> serde_json::Value {
        let time = |at: Option<Timestamp>| at.map(clock::rfc_2822);
        let uri = format!("/2010-04-01/Accounts/{account}/Calls/{}", self.sid);
        let part = |name: &str| format!("{uri}/{name}.json");
        let finished = self.status.is_final();
        serde_json::json!({
            "sid": self.sid,
            "date_created": clock::rfc_2822(self.created),
            "date_updated": clock::rfc_2822(self.updated),
            "parent_call_sid": self.parent,
            "account_sid": account,
            "to": self.to,
            "to_formatted": formatted(&self.to),
            "from": self.from,
            "from_formatted": formatted(&self.from),
            "phone_number_sid": null,
            "status": self.status,
            "start_time": time(self.answered.or_else(|| self.dialled.filter(|_| finished))),
            "end_time": time(self.ended),
            "duration": (self.status == Status::Completed).then(|| self.talked().to_string())
                .or_else(|| finished.then(|| "0".to_owned())),
            "price": null,
            "price_unit": "USD",
            "direction": self.direction.word(),
            "answered_by": null,
            "api_version": "2010-04-01",
            "forwarded_from": null,
            "group_sid": null,
            "caller_name": null,
            "queue_time": self.queue_time.to_string(),
            "trunk_sid": null,
            "uri": format!("{uri}.json"),
            "subresource_uris": {
                "notifications": part("Notifications"),
                "recordings": part("Recordings"),
                "payments": part("Payments"),
                "events": part("Events"),
                "siprec": part("Siprec"),
                "streams": part("Streams"),
                "transcriptions": part("Transcriptions"),
                "user_defined_message_subscriptions": part("UserDefinedMessageSubscriptions"),
                "user_defined_messages": part("UserDefinedMessages"),
            },
        })
    }

    /// The call as the control API shows it.
    pub(crate) fn view(&self) -> serde_json::Value {
        serde_json::json!({
            "call": self.sid,
            "number": self.peer,
            "parent": self.parent,
            "from": self.from,
            "to": self.to,
            "direction": self.direction.word(),
            "status": self.status,
            "created": self.created,
            "answered": self.answered,
            "ended": self.ended,
            "ended_by": self.ended_by,
            "timeout_seconds": self.timeout,
            "time_limit_seconds": self.time_limit,
            "seconds": self.talked(),
            "behaviour": self.plan.behaviour,
            "heard": self.heard,
            "waiting": self.waiting,
            "problems": self.problems,
        })
    }
}
