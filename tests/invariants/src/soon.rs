//! What is to be done is done soon, and goes to whom it is for.

use lucius_core::{
    effect::{Effect, Party, Pending, Pendings, Purpose},
    incident::Incident,
    policy::later,
};

use crate::{
    Invariant, Transition, Violation, promised,
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some(after) = &step.after.deadman {
        let before = step.deadmen().map(|(before, _)| &before.pending);
        let late = put_off(step, before, &after.pending);
        ensure(late.is_none(), Invariant::NothingLost, of_deadman(after), || {
            format!("{} waits for too long", late.unwrap_or_default())
        })?;
    }
    let Some(after) = &step.after.incident else { return Ok(()) };
    let before = step.incidents().map(|(before, _)| before);
    let late = put_off(step, before.map(|before| &before.pending), &after.pending);
    ensure(late.is_none(), Invariant::NothingLost, of_incident(after), || {
        format!("{} waits for too long", late.unwrap_or_default())
    })?;
    asked_after(step, before, after)?;
    for (id, pending) in &after.pending {
        let Party::Contact(place) = id.party else { continue };
        let theirs = after.contacts.get(place).is_some_and(|contact| match &pending.effect {
            Effect::Call { to, .. } | Effect::Text { to, .. } => *to == contact.phone,
            Effect::Cancel { .. } | Effect::Poll { .. } => true,
        });
        ensure(theirs, Invariant::Rounds, of_incident(after), || format!("{id} goes to somebody else"))?;
    }
    Ok(())
}

/// What people are to hear, and is put off for longer than a carrier that does not take it is left alone.
fn put_off(step: &Transition<'_>, before: Option<&Pendings>, after: &Pendings) -> Option<String> {
    let limit = later(step.now, promised::AGAIN);
    let heard = |purpose: &Purpose| match purpose {
        Purpose::Ask | Purpose::Page | Purpose::Confirm | Purpose::Tell(_) => true,
        Purpose::Cancel(_) | Purpose::Poll(_) => false,
    };
    let as_before = |pending: &Pending, was: Option<&Pending>| {
        was.is_some_and(|was| was.not_before >= pending.not_before && was.attempt == pending.attempt)
    };
    let mut late = after.iter().filter(|(id, pending)| {
        let was = before.and_then(|before| before.get(*id));
        heard(&id.purpose) && pending.not_before > limit && !as_before(pending, was)
    });
    late.next().map(|(id, _)| id.to_string())
}

/// A call that was placed is not believed to ring for ever.
fn asked_after(step: &Transition<'_>, before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    let limit = later(step.now, promised::asked_after(step.policy));
    let known = before.into_iter().flat_map(|before| &before.contacts).flat_map(|contact| &contact.calls);
    let known: Vec<_> = known.map(|call| (&call.sid, call.settle_by)).collect();
    let calls = after.contacts.iter().flat_map(|contact| &contact.calls);
    let mut late =
        calls.filter(|call| call.settle_by > limit && !known.contains(&(&call.sid, call.settle_by)));
    ensure(late.next().is_none(), Invariant::NothingLost, of_incident(after), || {
        "a call is not asked after for too long".to_owned()
    })
}
