//! Who may stop the calls, and who may end it: I4 and I5.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lucius_core::{
    deadman::{self, Deadman, Unproven},
    incident::{CONTACTS_MAX, Cause, Contact, EndedBy, Incident, Status},
    phone::PhoneNumber,
    policy::{GRACE, later},
};

use crate::{
    Act, Invariant, Transition, Violation,
    edit::{taken_up, vouched},
    step::{of_deadman, of_incident},
    violation::ensure,
};

pub(crate) fn check(step: &Transition<'_>) -> Result<(), Violation> {
    stays(step)?;
    if let Some(incident) = step.opened() {
        opened(step, incident)?;
    }
    if let Some((before, after)) = step.incidents() {
        moved(step, before, after)?;
        kept(step, before, after)?;
    }
    in_step(step)
}

/// An open incident, and a switch, do not vanish.
fn stays(step: &Transition<'_>) -> Result<(), Violation> {
    if let Some(before) = &step.before.incident {
        let gone = before.is_open() && step.incidents().is_none();
        ensure(!gone, Invariant::NeverLost, of_incident(before), || "an open incident vanished".to_owned())?;
    }
    if let Some(before) = &step.before.deadman {
        ensure(step.after.deadman.is_some(), Invariant::NeverLost, of_deadman(before), || {
            "the switch vanished".to_owned()
        })?;
    }
    Ok(())
}

/// An incident is opened by a missed deadline or a cry for help, and calls everybody who is to be called.
fn opened(step: &Transition<'_>, incident: &Incident) -> Result<(), Violation> {
    let actor = of_incident(incident);
    let escalates = matches!(incident.status, Status::Escalating { .. });
    ensure(escalates, Invariant::OnlyAHumanStops, actor, || "opened, but nobody is called".to_owned())?;
    ensure(!incident.causes.is_empty(), Invariant::OnlyAuthentic, actor, || {
        "opened without cause".to_owned()
    })?;
    for cause in &incident.causes {
        ensure(caused(step, cause), Invariant::InTimeIsNoAlarm, actor, || {
            format!("opened as {}, and nothing like it happened", cause.kind())
        })?;
    }
    let Some(deadman) = &step.before.deadman else { return Ok(()) };
    for (contact, phone) in to_be_called(deadman) {
        let copied = incident.contacts.iter().any(|copy| copy.phone == *phone);
        ensure(copied, Invariant::NeverLost, actor, || format!("contact {} is not called", contact.id))?;
    }
    let stranger = incident.contacts.iter().any(|copy| copy.trusted && !vouched(deadman, copy));
    ensure(!stranger, Invariant::OnlyAHumanStops, actor, || {
        "somebody is trusted for whom the PIN was not given".to_owned()
    })?;
    not_held_up(deadman, incident)
}

/// Who came without the PIN has no turn of their own, before or between those who did not.
fn not_held_up(deadman: &Deadman, incident: &Incident) -> Result<(), Violation> {
    let turns = |trusted: bool| {
        incident.contacts.iter().filter(move |copy| copy.trusted == trusted).map(|copy| copy.priority)
    };
    let sure: BTreeSet<u8> = turns(true).collect();
    let delays = !sure.is_empty() && turns(false).any(|turn| !sure.contains(&turn));
    ensure(!delays, Invariant::NeverLost, of_deadman(deadman), || {
        "somebody is called later for those who came without the PIN".to_owned()
    })
}

/// What the switch knows to doubt of a contact. Where no PIN is set, nothing.
fn doubted<'a>(deadman: &'a Deadman, contact: &deadman::Contact) -> Option<&'a Unproven> {
    deadman.unproven.iter().find(|doubt| doubt.contact == contact.id && deadman.profile.pin.is_some())
}

/// The numbers of those who are marked, or of everybody where nobody is; the first by priority if there are too many. Nothing else leaves
/// anybody out: who takes no texts is called. Whoever came or was marked without the PIN calls nobody off, takes nobody's place, and stands
/// beside the number that was there before.
pub(crate) fn to_be_called(deadman: &Deadman) -> Vec<(&deadman::Contact, &PhoneNumber)> {
    let is_marked = |contact: &deadman::Contact| {
        let invited = doubted(deadman, contact).is_none_or(|doubt| !doubt.chosen && doubt.former.is_some());
        contact.is_emergency_contact && invited
    };
    let all = !deadman.contacts.iter().any(is_marked);
    let mut chosen: Vec<_> =
        deadman.contacts.iter().filter(|contact| contact.is_emergency_contact || all).collect();
    chosen.sort_by_key(|contact| contact.priority);
    let (mut sure, mut other) = (Vec::new(), Vec::new());
    for contact in chosen {
        match doubted(deadman, contact) {
            None => sure.push((contact, &contact.phone)),
            Some(doubt) => {
                let to = if doubt.chosen { &mut other } else { &mut sure };
                to.extend(doubt.former.as_ref().map(|phone| (contact, phone)));
                other.push((contact, &contact.phone));
            }
        }
    }
    sure.truncate(CONTACTS_MAX);
    other.truncate(CONTACTS_MAX);
    sure.extend(other);
    sure
}

/// The cause is what happened in this step.
fn caused(step: &Transition<'_>, cause: &Cause) -> bool {
    match cause {
        Cause::Bad { .. } | Cause::Emergency => step.has(|act| *act == Act::CriedForHelp),
        Cause::Unavailable { probe, deadline } => step
            .before
            .deadman
            .as_ref()
            .and_then(|deadman| Some((deadman.settings.max_retries, deadman.probe()?)))
            .is_some_and(|(retries, asked)| {
                let ran_out = asked.asked > retries && step.now >= later(asked.deadline, GRACE);
                asked.id == *probe && asked.deadline == *deadline && ran_out
            }),
    }
}

/// From one status to another.
fn moved(step: &Transition<'_>, before: &Incident, after: &Incident) -> Result<(), Violation> {
    let actor = of_incident(before);
    let human = |holds: bool, why: &str| ensure(holds, Invariant::OnlyAHumanStops, actor, || why.to_owned());
    match (&before.status, &after.status) {
        (Status::Escalating { .. } | Status::Accepted { .. }, Status::Ended { ended, .. }) => {
            ensure(ends(step, before, ended), Invariant::OnlyAHumanStops, actor, || {
                format!("ended ({ended:?}), and nobody did that")
            })
        }
        (Status::Escalating { .. }, Status::Accepted { by, .. }) => {
            let trusted = before.contacts.get(*by).is_some_and(|contact| contact.trusted);
            human(trusted, "accepted by somebody whose word does not count")?;
            human(accepts(step, before, *by), "accepted, and nobody pressed 1 or sent the code")
        }
        (Status::Accepted { by, confirm_by, .. }, Status::Escalating { .. }) => {
            let lapses = step.now >= *confirm_by || accepts(step, before, *by);
            human(lapses || step.has(|act| *act == Act::CriedForHelp), "an accept was taken away")
        }
        (
            Status::Accepted { by, at, confirm_by, .. },
            Status::Accepted { by: other, at: since, confirm_by: until, .. },
        ) => {
            human(by == other && at == since, "the first accept wins")?;
            let renewed = accepts(step, before, *by);
            human(until <= confirm_by || renewed, "an accept was renewed, and nobody said so")
        }
        (Status::Ended { .. }, Status::Escalating { .. }) => {
            let reopened =
                step.has(|act| matches!(act, Act::AskedToReopen { incident, .. } if *incident == before.id));
            ensure(reopened, Invariant::OnlyAuthentic, actor, || {
                "it was over and is open again, and nobody asked for it".to_owned()
            })
        }
        (Status::Ended { .. }, Status::Accepted { .. }) => human(false, "accepted what is over"),
        (Status::Ended { ended, .. }, Status::Ended { ended: other, .. }) => {
            human(ended == other, "the end has changed hands")
        }
        (Status::Escalating { .. }, Status::Escalating { .. }) => Ok(()),
    }
}

/// The contact at `by` said that they are going.
fn accepts(step: &Transition<'_>, incident: &Incident, by: usize) -> bool {
    step.has(|act| match act {
        Act::PressedOne { incident: id, place } | Act::RightCode { incident: id, place } => {
            *id == incident.id && *place == by
        }
        Act::WrongCode { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToReopen { .. }
        | Act::AskedToBeCalled { .. }
        | Act::CheckedIn { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped => false,
    })
}

/// Somebody ended it who may.
fn ends(step: &Transition<'_>, before: &Incident, ended: &EndedBy) -> bool {
    match ended {
        EndedBy::User => {
            let may = |act: &Act| match act {
                Act::CheckedIn { proven, knows, .. } => *proven && knows.may_end(before.id),
                Act::Resolved => true,
                Act::PressedOne { .. }
                | Act::RightCode { .. }
                | Act::WrongCode { .. }
                | Act::PressedNineTwice { .. }
                | Act::AskedToReopen { .. }
                | Act::AskedToBeCalled { .. }
                | Act::CriedForHelp
                | Act::Edited { .. }
                | Act::TextsStopped => false,
            };
            step.has(may) && !before.silent
        }
        EndedBy::Contact { place } => {
            let pressed = Act::PressedNineTwice { incident: before.id, place: *place };
            before.acceptor() == Some(*place) && step.has(|act| *act == pressed)
        }
        EndedBy::AnsweredInTime => step.has(|act| match act {
            // One without causes is open because a contact says that it is not over: no answer was ever in time for that.
            Act::CheckedIn { arrived_at, .. } => {
                !before.causes.is_empty() && before.causes.iter().all(|cause| in_time(cause, *arrived_at))
            }
            Act::PressedOne { .. }
            | Act::RightCode { .. }
            | Act::WrongCode { .. }
            | Act::PressedNineTwice { .. }
            | Act::AskedToReopen { .. }
            | Act::AskedToBeCalled { .. }
            | Act::CriedForHelp
            | Act::Resolved
            | Act::Edited { .. }
            | Act::TextsStopped => false,
        }),
    }
}

/// An answer that arrived then voids this cause.
pub(crate) fn in_time(cause: &Cause, arrived_at: Timestamp) -> bool {
    match cause {
        Cause::Unavailable { deadline, .. } => arrived_at <= *deadline,
        Cause::Bad { .. } | Cause::Emergency => false,
    }
}

/// What an incident has once learnt stays: contacts, their codes, their trust, its causes, and that it is secret. But a number may be
/// another contact's by now, and who is no contact any more with this number is not believed once it was over.
fn kept(step: &Transition<'_>, before: &Incident, after: &Incident) -> Result<(), Violation> {
    let actor = of_incident(before);
    let stays = |holds: bool, why: &str| ensure(holds, Invariant::NeverLost, actor, || why.to_owned());
    stays(after.contacts.len() >= before.contacts.len(), "a contact was dropped")?;
    let switch = step.after.deadman.as_ref();
    for (was, is) in before.contacts.iter().zip(&after.contacts) {
        let theirs = was.id == is.id || switch.is_some_and(|deadman| is_of(deadman, is));
        stays(theirs && was.phone == is.phone && was.code == is.code, "a contact was exchanged")?;
        let gone = taken_up(step, after).is_some_and(|deadman| !vouched(deadman, was));
        stays(is.trusted || !was.trusted || gone, "a contact is not trusted any more")?;
        let quieter =
            (was.by_call && !is.by_call) || (was.by_sms && !is.by_sms) || was.priority != is.priority;
        stays(!quieter, "a contact is called by fewer channels, or at another time")?;
        stays(is.alerted || !was.alerted, "it was forgotten who was alerted")?;
    }
    stays(after.round >= before.round && after.opened_at == before.opened_at, "it began anew")?;
    stays(after.called || !before.called, "it was forgotten that a phone rang")?;
    stays(after.silent || !before.silent, "it is not silent any more")?;
    for cause in &before.causes {
        let voided =
            step.has(|act| matches!(act, Act::CheckedIn { arrived_at, .. } if in_time(cause, *arrived_at)));
        stays(voided || after.causes.contains(cause), "a cause was forgotten")?;
    }
    Ok(())
}

/// This is the number of whom it is said to be, or was until somebody without the PIN replaced it.
fn is_of(deadman: &Deadman, copy: &Contact) -> bool {
    let now = deadman.contacts.iter().any(|known| known.id == copy.id && known.phone == copy.phone);
    let former = |doubt: &Unproven| doubt.contact == copy.id && doubt.former.as_ref() == Some(&copy.phone);
    now || deadman.unproven.iter().any(former)
}

/// The switch knows its open incident, and none that is over.
fn in_step(step: &Transition<'_>) -> Result<(), Violation> {
    let Some(deadman) = &step.after.deadman else { return Ok(()) };
    let actor = of_deadman(deadman);
    let known = |holds: bool, why: &str| ensure(holds, Invariant::NeverLost, actor, || why.to_owned());
    if let Some(incident) = &step.after.incident {
        let points = deadman.incident == Some(incident.id);
        if incident.is_open() && !incident.silent {
            known(deadman.incident.is_some(), "the switch does not know its open incident")?;
        }
        known(incident.is_open() || !points, "the switch believes that an incident is open")?;
    }
    let Some(before) = &step.before.deadman else { return Ok(()) };
    if before.incident == deadman.incident {
        return Ok(());
    }
    // What happens to one incident says nothing of another.
    let other =
        step.before.incident.as_ref().is_some_and(|read| before.incident.is_some_and(|id| id != read.id));
    known(!other, "the switch has forgotten its incident over another")?;
    let was_open = step
        .before
        .incident
        .as_ref()
        .is_some_and(|incident| incident.is_open() && before.incident == Some(incident.id));
    let is_over = step
        .after
        .incident
        .as_ref()
        .is_some_and(|incident| !incident.is_open() && before.incident == Some(incident.id));
    known(!was_open || is_over, "the switch has forgotten its open incident")?;
    let new = deadman.incident.is_none_or(|id| {
        step.after.incident.as_ref().is_some_and(|incident| incident.id == id && incident.is_open())
    });
    known(new, "the switch points to an incident that was not opened")
}
