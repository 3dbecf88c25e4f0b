//! The carrier: it takes calls and texts or says that it does not, dials, lets keys be pressed, and reports.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use lucius_invariants::{Act, Knows};
use lucius_telephony::{CallRequest, CallStatus, Carrier, CarrierError, Placed, Sent, TextRequest};

use crate::{
    fate::{Fate, draw},
    faults::Outage,
    functions::{Invocation, Post, ReplyTo},
    people::Pickup,
    world::{Happening, Inner, MINUTE, Millis, SECOND, World},
};

/// Our number.
pub(crate) const SERVICE: &str = "+12025550100";

/// A phone that rings for longer keeps the next contact waiting, in seconds.
const RING_MOST: u32 = 60;

/// Whoever answers hears the words twice and presses a key within this, in seconds.
const TALK_LEAST: u32 = 60;

/// One step of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// The carrier dials.
    Dial,
    /// Somebody or something answers.
    Answer,
    /// Whoever listens does something.
    React,
    /// It is over, with this status.
    Over(&'static str),
}

/// A text on its way to a phone.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) to: String,
    pub(crate) body: String,
    /// Where it is reported: the path says what the text was for.
    pub(crate) path: String,
}

/// A call.
#[derive(Debug)]
pub(crate) struct Call {
    /// The other end.
    pub(crate) phone: String,
    /// They rang us.
    pub(crate) inbound: bool,
    /// What is being said.
    pub(crate) twiml: String,
    /// Where it is reported, without host and fragment; it also says what the call is for.
    pub(crate) path: String,
    pub(crate) status: &'static str,
    ring: Millis,
    pub(crate) pickup: Pickup,
    /// What the caller will key in.
    pub(crate) keys: VecDeque<String>,
    /// What they have keyed in last.
    pub(crate) last: Option<String>,
    /// Where they have cried for help, in a call of ours: whatever else they key in there may be taken for something that came before it.
    pub(crate) cried_at: Option<String>,
    /// When they did that for the first time: what was not recorded is keyed in again.
    pub(crate) keyed_at: Millis,
    pub(crate) turns: u32,
    /// What was said last of what keys mean: an apology leaves that as it was.
    pub(crate) page: String,
    /// What the menu has said of an alert.
    pub(crate) knows: Knows,
    /// When the caller gave the right PIN for the last time.
    pub(crate) pin_at: Option<Millis>,
    sequence: u32,
    pub(crate) over: bool,
    /// We have asked for it to be cancelled, and the carrier has not put that off.
    pub(crate) cancelled: bool,
}

impl Call {
    /// One that has not begun.
    fn new(phone: String, pickup: Pickup) -> Self {
        Self {
            phone,
            inbound: false,
            twiml: String::new(),
            path: String::new(),
            status: "",
            ring: 0,
            pickup,
            keys: VecDeque::new(),
            last: None,
            cried_at: None,
            keyed_at: 0,
            turns: 0,
            page: String::new(),
            knows: Knows::Only(None),
            pin_at: None,
            sequence: 0,
            over: false,
            cancelled: false,
        }
    }
}

/// All calls.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(crate) calls: BTreeMap<String, Call>,
    /// How many there have been.
    pub(crate) placed: u64,
    pub(crate) texted: u64,
}

/// A call of which a performer knows that it was placed.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) incident: u64,
    pub(crate) place: usize,
    /// The carrier's id.
    pub(crate) sid: String,
    /// How many faults had struck the performer by then.
    pub(crate) strikes: u32,
}

/// The carrier's API, as the shell sees it.
pub(crate) struct Line(pub(crate) Arc<World>);

/// The path in an address of ours.
pub(crate) fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |slash| rest.get(slash..).unwrap_or("/"));
    path.split('#').next().unwrap_or(path).to_owned()
}

/// The incident and the place of the contact whom a report's path is about.
pub(crate) fn place_in(path: &str) -> Option<(u64, usize)> {
    let mut words = path.split('/').skip(3);
    let id = (words.next() == Some("incident")).then(|| words.next())??.parse().ok()?;
    let place = words.next()?.strip_prefix('c')?.split('-').next()?.parse().ok()?;
    Some((id, place))
}

/// Where keys go, by the document.
pub(crate) fn action_of(twiml: &str) -> Option<String> {
    attribute(twiml, "<Gather", "action")
}

/// Where the call goes on without keys.
pub(crate) fn redirect_of(twiml: &str) -> Option<String> {
    let from = twiml.find("<Redirect")?;
    let rest = twiml.get(from..)?;
    let (_, text) = rest.split_once('>')?;
    Some(path_of(&text.split('<').next()?.replace("&amp;", "&")))
}

fn attribute(twiml: &str, element: &str, name: &str) -> Option<String> {
    let rest = twiml.get(twiml.find(element)?..)?;
    let rest = rest.get(..rest.find('>')?)?;
    let value = rest.split_once(&format!("{name}=\""))?.1.split('"').next()?;
    Some(path_of(&value.replace("&amp;", "&")))
}

impl Carrier for Line {
    async fn place_call(&self, request: &CallRequest) -> Result<Placed, CarrierError> {
        let path = path_of(&request.status_callback);
        let request_path = path.clone();
        let (fate, there, back) = {
            let mut inner = self.0.lock();
            crate::requests::posts(&mut inner, &path);
            let fate = draw(&mut inner);
            inner.running.posted.extend(place_in(&path));
            if matches!(fate, Fate::DoneUnknown | Fate::LostUnknown) {
                crate::rings::unknown(&mut inner, &path);
            }
            if fate.is_done() || fate == Fate::LostUnknown {
                crate::requests::may_ring(&mut inner, &path);
            }
            let (there, back) = (inner.between(20, 200), fate.time(&mut inner));
            inner.tell(|| format!("POST a call: {path}"));
            (fate, there, back)
        };
        self.0.pass(there, "POST is sent").await;
        let (sid, queued) = {
            let mut inner = self.0.lock();
            if fate.is_done() { inner.place(request, path) } else { (String::new(), 0) }
        };
        self.0.pass(back, "POST is answered").await;
        crate::ledger::requested(&mut self.0.lock(), &request_path, fate);
        fate.error()?;
        if let Some((incident, place)) = place_in(&request_path) {
            let mut inner = self.0.lock();
            let strikes = inner.running.strikes;
            inner.running.placed.push(Known { incident, place, sid: sid.clone(), strikes });
        }
        Ok(Placed { sid, queue_time_ms: queued.unsigned_abs() })
    }

    async fn send_text(&self, request: &TextRequest) -> Result<Sent, CarrierError> {
        let path = request.status_callback.as_deref().map(path_of).unwrap_or_default();
        let (fate, there, back) = {
            let mut inner = self.0.lock();
            crate::requests::posts(&mut inner, &path);
            let fate = draw(&mut inner);
            inner.tell(|| format!("POST a text: {path}"));
            (fate, inner.between(20, 200), fate.time(&mut inner))
        };
        let request_path = path.clone();
        self.0.pass(there, "POST is sent").await;
        if fate.is_done() {
            let mut inner = self.0.lock();
            inner.network.texted += 1;
            crate::requests::placed(&mut inner, &path);
            let after = inner.between(SECOND, 10 * SECOND);
            let delivery = Delivery { to: request.to.as_str().to_owned(), body: request.body.clone(), path };
            inner.soon(after, Happening::Text(delivery));
        }
        self.0.pass(back, "POST is answered").await;
        crate::ledger::requested(&mut self.0.lock(), &request_path, fate);
        fate.error()?;
        Ok(Sent { sid: format!("SM{:032x}", self.0.lock().number()) })
    }

    async fn cancel_call(&self, sid: &str) -> Result<(), CarrierError> {
        let (fate, back) = {
            let mut inner = self.0.lock();
            let fate = draw(&mut inner);
            inner.tell(|| format!("cancel {sid}"));
            if let Some(call) = inner.network.calls.get_mut(sid).filter(|_| !fate.is_for_now()) {
                call.cancelled = true;
            }
            (fate, fate.time(&mut inner))
        };
        self.0.pass(50, "POST is sent").await;
        if fate.is_done() {
            let mut inner = self.0.lock();
            let waits =
                inner.network.calls.get(sid).is_some_and(|call| matches!(call.status, "queued" | "ringing"));
            if waits {
                inner.end_call(sid, "canceled");
            }
        }
        self.0.pass(back, "POST is answered").await;
        crate::ledger::cancels(&mut self.0.lock(), sid, fate);
        fate.error()
    }

    async fn poll_call(&self, sid: &str) -> Result<CallStatus, CarrierError> {
        let (fate, back) = {
            let mut inner = self.0.lock();
            let fate = draw(&mut inner);
            inner.tell(|| format!("poll {sid}"));
            (fate, fate.time(&mut inner))
        };
        self.0.pass(50, "POST is sent").await;
        let status = self.0.lock().network.calls.get(sid).map_or("unknown", |call| call.status);
        self.0.pass(back, "POST is answered").await;
        fate.error()?;
        Ok(CallStatus::parse(status))
    }
}

impl Inner {
    /// Takes a call. How long it will stand in the queue is told with its id.
    fn place(&mut self, request: &CallRequest, path: String) -> (String, Millis) {
        if request.ring_seconds > RING_MOST || request.time_limit_seconds < TALK_LEAST {
            let (ring, talk) = (request.ring_seconds, request.time_limit_seconds);
            self.violated("acts", format!("{ring} s of ringing, {talk} s to listen and press a key"));
        }
        let sid = format!("CA{:032x}", self.number());
        let phone = request.to.as_str().to_owned();
        let ring = i64::from(request.ring_seconds) * SECOND;
        let pickup = self.pickup(&phone, &path);
        self.network.placed += 1;
        crate::rings::rang(self, &path);
        crate::requests::placed(self, &path);
        let call = Call {
            twiml: request.twiml.as_str().to_owned(),
            path,
            status: "queued",
            ring,
            ..Call::new(phone, pickup)
        };
        self.network.calls.insert(sid.clone(), call);
        let queued = if self.odds(20) { self.between(0, 3 * MINUTE) } else { self.between(0, SECOND) };
        self.soon(queued, Happening::Call(sid.clone(), Step::Dial));
        (sid, queued)
    }

    /// Somebody rings us and keys this in.
    pub(crate) fn ring_in(&mut self, phone: &str, keys: impl IntoIterator<Item = String>) {
        let sid = format!("CA{:032x}", self.number());
        let call = Call {
            inbound: true,
            status: "in-progress",
            keys: keys.into_iter().collect(),
            ..Call::new(phone.to_owned(), Pickup::Human(0))
        };
        self.network.calls.insert(sid.clone(), call);
        self.ask_for_twiml(&sid, "/inbound/answer".to_owned(), None, Vec::new());
    }

    /// One step of a call.
    pub(crate) fn step(&mut self, sid: &str, step: Step) {
        let Some(call) = self.network.calls.get_mut(sid).filter(|call| !call.over) else { return };
        match step {
            Step::Dial => {
                call.status = "ringing";
                let (pickup, ring) = (call.pickup, call.ring);
                self.report(sid, "initiated");
                match pickup {
                    Pickup::Busy => self.call_later(sid, 2 * SECOND, Step::Over("busy")),
                    Pickup::Fails => self.call_later(sid, SECOND, Step::Over("failed")),
                    Pickup::Never => self.call_later(sid, ring, Step::Over("no-answer")),
                    Pickup::Voicemail(after) | Pickup::Human(after) if after < ring => {
                        self.call_later(sid, after, Step::Answer);
                    }
                    Pickup::Voicemail(_) | Pickup::Human(_) => {
                        self.call_later(sid, ring, Step::Over("no-answer"));
                    }
                }
            }
            Step::Answer => {
                call.status = "in-progress";
                let pickup = call.pickup;
                // A machine takes all that we say, and the silence in which we wait for a key.
                let is_machine = matches!(pickup, Pickup::Voicemail(_));
                let after = self.between(3 * SECOND, if is_machine { 150 * SECOND } else { 30 * SECOND });
                match pickup {
                    Pickup::Human(_) => self.call_later(sid, after, Step::React),
                    // A machine that listens to all of it.
                    Pickup::Voicemail(_) if self.odds(100) => self.call_later(sid, after, Step::React),
                    Pickup::Voicemail(_) | Pickup::Busy | Pickup::Fails | Pickup::Never => {
                        self.call_later(sid, after, Step::Over("completed"));
                    }
                }
            }
            Step::React => self.react(sid),
            Step::Over(status) => self.end_call(sid, status),
        }
    }

    pub(crate) fn call_later(&mut self, sid: &str, after: Millis, step: Step) {
        self.soon(after, Happening::Call(sid.to_owned(), step));
    }

    /// The call is over, and this is reported.
    pub(crate) fn end_call(&mut self, sid: &str, status: &'static str) {
        if let Some(call) = self.network.calls.get_mut(sid) {
            call.over = true;
            call.status = status;
            let inbound = call.inbound;
            if inbound {
                self.network.calls.remove(sid);
            } else {
                self.report(sid, status);
            }
        }
    }

    /// Reports how a call stands.
    fn report(&mut self, sid: &str, status: &'static str) {
        if self.faults.lasts(Outage::Callbacks) {
            return;
        }
        let odds = self.faults.odds.report_lost;
        if self.odds(odds) {
            return self.strikes_quietly("report never sent");
        }
        let Some(call) = self.network.calls.get_mut(sid) else { return };
        let sequence = call.sequence;
        call.sequence += 1;
        let fields = vec![
            ("CallSid", sid.to_owned()),
            ("CallStatus", status.to_owned()),
            ("SequenceNumber", sequence.to_string()),
            ("From", SERVICE.to_owned()),
            ("To", call.phone.clone()),
        ];
        let path = call.path.clone();
        self.posts(Post {
            path,
            fields,
            reply_to: ReplyTo::Nobody,
            tries: 0,
            forged: false,
            acts: Vec::new(),
            again: None,
            arrived: None,
        });
    }

    /// The carrier asks us something, by a network that loses, doubles and delays.
    pub(crate) fn posts(&mut self, post: Post) {
        let odds = self.faults.odds;
        if self.odds(odds.webhook_lost) {
            self.strikes_quietly("webhook lost");
            self.unanswered(&post);
            return;
        }
        let late = if matches!(post.reply_to, ReplyTo::Nobody) && self.odds(odds.webhook_late) {
            self.strikes_quietly("webhook late");
            self.between(0, 5 * MINUTE)
        } else {
            self.between(20, 300)
        };
        if self.odds(odds.webhook_doubled) {
            self.strikes_quietly("webhook doubled");
            let again = late + self.between(0, 3 * SECOND);
            let copy = Post { reply_to: ReplyTo::Nobody, ..post.clone() };
            self.soon(again, Happening::Invoke(Invocation::Webhook(copy)));
        }
        self.soon(late, Happening::Invoke(Invocation::Webhook(post)));
    }

    /// Nothing usable came back: twice more, then the carrier gives up.
    pub(crate) fn unanswered(&mut self, post: &Post) {
        if post.tries < 2 {
            let again = Post { tries: post.tries + 1, ..post.clone() };
            self.soon(6 * SECOND, Happening::Invoke(Invocation::Webhook(again)));
            return;
        }
        match &post.reply_to {
            // "We are sorry, an application error has occurred."
            ReplyTo::Call(sid) => self.call_later(sid, 3 * SECOND, Step::Over("completed")),
            ReplyTo::Nobody => {}
        }
    }

    /// The call goes on with what we answer to these keys.
    pub(crate) fn ask_for_twiml(&mut self, sid: &str, path: String, keys: Option<&str>, acts: Vec<Act>) {
        let Some(call) = self.network.calls.get(sid) else { return };
        let (from, to) =
            if call.inbound { (call.phone.as_str(), SERVICE) } else { (SERVICE, call.phone.as_str()) };
        let mut fields = vec![
            ("CallSid", sid.to_owned()),
            ("CallStatus", "in-progress".to_owned()),
            ("Direction", if call.inbound { "inbound" } else { "outbound-api" }.to_owned()),
            ("From", from.to_owned()),
            ("To", to.to_owned()),
        ];
        if let Some(keys) = keys {
            let speaks = keys.contains(char::is_alphabetic);
            fields.push((if speaks { "SpeechResult" } else { "Digits" }, keys.to_owned()));
        }
        let reply_to = ReplyTo::Call(sid.to_owned());
        self.posts(Post {
            path,
            fields,
            reply_to,
            tries: 0,
            forged: false,
            acts,
            again: None,
            arrived: None,
        });
    }
}
