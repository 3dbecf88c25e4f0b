//! Rings: a contact is called once in a round, and once more when they ask for it. A process that dies, and a request whose outcome
//! nobody knows, cost one ring too many at most.

use lucius_core::{
    decide::Case,
    effect::{Channel, EffectId, Party, Purpose},
    incident::Incident,
};
use lucius_invariants::Act;

use crate::{
    carrier::{Known, place_in},
    world::Inner,
};

/// The calls to one contact of one incident, and what allows them beside its rounds.
#[derive(Debug, Default)]
pub(crate) struct Rings {
    placed: u32,
    /// Asked for: by the contact, or as who has accepted.
    asked: u32,
    /// Deaths and unknown outcomes.
    lost: u32,
}

/// A contact's phone is about to ring.
pub(crate) fn rang(inner: &mut Inner, path: &str) {
    let Some((id, place)) = place_in(path) else { return };
    let Some(rounds) = inner.checks.incidents.get(&id).map(|incident| incident.round) else { return };
    inner.checks.made += 1;
    let rings = inner.checks.rings.entry((id, place)).or_default();
    rings.placed += 1;
    let Rings { placed, asked, lost } = *rings;
    if placed > rounds + asked + lost {
        inner.violated(
            "rings",
            format!("c{place} of incident {id} is called {placed} times in {rounds} rounds, asked {asked}, lost {lost}"),
        );
    }
}

/// What becomes of a request for a call is not known.
pub(crate) fn unknown(inner: &mut Inner, path: &str) {
    if let Some(key) = place_in(path) {
        inner.checks.rings.entry(key).or_default().lost += 1;
    }
}

/// A performer is gone: what it has requested is lost with it, unless it was recorded.
pub(crate) fn gone(inner: &mut Inner, died: bool, posted: &[(u64, usize)], placed: &[Known]) {
    for key in posted.iter().filter(|_| died) {
        inner.checks.rings.entry(*key).or_default().lost += 1;
    }
    for Known { incident: id, place, sid, .. } in placed.iter().filter(|_| !died) {
        let contact = inner.checks.incidents.get(id).and_then(|incident| incident.contacts.get(*place));
        let known = contact.is_some_and(|contact| {
            contact.over.contains(sid) || contact.calls.iter().any(|call| call.sid == *sid)
        });
        if !known {
            inner.checks.rings.entry((*id, *place)).or_default().lost += 1;
        }
    }
}

/// A commit may ask for a call beside the rounds.
pub(crate) fn asked(inner: &mut Inner, before: &Case, after: &Case) {
    let Some(incident) = &after.incident else { return };
    let id = incident.id.get();
    let was = before.incident.as_ref().filter(|was| was.id == incident.id);
    for place in 0..incident.contacts.len() {
        let confirm =
            EffectId { party: Party::Contact(place), channel: Channel::Call, purpose: Purpose::Confirm };
        let asks = |incident: &Incident| incident.pending.contains_key(&confirm);
        let confirms = asks(incident) && !was.is_some_and(asks);
        let asked = inner.running.acts.iter().any(|act| by(act, id, place));
        let more = u32::from(confirms) + u32::from(asked);
        if more > 0 {
            inner.checks.rings.entry((id, place)).or_default().asked += more;
        }
    }
}

/// They ask for a call, or send what only a call can answer.
fn by(act: &Act, id: u64, at: usize) -> bool {
    match act {
        Act::AskedToBeCalled { incident, place }
        | Act::WrongCode { incident, place }
        | Act::RightCode { incident, place } => incident.get() == id && *place == at,
        Act::PressedOne { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToReopen { .. }
        | Act::CheckedIn { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped => false,
    }
}
