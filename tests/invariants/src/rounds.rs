//! No error takes a contact out of the rounds, and rounds never end.

use std::{collections::BTreeSet, mem::discriminant};

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    effect::{Channel, EffectId, Party, Purpose},
    incident::{Cause, Contact, Incident, Line, Status},
    policy::{earlier, later},
};

use crate::{Invariant, Transition, Violation, promised, step::of_incident, violation::ensure};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    let Some(after) = &step.after.incident else { return Ok(()) };
    let before = step.incidents().map(|(before, _)| before);
    rest(step, before, after)?;
    wishes(step, before, after)?;
    marks(before, after)?;
    let Status::Escalating { tier, next_at } = after.status else { return Ok(()) };
    let was = before.and_then(|before| match before.status {
        Status::Escalating { tier, next_at } => Some((tier, next_at)),
        Status::Accepted { .. } | Status::Ended { .. } => None,
    });
    stopped(step, before, after)?;
    paced(before, after)?;
    // Where somebody has come in a tier before, whose turn it is has another place, and the same time.
    let moved = before.is_some_and(|before| before.contacts.len() < after.contacts.len());
    let moved = moved && was.is_some_and(|(was, at)| was < tier && at == next_at);
    if moved {
        return Ok(());
    }
    if was != Some((tier, next_at)) {
        pause(step, after, tier, next_at)?;
    }
    begun(step, before, after, was.map(|(tier, _)| tier), tier)
}

/// The pauses grow anew when everybody is called again because an accept or an end was void, or for a new kind of reason; and then only.
fn paced(before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    let Some(before) = before else {
        return ensure(after.paced_from == 0, Invariant::Rounds, of_incident(after), || {
            "begins late".to_owned()
        });
    };
    let again = !matches!(before.status, Status::Escalating { .. });
    let is_new = |cause: &Cause| before.causes.iter().all(|known| discriminant(known) != discriminant(cause));
    let between = matches!(before.status, Status::Escalating { tier: 0, .. });
    // That the next round begins at once is asked for elsewhere.
    let news = after.causes.iter().any(is_new) && (!between || after.round > before.round);
    let kept = after.paced_from == before.paced_from && !again && !news;
    let from = if again || between { before.round } else { before.round.saturating_sub(1) };
    let anew = after.paced_from == from && (again || news);
    ensure(kept || anew, Invariant::Rounds, of_incident(after), || {
        format!("the pauses grow from round {} on", after.paced_from)
    })
}

/// The next tier is a gap away, or comes at once when nobody's phone rings any more. The next round is a minute away, after each round
/// twice as long as before, up to the operator's cap: calls that are used up in minutes are missing for the rest of the hour.
fn pause(step: &Transition<'_>, after: &Incident, tier: usize, next_at: Timestamp) -> Result<(), Violation> {
    let holds = if tier > 0 {
        // A call that came to be in this very commit, as a text was refused in it too, was not there when it was found that nobody's
        // phone rings.
        let new = |place: usize| {
            let pending = after.pending.get(&page(place, Channel::Call));
            pending.is_some_and(|pending| pending.decided_at >= step.now)
        };
        let idle = after.contacts.iter().enumerate().all(|(place, contact)| {
            !called(after, place, contact) || (contact.calls.is_empty() && new(place))
        });
        next_at == later(step.now, step.policy.tier_gap()) || (idle && next_at <= step.now)
    } else {
        let most = step.policy.round_pause_max_minutes.max(1);
        let rounds = after.round.saturating_sub(after.paced_from);
        let doubled = 2_u32.saturating_pow(rounds.saturating_sub(1)).min(most);
        let doubled = if after.contacts.is_empty() { most } else { doubled };
        next_at == later(step.now, step.policy.minutes(doubled).max(SignedDuration::from_secs(1)))
    };
    ensure(holds, Invariant::Rounds, of_incident(after), || {
        format!("the next calls come at {next_at}, after round {}: too early or too late", after.round)
    })
}

/// Who stops our texts while everybody is called has been called in this round, or is called now, unless nobody may call them.
fn stopped(step: &Transition<'_>, before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    for (place, contact) in after.contacts.iter().enumerate() {
        let took = before.and_then(|before| before.contacts.get(place)).is_some_and(|was| !was.text_stopped);
        let cannot = rests(step, &contact.call) || capped(step, contact);
        let is_called = called(after, place, contact) || contact.called_in == after.round;
        let holds = !(took && contact.text_stopped) || is_called || cannot;
        ensure(holds, Invariant::Rounds, of_incident(after), || {
            format!("c{place} takes no texts any more and is not called instead")
        })?;
    }
    Ok(())
}

/// A number that refuses rests for a while, never for good: what was told of one try is no news when it is told again.
fn rest(step: &Transition<'_>, before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    for (place, contact) in after.contacts.iter().enumerate() {
        let was = before.and_then(|before| before.contacts.get(place));
        for line in [|c: &Contact| &c.call, |c: &Contact| &c.sms] as [fn(&Contact) -> &Line; 2] {
            let is = line(contact);
            let was = was.map(line).filter(|was| is.rests_until != was.rests_until);
            let known = was.is_some_and(|was| is.last_try == was.last_try && is.last == was.last);
            let longest = later(step.now, promised::rest(step.policy));
            let holds = was.is_none() || is.rests_until.is_none_or(|until| until <= longest && !known);
            ensure(holds, Invariant::Rounds, of_incident(after), || format!("c{place} rests for too long"))?;
        }
    }
    Ok(())
}

/// Who asks to be called while a call to them is under way is called when it is over.
fn wishes(step: &Transition<'_>, before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    let escalated = before.is_some_and(|before| matches!(before.status, Status::Escalating { .. }));
    let goes = escalated && matches!(after.status, Status::Accepted { .. });
    for (place, is) in after.contacts.iter().enumerate() {
        let was = before.and_then(|before| before.contacts.get(place));
        let asked = was.is_some_and(|was| was.wants_call);
        let holds = if is.wants_call {
            after.is_open() && (!is.calls.is_empty() || is_being_placed(after, place))
        } else {
            // The number has just refused the call that was being placed, and no other is under way.
            let refused =
                was.is_some_and(|was| was.calls.is_empty() && was.call.rests_until != is.call.rests_until);
            let cannot = capped(step, is) || (refused && rests(step, &is.call));
            !asked || goes || !after.is_open() || under_way(after, place, Channel::Call) || cannot
        };
        ensure(holds, Invariant::Rounds, of_incident(after), || {
            format!("c{place} waits for a call that was promised")
        })?;
    }
    Ok(())
}

/// Nobody counts as called in this round whose call was not put in it. One wake may see the end of a call behind which another was promised,
/// and begin the next round.
fn marks(before: Option<&Incident>, after: &Incident) -> Result<(), Violation> {
    for (place, contact) in after.contacts.iter().enumerate() {
        let was = before.and_then(|before| Some((before.round, before.contacts.get(place)?)));
        let promised = was
            .is_some_and(|(round, was)| was.wants_call && !contact.wants_call && contact.called_in == round);
        let honest = (contact.called_in == after.round || promised) && called(after, place, contact);
        let known = was.map_or(0, |(_, was)| was.called_in);
        ensure(contact.called_in == known || honest, Invariant::Rounds, of_incident(after), || {
            format!("c{place} counts as called and is not")
        })?;
    }
    Ok(())
}

/// No tier is left out of a round. Whoever's turn it is has a call or a text under way, or has been called earlier in this round, unless they
/// cannot be reached at all for the moment.
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
    // What comes next is the tier behind the last that has begun, or another round behind the last of all.
    let end = if is > tier { is } else { tiers.len() };
    let begun: BTreeSet<u8> = tiers.into_iter().skip(tier).take(end.saturating_sub(tier)).collect();
    for (place, contact) in after.contacts.iter().enumerate().filter(|(_, c)| begun.contains(&c.priority)) {
        let was_called = called(after, place, contact) || contact.called_in == after.round;
        let holds = was_called || under_way(after, place, Channel::Sms) || cannot(step, contact);
        ensure(holds, Invariant::Rounds, of_incident(after), || format!("c{place} was left out of a round"))?;
        // Who is to be called is called, whatever became of the text.
        let must = contact.by_call && !rests(step, &contact.call) && !capped(step, contact);
        ensure(was_called || !must, Invariant::Rounds, of_incident(after), || {
            format!("c{place} is not called")
        })?;
        both_ways(step, before, after, place)?;
    }
    Ok(())
}

/// What the record says of a try of which nobody knows that it got anywhere.
const IN_VAIN: [&str; 5] =
    ["unknown", "refused", "not delivered", "could not be connected", "; trying again"];

/// Whose one channel came to nothing when it was tried last is tried by both.
fn both_ways(
    step: &Transition<'_>,
    before: Option<&Incident>,
    after: &Incident,
    place: usize,
) -> Result<(), Violation> {
    let was = before.and_then(|before| before.contacts.get(place));
    let (Some(was), Some(is)) = (was, after.contacts.get(place)) else { return Ok(()) };
    if after.round < 2 || was.id != is.id {
        return Ok(());
    }
    let in_vain = |was: &Line, is: &Line| {
        let said = is.last.as_deref().filter(|_| was.last == is.last && was.last_try == is.last_try);
        said.is_some_and(|said| IN_VAIN.iter().any(|words| said.contains(words)))
    };
    let by_text_alone = !is.by_call && in_vain(&was.sms, &is.sms);
    let is_called = called(after, place, is) || is.called_in == after.round;
    let no_call = rests(step, &is.call) || capped(step, is);
    ensure(is_called || no_call || !by_text_alone, Invariant::Rounds, of_incident(after), || {
        format!("c{place} is not called, though texts come to nothing")
    })?;
    // Of a call that is still known the carrier may have told since that it was answered.
    let by_call_alone = !is.by_sms && is.calls.is_empty() && in_vain(&was.call, &is.call);
    let no_text = rests(step, &is.sms) || is.text_stopped;
    let is_texted = under_way(after, place, Channel::Sms);
    ensure(is_texted || no_text || !by_call_alone, Invariant::Rounds, of_incident(after), || {
        format!("c{place} is not texted, though calls come to nothing")
    })
}

fn page(place: usize, channel: Channel) -> EffectId {
    EffectId { party: Party::Contact(place), channel, purpose: Purpose::Page }
}

pub(crate) fn under_way(incident: &Incident, place: usize, channel: Channel) -> bool {
    incident.pending.contains_key(&page(place, channel))
}

/// A performer has a call to them in hand.
pub(crate) fn is_being_placed(incident: &Incident, place: usize) -> bool {
    let pending = incident.pending.get(&page(place, Channel::Call));
    pending.is_some_and(|pending| pending.lease_until.is_some())
}

/// A call to them is about to be placed, or under way.
fn called(incident: &Incident, place: usize, contact: &Contact) -> bool {
    under_way(incident, place, Channel::Call) || !contact.calls.is_empty()
}

fn rests(step: &Transition<'_>, line: &Line) -> bool {
    line.rests_until.is_some_and(|until| step.now < until)
}

/// The hour's calls to this contact are used up.
pub(crate) fn capped(step: &Transition<'_>, contact: &Contact) -> bool {
    let hour_ago = earlier(step.now, promised::hour(step.policy));
    let calls = contact.called_at.iter().filter(|at| **at > hour_ago).count();
    calls >= usize::try_from(step.policy.calls_per_contact_hour).unwrap_or(usize::MAX)
}

/// Neither channel can be used for the moment.
fn cannot(step: &Transition<'_>, contact: &Contact) -> bool {
    let no_call = rests(step, &contact.call) || capped(step, contact);
    let no_text = rests(step, &contact.sms) || contact.text_stopped;
    no_call && no_text
}
