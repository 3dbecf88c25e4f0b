//! A simulated phone: how it behaves, and what happened to it.

use crate::event::Event;
use crate::webhook::Sent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::watch;

/// How many events, calls, texts and webhooks one phone keeps.
const KEPT: usize = 2_000;

/// What a phone does when it is called.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Rings until a person, or the control API, answers; keeps real time.
    #[default]
    Manual,
    /// Answers at once; then every prompt waits for the control API.
    Driven,
    /// Answers at once and works through its script at machine speed.
    Answer,
    /// Answers, presses nothing, hangs up after a while.
    Voicemail,
    /// Is engaged.
    Busy,
    /// Rings and is not answered.
    NoAnswer,
    /// Cannot be connected at all.
    Unreachable,
    /// A screening assistant: answers, stays silent at the first prompt, presses 5 at the second.
    Screening,
}

/// What a phone does with texts.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Texts {
    /// Sent, then delivered.
    #[default]
    Deliver,
    /// Sent, but the carrier never reports a receipt.
    NoReceipt,
    /// Undelivered with 30003, the handset is off.
    Undelivered,
    /// Undelivered with 30006, a landline.
    Landline,
    /// Failed with 30008 before it was sent.
    Failed,
}

/// One step of a scripted phone; each prompt takes the next `press`, `say` or `nothing`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Press these keys at the next prompt.
    Press(String),
    /// Say this at the next prompt.
    Say(String),
    /// Let the next prompt run into its timeout.
    Nothing,
    /// Wait this many seconds before the next step.
    Pause(f64),
    /// Hang up.
    HangUp,
}

/// How a phone takes a call.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) behaviour: Behaviour,
    /// Seconds of ringing before the behaviour shows; default: at once, for `no_answer` 0.3.
    pub(crate) ring_seconds: Option<f64>,
    /// Seconds that a prompt of a phone with nothing to press lasts; default 0.2.
    pub(crate) silence_seconds: Option<f64>,
    pub(crate) script: Vec<Step>,
}

impl Plan {
    /// This behaviour with every default.
    pub(crate) fn of(behaviour: Behaviour) -> Self {
        Self { behaviour, ..Self::default() }
    }

    /// Whether a person or a test acts during the call, so that prompts wait.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.behaviour, Behaviour::Manual | Behaviour::Driven)
    }
}

/// One phone.
#[derive(Debug)]
pub(crate) struct Phone {
    pub(crate) number: String,
    pub(crate) name: Option<String>,
    pub(crate) plan: Plan,
    /// Plans for the next calls, each used once, before `plan` counts again.
    pub(crate) next: VecDeque<Plan>,
    pub(crate) texts: Texts,
    /// Sent STOP and not yet START.
    pub(crate) opted_out: bool,
    pub(crate) events: VecDeque<Arc<Event>>,
    /// Calls and texts of the product that no test has claimed, by `seq`.
    pub(crate) unclaimed: BTreeMap<u64, Arc<Event>>,
    pub(crate) calls: VecDeque<String>,
    pub(crate) messages: VecDeque<String>,
    pub(crate) webhooks: VecDeque<Arc<Sent>>,
    /// Carries the last `seq`, for those who wait.
    pub(crate) signal: watch::Sender<u64>,
}

impl Phone {
    /// A phone nobody configured yet.
    pub(crate) fn new(number: &str, behaviour: Behaviour) -> Self {
        Self {
            number: number.to_owned(),
            name: None,
            plan: Plan::of(behaviour),
            next: VecDeque::new(),
            texts: Texts::default(),
            opted_out: false,
            events: VecDeque::new(),
            unclaimed: BTreeMap::new(),
            calls: VecDeque::new(),
            messages: VecDeque::new(),
            webhooks: VecDeque::new(),
            signal: watch::Sender::new(0),
        }
    }

    /// The plan for the call that starts now.
    pub(crate) fn take_plan(&mut self) -> Plan {
        self.next.pop_front().unwrap_or_else(|| self.plan.clone())
    }

    /// Adds to the log and wakes those who wait.
    pub(crate) fn log(&mut self, event: &Arc<Event>) {
        push_bounded(&mut self.events, Arc::clone(event));
        if event.what.must_be_expected() {
            self.unclaimed.insert(event.seq, Arc::clone(event));
            while self.unclaimed.len() > KEPT {
                self.unclaimed.pop_first();
            }
        }
        self.signal.send_replace(event.seq);
    }

    /// The phone as the control API shows it.
    pub(crate) fn view(&self) -> serde_json::Value {
        serde_json::json!({
            "number": self.number,
            "name": self.name,
            "behaviour": self.plan.behaviour,
            "ring_seconds": self.plan.ring_seconds,
            "silence_seconds": self.plan.silence_seconds,
            "script": self.plan.script,
            "next": self.next,
            "texts": self.texts,
            "opted_out": self.opted_out,
            "seq": *self.signal.borrow(),
            "calls": self.calls.len(),
            "messages": self.messages.len(),
        })
    }
}

/// Appends, dropping and returning the oldest if there are too many.
pub(crate) fn push_bounded<T>(list: &mut VecDeque<T>, item: T) -> Option<T> {
    list.push_back(item);
    if list.len() > KEPT { list.pop_front() } else { None }
}
