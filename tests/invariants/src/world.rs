//! A clock that runs out: I1, for whoever sees the whole world.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{actor::ActorId, policy::later};

use crate::{Invariant, Violation, violation::ensure};

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
