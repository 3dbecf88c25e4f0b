//! May this request go out now? I2 and I3, as a carrier sees them.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    decide::Case,
    effect::{Channel, EffectId, Pendings, Purpose},
    incident::{Incident, Status},
    policy::{Policy, earlier},
};

use crate::{Invariant, Violation, promised, violation::ensure};

/// A request is sent only while this much of its lease remains: it and its outcome must fit.
pub const POST_NEEDS: SignedDuration = SignedDuration::from_secs(13);

/// A request that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// Whose effect.
    pub actor: ActorId,
    /// The actors as the sender's claim committed them.
    pub claimed: &'a Case,
    /// The actors as they stand in the database now.
    pub current: &'a Case,
    /// Which effect.
    pub effect: &'a EffectId,
    /// Which try.
    pub attempt: u32,
    /// By the sender's clock.
    pub now: Timestamp,
    /// The operator's parameters.
    pub policy: &'a Policy,
    /// When requests for calls to this contact of this incident were sent before that may have rung.
    pub calls: &'a [Timestamp],
    /// Pages that were sent to this contact since the accept or the end that stands was committed.
    pub since_accept: usize,
}

/// Checks one request, before it is sent.
///
/// # Errors
/// A [`Violation`]: the sender does not hold the lease, or too little of it; the calls have stopped; or the contact's calls of this
/// hour are used up.
pub fn attempt(post: &Attempt<'_>) -> Result<(), Violation> {
    let claim = pendings(post.claimed, post.actor).and_then(|pending| pending.get(post.effect));
    let lease = claim.filter(|claim| claim.attempt == post.attempt).and_then(|claim| claim.lease_until);
    let broken = |holds: bool, invariant: Invariant, why: &str| {
        ensure(holds, invariant, post.actor, || format!("{} try {}: {why}", post.effect, post.attempt))
    };
    broken(lease.is_some(), Invariant::OneLease, "sent by somebody who has not leased it")?;
    let fits = lease.is_some_and(|lease| post.now <= earlier(lease, POST_NEEDS));
    broken(fits, Invariant::OneLease, "too little of the lease remains")?;
    let pages = post.effect.purpose == Purpose::Page;
    // Who accepted may be asked once more although they have just answered: that is no call for help.
    if let Some(incident) = incident(post.current, post.actor).filter(|_| pages) {
        let wanted = incident.pending.get(post.effect).is_some_and(|p| p.attempt == post.attempt);
        let escalates = matches!(incident.status, Status::Escalating { .. });
        // What was claimed before the accept may still go out, once: its outcome then cancels it.
        let in_flight = post.since_accept == 0;
        broken(wanted || escalates || in_flight, Invariant::AcceptedIsQuiet, "the calls have stopped")?;
    }
    let rings = pages || post.effect.purpose == Purpose::Confirm;
    if rings && post.effect.channel == Channel::Call {
        let hour_ago = earlier(post.now, promised::hour(post.policy));
        let calls = post.calls.iter().filter(|at| **at > hour_ago).count();
        // One that had waited for more than an hour may come on top: it was counted when it was decided.
        let most = usize::try_from(post.policy.calls_per_contact_hour).unwrap_or(usize::MAX);
        broken(calls <= most, Invariant::OneLease, "the calls of this hour are used up")?;
    }
    Ok(())
}

fn incident(case: &Case, actor: ActorId) -> Option<&Incident> {
    match actor {
        ActorId::Incident(id) => case.incident.as_ref().filter(|incident| incident.id == id),
        ActorId::Deadman(_) => None,
    }
}

fn pendings(case: &Case, actor: ActorId) -> Option<&Pendings> {
    match actor {
        ActorId::Incident(_) => incident(case, actor).map(|incident| &incident.pending),
        ActorId::Deadman(id) => {
            case.deadman.as_ref().filter(|deadman| deadman.id == id).map(|deadman| &deadman.pending)
        }
    }
}
