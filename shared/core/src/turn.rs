//! What a decision is given besides the state, and what it leaves besides the next state.

use jiff::Timestamp;

use crate::{
    history::{Entry, Row},
    id::{ContactId, IncidentId, ProbeId, UserId},
    phone::PhoneNumber,
    policy::Policy,
};

/// Ids and codes drawn for one decision. It uses each at most once; a draw that collides is refused by the commit, and the
/// decision is made again with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// For a probe that this decision opens.
    pub probe: ProbeId,
    /// For an incident that this decision opens.
    pub incident: IncidentId,
    /// For a contact that this decision adds.
    pub contact: ContactId,
    /// Six-digit codes for the contacts of an incident.
    pub codes: Vec<String>,
}

/// Something the operator must be woken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The carrier refuses our account or our settings.
    CarrierAccount {
        /// The carrier's code.
        code: u32,
    },
    /// A whole round has reached no phone.
    RoundReachedNobody,
    /// An incident has nobody to call.
    NobodyToCall,
    /// A deadline was looked at much too late.
    DeadlineLate,
}

/// What is looked up by number or address, kept in step with the state by the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointer {
    /// `code`, sent from this number, speaks for the contact at `place` of `incident`. The commit fails if the code is
    /// taken for that number.
    Code {
        /// The number.
        phone: PhoneNumber,
        /// The six digits.
        code: String,
        /// The incident.
        incident: IncidentId,
        /// The place in its list.
        place: usize,
    },
    /// A code lives until then; none: as long as the incident is open.
    CodeUntil {
        /// The number.
        phone: PhoneNumber,
        /// The six digits.
        code: String,
        /// The end of its life.
        until: Option<Timestamp>,
    },
    /// The number of a user. The commit fails if it is another user's.
    UserPhone {
        /// Whose.
        user: UserId,
        /// No longer.
        old: Option<PhoneNumber>,
        /// From now on.
        new: Option<PhoneNumber>,
    },
    /// The address of a user. The commit fails if it is another user's.
    UserEmail {
        /// Whose.
        user: UserId,
        /// No longer.
        old: Option<String>,
        /// From now on.
        new: Option<String>,
    },
    /// A number is a contact of a user.
    ContactOf {
        /// Of whom.
        user: UserId,
        /// No longer.
        old: Option<PhoneNumber>,
        /// From now on.
        new: Option<PhoneNumber>,
    },
}

/// One decision in the making.
#[derive(Debug)]
pub struct Turn<'a> {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The operator's parameters.
    pub policy: &'a Policy,
    /// Ids and codes to use.
    pub fresh: &'a Fresh,
    /// History to write.
    pub rows: Vec<Row>,
    /// Pointers to put; the commit fails if one is taken.
    pub pointers: Vec<Pointer>,
    /// What the operator must hear of.
    pub alarms: Vec<Alarm>,
    codes_used: usize,
}

impl<'a> Turn<'a> {
    /// A decision at `now`.
    #[must_use]
    pub fn new(now: Timestamp, policy: &'a Policy, fresh: &'a Fresh) -> Self {
        Self { now, policy, fresh, rows: Vec::new(), pointers: Vec::new(), alarms: Vec::new(), codes_used: 0 }
    }

    /// Writes a line of `incident`'s timeline.
    pub fn note(&mut self, incident: IncidentId, entry: Entry) {
        self.rows.push(Row::Timeline { incident, entry });
    }

    /// The next code drawn; none when all are used.
    pub(crate) fn code(&mut self) -> Option<String> {
        let code = self.fresh.codes.get(self.codes_used).cloned();
        self.codes_used = self.codes_used.saturating_add(1);
        code
    }
}
