//! Attempts: what became of a call or a text, and what follows from it.
//!
//! An outcome names the try it belongs to. One that is not the live try only records the call it placed, so that it can be
//! cancelled. No outcome takes a contact out of the rounds, and none but a human's key or code accepts.

use jiff::Timestamp;

use super::{Contact, Incident, Status, call, round, script, sms};
use crate::{
    effect::{Channel, Effect, EffectId, NotSent, Outcome, Party, Pending, Purpose},
    history::{Entry, What},
    policy::{Policy, earlier, later},
    turn::{Alarm, Turn},
};

/// A performer's outcome of the try `attempt` of the effect `id`.
pub fn settled(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, outcome: &Outcome) {
    match (&id.purpose, id.party) {
        (Purpose::Cancel(_), _) => cancelled(incident, turn, id, attempt, outcome),
        (Purpose::Poll(sid), Party::Contact(place)) => {
            call::polled(incident, turn, id, place, sid, attempt, outcome);
        }
        (_, Party::Contact(place)) => match id.channel {
            Channel::Call => call::call_settled(incident, turn, id, place, attempt, outcome),
            Channel::Sms => sms::text_settled(incident, turn, id, Some(place), attempt, outcome),
        },
        (_, Party::User) => sms::text_settled(incident, turn, id, None, attempt, outcome),
    }
}

pub(super) fn is_live(incident: &Incident, id: &EffectId, attempt: u32) -> bool {
    incident.pending.get(id).is_some_and(|pending| pending.attempt == attempt)
}

/// Withdraws the effects for which `keep` does not hold. A call that nobody has in hand was never made, and is not counted.
pub(super) fn withdraw(incident: &mut Incident, keep: impl Fn(&EffectId, &Pending) -> bool) {
    let contacts = &mut incident.contacts;
    incident.pending.retain(|id, pending| {
        let stays = keep(id, pending);
        match (stays, pending.lease_until) {
            (true, _) => {}
            (false, None) => uncount(contacts, id, pending.decided_at),
            (false, Some(_)) => in_hand(contacts, id, pending.attempt),
        }
        stays
    });
}

/// What is withdrawn while a performer has it in hand may go out all the same, and nobody may ever hear of it: a call may be placed, and a
/// page by text counts as sent, so that whoever may have got it is told how things stand.
fn in_hand(contacts: &mut [Contact], id: &EffectId, attempt: u32) {
    let Party::Contact(place) = id.party else { return };
    let Some(contact) = contacts.get_mut(place) else { return };
    match (id.channel, &id.purpose) {
        (Channel::Call, Purpose::Page | Purpose::Confirm) => contact.leave_unheard(attempt),
        (Channel::Sms, Purpose::Page) => contact.alerted = true,
        (Channel::Call, Purpose::Ask | Purpose::Tell(_) | Purpose::Cancel(_) | Purpose::Poll(_))
        | (
            Channel::Sms,
            Purpose::Ask | Purpose::Confirm | Purpose::Tell(_) | Purpose::Cancel(_) | Purpose::Poll(_),
        ) => {}
    }
}

/// A call that was counted when it was decided, and was not made.
pub(super) fn uncount(contacts: &mut [Contact], id: &EffectId, decided_at: Timestamp) {
    let (Party::Contact(place), Channel::Call) = (id.party, id.channel) else { return };
    let Some(contact) = contacts.get_mut(place) else { return };
    if let Some(index) = contact.called_at.iter().position(|at| *at == decided_at) {
        contact.called_at.remove(index);
    }
}

/// The hour's calls to this contact are used up. What lies further back is forgotten.
pub(super) fn is_capped(contact: &mut Contact, now: Timestamp, policy: &Policy) -> bool {
    let hour_ago = earlier(now, policy.hour());
    contact.called_at.retain(|at| *at > hour_ago);
    contact.called_at.len() >= usize::try_from(policy.calls_per_contact_hour).unwrap_or(usize::MAX)
}

/// The next try at this contact: no two have the same number, on whichever channel.
pub(super) fn next_try(contact: &mut Contact) -> u32 {
    contact.attempts = contact.attempts.saturating_add(1);
    contact.attempts
}

/// Cancelling is worth a few tries, no more: an answered call is left alone anyway.
fn cancelled(incident: &mut Incident, turn: &mut Turn<'_>, id: &EffectId, attempt: u32, outcome: &Outcome) {
    let Some(pending) = incident.pending.get_mut(id).filter(|pending| pending.attempt == attempt) else {
        return;
    };
    match outcome {
        Outcome::NotSent { .. } | Outcome::Account { .. } | Outcome::Unknown if pending.failures < 5 => {
            pending.back_off(turn.now);
            if let Outcome::Account { code } = outcome {
                turn.alarms.push(Alarm::CarrierAccount { code: *code });
            }
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

pub(super) fn not_sent_words(why: NotSent) -> &'static str {
    match why {
        NotSent::NoSlot => "waits for a free line",
        NotSent::Throttled => "the carrier is busy",
        NotSent::NoConnection => "the carrier could not be reached",
    }
}

/// The effect stays and is tried again later; the timeline says so once, not at every try.
pub(super) fn held_back(
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
        contact.line_mut(id.channel).works = false;
        pending.attempt = next_try(contact);
        refresh(incident, turn, id, place);
    }
    if let Some(code) = account {
        turn.alarms.push(Alarm::CarrierAccount { code });
    }
    if !again {
        record(incident, turn, id, attempt, decided_at, &format!("{why}; trying again"));
    }
}

/// This number refuses this channel for good: the channel rests, and the other one is tried at once.
pub(super) fn refused(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: usize,
    attempt: u32,
    words: &str,
) {
    let rests_until = later(turn.now, turn.policy.rest());
    if let Some(contact) = incident.contacts.get_mut(place) {
        contact.line_mut(id.channel).rests_until = Some(rests_until);
    }
    not_reached(incident, turn, id, place, attempt, words);
}

/// What the timeline says of a try that the carrier did not take.
pub(super) fn refused_words(code: u32) -> String {
    format!("refused by the carrier ({code})")
}

/// This try came to nothing: the other channel is tried at once, unless this round has called already.
pub(super) fn not_reached(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    place: usize,
    attempt: u32,
    words: &str,
) {
    if let Some(pending) = incident.pending.get(id).filter(|pending| pending.attempt == attempt) {
        uncount(&mut incident.contacts, id, pending.decided_at);
        incident.pending.remove(id);
    }
    if let Some(contact) = incident.contacts.get_mut(place) {
        contact.line_mut(id.channel).works = false;
    }
    record(incident, turn, id, attempt, turn.now, words);
    let escalating = matches!(incident.status, Status::Escalating { .. });
    let other = id.channel.other();
    let other_usable = incident.contacts.get(place).is_some_and(|contact| {
        let rests = contact.line(other).rests_until.is_some_and(|until| turn.now < until);
        !rests && (other == Channel::Call || !contact.text_stopped)
    });
    let again = other == Channel::Call && round::was_called(incident, place);
    if id.purpose == Purpose::Page && escalating && other_usable && !again {
        round::page_by(incident, turn, place, other);
    }
    round::hurry(incident, turn.now);
}

/// What is tried again says how things stand now, and its addresses carry the number of the new try.
pub(super) fn refresh(incident: &mut Incident, turn: &Turn<'_>, id: &EffectId, place: usize) {
    let Some(attempt) = incident.pending.get(id).map(|pending| pending.attempt) else { return };
    let Some(contact) = incident.contacts.get(place) else { return };
    let prompt = || script::call_prompt(incident, place, attempt, 0);
    let (prompt, body) = match (&id.purpose, id.channel) {
        (Purpose::Page | Purpose::Confirm, Channel::Call) => (Some(prompt()), None),
        (Purpose::Page, Channel::Sms) => {
            (None, Some(script::page_text(&turn.policy.texts, incident, contact)))
        }
        (Purpose::Confirm, Channel::Sms)
        | (Purpose::Ask | Purpose::Tell(_) | Purpose::Cancel(_) | Purpose::Poll(_), _) => return,
    };
    match (incident.pending.get_mut(id).map(|pending| &mut pending.effect), prompt, body) {
        (Some(Effect::Call { prompt: old, .. }), Some(new), _) => *old = new,
        (Some(Effect::Text { body: old, .. }), _, Some(new)) => *old = new,
        _ => {}
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
        Effect::Text { until: None, .. }
        | Effect::Call { .. }
        | Effect::Cancel { .. }
        | Effect::Poll { .. } => true,
    });
}

/// Writes what came of an attempt to the contact and to the timeline.
pub(super) fn record(
    incident: &mut Incident,
    turn: &mut Turn<'_>,
    id: &EffectId,
    attempt: u32,
    at: Timestamp,
    outcome: &str,
) {
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

pub(super) fn record_on(
    contact: &mut Contact,
    turn: &mut Turn<'_>,
    incident: crate::id::IncidentId,
    channel: Channel,
    attempt: u32,
    at: Timestamp,
    outcome: &str,
) {
    let line = contact.line_mut(channel);
    line.last_try = Some(attempt);
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
