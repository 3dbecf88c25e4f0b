//! What was decided and is in nobody's hands is not lost: I12 and I5.
//!
//! An effect without a lease has never been tried under its number. It goes only for a reason that the state shows.

use jiff::Timestamp;
use lucius_core::{
    effect::{Channel, Effect, EffectId, Party, Pending, Purpose},
    incident::{Incident, Status},
};

use crate::{
    Invariant, Transition, Violation,
    rounds::capped,
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some((before, after)) = step.incidents() {
        for (id, pending) in before.pending.iter().filter(|(id, _)| !after.pending.contains_key(*id)) {
            let may_go = if pending.lease_until.is_some() {
                accounted(step, before, after, id, pending)
            } else {
                withdrawn(step.now, before, after, id, pending)
            };
            ensure(may_go, Invariant::NothingLost, of_incident(after), || format!("{id} was lost"))?;
        }
    }
    if let Some((before, after)) = step.deadmen() {
        for (id, pending) in before.pending.iter().filter(|(id, _)| !after.pending.contains_key(*id)) {
            let open = before.probe().map(|probe| probe.id) == after.probe().map(|probe| probe.id);
            let stopped = id.channel == Channel::Sms && after.text_stopped;
            let may_go = pending.lease_until.is_some()
                || stopped
                || given_up(step.now, pending)
                || (id.purpose == Purpose::Ask && !(open && after.probe().is_some()));
            ensure(may_go, Invariant::NothingLost, of_deadman(after), || format!("{id} was lost"))?;
        }
    }
    Ok(())
}

/// A call that a performer had in hand goes only for a reason while contacts are being called: the carrier has it, this number
/// refuses calls, or its fate is unknown for the second time in this round. One that was not sent stays.
fn accounted(
    step: &Transition<'_>,
    before: &Incident,
    after: &Incident,
    id: &EffectId,
    pending: &Pending,
) -> bool {
    let escalates = |incident: &Incident| matches!(incident.status, Status::Escalating { .. });
    let (Party::Contact(place), Channel::Call, Purpose::Page) = (id.party, id.channel, &id.purpose) else {
        return true;
    };
    let (Some(was), Some(is)) = (before.contacts.get(place), after.contacts.get(place)) else { return false };
    let placed = is.calls.iter().any(|call| call.attempt == pending.attempt)
        || is.over.iter().any(|sid| !was.over.contains(sid));
    let rests = is.call.rests_until.is_some_and(|until| step.now < until);
    // An unknown one is dialled again once per contact and round, and not beyond the cap.
    let redialled = was.redialled_in >= before.round;
    placed || rests || redialled || capped(step, is) || !(escalates(before) && escalates(after))
}

/// A text that only informs, and is a day late.
fn given_up(now: Timestamp, pending: &Pending) -> bool {
    match &pending.effect {
        Effect::Text { until: Some(until), .. } => now >= *until,
        Effect::Text { until: None, .. }
        | Effect::Call { .. }
        | Effect::Cancel { .. }
        | Effect::Poll { .. } => false,
    }
}

fn withdrawn(now: Timestamp, before: &Incident, after: &Incident, id: &EffectId, pending: &Pending) -> bool {
    let escalates = matches!(after.status, Status::Escalating { .. });
    let moved = std::mem::discriminant(&before.status) != std::mem::discriminant(&after.status);
    match &id.purpose {
        Purpose::Page => (!escalates && moved) || stopped(after, id) || heard_of(before, after, id, pending),
        // A renewal is the answer to it.
        Purpose::Confirm => {
            moved || stopped(after, id) || renewed(before, after) || heard_of(before, after, id, pending)
        }
        Purpose::Tell(_) => moved || stopped(after, id) || given_up(now, pending),
        Purpose::Cancel(_) | Purpose::Ask => false,
        Purpose::Poll(sid) => {
            moved || !after.contacts.iter().flat_map(|contact| &contact.calls).any(|call| call.sid == *sid)
        }
    }
}

/// Texts to them were stopped.
fn stopped(after: &Incident, id: &EffectId) -> bool {
    let Party::Contact(place) = id.party else {
        return id.channel == Channel::Sms && after.subject.text_stopped;
    };
    id.channel == Channel::Sms && after.contacts.get(place).is_some_and(|contact| contact.text_stopped)
}

fn renewed(before: &Incident, after: &Incident) -> bool {
    match (&before.status, &after.status) {
        (Status::Accepted { renewals: was, .. }, Status::Accepted { renewals: is, .. }) => is > was,
        _ => false,
    }
}

/// The carrier has told of this very try, although nobody claims to have made it.
fn heard_of(before: &Incident, after: &Incident, id: &EffectId, pending: &Pending) -> bool {
    let Party::Contact(place) = id.party else { return false };
    let (Some(was), Some(is)) = (before.contacts.get(place), after.contacts.get(place)) else { return false };
    let (was, is) = match id.channel {
        Channel::Call => (was.call.last_try, is.call.last_try),
        Channel::Sms => (was.sms.last_try, is.sms.last_try),
    };
    is == Some(pending.attempt) && was != is
}
