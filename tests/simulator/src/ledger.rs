//! The carrier's ledger, held against what is recorded: what it has refused for now is not done, and not given up; what it has taken is
//! known.

use lucius_core::{
    actor::ActorId,
    decide::Case,
    effect::{Channel, EffectId, Party, Pending, Pendings, Purpose},
    incident::{Contact, Incident, Status},
};

use crate::{carrier::place_in, fate::Fate, requests::about, world::Inner};

/// An unanswered cancel is tried so often, and no more.
const CANCELS: u32 = 5;

/// A request that the carrier has refused for now, for certain.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    actor: ActorId,
    effect: EffectId,
}

/// A request for a call or a text is refused for now, or is not.
pub(crate) fn requested(inner: &mut Inner, path: &str, fate: Fate) {
    if let Some((actor, effect, _)) = about(path).filter(|_| fate.is_for_now()) {
        inner.running.refused.push(Refusal { actor, effect });
    }
}

/// So is the request to stop a call.
pub(crate) fn cancels(inner: &mut Inner, sid: &str, fate: Fate) {
    let path = inner.network.calls.get(sid).map(|call| call.path.clone());
    let Some((incident, place)) = path.as_deref().and_then(place_in).filter(|_| fate.is_for_now()) else {
        return;
    };
    let Ok(incident) = incident.try_into() else { return };
    let purpose = Purpose::Cancel(sid.to_owned());
    let effect = EffectId { party: Party::Contact(place), channel: Channel::Call, purpose };
    inner.running.refused.push(Refusal { actor: ActorId::Incident(incident), effect });
}

/// A performer has committed: what it says of what was refused.
pub(crate) fn held_against(inner: &mut Inner, before: &Case, after: &Case) {
    let mut wrong = Vec::new();
    inner.running.refused.retain(|refusal| {
        let (Some(was), Some(is)) = (pendings(before, refusal.actor), pendings(after, refusal.actor)) else {
            return true;
        };
        if let Some(pending) = was.get(&refusal.effect).filter(|pending| pending.lease_until.is_some()) {
            let still = is.get(&refusal.effect);
            if still.is_some_and(|still| is_as_before(pending, still)) {
                // This commit was about something else.
                return true;
            }
            if still.is_some_and(|still| still.lease_until.is_some()) {
                wrong.push(format!("{} was refused for now, and stays leased", refusal.effect));
            } else if still.is_none() && is_wanted(pending, &refusal.effect, before, after) {
                wrong.push(format!("{} was refused for now, and is given up", refusal.effect));
            }
        }
        false
    });
    inner.checks.made += 1;
    for why in wrong {
        inner.violated("I12", why);
    }
}

/// Nothing was said of the try. What it says and whom it goes before may have changed meanwhile.
fn is_as_before(was: &Pending, is: &Pending) -> bool {
    let of = |pending: &Pending| {
        let Pending { effect: _, attempt, failures, decided_at, not_before, lease_until } = pending;
        (*attempt, *failures, *decided_at, *not_before, *lease_until)
    };
    of(was) == of(is)
}

fn pendings(case: &Case, actor: ActorId) -> Option<&Pendings> {
    match actor {
        ActorId::Deadman(id) => case.deadman.as_ref().filter(|own| own.id == id).map(|own| &own.pending),
        ActorId::Incident(id) => case.incident.as_ref().filter(|own| own.id == id).map(|own| &own.pending),
    }
}

/// Nothing has made it needless.
fn is_wanted(pending: &Pending, effect: &EffectId, before: &Case, after: &Case) -> bool {
    let both = |holds: &dyn Fn(&Incident) -> bool| {
        before.incident.as_ref().is_some_and(holds) && after.incident.as_ref().is_some_and(holds)
    };
    match &effect.purpose {
        Purpose::Page => both(&|incident| {
            let stopped = match effect.party {
                Party::Contact(place) if effect.channel == Channel::Sms => {
                    incident.contacts.get(place).is_some_and(|contact| contact.text_stopped)
                }
                Party::Contact(_) | Party::User => false,
            };
            matches!(incident.status, Status::Escalating { .. }) && !stopped
        }),
        Purpose::Confirm => {
            both(
                &|incident| matches!(incident.status, Status::Accepted { by, .. } if effect.party == Party::Contact(by)),
            ) && renewals(before) == renewals(after)
        }
        Purpose::Ask => {
            let probe = |case: &Case| case.deadman.as_ref().and_then(|own| own.probe().map(|probe| probe.id));
            probe(before).is_some() && probe(before) == probe(after)
        }
        Purpose::Cancel(sid) => {
            let known = |contact: &Contact| {
                contact.calls.iter().any(|call| call.sid == *sid) || contact.over.contains(sid)
            };
            pending.failures < CANCELS && both(&|incident| incident.contacts.iter().any(known))
        }
        // What only informs is given up after a while; a poll is put again when its call has been silent for longer.
        Purpose::Tell(_) | Purpose::Poll(_) => false,
    }
}

fn renewals(case: &Case) -> Option<u32> {
    match case.incident.as_ref()?.status {
        Status::Accepted { renewals, .. } => Some(renewals.into()),
        Status::Escalating { .. } | Status::Ended { .. } => None,
    }
}
