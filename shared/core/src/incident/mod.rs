//! An incident: contacts are called and texted, round after round, until a human accepts.
//!
//! The state holds what the next decision needs; what happened goes to the timeline ([`crate::history`]).

mod accept;
mod attempt;
mod call;
mod end;
mod news;
mod round;
mod script;
mod sms;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use accept::{TextAnswer, answer_text, call_back, call_instead, means_something, press, takes_no_codes};
pub use attempt::settled;
pub use call::call_told;
pub use end::{all_clear, end, reopen};
pub(crate) use news::{Via as NewsVia, tell, tell_changes, write_down};
pub(crate) use round::{advance, from_the_first, makes_room, page, page_added};
pub use round::{page_now, wake};
pub use script::{call_prompt, callback_path, listen_path};
pub use sms::text_told;

use crate::{
    actor::{Due, Rank, Seen},
    effect::{self, Channel, Party, Pendings},
    history::{Entry, What},
    id::{ContactId, IncidentId, ProbeId, UserId},
    phone::PhoneNumber,
    turn::Turn,
    voice::Reply,
};

/// How many contacts one incident takes.
pub const CONTACTS_MAX: usize = 20;

/// After this many wrong codes from a number, its texts and call-backs no longer accept: it is called.
pub const WRONG_CODES_MAX: u8 = 5;

/// Why an incident was opened or joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// No answer to a probe.
    Unavailable {
        /// The probe.
        probe: ProbeId,
        /// An answer that arrived before this voids the cause.
        deadline: Timestamp,
    },
    /// A bad answer.
    Bad {
        /// The probe it answered, if one was open.
        probe: Option<ProbeId>,
    },
    /// The person started an emergency.
    Emergency,
}

impl Cause {
    /// The reason as contacts read and hear it, after the person's name.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "could not be reached",
            Self::Bad { probe: Some(_) } => "answered that they are not okay",
            Self::Bad { probe: None } => "says that they are not okay",
            Self::Emergency => "started an emergency",
        }
    }

    /// The word for JSON and the timeline.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "unavailable",
            Self::Bad { .. } => "bad",
            Self::Emergency => "emergency",
        }
    }
}

/// The person at risk, as the incident knows them: it outlives their account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The account.
    pub user: UserId,
    /// How contacts know them.
    pub name: String,
    /// Their number.
    pub phone: PhoneNumber,
    /// What they want contacts to hear.
    pub message: String,
    /// They have stopped our texts.
    pub text_stopped: bool,
    /// They have a PIN: their check-in proves that it is they.
    #[serde(default)]
    pub has_pin: bool,
    /// Their language, if set.
    pub language: Option<String>,
}

/// A call that the carrier has and that is not known to be over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCall {
    /// The carrier's id.
    pub sid: String,
    /// Which try of the contact it is.
    #[serde(rename = "try")]
    pub attempt: u32,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When silence about it ends our patience.
    pub settle_by: Timestamp,
    /// It has been asked after.
    pub polled: bool,
    /// What its listener did, once they did something.
    pub heard: Option<String>,
}

/// How a channel of a contact fares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Left alone until then: it refused for good.
    pub rests_until: Option<Timestamp>,
    /// What came of the last attempt.
    pub last: Option<String>,
    /// Which try that was.
    #[serde(default)]
    pub last_try: Option<u32>,
    /// When that was.
    pub last_at: Option<Timestamp>,
    /// The last attempt got through: the carrier took the text, or the call came to its end at a phone.
    #[serde(default)]
    pub works: bool,
}

/// A contact, copied into the incident.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, named as in the API")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The contact in the user's list.
    pub id: ContactId,
    /// Their name.
    pub name: String,
    /// Their number.
    pub phone: PhoneNumber,
    /// Lower is called earlier; equals are called together.
    pub priority: u8,
    /// They want to be called.
    pub by_call: bool,
    /// They want to be texted.
    pub by_sms: bool,
    /// They have stopped our texts.
    pub text_stopped: bool,
    /// Their language, if set.
    pub language: Option<String>,
    /// What their text has to say to accept.
    pub code: String,
    /// Their word can accept and end. Not so for one added during the incident without the PIN.
    pub trusted: bool,
    /// Something has reached their phone or inbox.
    pub alerted: bool,
    /// Tries so far, over all rounds.
    pub attempts: u32,
    /// The round in which an unknown outcome was already dialled again.
    pub redialled_in: u32,
    /// The last round that called them.
    #[serde(default)]
    pub called_in: u32,
    /// The calls of the last hour, each from when it was decided, or placed if that is known: never more than the cap.
    pub called_at: Vec<Timestamp>,
    /// Calls under way.
    pub calls: Vec<LiveCall>,
    /// They asked to be called while one of `calls` was under way, to their voicemail perhaps, or was being placed: they are called when it is
    /// over. A release that does not know this drops it when it writes: the rounds go on, without the call that was promised.
    #[serde(default)]
    pub wants_call: bool,
    /// The last calls that are over, or that nobody waits for any more: what is told of them late changes nothing.
    #[serde(default)]
    pub over: Vec<String>,
    /// Tries of calls that may have been placed and of which nothing was heard: their outcome is unknown, or they were withdrawn
    /// while a performer had them in hand. No other try can still bring a call that we do not know.
    #[serde(default)]
    pub unheard: Vec<u32>,
    /// How calling fares.
    pub call: Line,
    /// How texting fares.
    pub sms: Line,
    /// Wrong codes received from this number.
    pub wrong_codes: u8,
}

/// How many calls that are over are remembered per contact.
const OVER_KEPT: usize = 8;

/// How many tries of which nothing was heard are remembered per contact: more than a performer has in hand in an hour.
const UNHEARD_KEPT: usize = 16;

impl Contact {
    /// The call with this carrier id is under way, or is known to be over.
    pub(crate) fn knows(&self, sid: &str) -> bool {
        self.calls.iter().any(|call| call.sid == sid) || self.over.iter().any(|known| known == sid)
    }

    /// Nobody waits for the call with this carrier id any more.
    pub(crate) fn forget(&mut self, sid: &str) {
        self.over.push(sid.to_owned());
        let surplus = self.over.len().saturating_sub(OVER_KEPT);
        self.over.drain(..surplus);
    }

    /// The try `attempt` may have placed a call, and the carrier may yet tell of it.
    pub(crate) fn leave_unheard(&mut self, attempt: u32) {
        self.unheard.push(attempt);
        let surplus = self.unheard.len().saturating_sub(UNHEARD_KEPT);
        self.unheard.drain(..surplus);
    }

    /// What the try `attempt` has placed is known: one call, or none. What is told of another is old.
    pub(crate) fn heard_of(&mut self, attempt: u32) {
        self.unheard.retain(|unheard| *unheard != attempt);
    }

    pub(crate) fn line_mut(&mut self, channel: Channel) -> &mut Line {
        match channel {
            Channel::Call => &mut self.call,
            Channel::Sms => &mut self.sms,
        }
    }

    pub(crate) fn line(&self, channel: Channel) -> &Line {
        match channel {
            Channel::Call => &self.call,
            Channel::Sms => &self.sms,
        }
    }
}

/// Who ended an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum EndedBy {
    /// The person at risk, with their PIN.
    User,
    /// The contact who had accepted.
    Contact {
        /// Their place in the list.
        place: usize,
    },
    /// The answer had arrived in time after all.
    AnsweredInTime,
}

/// Where an incident stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Contacts are being called.
    Escalating {
        /// The tier of the round that comes next.
        tier: usize,
        /// When it comes.
        next_at: Timestamp,
    },
    /// A human is going.
    Accepted {
        /// Their place in the list.
        by: usize,
        /// Since when.
        at: Timestamp,
        /// When the accept lapses.
        confirm_by: Timestamp,
        /// When they are asked whether they are still on it.
        ask_at: Timestamp,
        /// They have been asked.
        asked: bool,
        /// How often they have said yes.
        renewals: u8,
        /// Who else offered to go.
        backups: Vec<usize>,
    },
    /// It is over.
    Ended {
        /// Who said so.
        ended: EndedBy,
        /// When.
        at: Timestamp,
    },
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The person at risk.
    pub subject: Subject,
    /// The person must not notice: nothing is sent to them and no check-in ends it.
    pub silent: bool,
    /// Why, in the order in which the causes came.
    pub causes: Vec<Cause>,
    /// What was written for contacts, the last of it, each with who may have written it.
    #[serde(default)]
    pub words: Vec<String>,
    /// How often whoever may be on the way was told something new of them.
    #[serde(default)]
    pub times_told: u8,
    /// An answer that is late or unproven says they are okay: contacts are told, and go on being called.
    pub doubt: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Rounds begun.
    pub round: u32,
    /// Rounds begun before the pauses between them grew anew: when it began, or there was a new reason to call.
    #[serde(default)]
    pub paced_from: u32,
    /// A phone has been reached in this round.
    pub reached: bool,
    /// A call has been placed.
    pub called: bool,
    /// Who is called.
    pub contacts: Vec<Contact>,
    /// Texts that tell something, so far: numbers their effects.
    pub told: u32,
    /// Under way.
    pub pending: Pendings,
    /// The last inbound events and what they were answered.
    pub seen: Seen<Reply>,
}

impl Incident {
    /// It is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.status {
            Status::Escalating { .. } | Status::Accepted { .. } => true,
            Status::Ended { .. } => false,
        }
    }

    /// The word for JSON.
    #[must_use]
    pub fn status_word(&self) -> &'static str {
        match self.status {
            Status::Escalating { .. } => "escalating",
            Status::Accepted { .. } => "accepted",
            Status::Ended { .. } => "ended",
        }
    }

    /// Who has accepted.
    #[must_use]
    pub fn acceptor(&self) -> Option<usize> {
        match self.status {
            Status::Accepted { by, .. } => Some(by),
            Status::Escalating { .. } | Status::Ended { .. } => None,
        }
    }

    /// The name of the contact at `place`.
    #[must_use]
    pub fn name_of(&self, place: usize) -> &str {
        self.contacts.get(place).map_or("somebody", |contact| contact.name.as_str())
    }

    /// The places of the contacts with this number, in order.
    #[must_use]
    pub fn places_of(&self, phone: &PhoneNumber) -> Vec<usize> {
        let with_place = self.contacts.iter().enumerate();
        with_place.filter(|(_, contact)| contact.phone == *phone).map(|(place, _)| place).collect()
    }

    /// When it must next be looked at: always while it is open, afterwards only while effects are under way.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        let rank = if self.called || !self.is_open() { Rank::Work } else { Rank::FirstPage };
        let effects = effect::due_at(&self.pending);
        let calls = self.contacts.iter().flat_map(|c| c.calls.iter()).map(|call| call.settle_by).min();
        let own = match &self.status {
            Status::Escalating { next_at, .. } => calls.into_iter().chain([*next_at]).min(),
            Status::Accepted { confirm_by, asked, ask_at, .. } => {
                let mine = if *asked { *confirm_by } else { *ask_at };
                calls.into_iter().chain([mine]).min()
            }
            Status::Ended { .. } => None,
        };
        effects.into_iter().chain(own).min().map(|at| Due { at, rank })
    }
}

/// The tiers: places grouped by priority, lowest number first.
pub(crate) fn tiers(contacts: &[Contact]) -> Vec<Vec<usize>> {
    let mut by_priority = std::collections::BTreeMap::<u8, Vec<usize>>::new();
    for (place, contact) in contacts.iter().enumerate() {
        by_priority.entry(contact.priority).or_default().push(place);
    }
    by_priority.into_values().collect()
}

/// A number has stopped our texts, or takes them again. Whoever stopped them is called.
pub(crate) fn texts_stopped(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    phone: &PhoneNumber,
    stopped: bool,
) {
    if incident.subject.phone == *phone {
        incident.subject.text_stopped = stopped;
        if stopped {
            drop_texts(incident, Party::User);
        }
    }
    for place in incident.places_of(phone) {
        let Some(contact) = incident.contacts.get_mut(place) else { continue };
        if contact.text_stopped == stopped {
            continue;
        }
        contact.text_stopped = stopped;
        let words =
            if stopped { "has stopped our texts: is called instead" } else { "takes our texts again" };
        let entry = Entry {
            contact_id: Some(contact.id),
            who: Some(contact.name.clone()),
            ..Entry::new(turn.now, What::Note, words)
        };
        turn.note(incident.id, entry);
        if stopped {
            drop_texts(incident, Party::Contact(place));
            if matches!(incident.status, Status::Escalating { .. }) {
                round::page_once(incident, turn, place);
            }
        }
    }
}

/// No text goes to who wants none, but for those that a performer has in hand.
fn drop_texts(incident: &mut Incident, party: Party) {
    incident.pending.retain(|id, pending| {
        let theirs = id.party == party && id.channel == Channel::Sms;
        !theirs || pending.lease_until.is_some()
    });
}
