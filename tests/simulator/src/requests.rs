//! Whoever watches the carrier: every request that leaves is held against what must always be so.

use jiff::SignedDuration;
use lucius_core::{
    actor::ActorId,
    decide::Case,
    effect::{Channel, EffectId, Purpose},
    incident::Status,
};
use lucius_invariants::{Attempt, attempt, paged_by};

use crate::{
    carrier::{Known, place_in},
    checks::{Checks, PAGED_WITHIN, PAGED_WITHIN_CALM},
    faults::Climate,
    people::incident_of,
    world::{Inner, Millis, instant},
};

/// A performer to which nothing happened since it knew of its calls has ended: they are recorded, and one that nobody wants any more
/// is being cancelled.
pub(crate) fn ended_well(inner: &mut Inner, placed: &[Known], strikes: u32) {
    for Known { incident: id, place, sid, .. } in placed.iter().filter(|call| call.strikes == strikes) {
        inner.checks.made += 1;
        let Some(incident) = inner.checks.incidents.get(id) else { continue };
        let Some(contact) = incident.contacts.get(*place) else { continue };
        let wanted = contact.calls.iter().any(|call| call.sid == *sid);
        let stops =
            incident.pending.keys().any(|id| matches!(&id.purpose, Purpose::Cancel(known) if known == sid));
        let escalates = matches!(incident.status, Status::Escalating { .. });
        let rings =
            inner.network.calls.get(sid).is_some_and(|call| {
                matches!(call.status, "queued" | "ringing") && !call.over && !call.cancelled
            });
        if !wanted && !stops && rings {
            let state =
                if escalates { "forgotten" } else { "left to ring, although nobody wants it any more" };
            inner.violated("I2", format!("a call to c{place} of incident {id} is {state}"));
        }
    }
}

/// What a path of the carrier's reports is about: whose, which effect, which try.
pub(crate) fn about(path: &str) -> Option<(ActorId, EffectId, u32)> {
    let mut words = path.split('/').skip(3);
    let (kind, id) = (words.next()?, words.next()?);
    let actor = match kind {
        "user" => ActorId::Deadman(id.parse().ok()?),
        _ => ActorId::Incident(id.parse().ok()?),
    };
    Some((actor, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// A request for a call or a text leaves.
pub(crate) fn posts(inner: &mut Inner, path: &str) {
    let Some((actor, effect, tried)) = about(path) else { return };
    let current = current(&inner.checks, actor);
    let pending = |case: &Case| {
        let pendings = match actor {
            ActorId::Deadman(id) => case.deadman.as_ref().filter(|own| own.id == id).map(|own| &own.pending),
            ActorId::Incident(id) => {
                case.incident.as_ref().filter(|own| own.id == id).map(|own| &own.pending)
            }
        };
        pendings.and_then(|pendings| pendings.get(&effect)).is_some_and(|pending| pending.attempt == tried)
    };
    let claimed = inner.running.cases.iter().rev().find(|case| pending(case)).cloned().unwrap_or_default();
    let key = place_in(path);
    let empty = Vec::new();
    let post = Attempt {
        actor,
        claimed: &claimed,
        current: &current,
        effect: &effect,
        attempt: tried,
        now: instant(inner.now + inner.running.skew),
        policy: &inner.checks.policy,
        calls: key.and_then(|key| inner.checks.calls.get(&key)).unwrap_or(&empty),
        since_accept: key.and_then(|key| inner.checks.since_accept.get(&key)).copied().unwrap_or(0),
    };
    inner.checks.made += 4;
    if let Err(violation) = attempt(&post) {
        inner.violated(violation.invariant.code(), violation.to_string());
    }
    let pages = matches!(effect.purpose, Purpose::Page);
    if let (true, ActorId::Incident(id)) = (pages, actor) {
        if let (Some(key), Channel::Call) = (key, effect.channel) {
            *inner.checks.since_accept.entry(key).or_default() += 1;
        }
        paged(inner, id.get());
    }
}

/// A call may ring.
pub(crate) fn may_ring(inner: &mut Inner, path: &str) {
    if let Some(key) = place_in(path) {
        let at = instant(inner.now + inner.running.skew);
        inner.checks.calls.entry(key).or_default().push(at);
    }
}

fn current(checks: &Checks, actor: ActorId) -> Case {
    match actor {
        ActorId::Deadman(id) => Case { deadman: checks.deadmen.get(&id.get()).cloned(), incident: None },
        ActorId::Incident(id) => Case { deadman: None, incident: checks.incidents.get(&id.get()).cloned() },
    }
}

/// A page leaves: was it in time?
fn paged(inner: &mut Inner, id: u64) {
    let now = inner.now;
    let Some(facts) = inner.checks.facts.get_mut(&id) else { return };
    facts.last_post = now;
    if facts.first_post.is_some() {
        return;
    }
    facts.first_post = Some(now);
    let (user, since) = (facts.user, facts.since);
    inner.checks.to_page.push(now - since);
    inner.checks.made += 1;
    let within = match inner.faults.climate {
        Climate::Calm => PAGED_WITHIN_CALM,
        Climate::Unheard | Climate::Mild | Climate::Rough | Climate::Crowd | Climate::Batches => PAGED_WITHIN,
        // There the carrier is the limit: the time is measured, not checked.
        Climate::Herd => Millis::MAX,
    };
    let excused = now - since - inner.late(user, since, now);
    let within = SignedDuration::from_millis(within.saturating_add(excused));
    let (missed_at, at, Ok(incident)) = (instant(since), instant(now), id.try_into()) else { return };
    if let Err(broken) = paged_by(ActorId::Incident(incident), missed_at, Some(at), at, within) {
        inner.violated(broken.invariant.code(), broken.why);
    }
}

/// A page was taken by the carrier.
pub(crate) fn placed(inner: &mut Inner, path: &str) {
    if let Some(facts) = incident_of(path).and_then(|id| inner.checks.facts.get_mut(&id)) {
        facts.placed += 1;
        if path.contains("-call-page") && !facts.called {
            facts.called = true;
            inner.checks.to_call.push(inner.now - facts.since);
        }
    }
}
