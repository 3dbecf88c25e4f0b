//! Real states: a user whose events go through core's `decide` and into the store.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    deadman::{Deadman, Edit, NewContact, Pause, ProbeSettings, Profile, Proof},
    decide::{Case, ContactAct, Decision, Event, Rejected, Report, decide},
    effect::{Channel, EffectId, Outcome},
    id::{ContactId, IncidentId, OpId, ProbeId, UserId},
    incident::{Incident, TextAnswer},
    phone::PhoneNumber,
    policy::Policy,
    schedule::{Schedule, TimeZone},
    turn::Fresh,
};
use lucius_store::{Actor, Change, Commit, Loaded, Store};

use crate::world::draw;

/// The beginning of every story, and so many seconds later.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let begin: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    begin + SignedDuration::from_secs(seconds)
}

/// Never the same, and in no order.
pub(crate) fn op() -> OpId {
    OpId::new(u128::from(draw()).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

pub(crate) fn phone(n: u64) -> PhoneNumber {
    PhoneNumber::parse(&format!("+1202{n:07}")).unwrap()
}

pub(crate) fn user_id(n: u64) -> UserId {
    UserId::try_from(n).unwrap()
}

pub(crate) fn incident_id(n: u64) -> IncidentId {
    IncidentId::try_from(n).unwrap()
}

/// A user as entered, with a number and an address of their own.
pub(crate) fn user(n: u64) -> Deadman {
    let profile = Profile {
        first_name: "Ann".to_owned(),
        last_name: format!("No. {n}"),
        email: format!("ann{n}@example.com"),
        phone: phone(n),
        password: "$argon2id$".to_owned(),
        is_admin: false,
        language: Some("en-GB".to_owned()),
        time_zone: TimeZone::parse("Europe/Berlin").unwrap(),
        pin: None,
        message: Some("Call my brother: \"Jörg\" 🆘".to_owned()),
    };
    Deadman::new(user_id(n), profile, settings(false), at(0))
}

pub(crate) fn settings(active: bool) -> ProbeSettings {
    ProbeSettings {
        active,
        schedule: Schedule::Interval { minutes: 60.try_into().unwrap() },
        max_retries: 0,
        wait_minutes: 5,
        by_sms: true,
        by_call: true,
        pin_in_reply: false,
        updated_at: at(0),
    }
}

pub(crate) fn contact(n: u64) -> NewContact {
    NewContact {
        first_name: "Bob".to_owned(),
        last_name: format!("No. {n}"),
        phone: phone(n),
        email: None,
        is_emergency_contact: true,
        priority: Some(1),
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
    }
}

/// Ids and codes that no other decision gets.
pub(crate) fn fresh() -> Fresh {
    let id = draw() * 1_000;
    Fresh {
        probe: ProbeId::try_from(id).unwrap(),
        incident: incident_id(id),
        contact: ContactId::try_from(id).unwrap(),
        codes: (0..20).map(|n| format!("{:06}", (id + n) % 1_000_000)).collect(),
    }
}

/// A commit that changes nothing yet.
pub(crate) fn nothing(now: Timestamp) -> Commit {
    Commit {
        op: op(),
        now,
        deadman: None,
        incident: None,
        removed: false,
        rows: vec![],
        pointers: vec![],
        event: None,
    }
}

fn change<T: Actor + PartialEq>(
    read: Option<&Loaded<T>>,
    next: Option<&T>,
    removed: bool,
) -> Option<Change<T>> {
    Some(match (read, next?) {
        (None, next) => Change::New(next.clone()),
        (Some(read), next) if read.state == *next && !removed => {
            Change::Check { id: next.id(), version: read.version }
        }
        (Some(read), next) => Change::Update { version: read.version, to: next.clone() },
    })
}

/// One user, event after event.
pub(crate) struct Story<'a, S> {
    pub(crate) store: &'a S,
    pub(crate) user: UserId,
    pub(crate) incident: Option<IncidentId>,
    pub(crate) now: Timestamp,
}

impl<'a, S: Store> Story<'a, S> {
    /// Enters a user with so many contacts.
    pub(crate) async fn begin(store: &'a S, contacts: u64) -> Self {
        let n = draw() * 100;
        store.create_user(&user(n), false, op()).await.unwrap();
        let mut tale = Self { store, user: user_id(n), incident: None, now: at(0) };
        for m in 1..=contacts {
            let edit = Edit::AddContact { contact: contact(n + m), proof: Proof::None };
            tale.goes(Event::Edit(edit)).await;
        }
        tale
    }

    /// The same with the switch armed.
    pub(crate) async fn armed(store: &'a S, contacts: u64) -> Self {
        let mut tale = Self::begin(store, contacts).await;
        let edit = Edit::Probes { change: settings(true).into(), pause: Pause::Keep, proof: Proof::None };
        tale.goes(Event::Edit(edit)).await;
        tale
    }

    /// The same after a question that was not answered.
    pub(crate) async fn alarmed(store: &'a S, contacts: u64) -> Self {
        let mut tale = Self::armed(store, contacts).await;
        tale.later(60 * 60).goes(Event::Wake).await;
        tale.later(5 * 60 + 5).goes(Event::Wake).await;
        assert!(tale.incident().await.is_open());
        tale
    }

    pub(crate) fn later(&mut self, seconds: i64) -> &mut Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }

    pub(crate) async fn deadman(&self) -> Deadman {
        self.store.load_deadman(self.user).await.unwrap().unwrap().state
    }

    pub(crate) async fn incident(&self) -> Incident {
        self.store.load_incident(self.incident.unwrap()).await.unwrap().unwrap().state
    }

    /// An event that is not refused.
    pub(crate) async fn goes(&mut self, event: Event) -> Decision {
        self.event(event).await.unwrap()
    }

    /// Decides, commits, and checks that what is read back is what was decided.
    pub(crate) async fn event(&mut self, event: Event) -> Result<Decision, Rejected> {
        let deadman = self.store.load_deadman(self.user).await.unwrap();
        let id = deadman.as_ref().and_then(|loaded| loaded.state.incident).or(self.incident);
        let incident = match id {
            Some(id) => self.store.load_incident(id).await.unwrap(),
            None => None,
        };
        let case = Case {
            deadman: deadman.as_ref().map(|loaded| loaded.state.clone()),
            incident: incident.as_ref().map(|loaded| loaded.state.clone()),
        };
        let decision = decide(&case, &event, self.now, &Policy::default(), &fresh())?;
        let replaced = decision.case.incident.as_ref().map(|next| next.id) != id;
        let incident = incident.filter(|_| !replaced);
        let commit = Commit {
            deadman: change(deadman.as_ref(), decision.case.deadman.as_ref(), decision.removed),
            incident: change(incident.as_ref(), decision.case.incident.as_ref(), false),
            removed: decision.removed,
            rows: decision.rows.clone(),
            pointers: decision.pointers.clone(),
            ..nothing(self.now)
        };
        self.store.commit(&commit).await.unwrap();
        self.incident = decision.case.incident.as_ref().map(|incident| incident.id);
        if !decision.removed {
            assert_eq!(Some(self.deadman().await), decision.case.deadman);
        }
        if decision.case.incident.is_some() {
            assert_eq!(Some(self.incident().await), decision.case.incident);
        }
        Ok(decision)
    }

    /// Everything that is under way comes to `outcome`.
    pub(crate) async fn settle(&mut self, outcome: impl Fn(&EffectId) -> Outcome) -> Decision {
        let mut reports = Vec::new();
        let deadman = self.deadman().await;
        for (effect, pending) in &deadman.pending {
            let (actor, outcome) = (ActorId::Deadman(deadman.id), outcome(effect));
            reports.push(Report { actor, effect: effect.clone(), attempt: pending.attempt, outcome });
        }
        if self.incident.is_some() {
            let incident = self.incident().await;
            for (effect, pending) in &incident.pending {
                let (actor, outcome) = (ActorId::Incident(incident.id), outcome(effect));
                reports.push(Report { actor, effect: effect.clone(), attempt: pending.attempt, outcome });
            }
        }
        self.goes(Event::Settled(reports)).await
    }

    /// What the contact at `place` says with their code.
    pub(crate) async fn code(&mut self, place: usize, answer: TextAnswer) -> Decision {
        let code = self.incident().await.contacts[place].code.clone();
        let act = ContactAct::Code { key: format!("SM{}", draw()), code, answer };
        self.goes(Event::Contact { place, act }).await
    }

    /// The first contact accepts, and ends the incident by key.
    pub(crate) async fn over(&mut self) -> Decision {
        self.settle(went_out).await;
        self.code(0, TextAnswer::Accept).await;
        assert_eq!(self.incident().await.acceptor(), Some(0));
        let (step, digits) = ("end".to_owned(), Some("9".to_owned()));
        let act = ContactAct::Press { attempt: 1, sid: "CA1".to_owned(), step, digits };
        let decision = self.goes(Event::Contact { place: 0, act }).await;
        assert!(!self.incident().await.is_open());
        decision
    }
}

/// A call or a text that went out.
pub(crate) fn went_out(effect: &EffectId) -> Outcome {
    match effect.channel {
        Channel::Call => Outcome::Placed { sid: format!("CA{effect}"), queue: SignedDuration::ZERO },
        Channel::Sms => Outcome::Done,
    }
}
