//! While somebody has accepted, and when it is over: I2.

use std::collections::BTreeSet;

use lucius_core::{
    effect::{Channel, EffectId, Party, Purpose},
    incident::{Contact, Incident, Status},
};

use crate::{Act, Invariant, Transition, Violation, step::of_incident, violation::ensure};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    let Some((before, after)) = step.incidents() else { return Ok(()) };
    let acceptor = match &after.status {
        Status::Escalating { .. } => return Ok(()),
        Status::Accepted { by, .. } => Some(*by),
        Status::Ended { .. } => None,
    };
    let standing = matches!(before.status, Status::Accepted { .. });
    for id in after.pending.keys() {
        let known = standing && before.pending.contains_key(id);
        let allowed = match (&id.purpose, id.party, acceptor) {
            (Purpose::Tell(_) | Purpose::Cancel(_), _, _) | (Purpose::Poll(_), _, Some(_)) => true,
            (Purpose::Page, Party::Contact(place), Some(_)) => {
                let promised = before.contacts.get(place).is_some_and(|was| was.wants_call);
                known || (id.channel == Channel::Call && (promised || asked_for(step, after, place)))
            }
            (Purpose::Confirm, Party::Contact(place), Some(by)) => place == by,
            (Purpose::Page | Purpose::Confirm | Purpose::Poll(_) | Purpose::Ask, _, _) => false,
        };
        ensure(allowed, Invariant::AcceptedIsQuiet, of_incident(after), || {
            format!("{id} is under way, although the calls have stopped")
        })?;
    }
    cancelled(step, before, after)
}

/// They asked us to call, or have sent so many wrong codes that only a call helps.
fn asked_for(step: &Transition<'_>, incident: &Incident, at: usize) -> bool {
    step.has(|act| match act {
        Act::AskedToBeCalled { incident: id, place }
        | Act::RightCode { incident: id, place }
        | Act::WrongCode { incident: id, place }
        | Act::AskedToReopen { incident: id, place } => *id == incident.id && *place == at,
        Act::PressedOne { .. }
        | Act::PressedNineTwice { .. }
        | Act::CheckedIn { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped => false,
    })
}

/// Every call that is not wanted any more, known before or learnt of now, has its cancel.
fn cancelled(step: &Transition<'_>, before: &Incident, after: &Incident) -> Result<(), Violation> {
    let accepted_now = matches!(
        (&before.status, &after.status),
        (Status::Escalating { .. } | Status::Accepted { .. }, Status::Ended { .. })
            | (Status::Escalating { .. }, Status::Accepted { .. })
    );
    for (place, contact) in after.contacts.iter().enumerate() {
        let actor = of_incident(after);
        let quiet = |holds: bool, why: &str| {
            ensure(holds, Invariant::AcceptedIsQuiet, actor, || format!("a call to c{place} {why}"))
        };
        let was = before.contacts.get(place);
        let rang = was.map(|was| sids(was)).unwrap_or_default();
        let rings = sids(contact);
        // Whoever ends it in a call of ours may hear it out.
        let own = step.has(|act| *act == Act::PressedNineTwice { incident: after.id, place });
        for sid in rang.difference(&rings).filter(|_| accepted_now && !own) {
            quiet(cancels(after, sid), "rings on: its cancel is missing")?;
        }
        // One that was asked for may be over by the time we hear of it.
        let asked = before.pending.keys().any(|id| calls(id, place));
        let known =
            |sid: &String| rang.contains(sid.as_str()) || was.is_some_and(|was| was.over.contains(sid));
        for sid in contact.over.iter().filter(|sid| !known(sid)) {
            quiet(cancels(after, sid) || own || asked, "came too late and is not cancelled")?;
        }
        let mine = after.acceptor() == Some(place);
        let new = rings.difference(&rang).next().is_some();
        quiet(after.is_open() || rings.is_empty(), "is waited for, though it is over")?;
        quiet(!new || asked || mine, "that nobody wants is not cancelled")?;
        quiet(!accepted_now || mine || rings.is_empty(), "rings on")?;
    }
    Ok(())
}

fn sids(contact: &Contact) -> BTreeSet<&str> {
    contact.calls.iter().map(|call| call.sid.as_str()).collect()
}

/// The effect is a call to the contact at `place`.
fn calls(id: &EffectId, place: usize) -> bool {
    id.party == Party::Contact(place)
        && id.channel == Channel::Call
        && matches!(id.purpose, Purpose::Page | Purpose::Confirm)
}

fn cancels(incident: &Incident, sid: &str) -> bool {
    incident.pending.keys().any(|id| matches!(&id.purpose, Purpose::Cancel(known) if known == sid))
}

/// A call of ours that we have heard of (by the reply to our request, or by a callback while it was not over) is kept in mind: as
/// one that rings, or, where nobody wants it any more, with its cancel.
///
/// `before` and `after` are the commit that took the news.
///
/// # Errors
/// A [`Violation`] of I2: nobody will ever cancel that call.
pub fn placed(before: &Incident, after: &Incident, place: usize, sid: &str) -> Result<(), Violation> {
    let knows = |incident: &Incident| {
        incident.contacts.get(place).is_some_and(|contact| {
            contact.calls.iter().any(|call| call.sid == sid) || contact.over.iter().any(|over| over == sid)
        })
    };
    let stopped = !matches!(after.status, Status::Escalating { .. });
    let rings = after.contacts.get(place).is_some_and(|c| c.calls.iter().any(|call| call.sid == sid));
    let kept = knows(after) && (knows(before) || rings || !stopped || cancels(after, sid));
    ensure(kept, Invariant::AcceptedIsQuiet, of_incident(after), || {
        format!("a call placed to c{place} was ignored")
    })
}
