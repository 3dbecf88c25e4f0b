//! The dead man's switch of one user: who they are, whom to call, when to ask, and what to make of the answer.
//!
//! The whole of it is one actor. A contact that is removed, a probe that is answered and an incident that opens are
//! therefore decided against the same version, and none of them can slip between two others.

mod ask;
mod called;
mod check_in;
mod edit;
mod pin;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use ask::{ask_path, ask_prompt, settled, wake};
pub use called::{UNPROVEN_MAX, Unproven};
pub(crate) use check_in::emergency;
pub use check_in::{CheckIn, Medium, check_in};
pub(crate) use edit::authorise;
pub use edit::{ContactChange, Edit, NewContact, Pause, ProbeChange, ProfileChange, edit};
pub use pin::{Line, Proof, Proven, Tries};

use crate::{
    actor::{Due, Rank, Seen},
    effect::{self, Pendings},
    history::{ProbeRecord, ProbeStatus, Row},
    id::{ContactId, IncidentId, ProbeId, UserId},
    phone::PhoneNumber,
    policy::{GRACE, earlier, later},
    schedule::{Schedule, TimeZone},
    secret::Digest,
    turn::Turn,
    voice::Reply,
};

/// How many contacts a user may keep.
pub const CONTACTS_MAX: usize = 50;

/// How often an open incident is looked at from here, so that a lost "ended" cannot stop probing for ever.
const LOOK_MINUTES: u32 = 60;

/// Who the user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// E-mail address, in lower case.
    pub email: String,
    /// Their number.
    pub phone: PhoneNumber,
    /// The password, hashed by argon2id.
    pub password: String,
    /// They may create and list users.
    pub is_admin: bool,
    /// BCP 47 language, if set.
    pub language: Option<String>,
    /// Where their clock hangs.
    pub time_zone: TimeZone,
    /// Their PIN, if set.
    pub pin: Option<Digest>,
    /// What contacts hear and read; none: the operator's words.
    pub message: Option<String>,
}

impl Profile {
    /// First and last name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// How and when to ask.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, named as in the API")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSettings {
    /// The switch is armed.
    pub active: bool,
    /// When to ask.
    pub schedule: Schedule,
    /// Follow-up questions before the alarm, 0 to 6.
    pub max_retries: u8,
    /// How long each question waits for an answer, in minutes, 5 to 120.
    pub wait_minutes: u32,
    /// Ask by text.
    pub by_sms: bool,
    /// Ask by call.
    pub by_call: bool,
    /// A text answers only with the PIN in it.
    pub pin_in_reply: bool,
    /// When this was last changed.
    pub updated_at: Timestamp,
}

/// Somebody to be called.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, named as in the API")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Their id.
    pub id: ContactId,
    /// When they were entered.
    pub created_at: Timestamp,
    /// When they were last changed.
    pub updated_at: Timestamp,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Their number.
    pub phone: PhoneNumber,
    /// E-mail address, if known.
    pub email: Option<String>,
    /// They are called in an emergency.
    pub is_emergency_contact: bool,
    /// Lower is called earlier; equals are called together.
    pub priority: u8,
    /// They want to be called.
    pub by_call: bool,
    /// They want to be texted.
    pub by_sms: bool,
    /// BCP 47 language, if set.
    pub language: Option<String>,
    /// They have agreed to be called.
    pub consented: bool,
    /// They have stopped our texts.
    pub text_stopped: bool,
}

impl Contact {
    /// First and last name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// A question that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its id.
    pub id: ProbeId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Questions sent.
    pub asked: u8,
    /// When the last of them runs out.
    pub deadline: Timestamp,
    /// The last answer that was neither good nor bad.
    pub last_response: String,
    /// When it would have run out if we had not been away: the questions that follow catch up.
    #[serde(default)]
    pub planned: Option<Timestamp>,
    /// We were down at the deadline, and have asked once more for it.
    pub asked_late: bool,
}

/// Where the schedule stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Not armed.
    Off,
    /// Armed.
    Waiting {
        /// The next probe.
        next_probe_at: Timestamp,
    },
    /// A question is open.
    Probing(Probe),
    /// Armed, but not asking before `until`.
    Paused {
        /// The end of the pause.
        until: Timestamp,
    },
}

/// One user's dead man's switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadman {
    /// The user.
    pub id: UserId,
    /// When they were entered.
    pub created_at: Timestamp,
    /// When their profile was last changed.
    pub updated_at: Timestamp,
    /// Who they are.
    pub profile: Profile,
    /// How and when to ask.
    pub settings: ProbeSettings,
    /// Whom to call.
    pub contacts: Vec<Contact>,
    /// Which of them have come without the PIN.
    #[serde(default)]
    pub unproven: Vec<Unproven>,
    /// Where the schedule stands.
    pub state: State,
    /// The switch has been armed at least once: from then on, changes can weaken it.
    pub armed_once: bool,
    /// The open incident that everybody may know of.
    pub incident: Option<IncidentId>,
    /// The open incident that the user must not notice.
    pub silent: Option<IncidentId>,
    /// When an open incident is looked at next.
    pub look_at: Option<Timestamp>,
    /// The last sign of life.
    pub last_check_in: Option<Timestamp>,
    /// What they were told last of a text that nobody understood.
    #[serde(default)]
    pub explained: Option<Explained>,
    /// The user has stopped our texts: questions become calls.
    pub text_stopped: bool,
    /// Wrong PINs on lines that anybody can call or text.
    pub tries: Tries,
    /// Wrong PINs in calls that we placed to the user's own number.
    pub own_tries: Tries,
    /// Tries of effects so far.
    pub attempts: u32,
    /// Texts that tell something, so far.
    pub told: u32,
    /// Under way.
    pub pending: Pendings,
    /// The last inbound events and what they were answered.
    pub seen: Seen<Reply>,
}

/// An answer to a text that nobody understood. The same again on its heels is silence: two machines must not answer each other for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// When.
    pub at: Timestamp,
    /// What it said: each means another thing to whoever wrote.
    pub about: About,
}

/// What was there to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// How to answer this question.
    Question(ProbeId),
    /// How this alert stands.
    Incident(IncidentId),
    /// That nobody was called.
    Nothing,
}

impl Deadman {
    /// A user as entered: not armed, without contacts.
    #[must_use]
    pub fn new(id: UserId, profile: Profile, settings: ProbeSettings, now: Timestamp) -> Self {
        Self {
            id,
            created_at: now,
            updated_at: now,
            profile,
            settings,
            contacts: Vec::new(),
            unproven: Vec::new(),
            state: State::Off,
            armed_once: false,
            incident: None,
            silent: None,
            look_at: None,
            last_check_in: None,
            explained: None,
            text_stopped: false,
            tries: Tries::default(),
            own_tries: Tries::default(),
            attempts: 0,
            told: 0,
            pending: Pendings::new(),
            seen: Seen::default(),
        }
    }

    /// A text answers only with the PIN in it: asked for by the user, and possible because there is one.
    #[must_use]
    pub fn wants_pin_in_reply(&self) -> bool {
        self.settings.pin_in_reply && self.profile.pin.is_some()
    }

    /// The question that is open.
    #[must_use]
    pub fn probe(&self) -> Option<&Probe> {
        match &self.state {
            State::Probing(probe) => Some(probe),
            State::Off | State::Waiting { .. } | State::Paused { .. } => None,
        }
    }

    /// When the next probe is due, if one is.
    #[must_use]
    pub fn next_probe_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Waiting { next_probe_at } if self.incident.is_none() => Some(*next_probe_at),
            State::Paused { until } => Some(*until),
            State::Waiting { .. } | State::Off | State::Probing(_) => None,
        }
    }

    /// When the user's schedule must wake this actor (rank 2), whatever else is due earlier.
    #[must_use]
    pub fn schedule_at(&self) -> Option<Timestamp> {
        self.next_probe_at()
    }

    /// When this actor must next be looked at. Only `Off` without an incident and without effects needs no look.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        let work = |at| Due { at, rank: Rank::Work };
        let state = match &self.state {
            State::Probing(probe) => Some(work(later(probe.deadline, GRACE))),
            State::Off | State::Waiting { .. } | State::Paused { .. } => {
                self.schedule_at().map(|at| Due { at, rank: Rank::Schedule })
            }
        };
        // An incident that nobody has planned to look at is looked at now.
        let look = self.incident.map(|_| work(self.look_at.unwrap_or(self.created_at)));
        let effects = effect::due_at(&self.pending).map(work);
        Due::earliest(Due::earliest(state, look), effects)
    }

    /// The schedule as it stands after a check-in, an end or a change: armed and waiting, or off.
    pub(crate) fn rearm(&mut self, turn: &Turn<'_>) {
        self.rearm_after(turn, turn.now);
    }

    /// The same after a pause. One that ended while nobody looked skips nothing: what was due at its end, or since, is due now.
    pub(crate) fn pause_ended(&mut self, turn: &Turn<'_>, until: Timestamp) {
        self.rearm_after(turn, earlier(until, SignedDuration::from_millis(1)).min(turn.now));
    }

    fn rearm_after(&mut self, turn: &Turn<'_>, after: Timestamp) {
        self.state = if self.settings.active { self.waiting_after(turn, after) } else { State::Off };
    }

    fn waiting_after(&self, turn: &Turn<'_>, after: Timestamp) -> State {
        let last = self.last_check_in.unwrap_or(turn.now);
        let next =
            self.settings.schedule.next_probe_at(&self.profile.time_zone, last, after, turn.policy.minute);
        // A pattern that fires never again is refused when it is entered; a day is the safe side of a calendar's end.
        let next = next.unwrap_or_else(|| later(turn.now, turn.policy.days(1)));
        // A check-in long ago means: ask now, not in the past.
        State::Waiting { next_probe_at: next.max(turn.now) }
    }

    /// An incident is open: nothing is asked until it is over.
    pub(crate) fn incident_opened(&mut self, turn: &mut Turn<'_>, incident: IncidentId) {
        self.incident = Some(incident);
        self.look_at = Some(later(turn.now, turn.policy.minutes(LOOK_MINUTES)));
        if let State::Probing(probe) = self.state.clone() {
            self.close_probe(turn, &probe, ProbeStatus::Cancelled);
            self.rearm(turn);
        }
        self.drop_questions();
    }

    /// The incident is over: asking goes on, from a time computed anew.
    pub(crate) fn incident_ended(&mut self, turn: &Turn<'_>) {
        self.incident = None;
        self.look_at = None;
        match self.state {
            State::Waiting { .. } | State::Off => {
                // The end is a sign that somebody has looked after them: an interval starts from it.
                if matches!(self.settings.schedule, Schedule::Interval { .. }) {
                    self.last_check_in = Some(turn.now);
                }
                self.rearm(turn);
            }
            State::Probing(_) | State::Paused { .. } => {}
        }
    }

    /// Looks again in an hour.
    pub(crate) fn look_again(&mut self, turn: &Turn<'_>) {
        self.look_at = Some(later(turn.now, turn.policy.minutes(LOOK_MINUTES)));
    }

    /// Questions not yet sent are not sent any more.
    pub(crate) fn drop_questions(&mut self) {
        self.pending
            .retain(|id, pending| id.purpose != effect::Purpose::Ask || pending.lease_until.is_some());
    }

    /// Writes the record of a probe.
    pub(crate) fn record_probe(&self, turn: &mut Turn<'_>, probe: &Probe, status: ProbeStatus) {
        turn.rows.push(Row::Probe(ProbeRecord {
            id: probe.id,
            user_id: self.id,
            created_at: probe.opened_at,
            updated_at: turn.now,
            status,
            last_response: probe.last_response.clone(),
            retry_count: probe.asked.saturating_sub(1),
            max_retries: self.settings.max_retries,
            wait_time_in_minutes: self.settings.wait_minutes,
            deadline: probe.deadline,
        }));
    }

    /// The probe has its final status; its questions are withdrawn.
    pub(crate) fn close_probe(&mut self, turn: &mut Turn<'_>, probe: &Probe, status: ProbeStatus) {
        self.record_probe(turn, probe, status);
        self.drop_questions();
    }
}

/// A number has stopped our texts, or takes them again: a contact's, of which the user hears at once, or the user's own.
pub(crate) fn texts_stopped(deadman: &mut Deadman, turn: &Turn<'_>, phone: &PhoneNumber, stopped: bool) {
    if deadman.profile.phone == *phone && deadman.text_stopped != stopped {
        deadman.text_stopped = stopped;
        // A question that was to go by text goes by call.
        if stopped {
            deadman
                .pending
                .retain(|id, pending| id.channel != effect::Channel::Sms || pending.lease_until.is_some());
            ask::ask_by_call_instead(deadman, turn);
        }
    }
    let mut changed = Vec::new();
    for contact in deadman.contacts.iter_mut().filter(|c| c.phone == *phone && c.text_stopped != stopped) {
        contact.text_stopped = stopped;
        changed.push(contact.name());
    }
    if deadman.text_stopped {
        return;
    }
    for name in changed {
        let words = if stopped {
            format!(
                "lucius: {name} has stopped our texts. In an emergency we call them instead. Please talk to them."
            )
        } else {
            format!("lucius: {name} takes our texts again.")
        };
        let to = deadman.profile.phone.clone();
        crate::open::tell(deadman, turn, to, words);
    }
}
