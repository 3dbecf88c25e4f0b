//! Rounds: who is called when, without end while nobody has accepted.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{Incident, Status, attempt, call, script, tiers};
use crate::{
    effect::{Channel, Effect, EffectId, Party, Pending, Purpose},
    history::{Entry, What},
    policy::later,
    turn::{Alarm, Turn},
};

/// Does what is due, or nothing.
pub fn wake(incident: &mut Incident, turn: &mut Turn<'_>) {
    attempt::expire_leases(incident, turn);
    attempt::give_up_texts(incident, turn.now);
    call::settle_calls(incident, turn);
    match incident.status {
        Status::Escalating { .. } => advance(incident, turn),
        Status::Accepted { ask_at, confirm_by, asked, by, .. } => {
            if turn.now >= confirm_by {
                lapse(incident, turn, "nobody confirmed that help is still on the way");
            } else if turn.now >= ask_at && !asked {
                ask_acceptor(incident, turn, by);
            }
        }
        Status::Ended { .. } => {}
    }
}

/// Starts every tier that is due.
pub(crate) fn advance(incident: &mut Incident, turn: &mut Turn<'_>) {
    let tiers = tiers(&incident.contacts);
    if tiers.is_empty() {
        nobody(incident, turn);
        return;
    }
    while let Status::Escalating { tier, next_at } = incident.status {
        if turn.now < next_at {
            return;
        }
        // Contacts may have been added since the tier was chosen; a place past the end is no reason to page nobody.
        let tier = tier.checked_rem(tiers.len()).unwrap_or(0);
        if tier == 0 {
            begin_round(incident, turn);
        }
        for place in tiers.get(tier).into_iter().flatten() {
            page(incident, turn, *place);
        }
        let following = tier.saturating_add(1);
        let (tier, pause) = if following < tiers.len() {
            (following, turn.policy.tier_gap())
        } else {
            (0, turn.policy.round_pause(incident.round.saturating_sub(incident.paced_from)))
        };
        incident.status = Status::Escalating { tier, next_at: later(turn.now, pause) };
    }
}

/// An incident without contacts stays open and tells the operator again and again.
fn nobody(incident: &mut Incident, turn: &mut Turn<'_>) {
    if let Status::Escalating { next_at, .. } = incident.status
        && turn.now >= next_at
    {
        turn.alarms.push(Alarm::NobodyToCall);
        incident.status =
            Status::Escalating { tier: 0, next_at: later(turn.now, turn.policy.round_pause(u32::MAX)) };
    }
}

fn begin_round(incident: &mut Incident, turn: &mut Turn<'_>) {
    // A call that still rings may yet reach somebody.
    let ringing = incident.contacts.iter().any(|contact| !contact.calls.is_empty());
    if incident.round > 0 && !incident.reached && !ringing {
        turn.alarms.push(Alarm::RoundReachedNobody);
    }
    incident.round = incident.round.saturating_add(1);
    incident.reached = false;
    turn.note(incident.id, Entry::new(turn.now, What::Round, format!("round {} begins", incident.round)));
}

/// Calls and texts the contact at `place`, as far as nothing of it is under way already.
pub(crate) fn page(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) {
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    let capped = attempt::is_capped(contact, turn.now, turn.policy);
    let rests = |channel: Channel| contact.line(channel).rests_until.is_some_and(|until| turn.now < until);
    let can_text = !contact.text_stopped && !rests(Channel::Sms);
    let can_call = !rests(Channel::Call);
    // A channel that cannot be used is replaced by the other one, even if that was not chosen. If neither can, both wait.
    // A number whose codes are not taken any more can accept by call only.
    let only_call = contact.wrong_codes >= super::WRONG_CODES_MAX;
    // The one channel that was chosen has had a round and has not got through, for whatever reason: both, then.
    let in_vain = |channel: Channel| incident.round > 1 && !contact.line(channel).works;
    // One call in a round: who was called before their turn, as their text did not arrive or because they asked for it, has had it.
    let wanted = contact.by_call || !can_text || !contact.by_sms || only_call || in_vain(Channel::Sms);
    let call = can_call && wanted && contact.called_in != incident.round;
    let text = can_text && (contact.by_sms || !can_call || capped || in_vain(Channel::Call));
    if call {
        page_by(incident, turn, place, Channel::Call);
    }
    if text {
        page_by(incident, turn, place, Channel::Sms);
    }
}

/// Puts one page effect for the contact at `place`, unless one is under way or the hour's calls are used up.
pub(super) fn page_by(incident: &mut Incident, turn: &mut Turn<'_>, place: usize, channel: Channel) {
    let id = EffectId { party: Party::Contact(place), channel, purpose: Purpose::Page };
    if incident.pending.contains_key(&id) {
        return;
    }
    let round = incident.round;
    // Where everybody misses at once, lines go to those for whom no call has been placed yet, whichever of their contacts it is.
    let first = !incident.called;
    let Some(contact) = incident.contacts.get_mut(place) else { return };
    if channel == Channel::Call {
        if !contact.calls.is_empty() {
            return;
        }
        if attempt::is_capped(contact, turn.now, turn.policy) {
            let (contact_id, who) = (Some(contact.id), Some(contact.name.clone()));
            let entry = Entry::new(turn.now, What::Note, "gets no further call within this hour");
            turn.note(incident.id, Entry { contact_id, who, ..entry });
            return;
        }
        contact.called_at.push(turn.now);
        contact.called_in = round;
    }
    let attempt = attempt::next_try(contact);
    let Some(contact) = incident.contacts.get(place) else { return };
    let effect = match channel {
        Channel::Call => Effect::Call {
            to: contact.phone.clone(),
            prompt: script::call_prompt(incident, place, attempt, 0),
            ring: turn.policy.ring(),
            limit: turn.policy.call_limit(),
            first,
        },
        Channel::Sms => Effect::Text {
            to: contact.phone.clone(),
            body: script::page_text(&turn.policy.texts, incident, contact),
            until: None,
        },
    };
    incident.pending.insert(id, Pending::new(effect, attempt, turn.now));
}

/// Somebody of this priority comes to the incident. Whose turn it is stays whose turn it is, if they come in a tier of their own before.
pub(crate) fn makes_room(incident: &mut Incident, priority: u8) {
    let Status::Escalating { tier, next_at } = incident.status else { return };
    let known: BTreeSet<u8> = incident.contacts.iter().map(|contact| contact.priority).collect();
    if !known.contains(&priority) && known.range(..priority).count() < tier {
        incident.status = Status::Escalating { tier: tier.saturating_add(1), next_at };
    }
}

/// A contact has come to an open incident: called at once, and if nobody was there before, the first round begins.
pub(crate) fn page_added(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) {
    match incident.status {
        Status::Escalating { .. } if incident.round == 0 => {
            incident.status = Status::Escalating { tier: 0, next_at: turn.now };
            advance(incident, turn);
        }
        Status::Escalating { .. } => page_once(incident, turn, place),
        Status::Accepted { .. } | Status::Ended { .. } => {}
    }
}

/// Pages the contact at `place` outside of their turn, unless this round has called them already.
pub(super) fn page_once(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) {
    if !was_called(incident, place) {
        page(incident, turn, place);
    }
}

/// Whether this round has called the contact at `place`.
pub(super) fn was_called(incident: &Incident, place: usize) -> bool {
    incident.contacts.get(place).is_some_and(|contact| contact.called_in == incident.round)
}

/// Calls the contact at `place` at once, or when the call to them that is under way, or in a performer's hands, is over: they rang us, or
/// their text could not be trusted.
pub fn page_now(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) {
    if !incident.is_open() {
        return;
    }
    let busy = is_busy(incident, place);
    if let Some(contact) = incident.contacts.get_mut(place).filter(|_| busy) {
        contact.wants_call = !attempt::is_capped(contact, turn.now, turn.policy);
    }
    page_by(incident, turn, place, Channel::Call);
}

/// A call to the contact at `place` is under way, or a performer is placing it: whoever speaks with us now may not hear that one.
fn is_busy(incident: &Incident, place: usize) -> bool {
    let leased = incident.pending.get(&page_call(place)).is_some_and(|pending| pending.lease_until.is_some());
    leased || incident.contacts.get(place).is_some_and(|contact| !contact.calls.is_empty())
}

/// A call to the contact at `place` is under way or about to be.
pub(super) fn is_called(incident: &Incident, place: usize) -> bool {
    incident.pending.contains_key(&page_call(place)) || is_busy(incident, place)
}

fn page_call(place: usize) -> EffectId {
    EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: Purpose::Page }
}

/// Calls the contact at `place` as was promised, once no call to them is under way any more, and none is being placed.
pub(super) fn as_promised(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) {
    if is_busy(incident, place) {
        return;
    }
    let contact = incident.contacts.get_mut(place);
    if contact.is_some_and(|contact| std::mem::take(&mut contact.wants_call)) {
        page_back(incident, turn, place);
    }
}

/// What becomes of somebody's wish to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// They are called in a moment.
    Now,
    /// They are called when the call that is under way, or being placed, is over.
    WhenOver,
    /// The hour's calls are used up.
    Capped,
}

/// Calls the contact at `place`, who is on our line or was a moment ago: with the time that they need to hang up.
pub(super) fn page_back(incident: &mut Incident, turn: &mut Turn<'_>, place: usize) -> Wish {
    page_now(incident, turn, place);
    if incident.contacts.get(place).is_some_and(|contact| contact.wants_call) {
        return Wish::WhenOver;
    }
    let pending = incident.pending.get_mut(&page_call(place));
    let Some(pending) = pending.filter(|pending| pending.lease_until.is_none()) else { return Wish::Capped };
    // A call to a line that is still talking to us would find it busy.
    pending.not_before = pending.not_before.max(later(turn.now, TO_HANG_UP));
    Wish::Now
}

/// So long it takes to hang up.
const TO_HANG_UP: SignedDuration = SignedDuration::from_secs(4);

/// Once every call of the tiers that have begun has come to nothing, the next tier need not wait.
pub(super) fn hurry(incident: &mut Incident, now: Timestamp) {
    let Status::Escalating { tier, next_at } = incident.status else { return };
    let calling = incident.contacts.iter().any(|contact| !contact.calls.is_empty());
    let about_to =
        incident.pending.keys().any(|id| id.purpose == Purpose::Page && id.channel == Channel::Call);
    if tier > 0 && !calling && !about_to {
        incident.status = Status::Escalating { tier, next_at: next_at.min(now) };
    }
}

/// Calls and texts who accepted: are they still on it?
fn ask_acceptor(incident: &mut Incident, turn: &mut Turn<'_>, by: usize) {
    if let Status::Accepted { asked, .. } = &mut incident.status {
        *asked = true;
    }
    let Some(contact) = incident.contacts.get_mut(by) else { return };
    let text_try = (!contact.text_stopped).then(|| attempt::next_try(contact));
    let call_try = (!attempt::is_capped(contact, turn.now, turn.policy)).then(|| {
        contact.called_at.push(turn.now);
        attempt::next_try(contact)
    });
    let Some(contact) = incident.contacts.get(by) else { return };
    let text = text_try.map(|attempt| {
        let body = script::confirm_text(incident, contact);
        Pending::new(Effect::Text { to: contact.phone.clone(), body, until: None }, attempt, turn.now)
    });
    let call = call_try.map(|attempt| {
        let call = Effect::Call {
            to: contact.phone.clone(),
            prompt: script::call_prompt(incident, by, attempt, 0),
            ring: turn.policy.ring(),
            limit: turn.policy.call_limit(),
            first: false,
        };
        Pending::new(call, attempt, turn.now)
    });
    for (channel, pending) in [(Channel::Call, call), (Channel::Sms, text)] {
        let id = EffectId { party: Party::Contact(by), channel, purpose: Purpose::Confirm };
        incident.pending.extend(pending.map(|pending| (id, pending)));
    }
}

/// The accept is void: everybody is called again at once, who accepted included.
pub(super) fn lapse(incident: &mut Incident, turn: &mut Turn<'_>, why: &str) {
    turn.note(incident.id, Entry::new(turn.now, What::Lapsed, why));
    again(incident, turn);
}

/// Everybody is called, from the first tier, at once. What was to be told of the accept or the end is not true any more.
pub(super) fn again(incident: &mut Incident, turn: &mut Turn<'_>) {
    attempt::withdraw(incident, |id, pending| match id.purpose {
        Purpose::Confirm => false,
        Purpose::Tell(_) => pending.lease_until.is_some(),
        Purpose::Ask | Purpose::Page | Purpose::Cancel(_) | Purpose::Poll(_) => true,
    });
    // A round that was cut short says nothing about who can be reached.
    incident.reached = true;
    from_the_first(incident, turn);
}

/// There is a new reason to call: the next round begins now, and who misses its call is not left alone for a quarter of an hour because the
/// alert is old.
pub(crate) fn from_the_first(incident: &mut Incident, turn: &mut Turn<'_>) {
    incident.paced_from = incident.round;
    incident.status = Status::Escalating { tier: 0, next_at: turn.now };
    advance(incident, turn);
}
