//! Dead letters: wakes that were given up, by the queue after five tries, by Lambda, or by a schedule that could not reach
//! its function.
//!
//! A wake carries no fact, so nothing is lost with it: whoever it was for stands in the due index, and this very function hands
//! over what is overdue there, every minute, for as long as it is. That is why it is the sweep that takes dead letters, and why
//! it does nothing but call the operator: to wake from here once more would only add to what fails already.
//!
//! A letter that this release cannot read waits where it is, and calls the operator each time it is looked at.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lucius_core::actor::ActorId;
use lucius_shell::{alarm::operator, wake::WakeMessage};
use serde::Deserialize;

/// As many actors are named in an alarm: a message of the sweep's wakes no more.
const NAMED: usize = 20;

/// A wake that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Letter {
    /// Who was to be woken.
    actors: Vec<ActorId>,
    /// Why it was given up, as far as whoever did so says.
    why: Condition,
}

/// Why a wake was given up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
enum Condition {
    /// The function failed at every try.
    RetriesExhausted,
    /// It was not tried in time: throttled, most likely.
    EventAgeExceeded,
    /// The queue or the schedule does not say.
    #[default]
    #[serde(other)]
    Unsaid,
}

/// What Lambda sends to the destination of an asynchronous invocation that failed
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    request_context: RequestContext,
    request_payload: WakeMessage,
}

#[derive(Deserialize)]
struct RequestContext {
    #[serde(default)]
    condition: Condition,
}

/// What a dead letter may be: the message itself, or Lambda's report of its failure.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Report(Record),
    Message(WakeMessage),
}

/// Why a letter cannot be read. What it says goes no further: a later release wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Unreadable {
    #[error("it is no wake message")]
    Form,
    #[error("a wake message of version {0} is not known to this release")]
    Version(u32),
}

/// Calls the operator for each letter. Those that cannot be read are named in the answer, and wait; the others are deleted.
#[must_use]
pub fn read(batch: &SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for record in &batch.records {
        match open(record.body.as_deref().unwrap_or_default()) {
            Ok(letter) => operator("DeadLetter", &letter.to_string()),
            Err(error) => {
                operator("DeadLetterWaits", &format!("a wake was given up and waits in its queue: {error}"));
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = record.message_id.clone().unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
    }
    response
}

fn open(body: &str) -> Result<Letter, Unreadable> {
    let (message, why) = match serde_json::from_str(body).map_err(|_| Unreadable::Form)? {
        Body::Report(record) => (record.request_payload, record.request_context.condition),
        Body::Message(message) => (message, Condition::Unsaid),
    };
    let WakeMessage { version: 1, actors } = message else {
        return Err(Unreadable::Version(message.version));
    };
    Ok(Letter { actors, why })
}

impl std::fmt::Display for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let why = match self.why {
            Condition::RetriesExhausted => "its function failed at every try",
            Condition::EventAgeExceeded => "its function was not run in time",
            Condition::Unsaid => "by its queue or schedule",
        };
        write!(f, "a wake was given up, {why}; the sweep repeats it:")?;
        self.actors.iter().take(NAMED).try_for_each(|actor| write!(f, " {actor}"))
    }
}
