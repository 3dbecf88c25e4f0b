//! Changes by the API: who may be trusted after them, who must be called at once, and what they leave alone. I1, I4, I5, I8.

use lucius_core::{
    deadman::{self, Deadman, State, Unproven},
    effect::{Channel, EffectId, Party, Purpose},
    incident::{CONTACTS_MAX, Contact, Incident, Status},
};

use crate::{
    Act, Invariant, Transition, Violation,
    rounds::capped,
    status::to_be_called,
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some((before, after)) = step.incidents() {
        trusted(step, before, after)?;
        opened_again(step, before, after)?;
    }
    if !step.has(|act| matches!(act, Act::Edited { .. })) {
        return Ok(());
    }
    let Some((before, after)) = step.deadmen() else { return Ok(()) };
    called_at_once(step, before, after)?;
    doubts_stay(step, before, after)?;
    questions_stay(step, before, after)
}

fn proven(step: &Transition<'_>) -> bool {
    step.has(|act| matches!(act, Act::Edited { proven: true, .. }))
}

/// While an incident is open, only the PIN makes somebody's word count: whoever holds a session must not be able to enter a number of
/// their own, and to accept with it. Who came while the switch knew nothing of it came with the PIN, or is in doubt.
fn trusted(step: &Transition<'_>, before: &Incident, after: &Incident) -> Result<(), Violation> {
    for (place, contact) in after.contacts.iter().enumerate() {
        let was = before.contacts.get(place).is_some_and(|was| was.trusted);
        let came = step.deadmen().is_some_and(|(deadman, _)| vouched(deadman, contact));
        // Where no PIN is set, a session ends the incident anyway.
        let no_pin = step.deadmen().is_some_and(|(deadman, _)| deadman.profile.pin.is_none());
        ensure(
            was || !contact.trusted || proven(step) || came || no_pin,
            Invariant::OnlyAHumanStops,
            of_incident(after),
            || format!("c{place} is trusted, and the PIN was not given for them"),
        )?;
    }
    Ok(())
}

/// The PIN speaks for a number that it is sent with. Beside any other change it says nothing of one that somebody else may have entered.
fn doubts_stay(step: &Transition<'_>, before: &Deadman, after: &Deadman) -> Result<(), Violation> {
    let vouches = step.has(|act| matches!(act, Act::Edited { proven: true, number: true }));
    let phone = |deadman: &Deadman, doubt: &Unproven| {
        deadman.contacts.iter().find(|known| known.id == doubt.contact).map(|known| known.phone.clone())
    };
    for doubt in &before.unproven {
        let (was, is) = (phone(before, doubt), phone(after, doubt));
        // The number that was theirs before is beyond doubt.
        let wants = is.is_some() && is == was && is != doubt.former && !vouches;
        let stays = after.unproven.iter().any(|known| known.contact == doubt.contact);
        ensure(!wants || stays, Invariant::OnlyAHumanStops, of_deadman(after), || {
            format!("the PIN came for something else, and the number of contact {} counts", doubt.contact)
        })?;
    }
    Ok(())
}

/// Who comes to be called in an emergency, or has another number or one channel more, stands in the open incident with all that and is
/// called. Two numbers for each contact have room.
fn called_at_once(step: &Transition<'_>, before: &Deadman, after: &Deadman) -> Result<(), Violation> {
    let Some((was, is)) = step.incidents() else { return Ok(()) };
    if !was.is_open() || before.incident != Some(is.id) {
        return Ok(());
    }
    for (contact, phone) in to_be_called(after) {
        let copy = was.contacts.iter().find(|copy| copy.phone == *phone);
        if !comes(before, copy, contact) {
            continue;
        }
        let place = is.contacts.iter().position(|copy| copy.phone == *phone);
        let full = is.contacts.len() >= CONTACTS_MAX.saturating_mul(2);
        ensure(place.is_some() || full, Invariant::NeverLost, of_incident(is), || {
            format!("contact {} is to be called, and is not in it", contact.id)
        })?;
        let copy = place.and_then(|place| is.contacts.get(place));
        let lacks = copy.is_some_and(|copy| louder(copy.by_call, copy.by_sms, contact));
        ensure(!lacks, Invariant::NeverLost, of_incident(is), || {
            format!("contact {} has chosen a channel that is not used", contact.id)
        })?;
        if let (Some(place), Status::Escalating { .. }, true) = (place, &is.status, *phone == contact.phone) {
            ensure(paged(step, is, place), Invariant::NeverLost, of_incident(is), || {
                format!("c{place} has come to it and is not called at once")
            })?;
        }
    }
    Ok(())
}

/// The switch knows them with this number, and not from somebody without the PIN; or it is the number that they had before that, and they
/// were to be called then.
pub(crate) fn vouched(deadman: &Deadman, copy: &Contact) -> bool {
    let doubt = deadman.unproven.iter().find(|known| known.contact == copy.id);
    match doubt.filter(|_| deadman.profile.pin.is_some()) {
        Some(doubt) => doubt.former.as_ref() == Some(&copy.phone) && !doubt.chosen,
        None => deadman.contacts.iter().any(|known| known.id == copy.id && known.phone == copy.phone),
    }
}

/// The switch, if it takes this incident up in this step: one that is opened again, or that was open beside another.
pub(crate) fn taken_up<'a>(step: &Transition<'a>, after: &Incident) -> Option<&'a Deadman> {
    let (was, is) = step.deadmen()?;
    (was.incident != Some(after.id) && is.incident == Some(after.id)).then_some(is)
}

/// An alert that is opened again calls whoever would be called in a new one, also who came after it had ended.
fn opened_again(step: &Transition<'_>, before: &Incident, after: &Incident) -> Result<(), Violation> {
    let Some(deadman) = taken_up(step, after) else { return Ok(()) };
    let full = after.contacts.len() >= CONTACTS_MAX.saturating_mul(2);
    for (contact, phone) in to_be_called(deadman) {
        let place = after.contacts.iter().position(|copy| copy.phone == *phone);
        let waits =
            |place: usize| place < before.contacts.len() || matches!(after.status, Status::Accepted { .. });
        let called = full || place.is_some_and(|place| waits(place) || paged(step, after, place));
        ensure(called, Invariant::NeverLost, of_incident(after), || {
            format!("contact {} came after the end, and is not called", contact.id)
        })?;
        let copy = place.and_then(|place| after.contacts.get(place));
        let lacks = copy.is_some_and(|copy| louder(copy.by_call, copy.by_sms, contact));
        ensure(!lacks, Invariant::NeverLost, of_incident(after), || {
            format!("contact {} has chosen a channel that is not used", contact.id)
        })?;
    }
    // Who is no contact any more, or not with this number, says no more who goes.
    let heard = after.contacts.iter().any(|copy| copy.trusted && !vouched(deadman, copy));
    ensure(!heard, Invariant::OnlyAHumanStops, of_incident(after), || {
        "somebody who is no contact any more can accept".to_owned()
    })
}

/// To be called in an emergency, as they were not before. A channel more is nothing new where their number stands in the incident with
/// it, be it because somebody else has or had that number.
fn comes(before: &Deadman, copy: Option<&Contact>, contact: &deadman::Contact) -> bool {
    let was = before.contacts.iter().find(|was| was.id == contact.id);
    let chosen = |was: &deadman::Contact| contact.is_emergency_contact && !was.is_emergency_contact;
    was.is_none_or(|was| {
        let louder_here = copy.is_none_or(|copy| louder(copy.by_call, copy.by_sms, contact));
        was.phone != contact.phone || chosen(was) || (louder(was.by_call, was.by_sms, contact) && louder_here)
    })
}

/// They have chosen a channel that was not.
const fn louder(by_call: bool, by_sms: bool, contact: &deadman::Contact) -> bool {
    (contact.by_call && !by_call) || (contact.by_sms && !by_sms)
}

/// By each channel that they have chosen a page to them is under way, unless it cannot be used, or they have been called in this round.
fn paged(step: &Transition<'_>, incident: &Incident, place: usize) -> bool {
    let Some(contact) = incident.contacts.get(place) else { return false };
    let page = |channel| EffectId { party: Party::Contact(place), channel, purpose: Purpose::Page };
    let under_way = |channel| incident.pending.contains_key(&page(channel));
    let called = !contact.calls.is_empty() || (contact.called_in > 0 && contact.called_in == incident.round);
    let rests = |until: Option<jiff::Timestamp>| until.is_some_and(|until| step.now < until);
    let no_call = rests(contact.call.rests_until) || capped(step, contact);
    let no_text = rests(contact.sms.rests_until) || contact.text_stopped;
    let by_call = !contact.by_call || no_call || under_way(Channel::Call);
    let by_sms = !contact.by_sms || no_text || under_way(Channel::Sms);
    called || (by_call && by_sms)
}

/// An open question stays open, unless the switch is off or paused; what comes next comes when it was to come, unless there is another
/// schedule or another clock on the wall. Where a PIN is set, nobody does any of this without it.
fn questions_stay(step: &Transition<'_>, before: &Deadman, after: &Deadman) -> Result<(), Violation> {
    let actor = of_deadman(after);
    let guarded = before.profile.pin.is_some() && before.armed_once && !proven(step);
    let stays = |holds: bool, why: &str| ensure(holds, Invariant::MissedIsPaged, actor, || why.to_owned());
    match (&before.state, &after.state) {
        (State::Probing(was), State::Probing(is)) => {
            stays(was.id == is.id && was.deadline == is.deadline, "a change has moved an open question")
        }
        (State::Probing(_), State::Off | State::Paused { .. }) => {
            stays(!guarded, "a change without the PIN has closed an open question")
        }
        (State::Probing(_), State::Waiting { .. }) => stays(false, "a change has dropped an open question"),
        (State::Waiting { next_probe_at: was }, State::Waiting { next_probe_at: is }) => {
            let otherwise = before.settings.schedule != after.settings.schedule
                || before.profile.time_zone != after.profile.time_zone;
            stays(was == is || otherwise, "a change of something else has moved the next question")?;
            stays(is <= was || !guarded, "a change without the PIN has put the next question off")
        }
        (State::Paused { until: was }, State::Paused { until: is }) => {
            stays(is <= was || !guarded, "a pause was made longer without the PIN")
        }
        (State::Waiting { .. }, State::Off | State::Paused { .. }) | (State::Paused { .. }, State::Off) => {
            stays(!guarded, "a change without the PIN has stopped the questions")
        }
        // A change asks nothing.
        (State::Off | State::Waiting { .. } | State::Paused { .. }, State::Probing(_)) => {
            stays(false, "a change has opened a question")
        }
        (State::Off | State::Paused { .. }, State::Waiting { .. })
        | (State::Off, State::Off | State::Paused { .. }) => Ok(()),
    }
}
