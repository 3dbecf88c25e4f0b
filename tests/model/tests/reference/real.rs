//! The real decisions, with performers and a carrier of which anything can be expected.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    deadman::{
        CheckIn, Contact, Deadman, Edit, Medium, NewContact, Pause, ProbeSettings, Profile, Proof, State,
    },
    decide::{Case, ContactAct, Event, Report},
    effect::{CallProgress, Channel, EffectId, NotSent, Outcome, Party, Pendings, Purpose, claim},
    id::{ContactId, IncidentId, ProbeId, UserId},
    incident::{self, TextAnswer},
    phone::PhoneNumber,
    policy::{LEASE, Policy, later},
    schedule::{Schedule, TimeZone},
    secret::Digest,
    turn::Fresh,
    words::Answer,
};
use lucius_invariants::{Act, Knows, Transition, decided, leased, placed, transition};

use crate::naive::{self, INTERVAL, Naive, Pin, RETRIES, Says, Step, WAIT, WELL};

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

fn phone(n: u64) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1202555{n:04}")).unwrap()
}

fn proof(pin: Pin) -> Proof {
    match pin {
        Pin::None => Proof::None,
        Pin::Right => Proof::Pin(Digest::new([1; 32])),
        Pin::Wrong => Proof::Pin(Digest::new([2; 32])),
    }
}

fn contact(n: u64, now: Timestamp) -> Contact {
    Contact {
        id: ContactId::try_from(n).unwrap(),
        created_at: now,
        updated_at: now,
        first_name: format!("Contact {n}"),
        last_name: String::new(),
        phone: phone(200 + n),
        email: None,
        is_emergency_contact: true,
        priority: u8::try_from(n).unwrap(),
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
        text_stopped: false,
    }
}

fn ann(now: Timestamp) -> Deadman {
    let profile = Profile {
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        email: "ann@example.org".to_owned(),
        phone: phone(100),
        password: "hash".to_owned(),
        is_admin: false,
        language: None,
        time_zone: TimeZone::utc(),
        pin: Some(Digest::new([1; 32])),
        message: None,
    };
    let minutes = INTERVAL.as_mins();
    let schedule: Schedule =
        serde_json::from_str(&format!(r#"{{"interval":{{"minutes":{minutes}}}}}"#)).unwrap();
    let settings = ProbeSettings {
        active: false,
        schedule,
        max_retries: RETRIES,
        wait_minutes: u32::try_from(WAIT.as_mins()).unwrap(),
        by_sms: true,
        by_call: true,
        pin_in_reply: false,
        updated_at: now,
    };
    let mut ann = Deadman::new(UserId::try_from(7).unwrap(), profile, settings, now);
    ann.contacts = vec![contact(1, now), contact(2, now)];
    ann
}

/// A claim in some performer's hands, or of one that has died.
#[derive(Debug, Clone)]
struct Hand {
    actor: ActorId,
    effect: EffectId,
    attempt: u32,
}

pub(crate) struct Real {
    case: Case,
    now: Timestamp,
    policy: Policy,
    drawn: u64,
    hands: Vec<Hand>,
    /// Everything that was ever claimed: the carrier may tell of any of it.
    claimed: Vec<Hand>,
    /// Places that were paged since this was last emptied.
    paged: BTreeSet<usize>,
}

impl Real {
    pub(crate) fn new(now: Timestamp) -> Self {
        let case = Case { deadman: Some(ann(now)), incident: None };
        let mut real = Self {
            case,
            now,
            policy: Policy::default(),
            drawn: 0,
            hands: Vec::new(),
            claimed: Vec::new(),
            paged: BTreeSet::new(),
        };
        let mut settings = ann(now).settings;
        settings.active = true;
        let arm = Edit::Probes { change: settings.into(), pause: Pause::Keep, proof: Proof::None };
        real.goes(&Event::Edit(arm), &[Act::Edited { proven: false, number: false }]);
        real
    }

    fn fresh(&mut self) -> Fresh {
        self.drawn += 1;
        let n = self.drawn;
        Fresh {
            probe: ProbeId::try_from(10_000 + n).unwrap(),
            incident: IncidentId::try_from(20_000 + n).unwrap(),
            contact: ContactId::try_from(30_000 + n).unwrap(),
            codes: (0..4).map(|k| format!("{:06}", (n * 4 + k) % 1_000_000)).collect(),
        }
    }

    /// What the shell would load for this event.
    fn loads(&self, event: &Event) -> Case {
        let open = self.case.incident.clone().filter(incident::Incident::is_open);
        match event {
            Event::CallTold { .. } | Event::TextFailed { .. } => {
                Case { deadman: None, incident: self.case.incident.clone() }
            }
            Event::Settled(reports) => match reports[0].actor {
                ActorId::Deadman(_) => Case { deadman: self.case.deadman.clone(), incident: open },
                ActorId::Incident(_) => Case { deadman: None, incident: self.case.incident.clone() },
            },
            Event::Contact { .. } => self.case.clone(),
            Event::Wake
            | Event::CheckIn(_)
            | Event::Emergency { .. }
            | Event::Login { .. }
            | Event::TextsStopped { .. }
            | Event::Edit(_)
            | Event::Remove { .. } => Case { deadman: self.case.deadman.clone(), incident: open },
        }
    }

    fn goes(&mut self, event: &Event, acts: &[Act]) {
        let before = self.loads(event);
        self.decides(&before, event, acts);
    }

    fn decides(&mut self, before: &Case, event: &Event, acts: &[Act]) {
        let (fresh, now) = (self.fresh(), self.now);
        let actor = ActorId::Deadman(self.case.deadman.as_ref().unwrap().id);
        let decided = decided(actor, before, event, now, &self.policy, &fresh);
        let Ok(decision) = decided.unwrap_or_else(|broken| panic!("{broken}")) else { return };
        let mut after = decision.case;
        let performer_wake = *event == Event::Wake;
        if performer_wake {
            let free = after.clone();
            self.claims(&mut after);
            self.takes_what_is_free(&free, &after);
        }
        let step = Transition { before, after: &after, now, policy: &self.policy, acts, performer_wake };
        if let Err(broken) = transition(&step) {
            panic!("{broken}\n{event:?}\n{before:#?}\n{after:#?}");
        }
        if before.deadman.is_some() {
            self.case.deadman = after.deadman;
        }
        // One that is over was not loaded with the switch, and stays as it is.
        self.case.incident = after.incident.or_else(|| self.case.incident.take());
    }

    fn claims(&mut self, case: &mut Case) {
        let (now, until) = (self.now, later(self.now, LEASE));
        let mut take = |actor, pendings: &mut Pendings| {
            for (effect, pending) in claim(pendings, now, until) {
                if let (Party::Contact(place), Purpose::Page) = (effect.party, &effect.purpose) {
                    self.paged.insert(place);
                }
                let hand = Hand { actor, effect, attempt: pending.attempt };
                self.claimed.push(hand.clone());
                self.hands.push(hand);
            }
        };
        if let Some(deadman) = &mut case.deadman {
            take(ActorId::Deadman(deadman.id), &mut deadman.pending);
        }
        if let Some(incident) = &mut case.incident {
            take(ActorId::Incident(incident.id), &mut incident.pending);
        }
    }

    /// What a function takes on was in nobody's hands.
    fn takes_what_is_free(&self, free: &Case, taken: &Case) {
        if let (Some(free), Some(taken)) = (&free.incident, &taken.incident) {
            let new = taken.pending.iter().filter(|(id, pending)| free.pending.get(*id) != Some(*pending));
            leased(ActorId::Incident(free.id), &free.pending, new, self.now)
                .unwrap_or_else(|broken| panic!("{broken}"));
        }
    }

    fn wake(&mut self) {
        self.goes(&Event::Wake, &[]);
        // An incident that is over is woken for itself.
        if let Some(over) = self.case.incident.clone().filter(|incident| !incident.is_open()) {
            self.decides(&Case { deadman: None, incident: Some(over) }, &Event::Wake, &[]);
        }
    }

    pub(crate) fn takes(&mut self, step: &Step) {
        match *step {
            Step::Pass(seconds) => self.now += SignedDuration::from_secs(seconds),
            Step::Wake => self.wake(),
            Step::Answer { says, pin, lag, twice } => self.answers(says, pin, lag, twice),
            Step::Emergency { twice } => {
                let key = self.key();
                self.delivered(&Event::Emergency { key }, &[Act::CriedForHelp], twice);
            }
            Step::One { place, twice } => {
                let incident = self.case.incident.as_ref().unwrap().id;
                self.press(place, "1", "1", twice, &[Act::PressedOne { incident, place }]);
            }
            Step::NineNine { place, twice } => {
                let incident = self.case.incident.as_ref().unwrap().id;
                self.press(place, "1", "9", twice, &[]);
                self.press(place, "end2", "9", twice, &[Act::PressedNineTwice { incident, place }]);
            }
            Step::Five { place, twice } => {
                let incident = self.case.incident.as_ref().unwrap().id;
                self.press(place, "1", "5", twice, &[Act::AskedToReopen { incident, place }]);
            }
            Step::Code { place, right, reopen, twice } => self.code(place, right, reopen, twice),
            Step::Codes { place, times } => (0..times).for_each(|_| self.code(place, false, false, false)),
            Step::Pins { times } => (0..times).for_each(|_| self.answers(Says::Good, Pin::Wrong, 0, false)),
            Step::CallBack { place } => {
                let incident = self.case.incident.as_ref().unwrap().id;
                let act = ContactAct::CallBack { key: self.key() };
                self.goes(&Event::Contact { place, act }, &[Act::AskedToBeCalled { incident, place }]);
            }
            Step::Stranger => self.stranger(),
            Step::Report { which, outcome, twice } => self.report(which, outcome, twice),
            Step::Dies { which } => {
                if let Some(index) = which.checked_rem(self.hands.len()) {
                    self.hands.swap_remove(index);
                }
            }
            Step::Told { which, progress } => self.told(which, progress),
            Step::AllIsWell => self.all_is_well(),
        }
    }

    fn key(&mut self) -> String {
        self.drawn += 1;
        format!("K{}", self.drawn)
    }

    fn delivered(&mut self, event: &Event, acts: &[Act], twice: bool) {
        self.goes(event, acts);
        if twice {
            let once = self.case.clone();
            self.goes(event, acts);
            assert!(self.case == once, "the same event twice: {event:?}");
        }
    }

    fn answers(&mut self, says: Says, pin: Pin, lag: i64, twice: bool) {
        let arrived_at = self.now - SignedDuration::from_secs(lag);
        let event = Event::CheckIn(CheckIn {
            key: self.key(),
            answer: match says {
                Says::Good => Answer::Good,
                Says::Bad | Says::Sos => Answer::Bad,
                Says::Unclear => Answer::Unclear,
            },
            sos: says == Says::Sos,
            medium: Medium::Sms,
            arrived_at,
            proof: proof(pin),
            logged_in: false,
            unless: None,
            heard: None,
            words: None,
            text: "text".to_owned(),
        });
        let tries = self.case.deadman.as_ref().unwrap().tries;
        let today = tries.since.is_some_and(|since| self.now < since + SignedDuration::from_hours(24));
        let proven = pin == Pin::Right && !(tries.wrong >= 10 && today);
        let counts = proven || (pin == Pin::None && says == Says::Good);
        let acts = match says {
            Says::Bad | Says::Sos => vec![Act::CriedForHelp],
            Says::Good | Says::Unclear if counts => {
                vec![Act::CheckedIn { arrived_at, proven, knows: Knows::All }]
            }
            Says::Good | Says::Unclear => Vec::new(),
        };
        self.delivered(&event, &acts, twice);
    }

    /// A key in a call of ours, whatever has been heard of that call.
    fn press(&mut self, place: usize, step: &str, digits: &str, twice: bool, acts: &[Act]) {
        let attempt = self.case.incident.as_ref().unwrap().contacts[place].attempts;
        let act = ContactAct::Press {
            attempt,
            sid: self.key(),
            step: step.to_owned(),
            digits: Some(digits.to_owned()),
        };
        self.delivered(&Event::Contact { place, act }, acts, twice);
    }

    fn code(&mut self, place: usize, right: bool, reopen: bool, twice: bool) {
        let known = self.case.incident.as_ref().unwrap();
        let (incident, code) = (known.id, known.contacts[place].code.clone());
        let act = match (right, reopen) {
            (false, _) => Act::WrongCode { incident, place },
            (true, false) => Act::RightCode { incident, place },
            (true, true) => Act::AskedToReopen { incident, place },
        };
        let answer = if reopen { TextAnswer::Reopen } else { TextAnswer::Accept };
        let code = if right { code } else { "none".to_owned() };
        let event = Event::Contact { place, act: ContactAct::Code { key: self.key(), code, answer } };
        self.delivered(&event, &[act], twice);
    }

    fn stranger(&mut self) {
        let contact = NewContact {
            first_name: "Who".to_owned(),
            last_name: String::new(),
            phone: phone(300),
            email: None,
            is_emergency_contact: true,
            priority: Some(3),
            by_call: true,
            by_sms: true,
            language: None,
            consented: true,
        };
        let edit = Edit::AddContact { contact, proof: Proof::None };
        self.goes(&Event::Edit(edit), &[Act::Edited { proven: false, number: false }]);
    }

    fn report(&mut self, which: usize, outcome: u8, twice: bool) {
        let Some(index) = which.checked_rem(self.hands.len()) else { return };
        let hand = self.hands.swap_remove(index);
        let event = settled(&hand, outcome);
        let before = self.case.incident.clone();
        self.delivered(&event, &[], twice);
        // A call that we hear of is kept in mind.
        if let (Event::Settled(reports), Some(before), Some(after)) = (&event, before, &self.case.incident)
            && let Report {
                actor: ActorId::Incident(id), outcome: Outcome::Placed { sid, .. }, effect, ..
            } = &reports[0]
            && let Party::Contact(place) = effect.party
            && *id == after.id
            && let Err(broken) = placed(&before, after, place, sid)
        {
            panic!("{broken}");
        }
    }

    /// The carrier tells of a call of this incident that may have been placed.
    fn told(&mut self, which: usize, progress: u8) {
        let Some(id) = self.case.incident.as_ref().map(|incident| incident.id) else { return };
        let rings = |hand: &&Hand| {
            hand.actor == ActorId::Incident(id)
                && hand.effect.channel == Channel::Call
                && matches!(hand.effect.purpose, Purpose::Page | Purpose::Confirm)
        };
        let calls: Vec<_> = self.claimed.iter().filter(rings).cloned().collect();
        let Some(hand) = which.checked_rem(calls.len()).map(|index| &calls[index]) else { return };
        let progress = PROGRESS[usize::from(progress)];
        let event =
            Event::CallTold { effect: hand.effect.clone(), attempt: hand.attempt, sid: sid(hand), progress };
        self.delivered(&event, &[], true);
    }

    /// Functions come when something is due, every request succeeds, and nobody answers: everybody is called.
    fn all_is_well(&mut self) {
        let end = self.now + WELL;
        self.paged.clear();
        for _ in 0..5_000 {
            let clocks = [
                self.case.deadman.as_ref().and_then(Deadman::due),
                self.case.incident.as_ref().and_then(incident::Incident::due),
            ];
            let due = clocks.into_iter().flatten().map(|due| due.at).min();
            let Some(due) = due.filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.wake();
            for hand in std::mem::take(&mut self.hands) {
                self.goes(&settled(&hand, 0), &[]);
                let call = hand.effect.channel == Channel::Call && matches!(hand.actor, ActorId::Incident(_));
                if call && matches!(hand.effect.purpose, Purpose::Page | Purpose::Confirm) {
                    let Hand { effect, attempt, .. } = hand.clone();
                    let progress = CallProgress::NoAnswer;
                    self.goes(&Event::CallTold { effect, attempt, sid: sid(&hand), progress }, &[]);
                }
            }
        }
        self.now = end;
        let contacts = self.case.incident.as_ref().unwrap().contacts.len();
        let everybody: BTreeSet<_> = (0..contacts).collect();
        assert_eq!(
            self.paged, everybody,
            "somebody was not called within {WELL:?}: {:#?}",
            self.case.incident
        );
    }

    pub(crate) fn agrees(&self, naive: &Naive) {
        assert_eq!(self.now, naive.now);
        let deadman = self.case.deadman.as_ref().unwrap();
        let asked = deadman.probe().map(|probe| (probe.asked, probe.deadline));
        assert_eq!(asked, naive.question.map(|question| (question.asked, question.deadline)), "who is asked");
        if let (State::Waiting { next_probe_at }, None) = (&deadman.state, naive.open()) {
            assert_eq!(*next_probe_at, naive.next, "when she is asked next");
        }
        assert_eq!(deadman.incident.is_some(), naive.open().is_some(), "whether contacts are called");
        let status = self.case.incident.as_ref().map(|incident| match incident.status {
            incident::Status::Escalating { .. } => naive::Status::Calling,
            incident::Status::Accepted { by, confirm_by, renewals, .. } => {
                naive::Status::Accepted { by, until: confirm_by, renewals }
            }
            incident::Status::Ended { .. } => naive::Status::Over,
        });
        assert_eq!(status, naive.incident.as_ref().map(|incident| incident.status), "who goes");
        let codes = self.case.incident.as_ref().map(|incident| {
            incident.contacts.iter().map(|contact| (contact.trusted, contact.wrong_codes)).collect::<Vec<_>>()
        });
        assert_eq!(
            codes,
            naive.incident.as_ref().map(|incident| incident.contacts.clone()),
            "which codes count"
        );
    }
}

fn sid(hand: &Hand) -> String {
    format!("CA-{}-{}", hand.effect, hand.attempt)
}

fn settled(hand: &Hand, outcome: u8) -> Event {
    let call = hand.effect.channel == Channel::Call
        && matches!(hand.effect.purpose, Purpose::Page | Purpose::Confirm | Purpose::Ask);
    let outcome = match (outcome, &hand.effect.purpose) {
        (0..=3, Purpose::Poll(_)) => Outcome::Polled(PROGRESS[usize::from(outcome) + 2]),
        (0..=3, _) if call => {
            Outcome::Placed { sid: sid(hand), queue: SignedDuration::from_secs(i64::from(outcome) * 40) }
        }
        (0..=3, _) => Outcome::Done,
        (4, _) => Outcome::Permanent { code: 21211 },
        (5, _) => Outcome::Account { code: 20003 },
        (6, _) => Outcome::NotSent { why: NotSent::Throttled },
        _ => Outcome::Unknown,
    };
    let Hand { actor, effect, attempt } = hand.clone();
    Event::Settled(vec![Report { actor, effect, attempt, outcome }])
}
