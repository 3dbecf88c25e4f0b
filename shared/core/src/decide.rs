//! One decision: the actors as loaded and what happened go in, the actors as they should be come out.
//!
//! It is pure. Time, ids and codes are arguments; what is to be done outside stands in the actors' pending effects.

use jiff::Timestamp;

use crate::{
    actor::ActorId,
    deadman::{self, CheckIn, Deadman, Edit, Line, Proof, Proven},
    effect::{CallProgress, EffectId, Outcome, TextFailure},
    history::Row,
    id::{IncidentId, UserId},
    incident::{self, Incident, TextAnswer},
    open::take_up,
    phone::PhoneNumber,
    policy::{Policy, later},
    turn::{Alarm, Fresh, Pointer, Turn},
    voice::{Login, Prompt, Reply},
    words::Answer,
};

/// The actors that one decision is about, as loaded or as decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Case {
    /// The user's switch.
    pub deadman: Option<Deadman>,
    /// The incident addressed, or else the user's open one.
    pub incident: Option<Incident>,
}

/// What a performer reports of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whose effect.
    pub actor: ActorId,
    /// Which.
    pub effect: EffectId,
    /// Which try.
    pub attempt: u32,
    /// What came of it.
    pub outcome: Outcome,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The alarm clock: do what is due.
    Wake,
    /// A performer is back.
    Settled(Vec<Report>),
    /// The carrier tells how a call to a contact stands.
    CallTold {
        /// The call's effect.
        effect: EffectId,
        /// The try it was placed in.
        attempt: u32,
        /// The carrier's id of the call.
        sid: String,
        /// How it stands.
        progress: CallProgress,
    },
    /// The carrier tells that a text to a contact was not delivered.
    TextFailed {
        /// The text's effect.
        effect: EffectId,
        /// The try it was sent in.
        attempt: u32,
        /// The carrier's code.
        code: u32,
        /// What kind of failure that is.
        failure: TextFailure,
    },
    /// A contact does something.
    Contact {
        /// Their place in the incident.
        place: usize,
        /// What.
        act: ContactAct,
    },
    /// The user answers.
    CheckIn(CheckIn),
    /// The user starts an emergency by phone.
    Emergency {
        /// Names the event.
        key: String,
    },
    /// A PIN on our own phone number. In a call that we placed it comes with the answer.
    Login {
        /// Names the event.
        key: String,
        /// The PIN.
        proof: Proof,
    },
    /// A number has stopped our texts, or takes them again.
    TextsStopped {
        /// Names the event.
        key: String,
        /// The number.
        phone: PhoneNumber,
        /// Stopped; otherwise taken again.
        stopped: bool,
    },
    /// A change by the API.
    Edit(Edit),
    /// The user is deleted.
    Remove {
        /// What came with the request.
        proof: Proof,
    },
}

/// What a contact does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactAct {
    /// A key, or silence, in a call that we placed.
    Press {
        /// The try of the call.
        attempt: u32,
        /// The carrier's id of the call.
        sid: String,
        /// The last part of the address: the number of a turn, with `end` before it after a first 9.
        step: String,
        /// The keys.
        digits: Option<String>,
    },
    /// A code from their number, by text or keyed in when they rang us.
    Code {
        /// Names the event.
        key: String,
        /// Six digits.
        code: String,
        /// What it says.
        answer: TextAnswer,
    },
    /// They rang us and ask to be called.
    CallBack {
        /// Names the event.
        key: String,
    },
}

/// An event that is refused; nothing changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The actor does not exist.
    #[error("not found")]
    NotFound,
    /// The values make no sense.
    #[error("{0}")]
    Invalid(String),
    /// The PIN is needed, or wrong, or no more are taken. A wrong one has still to be counted: see [`Decision::refused`].
    #[error("{0}")]
    Forbidden(String),
    /// Not while an incident is open.
    #[error("{0}")]
    Conflict(String),
}

impl Event {
    /// Whether somebody asks for help with it.
    #[must_use]
    pub fn is_cry_for_help(&self) -> bool {
        match self {
            Self::Emergency { .. } => true,
            Self::CheckIn(event) => event.sos || event.answer == Answer::Bad,
            Self::Wake
            | Self::Settled(_)
            | Self::CallTold { .. }
            | Self::TextFailed { .. }
            | Self::Contact { .. }
            | Self::Login { .. }
            | Self::TextsStopped { .. }
            | Self::Edit(_)
            | Self::Remove { .. } => false,
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The actors as they should be.
    pub case: Case,
    /// The user is to be deleted.
    pub removed: bool,
    /// What the person is answered.
    pub reply: Reply,
    /// The request is refused, although something (a wrong PIN) was counted.
    pub refused: Option<Rejected>,
    /// History to write with it.
    pub rows: Vec<Row>,
    /// Pointers to put with it.
    pub pointers: Vec<Pointer>,
    /// What the operator must hear of, once it is committed.
    pub alarms: Vec<Alarm>,
}

/// Decides what follows from `event`.
///
/// # Errors
/// [`Rejected`] when the event is misuse; nothing must then be written.
pub fn decide(
    case: &Case,
    event: &Event,
    now: Timestamp,
    policy: &Policy,
    fresh: &Fresh,
) -> Result<Decision, Rejected> {
    let mut turn = Turn::new(now, policy, fresh);
    let mut next = case.clone();
    let mut removed = false;
    let mut refused = None;
    let reply = match event {
        Event::Wake => wake(&mut next, &mut turn),
        Event::Settled(reports) => settled(&mut next, &mut turn, reports),
        Event::CallTold { effect, attempt, sid, progress } => {
            with_incident(&mut next, |incident| {
                incident::call_told(incident, &mut turn, effect, *attempt, sid, *progress);
            })?;
            Reply::Silence
        }
        Event::TextFailed { effect, attempt, code, failure } => {
            with_incident(&mut next, |incident| {
                incident::text_told(incident, &mut turn, effect, *attempt, *code, *failure);
            })?;
            Reply::Silence
        }
        Event::Contact { place, act } => by_contact(&mut next, &mut turn, *place, act)?,
        Event::CheckIn(event) => {
            let deadman = next.deadman.as_mut().ok_or(Rejected::NotFound)?;
            deadman::check_in(deadman, &mut next.incident, &mut turn, event)
        }
        Event::Emergency { key } => {
            let deadman = next.deadman.as_mut().ok_or(Rejected::NotFound)?;
            deadman::emergency(deadman, &mut next.incident, &mut turn, key)
        }
        Event::Login { key, proof } => {
            login(next.deadman.as_mut().ok_or(Rejected::NotFound)?, &turn, key, *proof)
        }
        Event::TextsStopped { key, phone, stopped } => {
            texts_stopped(&mut next, &mut turn, key, phone, *stopped);
            Reply::Silence
        }
        Event::Edit(edit) => {
            let deadman = next.deadman.as_mut().ok_or(Rejected::NotFound)?;
            refused = deadman::edit(deadman, &mut next.incident, &mut turn, edit)?;
            Reply::Silence
        }
        Event::Remove { proof } => {
            let deadman = next.deadman.as_mut().ok_or(Rejected::NotFound)?;
            refused = remove(deadman, &mut turn, *proof)?;
            removed = refused.is_none();
            Reply::Silence
        }
    };
    in_step(case, &mut next, &mut turn);
    let Turn { rows, pointers, alarms, .. } = turn;
    Ok(Decision { case: next, removed, reply, refused, rows, pointers, alarms })
}

fn with_incident(case: &mut Case, act: impl FnOnce(&mut Incident)) -> Result<(), Rejected> {
    act(case.incident.as_mut().ok_or(Rejected::NotFound)?);
    Ok(())
}

fn wake(case: &mut Case, turn: &mut Turn<'_>) -> Reply {
    if let Some(deadman) = &mut case.deadman {
        deadman::wake(deadman, &mut case.incident, turn);
    }
    if let Some(incident) = &mut case.incident {
        incident::wake(incident, turn);
    }
    Reply::Silence
}

fn settled(case: &mut Case, turn: &mut Turn<'_>, reports: &[Report]) -> Reply {
    for report in reports {
        match report.actor {
            ActorId::Deadman(id) => {
                if let Some(deadman) = case.deadman.as_mut().filter(|deadman| deadman.id == id) {
                    deadman::settled(deadman, turn, &report.effect, report.attempt, &report.outcome);
                }
            }
            ActorId::Incident(id) => {
                if let Some(incident) = case.incident.as_mut().filter(|incident| incident.id == id) {
                    incident::settled(incident, turn, &report.effect, report.attempt, &report.outcome);
                }
            }
        }
    }
    Reply::Silence
}

/// What a contact does: a key, a code, a call-back.
fn by_contact(
    case: &mut Case,
    turn: &mut Turn<'_>,
    place: usize,
    act: &ContactAct,
) -> Result<Reply, Rejected> {
    let newer = case.deadman.as_ref().and_then(|deadman| deadman.incident);
    let incident = case.incident.as_mut().ok_or(Rejected::NotFound)?;
    // An alert that is over is not opened again beside a newer one that is being worked on.
    let superseded = !incident.is_open() && newer.is_some_and(|id| id != incident.id);
    let words = format!("There is a newer alert for {}. Please answer that one.", incident.subject.name);
    let reply = |incident: &mut Incident, turn: &mut Turn<'_>| match act {
        ContactAct::Press { .. } if superseded => Reply::Prompt(Prompt::goodbye(vec![words])),
        ContactAct::Code { .. } | ContactAct::CallBack { .. } if superseded => Reply::words(words),
        ContactAct::Press { attempt, sid, step, digits } => {
            incident::press(incident, turn, place, *attempt, sid, step, digits.as_deref())
        }
        ContactAct::Code { code, answer, .. } => {
            Reply::Words(incident::answer_text(incident, turn, place, code, *answer))
        }
        ContactAct::CallBack { .. } => incident::call_back(incident, turn, place),
    };
    Ok(match act {
        // A number that has used up its codes changes nothing any more, not even what is remembered of it.
        ContactAct::Code { code, answer, .. }
            if !superseded && incident::takes_no_codes(incident, place, code, *answer) =>
        {
            // One of before that counted, the code that opened the alert again perhaps.
            let known = incident.seen.reply(&act.key());
            known.unwrap_or_else(|| incident::call_instead(incident, turn, place, code))
        }
        // Silence and keys that mean nothing change nothing: what is to be said can be said again as things stand.
        ContactAct::Press { digits, .. } if !incident::means_something(digits.as_deref()) => {
            reply(incident, turn)
        }
        ContactAct::Press { .. } | ContactAct::Code { .. } | ContactAct::CallBack { .. } => {
            once(incident, &act.key(), |incident| reply(incident, turn))
        }
    })
}

fn once(incident: &mut Incident, key: &str, act: impl FnOnce(&mut Incident) -> Reply) -> Reply {
    if let Some(reply) = incident.seen.reply(key) {
        return reply;
    }
    let reply = act(incident);
    incident.seen.remember(key.to_owned(), reply.clone());
    reply
}

fn login(deadman: &mut Deadman, turn: &Turn<'_>, key: &str, proof: Proof) -> Reply {
    if let Some(reply) = deadman.seen.reply(key) {
        return reply;
    }
    let login = match deadman.prove(turn, proof, Line::Open) {
        Proven::Yes => Login::Right,
        Proven::Wrong | Proven::NotGiven => Login::Wrong,
        Proven::Locked => Login::Locked,
    };
    let reply = Reply::Login(login);
    if login != Login::Right {
        deadman.seen.remember(key.to_owned(), reply.clone());
    }
    reply
}

/// A number stops our texts: the user hears of it at once, and that person is called.
fn texts_stopped(case: &mut Case, turn: &mut Turn<'_>, key: &str, phone: &PhoneNumber, stopped: bool) {
    if let Some(deadman) = &mut case.deadman {
        if deadman.seen.reply(key).is_some() {
            return;
        }
        deadman::texts_stopped(deadman, turn, phone, stopped);
        deadman.seen.remember(key.to_owned(), Reply::Silence);
    }
    if let Some(incident) = &mut case.incident {
        incident::texts_stopped(incident, turn, phone, stopped);
    }
}

fn remove(deadman: &mut Deadman, turn: &mut Turn<'_>, proof: Proof) -> Result<Option<Rejected>, Rejected> {
    if deadman.incident.is_some() {
        return Err(Rejected::Conflict(
            "an incident is open: end it before you delete the user (POST /v1/incidents/{id}/resolve)"
                .to_owned(),
        ));
    }
    if !deadman.pending.is_empty() {
        // Such as the news of a changed number, to the old one.
        return Err(Rejected::Conflict(
            "a text or a call to the user is still under way: try again in a minute".to_owned(),
        ));
    }
    Ok(deadman::authorise(deadman, turn, proof, "pin").err())
}

/// Keeps what stands in two places in step: the switch knows its open incident, and codes live as long as it does and a
/// day longer.
fn in_step(before: &Case, after: &mut Case, turn: &mut Turn<'_>) {
    let was_open = before.incident.as_ref().is_some_and(Incident::is_open);
    let Some(incident) = &mut after.incident else { return };
    let same = before.incident.as_ref().is_some_and(|before| before.id == incident.id);
    let is_open = incident.is_open();
    if same && was_open != is_open {
        let until = (!is_open).then(|| later(turn.now, turn.policy.days(1)));
        for contact in &incident.contacts {
            turn.pointers.push(Pointer::CodeUntil {
                phone: contact.phone.clone(),
                code: contact.code.clone(),
                until,
            });
        }
    }
    if let Some(deadman) = &mut after.deadman {
        if is_open && deadman.incident.is_none() && !incident.silent {
            take_up(deadman, incident, turn);
        } else if !is_open && deadman.incident == Some(incident.id) {
            deadman.incident_ended(turn);
        }
    }
}

/// Which actors an event needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The user's switch, and their open incident with it.
    User(UserId),
    /// This incident, and its user's switch with it.
    Incident(IncidentId),
    /// This incident alone: a carrier's callback.
    IncidentAlone(IncidentId),
}

impl Scope {
    /// What a wake of `actor`, or an outcome of its effects, needs. An incident needs nobody else for that.
    #[must_use]
    pub fn of(actor: ActorId) -> Self {
        match actor {
            ActorId::Deadman(id) => Self::User(id),
            ActorId::Incident(id) => Self::IncidentAlone(id),
        }
    }
}
