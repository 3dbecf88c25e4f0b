//! Check-ins: what an answer is worth, and what it silences.
//!
//! Caller ID and the sender of a text prove nothing. Without the PIN, an answer may only close the question that is open;
//! it ends no incident, and it moves nothing.

use jiff::{SignedDuration, Timestamp};

use super::{About, Deadman, Explained, Line, Probe, Proof, Proven, State};
use crate::{
    history::{Entry, ProbeStatus, What},
    incident::{self, Cause, EndedBy, Incident},
    ivr::Offered,
    open::open_or_join,
    policy::later,
    text::{speak_time, write_time},
    turn::Turn,
    voice::{Login, Reply},
    words::Answer,
};

/// Whoever has been told what we understand is not told again so soon: two machines must not answer each other for ever.
const EXPLAINED_FOR: SignedDuration = SignedDuration::from_mins(10);

/// By what means an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// A text from the user's number.
    Sms,
    /// A call to our number, after login.
    Phone,
    /// A call that we placed to the user's own number.
    OwnCall,
    /// The REST API, with a session.
    Api,
}

impl Medium {
    fn line(self) -> Line {
        match self {
            Self::OwnCall => Line::Own,
            Self::Sms | Self::Phone | Self::Api => Line::Open,
        }
    }

    /// Who it is, as contacts read and hear it.
    fn witness(self) -> &'static str {
        match self {
            Self::Sms => "A text from their number",
            Self::Phone => "A caller from their number",
            Self::OwnCall => "Somebody who answered their phone",
            Self::Api => "Somebody with their password",
        }
    }
}

/// An answer, asked for or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// Names the event: one that comes twice gets the same reply.
    pub key: String,
    /// What it says.
    pub answer: Answer,
    /// It calls for help, whether or not a question is open.
    pub sos: bool,
    /// How it came.
    pub medium: Medium,
    /// When it reached our edge.
    pub arrived_at: Timestamp,
    /// What came with it.
    pub proof: Proof,
    /// The PIN was checked at login in this call, a moment ago.
    pub logged_in: bool,
    /// What it does not stand against, if that was taken before: a cry for help in the same turn of a call, by its name.
    pub unless: Option<String>,
    /// What the caller has heard about an emergency, on a line that tells them: no other one is ended.
    pub heard: Option<Offered>,
    /// As written, without a PIN.
    pub text: String,
    /// What a text says beyond its cry for help, for those who come.
    pub words: Option<String>,
}

/// Takes an answer. `incident` is the user's incident, if one is open.
#[must_use]
pub fn check_in(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    event: &CheckIn,
) -> Reply {
    let cried = event.unless.as_deref().and_then(|cry| deadman.seen.reply(cry));
    let reply = match (cried, deadman.seen.reply(&event.key)) {
        (Some(reply), Some(_)) | (None, Some(reply)) => return reply,
        // What the cry has overruled is decided, and remembered: sent again when the cry is forgotten, it must not end what that began.
        (Some(reply), None) => reply,
        (None, None) if event.sos => sos(deadman, incident, turn, event),
        (None, None) => weigh(deadman, incident, turn, event),
    };
    deadman.seen.remember(event.key.clone(), reply.clone());
    reply
}

fn weigh(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    event: &CheckIn,
) -> Reply {
    let proven =
        if event.logged_in { Proven::Yes } else { deadman.prove(turn, event.proof, event.medium.line()) };
    match (proven, event.answer) {
        // A call for help is believed from anybody.
        (_, Answer::Bad) => bad(deadman, incident, turn, event),
        // In a call that we placed, what is said depends on how often it was asked already: `twilio-call` finds the words.
        (Proven::Wrong, _) if event.medium == Medium::OwnCall => Reply::Login(Login::Wrong),
        (Proven::Locked, _) if event.medium == Medium::OwnCall => Reply::Login(Login::Locked),
        (Proven::Wrong, Answer::Good | Answer::Unclear) => {
            Reply::words("That PIN is not right, so nothing was changed. If you need help, reply SOS.")
        }
        (Proven::Locked, Answer::Good | Answer::Unclear) => {
            Reply::words("Too many wrong PINs today, so nothing was changed. If you need help, reply SOS.")
        }
        (Proven::Yes, Answer::Good | Answer::Unclear) => good(deadman, incident, turn, event, true),
        (Proven::NotGiven, Answer::Good) => good(deadman, incident, turn, event, false),
        (Proven::NotGiven, Answer::Unclear) => unclear(deadman, incident.as_ref(), turn, event),
    }
}

fn sos(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    event: &CheckIn,
) -> Reply {
    let open = deadman.probe().cloned();
    raise(deadman, incident, turn, open, event)
}

/// A bad answer: to the open question, or while an incident is open. Otherwise "no" answers nothing that we asked.
fn bad(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    event: &CheckIn,
) -> Reply {
    let open_incident = incident.as_ref().is_some_and(Incident::is_open);
    match deadman.probe().cloned() {
        Some(mut probe) => {
            probe.last_response.clone_from(&event.text);
            raise(deadman, incident, turn, Some(probe), event)
        }
        None if open_incident => raise(deadman, incident, turn, None, event),
        None => Reply::words("There is no question open. If you need help, reply SOS."),
    }
}

fn raise(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    probe: Option<Probe>,
    event: &CheckIn,
) -> Reply {
    let id = probe.as_ref().map(|probe| probe.id);
    if let Some(probe) = probe {
        deadman.close_probe(turn, &probe, ProbeStatus::Bad);
        deadman.rearm(turn);
    }
    open_or_join(deadman, incident, turn, Cause::Bad { probe: id }, event.words.as_deref());
    help_is_called(incident.as_ref())
}

fn help_is_called(incident: Option<&Incident>) -> Reply {
    if incident.is_none_or(|incident| incident.contacts.is_empty()) {
        return Reply::words(
            "You have no contacts that we could call. Please call the police or an ambulance yourself.",
        );
    }
    Reply::words("We are calling your contacts now, and do not stop until one of them is on the way.")
}

/// The user starts an emergency by phone.
#[must_use]
pub(crate) fn emergency(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    key: &str,
) -> Reply {
    if let Some(reply) = deadman.seen.reply(key) {
        return reply;
    }
    open_or_join(deadman, incident, turn, Cause::Emergency, None);
    let reply = help_is_called(incident.as_ref());
    deadman.seen.remember(key.to_owned(), reply.clone());
    reply
}

/// The user says that they are okay.
fn good(
    deadman: &mut Deadman,
    incident: &mut Option<Incident>,
    turn: &mut Turn<'_>,
    event: &CheckIn,
    proven: bool,
) -> Reply {
    // A silent incident does not exist for whoever answers here.
    if let Some(open) = incident.as_mut().filter(|incident| incident.is_open() && !incident.silent) {
        return good_in_incident(deadman, open, turn, event, proven);
    }
    match deadman.probe().cloned() {
        Some(_) if deadman.wants_pin_in_reply() && event.medium == Medium::Sms && !proven => {
            Reply::words("Please answer with your PIN, for example: Y 1234")
        }
        Some(mut probe) => {
            probe.last_response.clone_from(&event.text);
            deadman.close_probe(turn, &probe, ProbeStatus::Good);
            checked_in(deadman, turn, event.medium)
        }
        None if proven => checked_in(deadman, turn, event.medium),
        None => Reply::words(format!("There is no question open. {}", next_words(deadman))),
    }
}

/// The sign of life is taken: the next question is computed from it.
fn checked_in(deadman: &mut Deadman, turn: &Turn<'_>, medium: Medium) -> Reply {
    deadman.last_check_in = Some(turn.now);
    match deadman.state {
        State::Paused { .. } => {}
        State::Off | State::Waiting { .. } | State::Probing(_) => deadman.rearm(turn),
    }
    thanks(deadman, turn, medium)
}

fn thanks(deadman: &Deadman, turn: &Turn<'_>, medium: Medium) -> Reply {
    let thanks = [format!("Thank you, {}.", deadman.profile.first_name), next_words(deadman)];
    Reply::Words(aloud(deadman, turn, medium).into_iter().chain(thanks).collect())
}

/// What a caller to our number hears first.
fn aloud(deadman: &Deadman, turn: &Turn<'_>, medium: Medium) -> Option<String> {
    let now = || speak_time(turn.now, &deadman.profile.time_zone);
    match medium {
        Medium::Phone => Some(format!("You are checked in. It is {}.", now())),
        Medium::Sms | Medium::OwnCall | Medium::Api => None,
    }
}

fn next_words(deadman: &Deadman) -> String {
    match deadman.next_probe_at() {
        Some(at) => format!("Your next check-in is {}.", write_time(at, &deadman.profile.time_zone)),
        None => "No check-in is planned.".to_owned(),
    }
}

/// A good answer while contacts are being called: with the PIN it ends the incident; in time, it voids its own cause;
/// otherwise it is passed on, and nobody stops.
fn good_in_incident(
    deadman: &mut Deadman,
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    event: &CheckIn,
    proven: bool,
) -> Reply {
    let unheard_of = event.heard.is_some_and(|heard| !heard.covers(Some(incident)));
    if proven && !unheard_of {
        incident::end(incident, turn, EndedBy::User);
        deadman.last_check_in = Some(turn.now);
        let mut said: Vec<String> = aloud(deadman, turn, event.medium).into_iter().collect();
        said.push(format!(
            "Thank you, {}. The alert is over: your contacts are told.",
            deadman.profile.first_name
        ));
        deadman.incident_ended(turn);
        said.push(next_words(deadman));
        return Reply::Words(said);
    }
    let counts = !(deadman.wants_pin_in_reply() && event.medium == Medium::Sms);
    if counts && void(incident, event.arrived_at) {
        deadman.last_check_in = Some(turn.now);
        if incident.causes.is_empty() {
            incident::end(incident, turn, EndedBy::AnsweredInTime);
            deadman.incident_ended(turn);
            return thanks(deadman, turn, event.medium);
        }
    }
    if unheard_of {
        return Reply::words("An emergency has begun since you were asked. It goes on.");
    }
    doubt(deadman, incident, turn, event)
}

/// Takes out the causes that this answer, had it been faster through our own house, would have prevented.
fn void(incident: &mut Incident, arrived_at: Timestamp) -> bool {
    let before = incident.causes.len();
    incident.causes.retain(|cause| match cause {
        Cause::Unavailable { deadline, .. } => arrived_at > *deadline,
        Cause::Bad { .. } | Cause::Emergency => true,
    });
    incident.causes.len() < before
}

fn doubt(deadman: &Deadman, incident: &mut Incident, turn: &mut Turn<'_>, event: &CheckIn) -> Reply {
    let words = format!("{} says that they are okay, without their PIN.", event.medium.witness());
    if incident.doubt.as_deref() != Some(words.as_str()) {
        turn.note(incident.id, Entry::new(turn.now, What::Note, words.clone()));
        incident.doubt = Some(words);
    }
    let how = if deadman.profile.pin.is_some() {
        "To end it, reply OK and your PIN, or call this number and enter your PIN."
    } else {
        "To end it, tell whoever is on the way: they can end it in our call."
    };
    Reply::Words(vec![standing(incident), how.to_owned()])
}

fn standing(incident: &Incident) -> String {
    match incident.acceptor() {
        None if incident.contacts.is_empty() => "You have no contacts that we could call.".to_owned(),
        Some(by) => format!("{} is on the way to you.", incident.name_of(by)),
        None => "Your contacts are being called.".to_owned(),
    }
}

/// Anything else is kept as the last response. Whoever wrote it must not believe that it called for help: it is never met with silence, but
/// for what comes on the heels of the same answer.
fn unclear(
    deadman: &mut Deadman,
    incident: Option<&Incident>,
    turn: &mut Turn<'_>,
    event: &CheckIn,
) -> Reply {
    // A silent incident does not exist for whoever answers here.
    let open = incident.filter(|incident| incident.is_open() && !incident.silent);
    let (about, words) = match (deadman.probe().cloned(), open) {
        (Some(mut probe), _) => {
            probe.last_response.clone_from(&event.text);
            deadman.record_probe(turn, &probe, ProbeStatus::Pending);
            let id = probe.id;
            deadman.state = State::Probing(probe);
            (About::Question(id), vec![ASK_AGAIN.to_owned()])
        }
        (None, Some(open)) => (About::Incident(open.id), vec![standing(open), NOT_PASSED_ON.to_owned()]),
        (None, None) => (About::Nothing, vec![NOBODY_CALLED.to_owned()]),
    };
    let known = deadman.explained.filter(|known| known.about == about);
    if known.is_some_and(|known| turn.now < later(known.at, EXPLAINED_FOR)) {
        return Reply::Silence;
    }
    deadman.explained = Some(Explained { at: turn.now, about });
    Reply::Words(words)
}

const ASK_AGAIN: &str =
    "I did not understand that. Are you okay? Please answer Y or N. If you need help, reply SOS.";
const NOT_PASSED_ON: &str =
    "What you wrote is not passed on. If they should know more, begin with SOS: what follows reaches them.";
const NOBODY_CALLED: &str = "I did not understand that, and nobody was called. If you need help, reply SOS.";
