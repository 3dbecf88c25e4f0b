//! Attempts: what became of a call or a text, and what follows from it.
//!
//! An outcome names the try it belongs to. One that is not the live try only records the call it placed, so that it can be
//! cancelled. No outcome takes a contact out of the rounds, and none but a human's key or code accepts.

use jiff::{SignedDuration, Timestamp};

use super::{Contact, Incident, LiveCall, Status, round};
use crate::{
    effect::{CallProgress, Channel, Effect, EffectId, NotSent, Outcome, Party, Pending, Purpose},
    history::{Entry, What},
    policy::later,
    turn::{Alarm, Turn},
};

/// A performer's outcome of the try `attempt` of the effect `id`.
pub fn settled(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, outcome: &Outcome) {
    match (&id.purpose, id.party) {
        (Purpose::Cancel(_), _) => cancelled(incident, turn, id, attempt, outcome),
        (Purpose::Poll(sid), Party::Contact(place)) => polled(incident, turn, id, place, sid, attempt, outcome),
        (_, Party::Contact(place)) => match id.channel {
            Channel::Call => call_settled(incident, turn, id, place, attempt, outcome),
            Channel::Sms => text_settled(incident, turn, id, Some(place), attempt, outcome),
        },
        (_, Party::User) => text_settled(incident, turn, id, None, attempt, outcome),
    }
}

fn is_live(incident: &Incident, id: &EffectId, attempt: u32) -> bool {
    incident.pending.get(id).is_some_and(|pending| pending.attempt == attempt)
}

/// Cancelling is worth a few tries, no more: an answered call is left alone anyway.
fn cancelled(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, outcome: &Outcome) {
    let Some(pending) = incident.pending.get_mut(id).filter(|pending| pending.attempt == attempt) else { return };
    match outcome {
        Outcome::NotSent { .. } | Outcome::Account { .. } | Outcome::Unknown if pending.failures < 5 => {
            pending.back_off(turn.now);
        }
        Outcome::Placed { .. }
        | Outcome::Done
        | Outcome::Polled(_)
        | Outcome::Permanent { .. }
        | Outcome::Account { .. }
        | Outcome::NotSent { .. }
        | Outcome::Unknown => {
            incident.pending.remove(id);
        }
    }
}

fn call_settled(
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
        return;
    }
    match outcome {
        Outcome::Placed { .. } | Outcome::Done | Outcome::Polled(_) => {
            incident.pending.remove(id);
        }
        Outcome::Permanent { code } => refused(incident, turn, id, place, attempt, *code),
        Outcome::Account { code } => held_back(incident, turn, id, attempt, &format!("carrier account error {code}"), Some(*code)),
        Outcome::NotSent { why } => held_back(incident, turn, id, attempt, not_sent_words(*why), None),
        Outcome::Unknown => unknown_call(incident, turn, id, place, attempt),
    }
}

fn not_sent_words(why: NotSent) -> &'static str {
    match why {
        NotSent::NoSlot => "waits for a free line",
        NotSent::Throttled => "the carrier is busy",
        NotSent::NoConnection => "the carrier could not be reached",
    }
}

/// The effect stays and is tried again later; the timeline says so once, not at every try.
fn held_back(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    attempt: u32,
    why: &str,
    account: Option<u32>,
) {
    let Some(pending) = incident.pending.get_mut(id) else { return };
    let (again, decided_at) = (pending.failures > 0, pending.decided_at);
    pending.back_off(turn.now);
    if let Party::Contact(place) = id.party
        && let Some(contact) = incident.contacts.get_mut(place)
    {
        // The next try has a number of its own, and so has the next effect.
        contact.attempts = contact.attempts.max(attempt.saturating_add(1));
    }
    if let Some(code) = account {
        turn.alarms.push(Alarm::CarrierAccount { code });
    }
    if !again {
        record(incident, turn, id, attempt, decided_at, &format!("{why}; trying again"));
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
    if is_live(incident, id, attempt) {
        incident.pending.remove(id);
    }
    let settle_by = later(later(turn.now, queue), turn.policy.settle());
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    if contact.calls.iter().any(|call| call.sid == sid) {
        return;
    }
    contact.called_at.push(turn.now);
    contact.alerted = true;
    incident.called = true;
    incident.reached = true;
    let wanted = match incident.status {
        Status::Escalating { .. } => true,
        Status::Accepted { by, .. } => by == place,
        Status::Ended { .. } => false,
    };
    if wanted {
        contact.calls.push(LiveCall {
            sid: sid.to_owned(),
            attempt,
            placed_at: turn.now,
            settle_by,
            polled: false,
            heard: None,
        });
        record(incident, turn, id, attempt, turn.now, "ringing");
    } else {
        // Somebody accepted while this call was being placed.
        cancel(incident, turn.now, place, sid);
        record(incident, turn, id, attempt, turn.now, "cancelled: no longer needed");
    }
}

/// Asks for the call `sid` to be stopped; an answered call goes on.
pub(super) fn cancel(incident: &mut Incident, now: Timestamp, place: usize, sid: &str) {
    let purpose = Purpose::Cancel(sid.to_owned());
    let id = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose };
    incident.pending.insert(id, Pending::new(Effect::Cancel { sid: sid.to_owned() }, 1, now));
}

/// This number refuses this channel for good: the channel rests, and the other one is tried at once.
fn refused(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, place: usize, attempt: u32, code: u32) {
    incident.pending.remove(id);
    let rests_until = later(turn.now, turn.policy.rest());
    if let Some(contact) = incident.contacts.get_mut(place) {
        contact.line_mut(id.channel).rests_until = Some(rests_until);
    }
    record(incident, turn, id, attempt, turn.now, &format!("refused by the carrier ({code})"));
    let escalating = matches!(incident.status, Status::Escalating { .. });
    let other = id.channel.other();
    let other_usable = incident.contacts.get(place).is_some_and(|contact| {
        let rests = contact.line(other).rests_until.is_some_and(|until| turn.now < until);
        !rests && (other == Channel::Call || !contact.text_stopped)
    });
    if id.purpose == Purpose::Page && escalating && other_usable {
        round::page_by(incident, turn, place, other);
    }
    round::hurry(incident, turn.now);
}

/// The call may have been placed. It is dialled again once per contact and round: a second ring beats none.
fn unknown_call(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, place: usize, attempt: u32) {
    let round = incident.round;
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    contact.called_at.push(turn.now);
    incident.called = true;
    record_on(contact, turn, incident.id, id.channel, attempt, turn.now, "unknown: the carrier did not answer in time");
    if contact.redialled_in < round {
        contact.redialled_in = round;
        contact.attempts = contact.attempts.saturating_add(1);
        let next = contact.attempts;
        if let Some(pending) = incident.pending.get_mut(id) {
            pending.attempt = next;
            pending.lease_until = None;
            pending.not_before = later(turn.now, SignedDuration::from_secs(1));
            renumber(pending, attempt, next);
        }
    } else {
        incident.pending.remove(id);
        round::hurry(incident, turn.now);
    }
}

/// The call's own addresses carry the number of the try.
fn renumber(pending: &mut Pending, from: u32, to: u32) {
    let Effect::Call { prompt, .. } = &mut pending.effect else { return };
    if let crate::voice::Then::Listen { path, .. } = &mut prompt.then {
        *path = path.replace(&format!("/{from}/"), &format!("/{to}/"));
    }
}

/// A text is done: one that may have been sent counts as sent.
fn text_settled(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: Option<usize>,
    attempt: u32,
    outcome: &Outcome,
) {
    if !is_live(incident, id, attempt) {
        return;
    }
    match outcome {
        Outcome::Placed { .. } | Outcome::Done | Outcome::Polled(_) => {
            incident.pending.remove(id);
            if let Some(contact) = place.and_then(|place| incident.contacts.get_mut(place)) {
                contact.alerted = true;
                incident.reached = true;
            }
            record(incident, turn, id, attempt, turn.now, "sent");
        }
        Outcome::Unknown => {
            incident.pending.remove(id);
            if let Some(contact) = place.and_then(|place| incident.contacts.get_mut(place)) {
                contact.alerted = true;
            }
            record(incident, turn, id, attempt, turn.now, "unknown: the carrier did not answer in time");
        }
        Outcome::Permanent { code } => {
            if let Some(place) = place {
                refused(incident, turn, id, place, attempt, *code);
            } else {
                incident.pending.remove(id);
                record(incident, turn, id, attempt, turn.now, &format!("refused by the carrier ({code})"));
            }
        }
        Outcome::Account { code } => {
            held_back(incident, turn, id, attempt, &format!("carrier account error {code}"), Some(*code));
        }
        Outcome::NotSent { why } => held_back(incident, turn, id, attempt, not_sent_words(*why), None),
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
    let Party::Contact(place) = id.party else { return };
    let Some(contact) = incident.contacts.get(place) else { return };
    if contact.calls.iter().any(|call| call.sid == sid) {
        if progress.is_over() {
            over(incident, turn, place, sid, progress.outcome());
        }
        return;
    }
    // The callback may be faster than the reply to our POST, or all that we ever hear of it.
    let live = is_live(incident, id, attempt);
    if live || !progress.is_over() {
        placed(incident, turn, id, place, attempt, sid, SignedDuration::ZERO);
        if progress.is_over() {
            over(incident, turn, place, sid, progress.outcome());
        }
    }
}

/// What the carrier tells of a text that it had taken. Delivery means nothing; failure rests the channel.
pub fn text_told(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, failed: Option<u32>) {
    let Party::Contact(place) = id.party else { return };
    let Some(code) = failed else { return };
    let Some(contact) = incident.contacts.get(place) else { return };
    let words = format!("not delivered ({code})");
    let known = contact.sms.last.as_deref() == Some(words.as_str());
    let rests = contact.sms.rests_until.is_some_and(|until| turn.now < until);
    if known || rests || !incident.is_open() {
        return;
    }
    refused(incident, turn, id, place, attempt, code);
    if let Some(contact) = incident.contacts.get_mut(place) {
        contact.sms.last = Some(words);
    }
}

/// A known call is over.
fn over(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, sid: &str, outcome: &str) {
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    let Some(index) = contact.calls.iter().position(|call| call.sid == sid) else { return };
    let call = contact.calls.remove(index);
    let poll = Purpose::Poll(sid.to_owned());
    incident.pending.remove(&EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: poll });
    let words = call.heard.as_deref().unwrap_or(outcome);
    record_on(contact, turn, incident.id, Channel::Call, call.attempt, call.placed_at, words);
    round::hurry(incident, turn.now);
}

/// What the carrier answers about a call that had told nothing.
fn polled(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: usize,
    sid: &str,
    attempt: u32,
    outcome: &Outcome,
) {
    if is_live(incident, id, attempt) {
        incident.pending.remove(id);
    }
    let (limit, queue_limit) = (turn.policy.call_limit(), turn.policy.queue_limit());
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    let Some(call) = contact.calls.iter_mut().find(|call| call.sid == sid) else { return };
    match outcome {
        Outcome::Polled(progress) if progress.is_over() => over(incident, turn, place, sid, progress.outcome()),
        Outcome::Polled(CallProgress::InProgress) => call.settle_by = later(turn.now, limit),
        Outcome::Polled(CallProgress::Queued) => call.settle_by = later(turn.now, queue_limit),
        Outcome::Polled(_)
        | Outcome::Placed { .. }
        | Outcome::Done
        | Outcome::Permanent { .. }
        | Outcome::Account { .. }
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
            call.settle_by = later(turn.now, crate::policy::LEASE);
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

/// A lease that ran out means that a performer died: what it did is unknown.
pub(super) fn expire_leases(incident: &mut Incident, turn: &mut Turn<'_>) {
    let expired: Vec<_> = incident
        .pending
        .iter()
        .filter(|(_, pending)| pending.lease_until.is_some_and(|lease| lease <= turn.now))
        .map(|(id, pending)| (id.clone(), pending.attempt))
        .collect();
    for (id, attempt) in expired {
        settled(incident, turn, &id, attempt, &Outcome::Unknown);
    }
}

/// Texts that only inform are not sent a day late.
pub(super) fn give_up_texts(incident: &mut Incident, now: Timestamp) {
    incident.pending.retain(|_, pending| match &pending.effect {
        Effect::Text { until: Some(until), .. } => pending.lease_until.is_some() || now < *until,
        Effect::Text { until: None, .. } | Effect::Call { .. } | Effect::Cancel { .. } | Effect::Poll { .. } => true,
    });
}

/// Writes what came of an attempt to the contact and to the timeline.
fn record(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, at: Timestamp, outcome: &str) {
    match id.party {
        Party::Contact(place) => {
            if let Some(contact) = incident.contacts.get_mut(place) {
                record_on(contact, turn, incident.id, id.channel, attempt, at, outcome);
            }
        }
        Party::User => {
            let entry = Entry {
                who: Some(incident.subject.name.clone()),
                how: Some(id.channel),
                attempt: Some(attempt),
                outcome: Some(outcome.to_owned()),
                ..Entry::new(at, What::Attempt, "to the person at risk")
            };
            turn.note(incident.id, entry);
        }
    }
}

fn record_on(
    contact: &mut Contact,
    turn: &mut Turn<'_>,
    incident: crate::id::IncidentId,
    channel: Channel,
    attempt: u32,
    at: Timestamp,
    outcome: &str,
) {
    let line = contact.line_mut(channel);
    line.last = Some(outcome.to_owned());
    line.last_at = Some(at);
    let entry = Entry {
        at,
        what: What::Attempt,
        contact_id: Some(contact.id),
        who: Some(contact.name.clone()),
        how: Some(channel),
        attempt: Some(attempt),
        outcome: Some(outcome.to_owned()),
        detail: None,
    };
    turn.note(incident, entry);
}
