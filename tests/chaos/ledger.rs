//! What happened in one household, from two sides: the carrier's log of requests and calls, and the timeline of lucius.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lucius_tests::Value;

/// A request for a call, as the carrier got it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// When it came.
    pub(crate) at: Timestamp,
    /// The effect that its callback names, as `c0-call-page`.
    pub(crate) effect: String,
    /// The try that its callback names.
    pub(crate) attempt: u32,
    /// What it was answered; none if the connection was cut.
    pub(crate) status: Option<u16>,
    /// The call was placed.
    pub(crate) placed: bool,
    /// How long the answer took.
    pub(crate) seconds: f64,
}

/// After this the client has gone.
const PATIENCE: f64 = 11.5;

impl Request {
    fn new(event: &Value) -> Option<Self> {
        let callback = event["callback"].as_str()?;
        let path = callback.split('#').next()?;
        let mut parts = path.rsplit('/');
        let attempt = parts.next()?.parse().ok()?;
        let effect = parts.next()?.to_owned();
        let seconds = event["seconds"].as_f64().unwrap_or_default();
        let took = SignedDuration::try_from_secs_f64(seconds).unwrap_or_default();
        Some(Self {
            at: time(&event["at"])? - took,
            effect,
            attempt,
            status: event["status"].as_u64().and_then(|status| u16::try_from(status).ok()),
            placed: event["done"] == true,
            seconds,
        })
    }

    /// The answer leaves open whether the phone rings.
    pub(crate) fn is_unknown(&self) -> bool {
        self.status.is_none_or(|status| status >= 500) || self.seconds > PATIENCE
    }

    /// It is for help, not to ask who accepted.
    pub(crate) fn pages(&self) -> bool {
        self.effect.ends_with("-page")
    }
}

/// One contact.
#[derive(Debug, Clone, Default)]
pub(crate) struct ContactCase {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) requests: Vec<Request>,
    /// When the carrier placed a call to them.
    pub(crate) rings: Vec<Timestamp>,
    /// They heard that they have it.
    pub(crate) heard: bool,
}

impl ContactCase {
    /// From the log of their phone.
    pub(crate) fn new(id: u64, name: &str, events: &[Value]) -> Self {
        let of = |kind: &'static str| events.iter().filter(move |event| event["kind"] == kind);
        let calls = of("request").filter(|event| event["request"] == "rest.call.create");
        Self {
            id,
            name: name.to_owned(),
            requests: calls.filter_map(Request::new).collect(),
            rings: of("call.placed").filter_map(|event| time(&event["at"])).collect(),
            heard: of("call.ended").any(|event| event["heard"].to_string().contains("You have it")),
        }
    }
}

/// One household.
#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The deadline that was missed, or the moment when the cry for help was taken.
    pub(crate) since: Option<Timestamp>,
    pub(crate) cried: bool,
    pub(crate) contacts: Vec<ContactCase>,
    /// Newest first, as shown.
    pub(crate) incidents: Vec<Value>,
    /// The question was asked once more, because we were down.
    pub(crate) asked_again: bool,
}

impl Case {
    /// Puts together what is known of a household.
    pub(crate) fn new(
        name: &str,
        cried: Option<Timestamp>,
        probes: &[Value],
        incidents: Vec<Value>,
        contacts: Vec<ContactCase>,
    ) -> Self {
        let missed = probes.iter().rfind(|probe| probe["status"] == "unavailable").or_else(|| probes.last());
        let since = cried.or_else(|| time(&missed?["deadline"]));
        let asked_again = probes.iter().any(|probe| probe["retry_count"].as_u64().unwrap_or(0) > 0);
        Self { name: name.to_owned(), since, cried: cried.is_some(), contacts, incidents, asked_again }
    }

    /// The timelines of all incidents, in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Value> {
        self.incidents.iter().rev().flat_map(|incident| incident["timeline"].as_array().into_iter().flatten())
    }

    /// When lines of this kind were written, of one contact or of all.
    pub(crate) fn times(&self, what: &str, contact: Option<u64>) -> Vec<Timestamp> {
        let lines = self.lines().filter(|line| {
            line["what"] == what && contact.is_none_or(|id| line["contact_id"].as_u64() == Some(id))
        });
        lines.filter_map(|line| time(&line["at"])).collect()
    }

    /// The tries of a contact by telephone whose outcome lucius calls unknown.
    pub(crate) fn unknown_tries(&self, contact: u64) -> BTreeMap<u32, Timestamp> {
        let lines = self.lines().filter(|line| {
            line["what"] == "attempt"
                && line["how"] == "call"
                && line["contact_id"].as_u64() == Some(contact)
                && line["outcome"].as_str().is_some_and(|words| words.starts_with("unknown"))
        });
        lines
            .filter_map(|line| Some((u32::try_from(line["attempt"].as_u64()?).ok()?, time(&line["at"])?)))
            .collect()
    }

    /// The first ring of any phone.
    pub(crate) fn first_ring(&self) -> Option<Timestamp> {
        self.contacts.iter().flat_map(|contact| contact.rings.iter().copied()).min()
    }

    /// Seconds from the deadline to the first ring.
    pub(crate) fn waited(&self) -> Option<f64> {
        Some(self.first_ring()?.duration_since(self.since?).as_secs_f64().max(0.0))
    }
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
