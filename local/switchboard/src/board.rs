//! The state of the switchboard, shared by everything that runs in it.

use crate::call::Call;
use crate::config::Config;
use crate::control::Followed;
use crate::event::{About, Event, Level, What};
use crate::faults::{Effect, Faults};
use crate::message::Message;
use crate::phone::{Behaviour, Phone, push_bounded};
use crate::webhook::{Courier, Sent};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::broadcast;
use tokio::time::Instant;

/// How many events of all phones together the page gets when it opens.
const TIMELINE: usize = 1_000;

/// Everything one switchboard knows.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) config: Config,
    pub(crate) courier: Courier,
    pub(crate) stream: broadcast::Sender<Arc<Event>>,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    followed: Mutex<Followed>,
    own_url: OnceLock<String>,
}

/// What changes, behind one lock that is never held across an await.
#[derive(Debug)]
pub(crate) struct State {
    last_seq: u64,
    last_webhook: u64,
    default_behaviour: Behaviour,
    pub(crate) service_number: String,
    pub(crate) public_base_url: String,
    pub(crate) calls_per_second: f64,
    pub(crate) next_dial: Option<Instant>,
    pub(crate) phones: BTreeMap<String, Phone>,
    pub(crate) calls: HashMap<String, Call>,
    pub(crate) call_order: VecDeque<String>,
    pub(crate) messages: HashMap<String, Message>,
    pub(crate) message_order: VecDeque<String>,
    pub(crate) timeline: VecDeque<Arc<Event>>,
    pub(crate) recordings: HashMap<String, String>,
}

impl Board {
    /// An empty switchboard.
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let state = State {
            last_seq: 0,
            last_webhook: 0,
            default_behaviour: config.default_behaviour,
            service_number: config.service_number.clone(),
            public_base_url: config.public_base_url.clone(),
            calls_per_second: config.calls_per_second,
            next_dial: None,
            phones: BTreeMap::new(),
            calls: HashMap::new(),
            call_order: VecDeque::new(),
            messages: HashMap::new(),
            message_order: VecDeque::new(),
            timeline: VecDeque::new(),
            recordings: HashMap::new(),
        };
        Arc::new(Self {
            config,
            courier: Courier::default(),
            stream: broadcast::channel(4_096).0,
            state: Mutex::new(state),
            faults: Mutex::new(Faults::default()),
            followed: Mutex::new(Followed::default()),
            own_url: OnceLock::new(),
        })
    }

    /// The state, locked. A panic elsewhere must not silence the whole simulator.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults, locked.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the page follows, locked.
    pub(crate) fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where this switchboard listens, known once it does.
    pub(crate) fn own_url(&self) -> &str {
        self.own_url.get().map_or("", String::as_str)
    }

    /// Sets where it listens.
    pub(crate) fn set_own_url(&self, url: String) {
        // Set once, by the server that owns this board.
        let _ = self.own_url.set(url);
    }

    /// The effects of faults that strike this request.
    pub(crate) fn strike(&self, on: &str, number: &str) -> Vec<Effect> {
        self.faults().strike(on, number)
    }

    /// Writes an event into a phone's log and tells everybody who listens.
    pub(crate) fn publish(&self, number: &str, about: About<'_>, what: What) -> u64 {
        let mut state = self.state();
        let event = state.record(number, about, what);
        let seq = event.seq;
        // Sent under the lock so that listeners see events in order. Nobody listening is no error.
        let _ = self.stream.send(event);
        seq
    }

    /// Writes what Twilio's debugger would show into the call's and the phone's log.
    pub(crate) fn problem(&self, number: &str, about: About<'_>, level: Level, code: u32, text: &str) {
        if let About::Call(sid) = about
            && let Some(call) = self.state().calls.get_mut(sid)
        {
            call.problem(level, code, text);
        }
        self.publish(number, about, What::Problem { level, code, text: text.to_owned() });
    }
}

impl State {
    /// The phone with this number, made on first use.
    pub(crate) fn phone(&mut self, number: &str) -> &mut Phone {
        let behaviour = self.default_behaviour;
        self.phones.entry(number.to_owned()).or_insert_with(|| Phone::new(number, behaviour))
    }

    fn record(&mut self, number: &str, about: About<'_>, what: What) -> Arc<Event> {
        self.last_seq = self.last_seq.saturating_add(1);
        let seq = self.last_seq;
        let phone = self.phone(number);
        let event = Arc::new(Event::new(seq, number, phone.name.clone(), about, what));
        phone.log(&event);
        self.timeline.push_back(Arc::clone(&event));
        if self.timeline.len() > TIMELINE {
            self.timeline.pop_front();
        }
        event
    }

    /// The number of the last event.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Keeps a call; the oldest call of a phone that had very many is forgotten.
    pub(crate) fn add_call(&mut self, call: Call) {
        let sid = call.sid.clone();
        if let Some(old) = push_bounded(&mut self.phone(&call.peer).calls, sid.clone()) {
            self.calls.remove(&old);
            self.call_order.retain(|kept| *kept != old);
        }
        self.call_order.push_back(sid.clone());
        self.calls.insert(sid, call);
    }

    /// Keeps a text; the oldest text of a phone that had very many is forgotten.
    pub(crate) fn add_message(&mut self, message: Message) {
        let sid = message.sid.clone();
        if let Some(old) = push_bounded(&mut self.phone(&message.peer).messages, sid.clone()) {
            self.messages.remove(&old);
            self.message_order.retain(|kept| *kept != old);
        }
        self.message_order.push_back(sid.clone());
        self.messages.insert(sid, message);
    }

    /// A number for the next webhook.
    pub(crate) fn next_webhook(&mut self) -> u64 {
        self.last_webhook = self.last_webhook.saturating_add(1);
        self.last_webhook
    }

    /// Keeps a webhook that was sent.
    pub(crate) fn add_webhook(&mut self, sent: Arc<Sent>) {
        let number = sent.number.clone();
        push_bounded(&mut self.phone(&number).webhooks, sent);
    }

    /// The newest call of a phone that has not ended, seen from that phone.
    pub(crate) fn live_call(&self, number: &str) -> Option<&Call> {
        let phone = self.phones.get(number)?;
        phone.calls.iter().rev().filter_map(|sid| self.calls.get(sid)).find(|call| !call.status.is_final())
    }
}
