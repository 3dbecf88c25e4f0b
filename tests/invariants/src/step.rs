//! One commit, and what people did that it was about.

use jiff::Timestamp;
use lucius_core::{
    actor::ActorId, deadman::Deadman, decide::Case, id::IncidentId, incident::Incident, policy::Policy,
};

/// What a human really did, as far as the world knows: it was they, and they meant it. What comes from anybody else (voicemail, a
/// wrong PIN, a forged sender, a callback) is no act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Pressed 1 in a call that we placed to this contact.
    PressedOne {
        /// Of which incident.
        incident: IncidentId,
        /// The contact's place.
        place: usize,
    },
    /// Sent the right code of this contact from their number, or keyed it in when they rang us.
    RightCode {
        /// Of which incident.
        incident: IncidentId,
        /// The contact's place.
        place: usize,
    },
    /// Sent six digits from this contact's number that are not the code.
    WrongCode {
        /// Of which incident.
        incident: IncidentId,
        /// The contact's place.
        place: usize,
    },
    /// Pressed 9 and 9 again in a call that we placed to this contact.
    PressedNineTwice {
        /// Of which incident.
        incident: IncidentId,
        /// The contact's place.
        place: usize,
    },
    /// Asked to open it again: key 5 in a call that we placed, or REOPEN and the right code.
    AskedToReopen {
        /// Of which incident.
        incident: IncidentId,
        /// The contact's place.
        place: usize,
    },
    /// Rang us and asked to be called.
    AskedToBeCalled {
        /// Of which incident.
        incident: IncidentId,
        /// The contact's place.
        place: usize,
    },
    /// The person at risk said that they are okay, in a way that counts: no wrong PIN, and the PIN where a text has to bring it.
    CheckedIn {
        /// When it reached our edge.
        arrived_at: Timestamp,
        /// With the PIN; where none is set, nothing is proven.
        proven: bool,
        /// What they know of an alert.
        knows: Knows,
    },
    /// The person at risk (or whoever has their phone) cried for help, or answered badly.
    CriedForHelp,
    /// The person at risk ended it by the API, with the PIN where one is set.
    Resolved,
    /// A change by the API, by somebody with a session.
    Edited {
        /// With the PIN.
        proven: bool,
        /// A number of a contact is what it came with.
        number: bool,
    },
    /// A number stopped our texts, or takes them again.
    TextsStopped,
}

/// What somebody who is okay knows of the alert that they would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    /// All that there is to know: nobody had to tell them.
    All,
    /// What our line has told them: of this one, or of none.
    Only(Option<IncidentId>),
    /// What our line has told them, at a moment at which one may have followed another.
    Unsure,
}

impl Knows {
    /// They may end this one.
    pub(crate) fn may_end(self, incident: IncidentId) -> bool {
        match self {
            Self::All | Self::Unsure => true,
            Self::Only(known) => known == Some(incident),
        }
    }

    /// They must be able to end this one.
    pub(crate) fn must_end(self, incident: IncidentId) -> bool {
        self != Self::Unsure && self.may_end(incident)
    }
}

/// One commit of one decision, the leases that were taken with it included.
#[derive(Debug, Clone, Copy)]
pub struct Transition<'a> {
    /// The actors as read: what stood in the database.
    pub before: &'a Case,
    /// The actors as written.
    pub after: &'a Case,
    /// The instant of the decision, by the clock of whoever decided.
    pub now: Timestamp,
    /// The operator's parameters.
    pub policy: &'a Policy,
    /// What humans did that this step took in. An act that is delivered twice is named with each delivery.
    pub acts: &'a [Act],
    /// This is a wake, by somebody who performs and has leased what is due.
    pub performer_wake: bool,
}

impl<'a> Transition<'a> {
    pub(crate) fn has(&self, act: impl Fn(&Act) -> bool) -> bool {
        self.acts.iter().any(act)
    }

    /// The incident before and after, if it is the same one.
    pub(crate) fn incidents(&self) -> Option<(&'a Incident, &'a Incident)> {
        let (before, after) = (self.before.incident.as_ref()?, self.after.incident.as_ref()?);
        (before.id == after.id).then_some((before, after))
    }

    /// The switch before and after.
    pub(crate) fn deadmen(&self) -> Option<(&'a Deadman, &'a Deadman)> {
        Some((self.before.deadman.as_ref()?, self.after.deadman.as_ref()?))
    }

    /// The switch as it was, but for what a word about texts may have changed. A YES that the carrier takes for START is an answer as well:
    /// that is a commit of its own, behind the one of the word, and both steps name both acts.
    pub(crate) fn but_for_texts(&self, before: &Deadman, after: &Deadman) -> Deadman {
        let mut known = before.clone();
        if self.has(|act| *act == Act::TextsStopped) {
            (known.seen, known.text_stopped) = (after.seen.clone(), after.text_stopped);
        }
        known
    }

    /// Nothing was taken in but a word about texts.
    pub(crate) fn is_of_texts_alone(&self) -> bool {
        let Some((before, after)) = self.deadmen() else { return false };
        let incident_stays = match (&self.before.incident, &self.after.incident) {
            (Some(was), Some(is)) => {
                let mut known = was.clone();
                known.subject.text_stopped = is.subject.text_stopped;
                known == *is
            }
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
        };
        before.seen != after.seen && incident_stays && self.but_for_texts(before, after) == *after
    }

    /// An incident that this step opens.
    pub(crate) fn opened(&self) -> Option<&'a Incident> {
        let known = self.before.incident.as_ref().map(|incident| incident.id);
        self.after.incident.as_ref().filter(|incident| Some(incident.id) != known)
    }
}

pub(crate) fn of_deadman(deadman: &Deadman) -> ActorId {
    ActorId::Deadman(deadman.id)
}

pub(crate) fn of_incident(incident: &Incident) -> ActorId {
    ActorId::Incident(incident.id)
}
