//! A random world around the actors: performers that claim, report twice or die, a carrier that tells in any order, people who
//! press, text and ring, and a clock that jumps.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    deadman::{CheckIn, ContactChange, Deadman, Edit, Medium, Pause, ProbeSettings, Proof},
    decide::{Case, ContactAct, Event, Report, decide},
    effect::{
        CallProgress, Channel, EffectId, NotSent, Outcome, Party, Pending, Purpose, TextFailure, claim,
    },
    id::ContactId,
    incident::{Incident, TextAnswer},
    policy::{LEASE, Policy, later},
    words::Answer,
};

use crate::{
    invariants,
    steps::Step,
    story::Story,
    world::{ann, fresh, new_contact, phone, pin, settings},
};

const PROGRESS: [CallProgress; 8] = [
    CallProgress::Queued,
    CallProgress::Ringing,
    CallProgress::InProgress,
    CallProgress::Completed,
    CallProgress::Busy,
    CallProgress::NoAnswer,
    CallProgress::Failed,
    CallProgress::Canceled,
];

/// Fewer calls in an hour than the product allows: the random world is to meet the cap often.
pub(crate) const CAP: u32 = 5;

/// A claim in some performer's hands.
#[derive(Debug, Clone)]
struct Hand {
    actor: ActorId,
    effect: EffectId,
    attempt: u32,
}

/// A call that was claimed and may have been made.
#[derive(Debug, Clone)]
pub(crate) struct Dialled {
    pub(crate) incident: u64,
    pub(crate) place: usize,
    pub(crate) attempt: u32,
    pub(crate) at: Timestamp,
}

impl Dialled {
    fn sid(&self) -> String {
        format!("CA{}-{}-{}", self.incident, self.place, self.attempt)
    }
}

/// The world around the actors.
pub(crate) struct World {
    pub(crate) case: Case,
    pub(crate) now: Timestamp,
    pub(crate) policy: Policy,
    /// Calls that were, or may have been, made.
    pub(crate) dialled: Vec<Dialled>,
    /// Pages claimed so far: the incident and the place.
    pub(crate) paged: Vec<(u64, usize)>,
    drawn: u64,
    hands: Vec<Hand>,
    past: Vec<Event>,
    tries: BTreeSet<(u64, usize, u32)>,
}

impl World {
    pub(crate) fn new() -> Self {
        let story = Story::with_contacts(&[("Bob", 1), ("Cas", 1), ("Dee", 2)]);
        Self {
            case: story.case,
            now: story.now,
            policy: Policy { calls_per_contact_hour: CAP, ..story.policy },
            dialled: Vec::new(),
            paged: Vec::new(),
            drawn: 1_000,
            hands: Vec::new(),
            past: Vec::new(),
            tries: BTreeSet::new(),
        }
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match step {
            Step::Pass(seconds) => self.now = later(self.now, SignedDuration::from_secs(*seconds)),
            Step::Wake { on_time } => self.wake(*on_time),
            Step::Report { which, outcome, keep } => self.report(*which, *outcome, *keep),
            Step::Replay { which } => {
                if let Some(event) = self.past.get(which % self.past.len().max(1)).cloned() {
                    self.goes(&event);
                }
            }
            other => {
                let Some(event) = self.event(other) else { return };
                self.goes(&event);
                if !matches!(event, Event::Edit(_)) {
                    let once = self.case.clone();
                    self.goes(&event);
                    assert!(self.case == once, "the same event twice: {event:?}");
                }
                self.past.push(event);
            }
        }
    }

    /// One decision, with the actors that the shell would load for it, and all that must hold of it.
    fn goes(&mut self, event: &Event) {
        self.drawn += 1;
        let alone = match event {
            Event::CallTold { .. } | Event::TextFailed { .. } => true,
            Event::Settled(reports) => {
                reports.iter().all(|report| matches!(report.actor, ActorId::Incident(_)))
            }
            Event::Wake => self.case.incident.is_some() && self.drawn.is_multiple_of(2),
            _ => false,
        };
        let deadman = self.case.deadman.clone().filter(|_| !alone);
        let before = Case { deadman, incident: self.case.incident.clone() };
        let Ok(decision) = decide(&before, event, self.now, &self.policy, &fresh(self.drawn)) else { return };
        invariants::hold(&before, event, self.now, &self.policy, &decision);
        if !alone {
            self.case.deadman.clone_from(&decision.case.deadman);
        }
        self.case.incident = decision.case.incident;
    }

    /// A performer's wake: it commits, leases what is due, and sets every alarm clock to the future.
    pub(crate) fn wake(&mut self, on_time: bool) {
        let clocks = [
            self.case.deadman.as_ref().and_then(Deadman::due),
            self.case.incident.as_ref().and_then(Incident::due),
        ];
        if let Some(at) = clocks.into_iter().flatten().map(|due| due.at).min().filter(|_| on_time) {
            self.now = self.now.max(at);
        }
        self.goes(&Event::Wake);
        self.goes(&Event::Wake);
        let decided = self.case.clone();
        let (now, until) = (self.now, later(self.now, LEASE));
        let deadman = self.case.deadman.as_mut().unwrap();
        let actor = ActorId::Deadman(deadman.id);
        let mut claimed: Vec<_> = claim(&mut deadman.pending, now, until)
            .into_iter()
            .map(|(id, pending)| (actor, id, pending))
            .collect();
        if let Some(incident) = self.case.incident.as_mut() {
            let actor = ActorId::Incident(incident.id);
            let theirs = claim(&mut incident.pending, now, until).into_iter();
            claimed.extend(theirs.map(|(id, pending)| (actor, id, pending)));
        }
        invariants::woken(&decided, &self.case, now, &self.policy);
        for (actor, effect, pending) in claimed {
            self.claimed(actor, effect, &pending);
        }
    }

    fn claimed(&mut self, actor: ActorId, effect: EffectId, pending: &Pending) {
        let ours = match (actor, effect.party) {
            (ActorId::Incident(id), Party::Contact(place)) => Some((id.get(), place)),
            _ => None,
        };
        let counts = !matches!(effect.purpose, Purpose::Cancel(_) | Purpose::Poll(_));
        if let (Some((incident, place)), true) = (ours, counts) {
            let attempt = pending.attempt;
            assert!(
                self.tries.insert((incident, place, attempt)),
                "two tries have the number {attempt}: {effect}"
            );
            if effect.purpose == Purpose::Page {
                self.paged.push((incident, place));
            }
            if effect.channel == Channel::Call {
                self.dialled.push(Dialled { incident, place, attempt, at: self.now });
                self.below_the_cap(incident, place);
            }
        }
        self.hands.push(Hand { actor, effect, attempt: pending.attempt });
    }

    /// Whatever the cause, no phone rings much more often than the cap says.
    fn below_the_cap(&self, incident: u64, place: usize) {
        let hour_ago = self.now - SignedDuration::from_hours(1);
        let theirs = |call: &&Dialled| (call.incident, call.place) == (incident, place) && call.at > hour_ago;
        let calls: Vec<_> = self.dialled.iter().filter(theirs).collect();
        assert!(calls.len() <= CAP as usize + 1, "{calls:?}");
    }

    fn report(&mut self, which: usize, outcome: u8, keep: bool) {
        if self.hands.is_empty() {
            return;
        }
        let index = which % self.hands.len();
        let hand = self.hands[index].clone();
        if !keep {
            self.hands.swap_remove(index);
        }
        let outcome = outcome_of(&hand, outcome);
        if matches!(outcome, Outcome::NotSent { .. } | Outcome::Account { .. } | Outcome::Permanent { .. })
            && let (ActorId::Incident(id), Party::Contact(place)) = (hand.actor, hand.effect.party)
        {
            self.dialled
                .retain(|call| (call.incident, call.place, call.attempt) != (id.get(), place, hand.attempt));
        }
        let Hand { actor, effect, attempt } = hand;
        let event = Event::Settled(vec![Report { actor, effect, attempt, outcome }]);
        self.goes(&event);
        let once = self.case.clone();
        self.goes(&event);
        assert!(self.case == once, "the same outcome twice: {event:?}");
    }

    /// Everything that is in hand goes well, and every call rings in vain.
    pub(crate) fn settle_all(&mut self) {
        for hand in std::mem::take(&mut self.hands) {
            let outcome = outcome_of(&hand, 0);
            let Hand { actor, effect, attempt } = hand;
            let placed = match &outcome {
                Outcome::Placed { sid, .. } => Some(sid.clone()),
                _ => None,
            };
            self.goes(&Event::Settled(vec![Report { actor, effect: effect.clone(), attempt, outcome }]));
            if let (Some(sid), Party::Contact(_)) = (placed, effect.party) {
                self.goes(&Event::CallTold { effect, attempt, sid, progress: CallProgress::NoAnswer });
            }
        }
    }

    /// What the step is, as things stand.
    fn event(&self, step: &Step) -> Option<Event> {
        let key = |kind: &str| format!("{kind}{}", self.drawn);
        let place_of = |n: usize| {
            let contacts = self.case.incident.as_ref().map_or(0, |incident| incident.contacts.len());
            n.checked_rem(contacts)
        };
        Some(match step {
            Step::Told { which, progress } => {
                let call = self.call(*which)?;
                let party = Party::Contact(call.place);
                let effect = EffectId { party, channel: Channel::Call, purpose: Purpose::Page };
                let progress = PROGRESS[usize::from(*progress)];
                Event::CallTold { effect, attempt: call.attempt, sid: call.sid(), progress }
            }
            Step::TextFailed { which } => {
                let place = place_of(*which)?;
                let attempt = self.case.incident.as_ref()?.contacts[place].sms.last_try?;
                let effect = crate::world::text(place);
                let failure = [TextFailure::Number, TextFailure::Account, TextFailure::Passing][place % 3];
                Event::TextFailed { effect, attempt, code: 30003, failure }
            }
            Step::Press { which, step, digits } => {
                let call = self.call(*which)?;
                let digits = ["1", "9", "5", "7", "", "1"][usize::from(*digits)];
                let act = ContactAct::Press {
                    attempt: call.attempt,
                    sid: call.sid(),
                    step: ["1", "2", "3", "end", "end2", "end3"][usize::from(*step)].to_owned(),
                    digits: Some(digits.to_owned()).filter(|digits| !digits.is_empty()),
                };
                Event::Contact { place: call.place, act }
            }
            Step::Code { place, right, reopen } => {
                let place = place_of(*place)?;
                let code = self.case.incident.as_ref()?.contacts[place].code.clone();
                let code = if *right { code } else { "000000".to_owned() };
                let answer = if *reopen { TextAnswer::Reopen } else { TextAnswer::Accept };
                Event::Contact { place, act: ContactAct::Code { key: key("SM"), code, answer } }
            }
            Step::CallBack { place } => {
                Event::Contact { place: place_of(*place)?, act: ContactAct::CallBack { key: key("CA") } }
            }
            Step::CheckIn { answer, medium, proof, sos, ago } => Event::CheckIn(CheckIn {
                key: key("SM"),
                answer: [Answer::Good, Answer::Bad, Answer::Unclear][usize::from(*answer)],
                sos: *sos,
                medium: [Medium::Sms, Medium::OwnCall, Medium::Api, Medium::Phone][usize::from(*medium)],
                arrived_at: later(self.now, SignedDuration::from_secs(-ago)),
                proof: proofs(*proof),
                logged_in: *medium == 3 && *proof == 1,
                unless: None,
                heard: None,
                words: None,
                text: "text".to_owned(),
            }),
            Step::Emergency => Event::Emergency { key: key("CA") },
            Step::Login { right } => {
                Event::Login { key: key("CA"), proof: proofs(if *right { 1 } else { 2 }) }
            }
            Step::Stop { who, stopped } => {
                let who = [ann(), phone(201), phone(202), phone(203)][who % 4].clone();
                Event::TextsStopped { key: key("SM"), phone: who, stopped: *stopped }
            }
            Step::Edit { which, proof, number } => Event::Edit(self.edit(*which, proofs(*proof), *number)?),
            Step::Pass(_) | Step::Wake { .. } | Step::Report { .. } | Step::Replay { .. } => return None,
        })
    }

    /// Some call of this incident, however old.
    fn call(&self, which: usize) -> Option<&Dialled> {
        let id = self.case.incident.as_ref()?.id.get();
        let calls: Vec<_> = self.dialled.iter().filter(|call| call.incident == id).collect();
        calls.get(which.checked_rem(calls.len())?).copied()
    }

    fn edit(&self, which: u8, proof: Proof, number: u64) -> Option<Edit> {
        let id = ContactId::try_from(number % 3 + 1).unwrap();
        let on = settings(self.now);
        let change = |change| Edit::ChangeContact { id, change, proof };
        Some(match which {
            0 => Edit::AddContact { contact: new_contact("New", 300 + number), proof },
            1 => change(ContactChange { phone: Some(phone(400 + number)), ..ContactChange::default() }),
            2 => Edit::RemoveContact { id, proof },
            3 => Edit::Probes {
                change: ProbeSettings { active: false, ..on }.into(),
                pause: Pause::Keep,
                proof,
            },
            4 => Edit::Probes { change: on.into(), pause: Pause::Keep, proof },
            5 => {
                let until = later(self.now, SignedDuration::from_mins(i64::try_from(number).unwrap() * 10));
                Edit::Probes { change: on.into(), pause: Pause::Until(until), proof }
            }
            6 => Edit::Resolve { incident: self.case.incident.as_ref()?.id, proof },
            _ => {
                change(ContactChange { by_call: Some(number.is_multiple_of(2)), ..ContactChange::default() })
            }
        })
    }
}

fn proofs(n: u8) -> Proof {
    [Proof::None, pin("1234"), pin("9999")][usize::from(n)]
}

fn outcome_of(hand: &Hand, outcome: u8) -> Outcome {
    let asks = matches!(hand.effect.purpose, Purpose::Page | Purpose::Confirm | Purpose::Ask);
    let sid = match (hand.actor, hand.effect.party) {
        (ActorId::Incident(id), Party::Contact(place)) => format!("CA{id}-{place}-{}", hand.attempt),
        _ => format!("CA-user-{}", hand.attempt),
    };
    match (outcome, &hand.effect.purpose) {
        (0..=3, Purpose::Poll(_)) => Outcome::Polled(PROGRESS[usize::from(outcome) + 2]),
        (0..=3, _) if asks && hand.effect.channel == Channel::Call => {
            Outcome::Placed { sid, queue: SignedDuration::from_secs(i64::from(outcome) * 40) }
        }
        (0..=3, _) => Outcome::Done,
        (4, _) => Outcome::Permanent { code: 21211 },
        (5, _) => Outcome::Account { code: 20003 },
        (6, _) => Outcome::NotSent { why: NotSent::NoSlot },
        _ => Outcome::Unknown,
    }
}
