//! Alarm clocks: I6, I13, and the early wake of I12.

use jiff::Timestamp;
use lucius_core::{
    actor::{ActorId, Due, Rank},
    deadman::{Deadman, State},
    effect::{Effect, Pendings},
    incident::{Incident, Status},
    policy::{GRACE, later},
};

use crate::{
    Invariant, Transition, Violation,
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some(deadman) = &step.after.deadman {
        let actor = of_deadman(deadman);
        clock(actor, &demanded_by_switch(deadman), deadman.due())?;
        let armed = !matches!(deadman.state, State::Off);
        ensure(armed || !deadman.settings.active, Invariant::AlwaysAClock, actor, || {
            "armed, and nothing is planned".to_owned()
        })?;
        progress(step, actor, &deadman.pending, deadman.due())?;
    }
    if let Some(incident) = &step.after.incident {
        let actor = of_incident(incident);
        clock(actor, &demanded_by_incident(incident), incident.due())?;
        progress(step, actor, &incident.pending, incident.due())?;
    }
    early(step)
}

/// The clock rings at the earliest instant demanded, with the most urgent rank of that instant; without a demand there is none.
fn clock(actor: ActorId, demanded: &[(Timestamp, Rank)], due: Option<Due>) -> Result<(), Violation> {
    let earliest = demanded.iter().min().copied();
    ensure(earliest == due.map(|due| (due.at, due.rank)), Invariant::AlwaysAClock, actor, || {
        format!("{earliest:?} is demanded, the clock says {due:?}")
    })
}

/// `Off` without an incident demands a look only while effects are under way; every other state always demands one.
fn demanded_by_switch(deadman: &Deadman) -> Vec<(Timestamp, Rank)> {
    let mut demanded = effects(&deadman.pending);
    match (&deadman.state, deadman.incident) {
        (State::Off, _) | (State::Waiting { .. }, Some(_)) => {}
        (State::Waiting { next_probe_at }, None) => demanded.push((*next_probe_at, Rank::Schedule)),
        (State::Paused { until }, _) => demanded.push((*until, Rank::Schedule)),
        (State::Probing(probe), _) => demanded.push((later(probe.deadline, GRACE), Rank::Work)),
    }
    if deadman.incident.is_some() {
        demanded.push((deadman.look_at.unwrap_or(deadman.created_at), Rank::Work));
    }
    demanded
}

/// An open incident always demands a look: for its next tier, for its accept, for calls that have gone silent.
fn demanded_by_incident(incident: &Incident) -> Vec<(Timestamp, Rank)> {
    let mut demanded = effects(&incident.pending);
    match &incident.status {
        Status::Escalating { next_at, .. } => demanded.push((*next_at, Rank::Work)),
        Status::Accepted { asked: false, ask_at, .. } => demanded.push((*ask_at, Rank::Work)),
        Status::Accepted { asked: true, confirm_by, .. } => demanded.push((*confirm_by, Rank::Work)),
        Status::Ended { .. } => return demanded,
    }
    let calls = incident.contacts.iter().flat_map(|contact| &contact.calls);
    demanded.extend(calls.map(|call| (call.settle_by, Rank::Work)));
    if !incident.called {
        // Nobody's phone has rung yet: all of it goes first.
        for (_, rank) in &mut demanded {
            *rank = Rank::FirstPage;
        }
    }
    demanded
}

fn effects(pending: &Pendings) -> Vec<(Timestamp, Rank)> {
    let at = |lease: Option<Timestamp>, not_before| lease.map_or(not_before, |lease| lease.max(not_before));
    pending.values().map(|pending| (at(pending.lease_until, pending.not_before), Rank::Work)).collect()
}

/// After a performer's wake the next look lies in the future, and every effect that is due is leased.
fn progress(
    step: &Transition<'_>,
    actor: ActorId,
    pending: &Pendings,
    due: Option<Due>,
) -> Result<(), Violation> {
    if !step.performer_wake {
        return Ok(());
    }
    ensure(due.is_none_or(|due| due.at > step.now), Invariant::Progress, actor, || {
        "it is due again at once".to_owned()
    })?;
    for (id, pending) in pending {
        let held = pending.lease_until.is_some_and(|lease| lease > step.now);
        ensure(held || pending.not_before > step.now, Invariant::Progress, actor, || {
            format!("{id} is due and not leased")
        })?;
    }
    Ok(())
}

/// A wake before anything is due (early, late, doubled, or because a clock went back) changes nothing; only texts that nobody wants
/// any more are given up, and an incident found to be over stops no questions.
fn early(step: &Transition<'_>) -> Result<(), Violation> {
    if !step.performer_wake {
        return Ok(());
    }
    if let Some((before, after)) = step.incidents()
        && !demanded_by_incident(before).iter().any(|(at, _)| *at <= step.now)
    {
        let kept = Incident { pending: wanted(&before.pending, step.now), ..before.clone() };
        ensure(kept == *after, Invariant::NothingLost, of_incident(before), || {
            "an early wake changed it".to_owned()
        })?;
    }
    let over = step.before.incident.as_ref().is_none_or(|incident| !incident.is_open());
    if let Some((before, after)) = step.deadmen()
        && !demanded_by_switch(before).iter().any(|(at, _)| *at <= step.now)
        && !(over && before.incident.is_some())
    {
        let kept = Deadman { pending: wanted(&before.pending, step.now), ..before.clone() };
        ensure(kept == *after, Invariant::NothingLost, of_deadman(before), || {
            "an early wake changed it".to_owned()
        })?;
    }
    Ok(())
}

fn wanted(pending: &Pendings, now: Timestamp) -> Pendings {
    let mut kept = pending.clone();
    kept.retain(|_, pending| match &pending.effect {
        Effect::Text { until: Some(until), .. } => pending.lease_until.is_some() || now < *until,
        Effect::Text { until: None, .. }
        | Effect::Call { .. }
        | Effect::Cancel { .. }
        | Effect::Poll { .. } => true,
    });
    kept
}
