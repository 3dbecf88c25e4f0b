//! What was broken, by whom, and why.

use std::fmt;

use lucius_core::actor::ActorId;

/// What always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// I1. Every missed deadline leads to a question more, or to an incident whose first call is placed in time.
    MissedIsPaged,
    /// I2. While somebody has accepted, and when it is over, nobody is called anew but who accepted and who asked for it; a call
    /// that comes too late is cancelled.
    AcceptedIsQuiet,
    /// I3. One live lease per effect; no two tries of a contact have one number; no contact is called beyond the cap.
    OneLease,
    /// I4. Only an authentic human act stops the calls.
    OnlyAHumanStops,
    /// I5. An open incident is never lost: it ends as design says, and its contacts and causes stay.
    NeverLost,
    /// I6. The alarm clock is there exactly when it must be, and rings at the earliest instant at which something is due.
    AlwaysAClock,
    /// I7. A check-in that arrived before the deadline leads to no page.
    InTimeIsNoAlarm,
    /// I8. Nothing but an authentic act changes whether, when and by whom somebody is asked and called.
    OnlyAuthentic,
    /// I9. No message lies in a dead letter queue without an alarm.
    DeadLettersAlarm,
    /// I10. If we cannot page, somebody outside hears of it.
    OutsideIsTold,
    /// I11. A decision is total, and the same for the same input.
    Total,
    /// I12. A clock that goes back loses nothing, and an early wake changes nothing.
    NothingLost,
    /// I13. After a performer's wake everything due is leased and the next look lies in the future.
    Progress,
    /// I14. What a later release has written is never written over by an earlier one.
    LaterStands,
    /// No error takes a contact out of the rounds, and rounds never end while nobody has accepted.
    Rounds,
    /// A question belongs to an open probe; nothing is asked while an incident is open.
    Questions,
    /// What a human does works: an accept accepts, a cry for help is heard, the right PIN ends it.
    Honoured,
    /// Whoever was alerted is told that somebody goes, and that it is over; who goes is asked whether they still do.
    Told,
}

impl Invariant {
    /// The name in `reliability.md`; the last four have none there.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::MissedIsPaged => "I1",
            Self::AcceptedIsQuiet => "I2",
            Self::OneLease => "I3",
            Self::OnlyAHumanStops => "I4",
            Self::NeverLost => "I5",
            Self::AlwaysAClock => "I6",
            Self::InTimeIsNoAlarm => "I7",
            Self::OnlyAuthentic => "I8",
            Self::DeadLettersAlarm => "I9",
            Self::OutsideIsTold => "I10",
            Self::Total => "I11",
            Self::NothingLost => "I12",
            Self::Progress => "I13",
            Self::LaterStands => "I14",
            Self::Rounds => "rounds",
            Self::Questions => "questions",
            Self::Honoured => "acts",
            Self::Told => "told",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Something that must never be. It names places and effects, never a number or a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant} is broken at {actor}: {why}")]
pub struct Violation {
    /// What does not hold.
    pub invariant: Invariant,
    /// Of whom.
    pub actor: ActorId,
    /// Why, for a reader.
    pub why: String,
}

/// Says that `invariant` is broken at `actor` unless `holds`.
pub(crate) fn ensure(
    holds: bool,
    invariant: Invariant,
    actor: ActorId,
    why: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { invariant, actor, why: why() }) }
}
