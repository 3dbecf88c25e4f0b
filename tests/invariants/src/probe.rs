//! Questions and their deadlines: I1, I7, and that nothing is asked during an incident.

use lucius_core::{
    deadman::{Deadman, Probe},
    effect::Purpose,
    incident::{Cause, Incident},
    policy::{GRACE, later},
};

use crate::{
    Act, Invariant, Transition, Violation, promised,
    status::in_time,
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some(deadman) = &step.after.deadman {
        questions(deadman)?;
    }
    if let Some((before, after)) = step.deadmen()
        && let Some(probe) =
            after.probe().filter(|open| before.probe().map(|probe| probe.id) != Some(open.id))
    {
        opens(step, after, probe)?;
    }
    if let Some((before, after)) = step.deadmen()
        && let Some(probe) = before.probe()
    {
        match after.probe().filter(|open| open.id == probe.id) {
            Some(open) => goes_on(step, before, probe, open)?,
            None => closed(step, before, probe)?,
        }
    }
    check_ins(step)
}

/// A question belongs to an open probe; nothing is asked while an incident is open.
fn questions(deadman: &Deadman) -> Result<(), Violation> {
    let actor = of_deadman(deadman);
    let quiet = deadman.incident.is_none() || deadman.probe().is_none();
    ensure(quiet, Invariant::Questions, actor, || "asked while an incident is open".to_owned())?;
    for (id, pending) in deadman.pending.iter().filter(|(id, _)| id.purpose == Purpose::Ask) {
        let wanted = deadman.probe().is_some() || pending.lease_until.is_some();
        ensure(wanted, Invariant::Questions, actor, || format!("{id} asks, and no probe is open"))?;
    }
    Ok(())
}

/// The first question waits as long as it says, and no longer.
fn opens(step: &Transition<'_>, after: &Deadman, probe: &Probe) -> Result<(), Violation> {
    let wait = promised::minutes(step.policy, after.settings.wait_minutes.max(5));
    let holds = probe.asked == 1 && !probe.asked_late && probe.deadline <= later(step.now, wait);
    ensure(holds, Invariant::MissedIsPaged, of_deadman(after), || {
        "the first question waits for too long".to_owned()
    })
}

/// A deadline moves only when it has passed, and only for a question more: each of those allowed, and once because we were down.
fn goes_on(step: &Transition<'_>, before: &Deadman, was: &Probe, is: &Probe) -> Result<(), Violation> {
    let (actor, over) = (of_deadman(before), later(was.deadline, GRACE));
    let missed = |holds: bool, why: &str| ensure(holds, Invariant::MissedIsPaged, actor, || why.to_owned());
    missed(is.opened_at == was.opened_at, "the probe began anew")?;
    if is.deadline == was.deadline {
        return missed(is.asked == was.asked && is.asked_late == was.asked_late, "asked without a deadline");
    }
    missed(step.now >= over && is.deadline > was.deadline, "the deadline was moved before it had passed")?;
    let once_more = was.asked <= before.settings.max_retries
        && is.asked == was.asked.saturating_add(1)
        && is.asked_late == was.asked_late;
    let we_were_down = step.now > later(over, promised::we_were_down(step.policy));
    let late = is.asked == was.asked && is.asked_late && !was.asked_late && we_were_down;
    missed(once_more || late, "the deadline was put off for no question")?;
    let wait = promised::minutes(step.policy, before.settings.wait_minutes.max(5));
    missed(is.deadline <= later(step.now, wait), "the question waits for too long")?;
    let least = later(step.now, promised::minutes(step.policy, 5));
    missed(is.deadline >= least, "there is no time to answer")?;
    // An outage is not waited for again by every question that follows.
    let planned = later(was.planned.unwrap_or(was.deadline), wait);
    let behind = later(step.now, wait) > later(planned, promised::we_were_down(step.policy));
    let caught_up = is.deadline <= planned.max(least) && is.planned == Some(planned);
    missed(
        late || (behind && caught_up) || (!behind && is.planned.is_none()),
        "an outage is waited for twice",
    )
}

/// A question closes with an answer, with a change of the settings, or with an incident. Unanswered, it opens one.
fn closed(step: &Transition<'_>, before: &Deadman, probe: &Probe) -> Result<(), Violation> {
    let answered = step.has(|act| match act {
        Act::CheckedIn { .. } | Act::CriedForHelp | Act::Edited { .. } | Act::AskedToReopen { .. } => true,
        Act::PressedOne { .. }
        | Act::RightCode { .. }
        | Act::WrongCode { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToBeCalled { .. }
        | Act::Resolved
        | Act::TextsStopped => false,
    });
    let caused = step.after.incident.as_ref().filter(|incident| incident.is_open()).is_some_and(|incident| {
        incident.causes.iter().any(|cause| match cause {
            Cause::Unavailable { probe: missed, .. } => *missed == probe.id,
            Cause::Bad { .. } | Cause::Emergency => false,
        })
    });
    // An alert that stayed open beside a newer one is taken up again: nothing is asked while it is open.
    let taken_up = before.incident.is_none()
        && step.before.incident.as_ref().is_some_and(|was| {
            was.is_open() && step.after.deadman.as_ref().is_some_and(|after| after.incident == Some(was.id))
        });
    ensure(answered || caused || taken_up, Invariant::MissedIsPaged, of_deadman(before), || {
        "an open question was dropped".to_owned()
    })
}

/// A check-in that arrived before the deadline closes the question, and leaves no cause of it.
fn check_ins(step: &Transition<'_>) -> Result<(), Violation> {
    if step.is_of_texts_alone() {
        return Ok(());
    }
    for act in step.acts {
        let Act::CheckedIn { arrived_at, .. } = act else { continue };
        let loud = |incident: &&Incident| incident.is_open() && !incident.silent;
        if let Some(incident) = step.after.incident.as_ref().filter(loud) {
            let had_causes = step.incidents().is_none_or(|(before, _)| !before.causes.is_empty());
            let remains = incident.causes.iter().any(|cause| in_time(cause, *arrived_at));
            // One without causes is open because a contact says that it is not over.
            let emptied = had_causes && incident.causes.is_empty();
            let holds = !(remains || emptied);
            ensure(holds, Invariant::InTimeIsNoAlarm, of_incident(incident), || {
                "they had answered in time".to_owned()
            })?;
        }
    }
    Ok(())
}
