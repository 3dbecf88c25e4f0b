//! No error takes a contact out of the rounds, and rounds never end.

use std::collections::BTreeSet;

use lucius_core::{
    effect::{Channel, EffectId, Party, Purpose},
    incident::{Contact, Incident, Line, Status},
    policy::{earlier, later},
};

use crate::{Invariant, Transition, Violation, step::of_incident, violation::ensure};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    let Some(after) = &step.after.incident else { return Ok(()) };
    let before = step.incidents().map(|(before, _)| before);
    rest(step, before, after)?;
    marks(before, after)?;
    let Status::Escalating { tier, next_at } = after.status else { return Ok(()) };
    let was = before.and_then(|before| match before.status {
        Status::Escalating { tier, next_at } => Some((tier, next_at)),
        Status::Accepted { .. } | Status::Ended { .. } => None,
    });
    if was != Some((tier, next_at)) {
        let longest = step.policy.round_pause(u32::MAX).max(step.policy.tier_gap());
        ensure(next_at <= later(step.now, longest), Invariant::Rounds, of_incident(after), || {
            "the next calls are too far off".to_owned()
        })?;
    }
    begun(step, before, after, was.map(|(tier, _)| tier), tier)
}

/// A number that refuses rests for a while, never for good.
fn rest(step: &Transition<'_>, before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    for (place, contact) in after.contacts.iter().enumerate() {
        let was = before.and_then(|before| before.contacts.get(place));
        for line in [|c: &Contact| c.call.rests_until, |c: &Contact| c.sms.rests_until] {
            let until = line(contact).filter(|until| was.and_then(line) != Some(*until));
            let holds = until.is_none_or(|until| until <= later(step.now, step.policy.rest()));
            ensure(holds, Invariant::Rounds, of_incident(after), || format!("c{place} rests for too long"))?;
        }
    }
    Ok(())
}

/// Nobody counts as called in this round whose call was not put in it.
fn marks(before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    for (place, contact) in after.contacts.iter().enumerate() {
        let was = before.and_then(|before| before.contacts.get(place)).map_or(0, |was| was.called_in);
        let honest = contact.called_in == after.round && called(after, place, contact);
        ensure(contact.called_in == was || honest, Invariant::Rounds, of_incident(after), || {
            format!("c{place} counts as called and is not")
        })?;
    }
    Ok(())
}

/// Whoever's turn it is has a call or a text under way, or has been called earlier in this round, unless they cannot be reached at
/// all for the moment.
fn begun(
    step: &Transition<'_>,
    before: Option<&Incident>,
    after: &Incident,
    was: Option<usize>,
    is: usize,
) -> Result<(), Violation> {
    let new_round = before.is_none_or(|before| before.round < after.round);
    let tiers: BTreeSet<u8> = after.contacts.iter().map(|contact| contact.priority).collect();
    // A new round begins with the first tier; otherwise the tier that came next has begun.
    let tier = match was {
        _ if new_round => 0,
        Some(was) if was != is => was,
        Some(_) | None => return Ok(()),
    };
    let Some(priority) = tiers.into_iter().nth(tier) else { return Ok(()) };
    for (place, contact) in after.contacts.iter().enumerate().filter(|(_, c)| c.priority == priority) {
        let was_called = called(after, place, contact) || contact.called_in == after.round;
        let holds = was_called || under_way(after, place, Channel::Sms) || cannot(step, contact);
        ensure(holds, Invariant::Rounds, of_incident(after), || format!("c{place} was left out of a round"))?;
        // Who is to be called is called, whatever became of the text.
        let must = contact.by_call && !rests(step, &contact.call) && !capped(step, contact);
        ensure(was_called || !must, Invariant::Rounds, of_incident(after), || {
            format!("c{place} is not called")
        })?;
    }
    Ok(())
}

fn page(place: usize, channel: Channel) -> EffectId {
    EffectId { party: Party::Contact(place), channel, purpose: Purpose::Page }
}

fn under_way(incident: &Incident, place: usize, channel: Channel) -> bool {
    incident.pending.contains_key(&page(place, channel))
}

fn called(incident: &Incident, place: usize, contact: &Contact) -> bool {
    under_way(incident, place, Channel::Call) || !contact.calls.is_empty()
}

fn rests(step: &Transition<'_>, line: &Line) -> bool {
    line.rests_until.is_some_and(|until| step.now < until)
}

/// The hour's calls to this contact are used up.
pub(crate) fn capped(step: &Transition<'_>, contact: &Contact) -> bool {
    let hour_ago = earlier(step.now, step.policy.hour());
    let calls = contact.called_at.iter().filter(|at| **at > hour_ago).count();
    calls >= usize::try_from(step.policy.calls_per_contact_hour).unwrap_or(usize::MAX)
}

/// Neither channel can be used for the moment.
fn cannot(step: &Transition<'_>, contact: &Contact) -> bool {
    let no_call = rests(step, &contact.call) || capped(step, contact);
    let no_text = rests(step, &contact.sms) || contact.text_stopped;
    no_call && no_text
}
