//! A decision is total and the same for the same input: I11.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use lucius_core::{
    actor::ActorId,
    decide::{Case, Decision, Event, Rejected, decide},
    policy::Policy,
    turn::Fresh,
};

use crate::{Invariant, Violation};

/// Decides, twice.
///
/// # Errors
/// A [`Violation`] of I11: the decision panicked, or came out differently the second time.
pub fn decided(
    actor: ActorId,
    case: &Case,
    event: &Event,
    now: Timestamp,
    policy: &Policy,
    fresh: &Fresh,
) -> Result<Result<Decision, Rejected>, Violation> {
    let broken = |why: &str| Violation { invariant: Invariant::Total, actor, why: why.to_owned() };
    let once = || catch_unwind(AssertUnwindSafe(|| decide(case, event, now, policy, fresh)));
    let (Ok(first), Ok(second)) = (once(), once()) else { return Err(broken("the decision panicked")) };
    if first == second { Ok(first) } else { Err(broken("the same input was decided differently")) }
}
