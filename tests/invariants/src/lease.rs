//! Leases and the numbers of tries: I3.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lucius_core::{
    actor::ActorId,
    effect::{Channel, EffectId, Party, Pending, Pendings, Purpose},
    incident::{Contact, Incident, WRONG_CODES_MAX},
    policy::{LEASE, later},
};

use crate::{
    Invariant, Transition, Violation,
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some((before, after)) = step.deadmen() {
        let actor = of_deadman(after);
        let same_question = before.probe().map(|probe| (probe.id, probe.asked, probe.asked_late))
            == after.probe().map(|probe| (probe.id, probe.asked, probe.asked_late));
        // Another question is another effect of the same name: who sends the last one is not waited for.
        leases(step.now, actor, &before.pending, &after.pending, |id| {
            id.purpose != Purpose::Ask || (same_question && !refused(&before.pending, &after.pending, id))
        })?;
        for (id, pending) in &after.pending {
            let new = is_new(&before.pending, id, pending);
            let fresh = id.purpose != Purpose::Ask || pending.attempt > before.attempts;
            ensure(!new || fresh, Invariant::OneLease, actor, || repeated(id, pending.attempt))?;
        }
        ensure(after.attempts >= before.attempts, Invariant::OneLease, actor, || {
            "tries are counted anew".to_owned()
        })?;
    }
    if let Some((before, after)) = step.incidents() {
        // The try before came to nothing, as was reported: that line does not count as working, unless the end of another call is reported
        // with it.
        let failed = |id: &EffectId| {
            let Party::Contact(place) = id.party else { return false };
            let (was, is) = (before.pending.get(id), after.pending.get(id));
            let another = was.zip(is).is_some_and(|(was, is)| was.attempt < is.attempt);
            let works = |contact: &Contact| match id.channel {
                Channel::Call => contact.call.works,
                Channel::Sms => contact.sms.works,
            };
            let polled = before.pending.keys().any(|poll| {
                matches!(poll.purpose, Purpose::Poll(_))
                    && (poll.party, poll.channel) == (id.party, id.channel)
                    && !after.pending.contains_key(poll)
            });
            another && after.contacts.get(place).is_some_and(|contact| polled || !works(contact))
        };
        let one = |id: &EffectId| {
            id.purpose != Purpose::Page || !refused(&before.pending, &after.pending, id) || !failed(id)
        };
        leases(step.now, of_incident(after), &before.pending, &after.pending, one)?;
        for (was, is) in before.contacts.iter().zip(&after.contacts) {
            ensure(is.attempts >= was.attempts, Invariant::OneLease, of_incident(after), || {
                "tries are counted anew".to_owned()
            })?;
        }
    }
    step.after.incident.as_ref().map_or(Ok(()), |after| numbers(step, after))
}

/// A performer had both channels in hand, and comes back with both: what the other channel was refused is tried by this one again, at once.
fn refused(before: &Pendings, after: &Pendings, id: &EffectId) -> bool {
    let other = EffectId { channel: id.channel.other(), ..id.clone() };
    let leased = before.get(&other).is_some_and(|pending| pending.lease_until.is_some());
    leased && !after.contains_key(&other)
}

fn repeated(id: &EffectId, attempt: u32) -> String {
    format!("{id} has a try {attempt} that was there before")
}

fn is_new(before: &Pendings, id: &EffectId, pending: &Pending) -> bool {
    before.get(id).is_none_or(|was| was.attempt != pending.attempt)
}

/// A lease that runs is not replaced by another, and none is longer than a lease.
fn leases(
    now: Timestamp,
    actor: ActorId,
    before: &Pendings,
    after: &Pendings,
    same: impl Fn(&EffectId) -> bool,
) -> Result<(), Violation> {
    for (id, pending) in after {
        let was = before.get(id).and_then(|was| was.lease_until);
        // A try that was leased may have been made: its number is used up.
        let again = was.is_some() && was != pending.lease_until && !is_new(before, id, pending);
        ensure(!again, Invariant::OneLease, actor, || repeated(id, pending.attempt))?;
        // What one performer could not do is free for the next: a lease belongs to one try.
        let inherited = was.is_some() && was == pending.lease_until && is_new(before, id, pending);
        ensure(!inherited || !same(id), Invariant::OneLease, actor, || {
            format!("{id} has a new try, and the lease of the last one")
        })?;
        let Some(lease) = pending.lease_until.filter(|lease| was != Some(*lease)) else { continue };
        ensure(lease <= later(now, LEASE), Invariant::OneLease, actor, || {
            format!("{id} is leased for too long")
        })?;
        let runs = was.is_some_and(|was| was > now);
        ensure(!runs || !same(id), Invariant::OneLease, actor, || {
            format!("{id} is leased, and was leased again")
        })?;
        ensure(pending.not_before <= now, Invariant::OneLease, actor, || {
            format!("{id} is leased before its time")
        })?;
    }
    Ok(())
}

/// What a function takes on with a commit was in nobody's hands: `taken` are the effects it goes on to perform, `before` is what it
/// read. Two functions at the same instant write the same lease, so that the state alone does not tell.
///
/// # Errors
/// A [`Violation`] of I3: two functions perform one effect.
pub fn leased<'a>(
    actor: ActorId,
    before: &Pendings,
    taken: impl IntoIterator<Item = (&'a EffectId, &'a Pending)>,
    now: Timestamp,
) -> Result<(), Violation> {
    for (id, pending) in taken {
        let theirs = before.get(id).filter(|was| was.attempt == pending.attempt);
        let runs = theirs.and_then(|was| was.lease_until).is_some_and(|lease| lease > now);
        ensure(!runs, Invariant::OneLease, actor, || format!("{id} is leased, and was leased again"))?;
    }
    Ok(())
}

/// An effect that says something to a contact: its tries are numbered over all channels and purposes.
fn numbered(id: &EffectId) -> Option<usize> {
    match (id.party, &id.purpose) {
        (Party::Contact(place), Purpose::Page | Purpose::Confirm | Purpose::Tell(_) | Purpose::Ask) => {
            Some(place)
        }
        (Party::Contact(_), Purpose::Cancel(_) | Purpose::Poll(_)) | (Party::User, _) => None,
    }
}

/// No two tries of a contact have one number, and nobody is called beyond the cap.
fn numbers(step: &Transition<'_>, after: &Incident) -> Result<(), Violation> {
    let actor = of_incident(after);
    let before = step.incidents().map(|(before, _)| before);
    let mut used = BTreeSet::new();
    for (id, pending) in &after.pending {
        let Some(place) = numbered(id) else { continue };
        let attempt = pending.attempt;
        ensure(used.insert((place, attempt)), Invariant::OneLease, actor, || repeated(id, attempt))?;
        let counted = after.contacts.get(place).is_some_and(|contact| attempt <= contact.attempts);
        ensure(counted, Invariant::OneLease, actor, || format!("{id} has a try that is not counted"))?;
        let Some(before) = before.filter(|before| is_new(&before.pending, id, pending)) else { continue };
        let fresh = before.contacts.get(place).is_none_or(|contact| attempt > contact.attempts);
        ensure(fresh, Invariant::OneLease, actor, || repeated(id, attempt))?;
    }
    // One call that had waited for more than an hour may come on top: it was counted when it was decided.
    let most = usize::try_from(step.policy.calls_per_contact_hour).unwrap_or(usize::MAX).saturating_add(1);
    for (place, contact) in after.contacts.iter().enumerate() {
        ensure(contact.called_at.len() <= most, Invariant::OneLease, actor, || {
            format!("c{place} is called beyond the cap")
        })?;
        ensure(contact.wrong_codes <= WRONG_CODES_MAX, Invariant::OneLease, actor, || {
            format!("c{place} may guess codes without end")
        })?;
    }
    Ok(())
}
