//! What a human does works: whoever is thanked has been heard.
//!
//! The other checks say what may happen only if a human did something. These say what must happen when they did. A request that
//! comes again changes nothing, so only a step that has changed the actor is looked at; and where a step names several acts of one
//! person, it is not known which of them it took in.

use std::mem::discriminant;

use lucius_core::{
    deadman::{Deadman, Tries},
    effect::Channel,
    incident::{Cause, EndedBy, Incident, Status, WRONG_CODES_MAX},
    policy::later,
};

use crate::{
    Act, Invariant, Transition, Violation,
    rounds::{capped, is_being_placed, under_way},
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let (Some(act), Some((before, after))) = (sole(step, is_users), step.deadmen())
        && taken_in(step, before, after)
    {
        by_user(step, before, after, act)?;
    }
    if let Some((before, after)) = step.incidents()
        && let Some(act) = sole(step, |act| by_contact(act).is_some_and(|(id, _)| id == before.id))
        && let Some((_, place)) = by_contact(act)
        && before != after
    {
        heard(step, before, after, act, place)?;
    }
    Ok(())
}

/// The one act of this kind.
fn sole<'a>(step: &Transition<'a>, kind: impl Fn(&Act) -> bool) -> Option<&'a Act> {
    let mut acts = step.acts.iter().filter(|act| kind(act));
    acts.next().filter(|_| acts.next().is_none())
}

/// The switch has heard something. That a PIN was right, and none is counted any more, comes before what it was given for; and so does what
/// a YES says of texts that the carrier takes for START.
fn taken_in(step: &Transition<'_>, before: &Deadman, after: &Deadman) -> bool {
    let known =
        Deadman { tries: after.tries, own_tries: after.own_tries, ..step.but_for_texts(before, after) };
    known != *after
}

fn is_users(act: &Act) -> bool {
    match act {
        Act::CheckedIn { .. } | Act::CriedForHelp | Act::Resolved => true,
        Act::PressedOne { .. }
        | Act::RightCode { .. }
        | Act::WrongCode { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToReopen { .. }
        | Act::AskedToBeCalled { .. }
        | Act::Edited { .. }
        | Act::TextsStopped => false,
    }
}

fn by_contact(act: &Act) -> Option<(lucius_core::id::IncidentId, usize)> {
    match act {
        Act::PressedOne { incident, place }
        | Act::RightCode { incident, place }
        | Act::WrongCode { incident, place }
        | Act::PressedNineTwice { incident, place }
        | Act::AskedToReopen { incident, place }
        | Act::AskedToBeCalled { incident, place } => Some((*incident, *place)),
        Act::CheckedIn { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped => None,
    }
}

/// What the person at risk says.
fn by_user(step: &Transition<'_>, before: &Deadman, after: &Deadman, act: &Act) -> Result<(), Violation> {
    let open =
        step.before.incident.as_ref().filter(|known| known.is_open() && before.incident == Some(known.id));
    let works =
        |holds: bool, why: &str| ensure(holds, Invariant::Honoured, of_deadman(after), || why.to_owned());
    let visible = open.filter(|incident| !incident.silent);
    let ended =
        || {
            visible.is_none()
                || step.after.incident.as_ref().is_some_and(|incident| {
                    matches!(incident.status, Status::Ended { ended: EndedBy::User, .. })
                })
        };
    let may_be_locked = locked(step, &before.tries) || locked(step, &before.own_tries);
    match act {
        // A bare "no" that answers nothing is no cry.
        Act::CriedForHelp if before.probe().is_some() || open.is_some() => {
            let calls = step.after.incident.as_ref().is_some_and(cries);
            works(calls, "they cried for help, and nobody is called for it")?;
            works(!waits(step), "they cried for help, and the next calls are as far away as before")
        }
        // They are told that one has begun.
        Act::CheckedIn { knows, .. } if visible.is_some_and(|incident| !knows.must_end(incident.id)) => {
            Ok(())
        }
        Act::CheckedIn { proven: true, .. } if before.profile.pin.is_some() && !may_be_locked => {
            works(after.probe().is_none(), "they are okay, by their PIN, and the question stays open")?;
            works(ended(), "they are okay, by their PIN, and contacts go on being called")
        }
        Act::CheckedIn { proven: false, .. }
            if !(before.settings.pin_in_reply && before.profile.pin.is_some()) =>
        {
            works(after.probe().is_none(), "they have answered, and the question stays open")
        }
        // A wrong PIN is counted, and ends nothing.
        Act::Resolved if after.tries.wrong <= before.tries.wrong => {
            works(ended(), "they have ended it, and contacts go on being called")
        }
        Act::CriedForHelp
        | Act::CheckedIn { .. }
        | Act::Resolved
        | Act::PressedOne { .. }
        | Act::RightCode { .. }
        | Act::WrongCode { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToReopen { .. }
        | Act::AskedToBeCalled { .. }
        | Act::Edited { .. }
        | Act::TextsStopped => Ok(()),
    }
}

/// Contacts are called, and know that they are called for a cry for help.
fn cries(incident: &Incident) -> bool {
    let cried = incident.causes.iter().any(|cause| match cause {
        Cause::Bad { .. } | Cause::Emergency => true,
        Cause::Unavailable { .. } => false,
    });
    cried && matches!(incident.status, Status::Escalating { .. })
}

/// An alert that paused between two rounds pauses as before, although there is a kind of reason that there was not.
fn waits(step: &Transition<'_>) -> bool {
    let Some((before, after)) = step.incidents() else { return false };
    let kind = |cause: &Cause| discriminant(cause);
    let news = |cause: &Cause| before.causes.iter().all(|known| kind(known) != kind(cause));
    let paused = matches!(before.status, Status::Escalating { tier: 0, .. });
    paused && after.causes.iter().any(news) && after.round <= before.round && !after.contacts.is_empty()
}

/// No PIN is taken any more on this kind of line today.
fn locked(step: &Transition<'_>, tries: &Tries) -> bool {
    let today = tries.since.is_none_or(|since| step.now < later(since, step.policy.days(1)));
    tries.wrong >= step.policy.pin_tries_per_day && today
}

/// What the contact at `place` says.
fn heard(
    step: &Transition<'_>,
    before: &Incident,
    after: &Incident,
    act: &Act,
    place: usize,
) -> Result<(), Violation> {
    let (Some(was), Some(is)) = (before.contacts.get(place), after.contacts.get(place)) else {
        return Ok(());
    };
    let works = |holds: bool, why: &str| {
        ensure(holds, Invariant::Honoured, of_incident(after), || format!("c{place} {why}"))
    };
    let escalated = matches!(before.status, Status::Escalating { .. });
    let takes_codes = was.wrong_codes < WRONG_CODES_MAX;
    let accepted = || works(after.acceptor() == Some(place), "is going, and others are called");
    let newer = step.before.deadman.as_ref().and_then(|deadman| deadman.incident);
    match act {
        Act::PressedOne { .. } if escalated && was.trusted => accepted(),
        Act::RightCode { .. } if escalated && was.trusted && takes_codes => accepted(),
        Act::PressedNineTwice { .. } if before.acceptor() == Some(place) => {
            works(!after.is_open(), "has ended it, and it goes on")
        }
        // One that is over is not opened again beside a newer one.
        Act::AskedToReopen { .. } if newer.is_none_or(|id| id == before.id) => {
            works(after.is_open(), "says that it is not over, and nobody is called")
        }
        Act::AskedToBeCalled { .. } if after.is_open() => {
            // Behind the call that is under way, if it is: they do not hear that one.
            let calls =
                (under_way(after, place, Channel::Call) && !is_being_placed(after, place)) || is.wants_call;
            works(calls || capped(step, is), "asked to be called, and is not")
        }
        Act::PressedOne { .. }
        | Act::RightCode { .. }
        | Act::WrongCode { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToReopen { .. }
        | Act::AskedToBeCalled { .. }
        | Act::CheckedIn { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped => Ok(()),
    }
}
