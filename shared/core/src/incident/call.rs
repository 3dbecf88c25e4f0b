//! Calls to contacts: from the carrier's first word to its last, or to the end of our patience.

use jiff::{SignedDuration, Timestamp};

use super::{
    Incident, LiveCall, Status,
    attempt::{
        held_back, is_capped, is_live, next_try, not_sent_words, record, record_on, refresh, refused,
        refused_words, uncount,
    },
    round,
};
use crate::{
    effect::{CallProgress, Channel, Effect, EffectId, Outcome, Party, Pending, Purpose},
    policy::{LEASE, later},
    turn::{Alarm, Turn},
};

pub(super) fn call_settled(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: usize,
    attempt: u32,
    outcome: &Outcome,
) {
    if let Outcome::Placed { sid, queue } = outcome {
        placed(incident, turn, id, place, attempt, sid, *queue);
        return;
    }
    if !is_live(incident, id, attempt) {
        refused_late(incident, place, attempt, outcome);
        return;
    }
    match outcome {
        Outcome::Placed { .. } | Outcome::Done | Outcome::Polled(_) => {
            incident.pending.remove(id);
        }
        Outcome::Permanent { code } => {
            // Whom no call reaches is texted instead. A call that is under way all the same was promised another behind it.
            if let Some(contact) = incident.contacts.get_mut(place).filter(|contact| contact.calls.is_empty())
            {
                contact.wants_call = false;
            }
            refused(incident, turn, id, place, attempt, &refused_words(*code));
        }
        Outcome::Account { code } => {
            held_back(incident, turn, id, attempt, &format!("carrier account error {code}"), Some(*code));
        }
        Outcome::NotSent { why } => held_back(incident, turn, id, attempt, not_sent_words(*why), None),
        Outcome::Unknown => unknown_call(incident, turn, id, place, attempt),
    }
    round::as_promised(incident, turn, place);
}

/// A try that was withdrawn, or given up, has placed nothing: no call of it can be told of.
fn refused_late(incident: &mut Incident, place: usize, attempt: u32, outcome: &Outcome) {
    match outcome {
        Outcome::Permanent { .. } | Outcome::Account { .. } | Outcome::NotSent { .. } => {
            if let Some(contact) = incident.contacts.get_mut(place) {
                contact.heard_of(attempt);
            }
        }
        Outcome::Placed { .. } | Outcome::Done | Outcome::Polled(_) | Outcome::Unknown => {}
    }
}

/// The carrier has a call.
fn placed(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: usize,
    attempt: u32,
    sid: &str,
    queue: SignedDuration,
) {
    let pending = if is_live(incident, id, attempt) { incident.pending.remove(id) } else { None };
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    contact.heard_of(attempt);
    if contact.knows(sid) {
        return;
    }
    let live = pending.is_some();
    // It was counted when it was decided; what counts is when it rang.
    if let Some(pending) = pending {
        uncount(&mut incident.contacts, id, pending.decided_at);
    }
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    if live {
        contact.called_at.push(turn.now);
    }
    contact.alerted = true;
    incident.called = true;
    for pending in incident.pending.values_mut() {
        pending.goes_behind();
    }
    // An effect that is under way is wanted: an accept and an end have withdrawn what they found.
    if live || matches!(incident.status, Status::Escalating { .. }) {
        let queue = queue.clamp(SignedDuration::ZERO, turn.policy.hour());
        contact.calls.push(LiveCall {
            sid: sid.to_owned(),
            attempt,
            placed_at: turn.now,
            settle_by: later(later(turn.now, queue), turn.policy.settle()),
            polled: false,
            heard: None,
        });
        record(incident, turn, id, attempt, turn.now, "ringing");
    } else {
        // Somebody accepted while this call was being placed.
        contact.forget(sid);
        cancel(incident, turn.now, place, sid);
        record(incident, turn, id, attempt, turn.now, "cancelled: no longer needed");
    }
}

/// A key was pressed in the call `sid`: it is under way, whatever the carrier has told of it so far.
pub(super) fn answered(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, attempt: u32, sid: &str) {
    let escalating = matches!(incident.status, Status::Escalating { .. });
    if !escalating || incident.contacts.get(place).is_none_or(|contact| contact.knows(sid)) {
        return;
    }
    let id = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: Purpose::Page };
    placed(incident, turn, &id, place, attempt, sid, SignedDuration::ZERO);
}

/// Asks for the call `sid` to be stopped; an answered call goes on.
pub(super) fn cancel(incident: &mut Incident, now: Timestamp, place: usize, sid: &str) {
    let purpose = Purpose::Cancel(sid.to_owned());
    let id = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose };
    incident.pending.insert(id, Pending::new(Effect::Cancel { sid: sid.to_owned() }, 1, now));
}

/// A call under way was counted when it was decided, perhaps long ago; from now on it counts from `now`.
fn count_from(incident: &mut Incident, id: &EffectId, now: Timestamp) {
    let (Party::Contact(place), Some(pending)) = (id.party, incident.pending.get(id)) else { return };
    uncount(&mut incident.contacts, id, pending.decided_at);
    if let Some(contact) = incident.contacts.get_mut(place) {
        contact.called_at.push(now);
    }
}

/// The call may have been placed. It is dialled again once per contact and round: a second ring beats none.
fn unknown_call(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, place: usize, attempt: u32) {
    let round = incident.round;
    record(incident, turn, id, attempt, turn.now, "unknown: the carrier did not answer in time");
    count_from(incident, id, turn.now);
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    contact.leave_unheard(attempt);
    contact.call.works = false;
    if contact.redialled_in < round && !is_capped(contact, turn.now, turn.policy) {
        contact.redialled_in = round;
        contact.called_at.push(turn.now);
        let next = next_try(contact);
        if let Some(pending) = incident.pending.get_mut(id) {
            pending.attempt = next;
            pending.lease_until = None;
            pending.decided_at = turn.now;
            pending.not_before = later(turn.now, SignedDuration::from_secs(1));
        }
        refresh(incident, turn, id, place);
    } else {
        incident.pending.remove(id);
        round::hurry(incident, turn.now);
    }
}

/// The carrier's callback about a call: `sid` stands at `progress`.
pub fn call_told(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    attempt: u32,
    sid: &str,
    progress: CallProgress,
) {
    let (Party::Contact(place), Channel::Call) = (id.party, id.channel) else { return };
    let Some(contact) = incident.contacts.get(place) else { return };
    if !contact.knows(sid) {
        // The callback may be faster than the reply to our POST, or all that we ever hear of it. The end of a call that is
        // neither under way nor known adds nothing. A try places one call: where that is known, or where no try was made, somebody
        // tells of an old one again, and nobody's phone rings.
        let live = is_live(incident, id, attempt);
        if !live && (progress.is_over() || !contact.unheard.contains(&attempt)) {
            return;
        }
        placed(incident, turn, id, place, attempt, sid, SignedDuration::ZERO);
    }
    rings(incident, place, sid, progress);
    if progress.is_over() {
        over_as_told(incident, turn, place, sid, progress);
    }
}

/// Whether calls get through to this phone, as far as the carrier's word says. Of a call that is over it has been said.
fn rings(incident: &mut Incident, place: usize, sid: &str, progress: CallProgress) {
    let works = match progress {
        CallProgress::InProgress | CallProgress::Completed | CallProgress::Busy | CallProgress::NoAnswer => {
            true
        }
        CallProgress::Failed => false,
        // A call that has only begun says nothing yet.
        CallProgress::Queued | CallProgress::Ringing | CallProgress::Canceled => return,
    };
    let contact = incident.contacts.get_mut(place);
    if let Some(contact) = contact.filter(|contact| contact.calls.iter().any(|call| call.sid == sid)) {
        contact.call.works = works;
    }
}

/// A known call is over.
fn over(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, sid: &str, outcome: &str) {
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    let Some(index) = contact.calls.iter().position(|call| call.sid == sid) else { return };
    let call = contact.calls.remove(index);
    contact.forget(sid);
    let poll = Purpose::Poll(sid.to_owned());
    incident.pending.remove(&EffectId {
        party: Party::Contact(place),
        channel: Channel::Call,
        purpose: poll,
    });
    let words = call.heard.as_deref().unwrap_or(outcome);
    record_on(contact, turn, incident.id, Channel::Call, call.attempt, call.placed_at, words);
    round::as_promised(incident, turn, place);
    round::hurry(incident, turn.now);
}

/// A known call came to its end as the carrier tells it. A busy line and one that rang in vain are phones that were reached.
fn over_as_told(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    place: usize,
    sid: &str,
    progress: CallProgress,
) {
    match progress {
        CallProgress::Completed | CallProgress::Busy | CallProgress::NoAnswer => incident.reached = true,
        CallProgress::Queued
        | CallProgress::Ringing
        | CallProgress::InProgress
        | CallProgress::Failed
        | CallProgress::Canceled => {}
    }
    over(incident, turn, place, sid, progress.outcome());
}

/// What the carrier answers about a call that had told nothing.
pub(super) fn polled(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: usize,
    sid: &str,
    attempt: u32,
    outcome: &Outcome,
) {
    let live = is_live(incident, id, attempt);
    if live {
        incident.pending.remove(id);
    }
    let (limit, queue_limit) = (turn.policy.call_limit(), turn.policy.queue_limit());
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    let Some(call) = contact.calls.iter_mut().find(|call| call.sid == sid) else { return };
    match outcome {
        Outcome::Polled(progress) if progress.is_over() => {
            rings(incident, place, sid, *progress);
            over_as_told(incident, turn, place, sid, *progress);
        }
        // The same answer again gives no further time.
        _ if !live => {}
        Outcome::Polled(CallProgress::InProgress) => {
            call.settle_by = later(turn.now, limit);
            incident.reached = true;
        }
        Outcome::Polled(CallProgress::Queued) => call.settle_by = later(turn.now, queue_limit),
        Outcome::Account { code } => {
            call.settle_by = later(turn.now, turn.policy.ring());
            turn.alarms.push(Alarm::CarrierAccount { code: *code });
        }
        Outcome::Polled(_)
        | Outcome::Placed { .. }
        | Outcome::Done
        | Outcome::Permanent { .. }
        | Outcome::NotSent { .. }
        | Outcome::Unknown => call.settle_by = later(turn.now, turn.policy.ring()),
    }
}

/// Calls that have told nothing for too long: asked after once, then given up and cancelled.
pub(super) fn settle_calls(incident: &mut Incident, turn: &mut Turn<'_>) {
    let mut silent = Vec::new();
    for (place, contact) in incident.contacts.iter_mut().enumerate() {
        for call in contact.calls.iter_mut().filter(|call| call.settle_by <= turn.now) {
            silent.push((place, call.sid.clone(), call.polled));
            call.polled = true;
            // Until the carrier answers; the poll itself has a lease and a time limit.
            call.settle_by = later(turn.now, LEASE);
        }
    }
    for (place, sid, polled) in silent {
        if polled {
            cancel(incident, turn.now, place, &sid);
            over(incident, turn, place, &sid, "not reached: the carrier told nothing");
        } else {
            let purpose = Purpose::Poll(sid.clone());
            let id = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose };
            incident.pending.insert(id, Pending::new(Effect::Poll { sid }, 1, turn.now));
        }
    }
}
