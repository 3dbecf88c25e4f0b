//! What was decided is not lost: I12 and I5.
//!
//! An effect without a lease has never been tried under its number. It goes only for a reason that the state shows. One with a lease is
//! in a performer's hands: it goes when we know what became of it, or must take it for done.

use jiff::Timestamp;
use lucius_core::{
    deadman::Deadman,
    effect::{Channel, Effect, EffectId, Party, Pending, Purpose},
    incident::{Incident, Line, Status},
};

use crate::{
    Invariant, Transition, Violation,
    rounds::capped,
    step::{of_deadman, of_incident},
    violation::ensure,
};

/// An answered call is left alone anyway: its cancel is worth so many tries.
const CANCELS_TRIED: u32 = 5;

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some((before, after)) = step.incidents() {
        calls(before, after)?;
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
            let may_go = (pending.lease_until.is_some() && asked(step, before, after, id, pending))
                || (stopped && pending.lease_until.is_none())
                || given_up(step.now, pending)
                || (id.purpose == Purpose::Ask && !(open && after.probe().is_some()));
            ensure(may_go, Invariant::NothingLost, of_deadman(after), || format!("{id} was lost"))?;
        }
    }
    Ok(())
}

/// A call under way is known until it is over, and then as one that is: what is told of it late must find it.
fn calls(before: &Incident, after: &Incident) -> Result<(), Violation> {
    for (place, (was, is)) in before.contacts.iter().zip(&after.contacts).enumerate() {
        let known = |sid: &String| is.calls.iter().any(|call| call.sid == *sid) || is.over.contains(sid);
        let lost = was.calls.iter().find(|call| !known(&call.sid));
        ensure(lost.is_none(), Invariant::NothingLost, of_incident(after), || {
            format!("a call to c{place} was forgotten while it rang")
        })?;
    }
    Ok(())
}

/// What a performer had in hand goes only for a reason: the carrier has it, it was refused for good, its fate is unknown and it is not
/// to be tried again, or nobody wants it any more. One that was not sent stays.
fn accounted(
    step: &Transition<'_>,
    before: &Incident,
    after: &Incident,
    id: &EffectId,
    pending: &Pending,
) -> bool {
    let moved = std::mem::discriminant(&before.status) != std::mem::discriminant(&after.status);
    match (&id.purpose, id.channel, id.party) {
        (Purpose::Page, Channel::Call, Party::Contact(place)) => {
            moved || !escalates(after) || call_accounted(step, before, after, place, id)
        }
        (Purpose::Confirm, Channel::Call, Party::Contact(place)) => {
            moved || renewed(before, after) || call_accounted(step, before, after, place, id)
        }
        (Purpose::Page | Purpose::Confirm, Channel::Sms, Party::Contact(place)) => {
            moved || renewed(before, after) || text_accounted(step, before, after, place)
        }
        (Purpose::Tell(_), _, Party::Contact(place)) => text_accounted(step, before, after, place),
        // A performer that died with it has cancelled nothing: a few tries more.
        (Purpose::Cancel(_), _, _) => !run_out(step, pending) || pending.failures >= CANCELS_TRIED,
        // The person at risk keeps no word of what was sent to them, a call none of how often it was asked after.
        (Purpose::Tell(_), _, Party::User) | (Purpose::Poll(_), _, _) => true,
        (Purpose::Ask | Purpose::Page | Purpose::Confirm, _, _) => false,
    }
}

fn escalates(incident: &Incident) -> bool {
    matches!(incident.status, Status::Escalating { .. })
}

/// Its performer has died: in a wake nothing else is told of a lease that ran out.
fn run_out(step: &Transition<'_>, pending: &Pending) -> bool {
    step.performer_wake && pending.lease_until.is_some_and(|lease| lease <= step.now)
}

/// The carrier has the call, this number refuses calls, or the call's fate is unknown for the second time in this round.
fn call_accounted(
    step: &Transition<'_>,
    before: &Incident,
    after: &Incident,
    place: usize,
    id: &EffectId,
) -> bool {
    let (Some(was), Some(is)) = (before.contacts.get(place), after.contacts.get(place)) else { return false };
    let attempt = before.pending.get(id).map(|pending| pending.attempt);
    let placed = is.calls.iter().any(|call| Some(call.attempt) == attempt)
        || is.over.iter().any(|sid| !was.over.contains(sid));
    let rests = is.call.rests_until.is_some_and(|until| step.now < until);
    // An unknown one is dialled again once per contact and round, and not beyond the cap: once for two that were lost together.
    let redialled = was.redialled_in >= before.round || redialled_beside(before, after, place, id);
    placed || rests || redialled || capped(step, is)
}

/// The other call to them, which was in the same performer's hands, is the one that is dialled again.
fn redialled_beside(before: &Incident, after: &Incident, place: usize, id: &EffectId) -> bool {
    let purpose = if id.purpose == Purpose::Page { Purpose::Confirm } else { Purpose::Page };
    let other = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose };
    let (Some(was), Some(is)) = (before.pending.get(&other), after.pending.get(&other)) else { return false };
    was.lease_until.is_some() && is.lease_until.is_none() && is.attempt > was.attempt
}

/// What became of a text is written down: it is sent, or may be, or was refused. Whoever may have got it counts as alerted.
fn text_accounted(step: &Transition<'_>, before: &Incident, after: &Incident, place: usize) -> bool {
    let (Some(was), Some(is)) = (before.contacts.get(place), after.contacts.get(place)) else { return false };
    let word = |line: &Line| (line.last_try, line.last_at);
    word(&was.sms) != word(&is.sms) && (is.alerted || !step.performer_wake)
}

/// A question that may never have been asked is asked again, once: a call, that is. An unknown text counts as sent.
fn asked(step: &Transition<'_>, before: &Deadman, after: &Deadman, id: &EffectId, pending: &Pending) -> bool {
    let same = before.probe().is_some()
        && before.probe().map(|probe| probe.id) == after.probe().map(|probe| probe.id);
    let again = id.purpose == Purpose::Ask && id.channel == Channel::Call && pending.failures == 0;
    !(again && same && step.performer_wake)
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
