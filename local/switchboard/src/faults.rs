//! Faults on demand: what the carrier does wrong, to whom, how often and for how long.

use crate::{clock, sid};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// What goes wrong. The first group is for requests to the REST API, the second for webhooks.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    /// Waits this many seconds, then handles the request (even if the client has gone by then).
    HoldBefore(f64),
    /// Handles the request, then waits this many seconds before it answers.
    HoldAfter(f64),
    /// Closes the connection without handling the request.
    CutBefore,
    /// Handles the request, then closes the connection without an answer.
    CutAfter,
    /// Answers with this HTTP status; with `placed` the request is handled all the same.
    Status {
        status: u16,
        #[serde(default)]
        placed: bool,
    },
    /// Refuses with this Twilio error code.
    Error {
        code: u32,
        #[serde(default)]
        status: Option<u16>,
    },
    /// The call stays queued for this many seconds.
    Queue(f64),
    /// The webhook is never sent. A document that is lost ends its call with 11200.
    Lose,
    /// The webhook is sent again after its first answer.
    Double,
    /// The webhook is sent again this many seconds after its first answer; nobody waits for it.
    Again(f64),
    /// The webhook is sent twice at the same time.
    TwiceAtOnce,
    /// The webhook is sent this many seconds late.
    Delay(f64),
    /// The callback is sent after the one that follows it.
    Reorder,
    /// Nothing works: connections are cut, webhooks are lost, phones cannot reach the service number.
    Down,
}

/// A fault as a test sets it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// Given by the switchboard.
    #[serde(default)]
    pub(crate) id: u64,
    /// Dotted name of what it strikes, or a prefix: `rest.call.create`, `rest.call`, `rest`, `webhook.call_status`, `all`.
    pub(crate) on: String,
    /// Only requests about this phone; none means the whole account.
    #[serde(default)]
    pub(crate) number: Option<String>,
    pub(crate) effect: Effect,
    /// How many times it strikes at most.
    #[serde(default)]
    pub(crate) count: Option<u32>,
    /// How many seconds it lasts.
    #[serde(default)]
    pub(crate) seconds: Option<f64>,
    /// How likely it strikes, 0 to 1.
    #[serde(default)]
    pub(crate) probability: Option<f64>,
    /// How often it struck.
    #[serde(default)]
    pub(crate) hits: u32,
    #[serde(skip)]
    until: Option<Instant>,
}

/// All faults that are set.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    last_id: u64,
    list: Vec<Fault>,
}

impl Faults {
    /// Sets a fault and returns its id.
    pub(crate) fn add(&mut self, mut fault: Fault) -> u64 {
        self.last_id = self.last_id.saturating_add(1);
        fault.id = self.last_id;
        fault.hits = 0;
        fault.until = fault.seconds.map(|s| clock::after(clock::seconds(s)));
        self.list.push(fault);
        self.last_id
    }

    /// Removes one fault, or those of these numbers, or all.
    pub(crate) fn remove(&mut self, keep: impl Fn(&Fault) -> bool) -> usize {
        let before = self.list.len();
        self.list.retain(|fault| keep(fault));
        before.saturating_sub(self.list.len())
    }

    /// Those that are still in force.
    pub(crate) fn list(&self) -> &[Fault] {
        &self.list
    }

    /// The effects that strike this request, in the order in which they were set, and counts them.
    pub(crate) fn strike(&mut self, on: &str, number: &str) -> Vec<Effect> {
        let now = Instant::now();
        self.list.retain(|fault| fault.until.is_none_or(|until| until > now));
        let mut effects = Vec::new();
        for fault in &mut self.list {
            if !fault.covers(on, number) || !sid::chance(fault.probability.unwrap_or(1.0)) {
                continue;
            }
            fault.hits = fault.hits.saturating_add(1);
            effects.push(fault.effect.clone());
        }
        self.list.retain(|fault| fault.count.is_none_or(|count| fault.hits < count));
        effects
    }
}

impl Fault {
    fn covers(&self, on: &str, number: &str) -> bool {
        let named = self.on == "all"
            || on.strip_prefix(self.on.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        named && self.effect.fits(on) && self.number.as_deref().is_none_or(|wanted| wanted == number)
    }
}

impl Effect {
    /// Whether this effect means anything for a request of that kind.
    fn fits(&self, on: &str) -> bool {
        match self {
            Self::HoldBefore(_)
            | Self::HoldAfter(_)
            | Self::CutBefore
            | Self::CutAfter
            | Self::Status { .. }
            | Self::Error { .. } => on.starts_with("rest."),
            Self::Queue(_) => on == "queue",
            Self::Lose
            | Self::Double
            | Self::Again(_)
            | Self::TwiceAtOnce
            | Self::Delay(_)
            | Self::Reorder => on.starts_with("webhook."),
            Self::Down => true,
        }
    }
}

/// How long the effects make something wait in all.
pub(crate) fn total(effects: &[Effect], pick: impl Fn(&Effect) -> Option<f64>) -> Duration {
    effects.iter().filter_map(pick).map(clock::seconds).fold(Duration::ZERO, Duration::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn prefixes_numbers_and_counts() {
        let mut faults = Faults::default();
        faults.add(fault(r#"{"on":"rest.call","number":"+15550001","effect":"cut_after","count":2}"#));
        assert!(faults.strike("rest.call.create", "+15550002").is_empty());
        assert!(faults.strike("rest.callx", "+15550001").is_empty());
        assert_eq!(faults.strike("rest.call.create", "+15550001"), [Effect::CutAfter]);
        assert_eq!(faults.strike("rest.call", "+15550001"), [Effect::CutAfter]);
        assert!(faults.strike("rest.call.create", "+15550001").is_empty(), "used up");
        assert!(faults.list().is_empty());
    }

    #[test]
    fn effects_strike_only_what_they_mean() {
        let mut faults = Faults::default();
        faults.add(fault(r#"{"on":"all","effect":"lose"}"#));
        faults.add(fault(r#"{"on":"all","effect":{"error":{"code":20003}}}"#));
        assert_eq!(faults.strike("webhook.voice", "+1"), [Effect::Lose]);
        assert_eq!(faults.strike("rest.text.create", "+1"), [Effect::Error { code: 20003, status: None }]);
    }

    #[test]
    fn never_and_always() {
        let mut faults = Faults::default();
        faults.add(fault(r#"{"on":"rest","effect":"cut_before","probability":0.0}"#));
        faults.add(fault(r#"{"on":"rest","effect":"cut_after","probability":1.0}"#));
        assert_eq!(faults.strike("rest.call.create", "+1"), [Effect::CutAfter]);
    }
}
