//! Clocks that run out: I1, I9 and I10, for whoever sees the whole world.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{actor::ActorId, policy::later};

use crate::{Invariant, Violation, violation::ensure};

/// A dead letter must raise its alarm within this, and somebody outside must hear that we cannot page.
const AT_MOST: SignedDuration = SignedDuration::from_mins(5);

/// The deadline of `actor` passed at `missed_at`, unanswered and without a question left: the first call must be placed `within`.
///
/// # Errors
/// A [`Violation`] of I1.
pub fn paged_by(
    actor: ActorId,
    missed_at: Timestamp,
    first_call: Option<Timestamp>,
    now: Timestamp,
    within: SignedDuration,
) -> Result<(), Violation> {
    let by = later(missed_at, within);
    let holds = first_call.map_or(now <= by, |at| at <= by);
    ensure(holds, Invariant::MissedIsPaged, actor, || {
        format!("the deadline passed at {missed_at}, and nobody was called by {by}")
    })
}

/// A message for `actor` has lain in a dead letter queue since `since`.
///
/// # Errors
/// A [`Violation`] of I9: no alarm was raised in time.
pub fn dead_letter(
    actor: ActorId,
    since: Timestamp,
    alarmed: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Violation> {
    let by = later(since, AT_MOST);
    let holds = alarmed.map_or(now <= by, |at| at <= by);
    ensure(holds, Invariant::DeadLettersAlarm, actor, || format!("a dead letter of {since} raised no alarm"))
}

/// Since `since` nothing that is due to `actor` could be paged.
///
/// # Errors
/// A [`Violation`] of I10: nobody outside has heard of it in time.
pub fn outside_told(
    actor: ActorId,
    since: Timestamp,
    told: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Violation> {
    let by = later(since, AT_MOST);
    let holds = told.map_or(now <= by, |at| at <= by);
    ensure(holds, Invariant::OutsideIsTold, actor, || {
        format!("unable to page since {since}, and nobody was told")
    })
}
