//! A story by the real decisions, of which the last transition is looked at.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    deadman::{CheckIn, Contact, Deadman, Edit, Medium, Pause, ProbeSettings, Profile, Proof},
    decide::{Case, ContactAct, Event, Report, decide},
    effect::{CallProgress, Channel, EffectId, Outcome, Party, Purpose, claim},
    id::{ContactId, IncidentId, ProbeId, UserId},
    incident::Incident,
    ivr::Offered,
    phone::PhoneNumber,
    policy::{LEASE, Policy, later},
    schedule::{CronExpression, Schedule, TimeZone},
    secret::Digest,
    turn::Fresh,
    words::Answer,
};
use lucius_invariants::{Act, Knows, Transition, Violation, transition};

pub(crate) fn phone(n: u64) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1202555{n:04}")).unwrap()
}

pub(crate) fn page(place: usize) -> EffectId {
    EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: Purpose::Page }
}

pub(crate) fn text(place: usize) -> EffectId {
    EffectId { channel: Channel::Sms, ..page(place) }
}

fn contact(n: u64, name: &str, now: Timestamp) -> Contact {
    Contact {
        id: ContactId::try_from(n).unwrap(),
        created_at: now,
        updated_at: now,
        first_name: name.to_owned(),
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

/// Ann has a PIN, is asked every hour and once; Bob is called first, then Cas.
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
    let schedule: Schedule = serde_json::from_str(r#"{"interval":{"minutes":60}}"#).unwrap();
    let settings = ProbeSettings {
        active: false,
        schedule,
        max_retries: 0,
        wait_minutes: 60,
        by_sms: true,
        by_call: false,
        pin_in_reply: false,
        updated_at: now,
    };
    let mut ann = Deadman::new(UserId::try_from(7).unwrap(), profile, settings, now);
    ann.contacts = vec![contact(1, "Bob", now), contact(2, "Cas", now)];
    ann
}

#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) before: Case,
    pub(crate) case: Case,
    pub(crate) now: Timestamp,
    pub(crate) policy: Policy,
    /// The last transition was a performer's wake.
    pub(crate) performs: bool,
    /// The try of each effect that was leased last.
    pub(crate) tries: BTreeMap<EffectId, u32>,
    pub(crate) drawn: u64,
}

impl Story {
    pub(crate) fn armed() -> Self {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        Self::arms(ann(now), now)
    }

    /// Ann is asked by the clock on her wall, and arms now.
    pub(crate) fn by_the_clock(zone: &str, expression: &str, now: Timestamp) -> Self {
        let mut ann = ann(now);
        ann.profile.time_zone = TimeZone::parse(zone).unwrap();
        ann.settings.schedule = Schedule::Cron(CronExpression::parse(expression).unwrap());
        Self::arms(ann, now)
    }

    fn arms(ann: Deadman, now: Timestamp) -> Self {
        let mut settings = ann.settings.clone();
        let case = Case { deadman: Some(ann), incident: None };
        let mut story = Self {
            before: case.clone(),
            case,
            now,
            policy: Policy::default(),
            performs: false,
            tries: BTreeMap::new(),
            drawn: 1,
        };
        settings.active = true;
        let arm = Edit::Probes { change: settings.into(), pause: Pause::Keep, proof: Proof::None };
        story.goes(&Event::Edit(arm));
        story
    }

    /// The question has been sent, and waits for an hour.
    pub(crate) fn asked() -> Self {
        let mut story = Self::armed();
        story.pass(3_600).wake();
        let user = story.deadman().id;
        let ask = EffectId { party: Party::User, channel: Channel::Sms, purpose: Purpose::Ask };
        let attempt = story.deadman().pending[&ask].attempt;
        let actor = ActorId::Deadman(user);
        story.goes(&Event::Settled(vec![Report { actor, effect: ask, attempt, outcome: Outcome::Unknown }]));
        story
    }

    /// Ann has called for help; nobody has been called yet.
    pub(crate) fn incident() -> Self {
        let mut story = Self::armed();
        story.goes(&Event::Emergency { key: "E".to_owned() });
        story
    }

    /// Bob's phone rings (call `B1`), and Cas's is about to.
    pub(crate) fn ringing() -> Self {
        let mut story = Self::incident();
        story.wake();
        story.report_placed(0, "B1");
        story.report(&text(0), Outcome::Done);
        story.pass(60).wake();
        story.report(&text(1), Outcome::Done);
        story
    }

    pub(crate) fn deadman(&mut self) -> &mut Deadman {
        self.case.deadman.as_mut().unwrap()
    }

    pub(crate) fn inc(&mut self) -> &mut Incident {
        self.case.incident.as_mut().unwrap()
    }

    pub(crate) fn pass(&mut self, seconds: i64) -> &mut Self {
        self.now = later(self.now, SignedDuration::from_secs(seconds));
        self
    }

    pub(crate) fn goes(&mut self, event: &Event) {
        self.drawn += 1;
        let fresh = Fresh {
            probe: ProbeId::try_from(1_000 + self.drawn).unwrap(),
            incident: IncidentId::try_from(2_000 + self.drawn).unwrap(),
            contact: ContactId::try_from(3_000 + self.drawn).unwrap(),
            codes: vec!["111111".to_owned(), "222222".to_owned()],
        };
        let decision = decide(&self.case, event, self.now, &self.policy, &fresh).unwrap();
        self.before = std::mem::replace(&mut self.case, decision.case);
        self.performs = false;
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        self.goes(&Event::Edit(edit));
    }

    pub(crate) fn wake(&mut self) {
        self.goes(&Event::Wake);
        let until = later(self.now, LEASE);
        let now = self.now;
        let mut claimed = claim(&mut self.deadman().pending, now, until);
        if let Some(incident) = &mut self.case.incident {
            claimed.extend(claim(&mut incident.pending, now, until));
        }
        self.tries.extend(claimed.into_iter().map(|(id, pending)| (id, pending.attempt)));
        self.performs = true;
    }

    pub(crate) fn report(&mut self, effect: &EffectId, outcome: Outcome) {
        let (attempt, incident) = (self.tries[effect], self.inc());
        let report =
            Report { actor: ActorId::Incident(incident.id), effect: effect.clone(), attempt, outcome };
        self.goes(&Event::Settled(vec![report]));
    }

    pub(crate) fn report_placed(&mut self, place: usize, sid: &str) {
        let outcome = Outcome::Placed { sid: sid.to_owned(), queue: SignedDuration::ZERO };
        self.report(&page(place), outcome);
    }

    pub(crate) fn told(&mut self, place: usize, sid: &str, progress: CallProgress) {
        let attempt = self.inc().contacts[place].call.last_try.unwrap_or(1);
        let told = Event::CallTold { effect: page(place), attempt, sid: sid.to_owned(), progress };
        self.goes(&told);
    }

    pub(crate) fn press_one(&mut self, place: usize) -> Vec<Act> {
        self.press(place, "1", "1")
    }

    /// Keys at this address of the call `B1`; the acts are those of a 1.
    pub(crate) fn press(&mut self, place: usize, step: &str, digits: &str) -> Vec<Act> {
        let incident = self.inc().id;
        let act = ContactAct::Press {
            attempt: 1,
            sid: "B1".to_owned(),
            step: step.to_owned(),
            digits: Some(digits.to_owned()),
        };
        self.goes(&Event::Contact { place, act });
        vec![Act::PressedOne { incident, place }]
    }

    /// Ann says that she is okay, without her PIN.
    pub(crate) fn check_in(&mut self, arrived_at: Option<Timestamp>) -> Vec<Act> {
        self.says_okay(arrived_at.unwrap_or(self.now), Proof::None, None)
    }

    /// Ann says that she is okay, with her PIN.
    pub(crate) fn check_in_with_pin(&mut self) -> Vec<Act> {
        self.says_okay(self.now, Proof::Pin(Digest::new([1; 32])), None)
    }

    /// The same on our line, where she was told what 9 means.
    pub(crate) fn check_in_by_menu(&mut self, heard: Offered) -> Vec<Act> {
        self.says_okay(self.now, Proof::Pin(Digest::new([1; 32])), Some(heard))
    }

    fn says_okay(&mut self, arrived_at: Timestamp, proof: Proof, heard: Option<Offered>) -> Vec<Act> {
        let knows = match heard {
            None => Knows::All,
            Some(Offered::Start) => Knows::Only(None),
            Some(Offered::End(incident)) => Knows::Only(Some(incident)),
        };
        self.goes(&Event::CheckIn(CheckIn {
            key: format!("SM{}", self.drawn),
            answer: Answer::Good,
            sos: false,
            medium: Medium::Sms,
            arrived_at,
            proof,
            logged_in: false,
            unless: None,
            heard,
            words: None,
            text: "Y".to_owned(),
        }));
        vec![Act::CheckedIn { arrived_at, proven: proof != Proof::None, knows }]
    }

    pub(crate) fn check(&self, acts: &[Act]) -> Result<(), Violation> {
        transition(&Transition {
            before: &self.before,
            after: &self.case,
            now: self.now,
            policy: &self.policy,
            acts,
            performer_wake: self.performs,
        })
    }
}
