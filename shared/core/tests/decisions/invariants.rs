//! What holds after any events in any order.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    deadman::{CheckIn, Deadman, Edit, State},
    decide::{Case, ContactAct, Decision, Event},
    effect::{EffectId, Pendings, Purpose},
    history::Row,
    incident::{Cause, Incident, Status, WRONG_CODES_MAX},
    words::Answer,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    random::{CAP, World},
    steps::step,
    world::pin,
};

/// Checks one decision.
pub(crate) fn hold(before: &Case, event: &Event, now: Timestamp, decision: &Decision) {
    let after = &decision.case;
    if let Some(deadman) = &after.deadman {
        let idle = matches!(deadman.state, State::Off) && deadman.incident.is_none();
        assert_eq!(deadman.due().is_none(), idle && deadman.pending.is_empty(), "{deadman:?}");
        readable(deadman);
        names(&deadman.pending);
        let asking = deadman.pending.keys().any(|id| id.purpose == Purpose::Ask);
        let leased = deadman.pending.values().any(|pending| pending.lease_until.is_some());
        assert!(!asking || leased || deadman.probe().is_some(), "a question without a probe: {deadman:?}");
        assert!(deadman.incident.is_none() || deadman.probe().is_none(), "asked during an incident");
    }
    if let Some(incident) = &after.incident {
        assert_eq!(
            incident.due().is_none(),
            !incident.is_open() && incident.pending.is_empty(),
            "{incident:?}"
        );
        readable(incident);
        names(&incident.pending);
        assert!(
            incident.contacts.iter().all(|contact| contact.called_at.len() <= CAP as usize + 1),
            "{incident:?}"
        );
        if let Some(deadman) = &after.deadman {
            assert_eq!(
                incident.is_open(),
                deadman.incident == Some(incident.id),
                "switch and incident disagree"
            );
        }
        if let Some(before) = before.incident.as_ref().filter(|before| before.id == incident.id) {
            allowed(before, incident, event, now);
        }
    }
    fits(decision);
}

fn readable<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(state: &T) {
    let json = serde_json::to_string(state).unwrap();
    assert!(serde_json::from_str::<T>(&json).unwrap() == *state, "{json}");
    assert!(json.len() < 200_000, "an item holds 400 KB");
}

fn names(pending: &Pendings) {
    for id in pending.keys() {
        assert_eq!(id.to_string().parse::<EffectId>().as_ref(), Ok(id));
    }
}

/// A transaction takes a hundred writes, the lines of a timeline together being one.
fn fits(decision: &Decision) {
    let is_line = |row: &&Row| matches!(row, Row::Timeline { .. });
    let lines = decision.rows.iter().filter(is_line).count();
    let rows = decision.rows.len() - lines + lines.min(1) + decision.pointers.len() + 2;
    assert!(rows <= 100, "{rows} writes");
}

/// Which changes of an incident an event may make.
fn allowed(before: &Incident, after: &Incident, event: &Event, now: Timestamp) {
    match (&before.status, &after.status) {
        (Status::Escalating { .. } | Status::Accepted { .. }, Status::Ended { .. }) => {
            assert!(ends(before, event), "{event:?} ended it: {before:?}");
        }
        (Status::Escalating { .. }, Status::Accepted { by, .. }) => {
            let human = matches!(event, Event::Contact { place, .. } if place == by);
            assert!(human && before.contacts[*by].trusted, "{event:?} accepted it");
        }
        (Status::Accepted { confirm_by, by, .. }, Status::Escalating { .. }) => {
            let why = match event {
                Event::Wake => now >= *confirm_by,
                Event::Contact { place, .. } => place == by,
                Event::Emergency { .. } => true,
                Event::CheckIn(answer) => answer.sos || answer.answer == Answer::Bad,
                _ => false,
            };
            assert!(why, "{event:?} took the accept away");
        }
        (Status::Accepted { by, .. }, Status::Accepted { by: other, .. }) => {
            assert_eq!(by, other, "the first accept wins");
            let asked = matches!(
                event,
                Event::Contact { act: ContactAct::CallBack { .. } | ContactAct::Code { .. }, .. }
            );
            assert!(asked || pages(after).is_subset(&pages(before)), "{event:?} pages after an accept");
        }
        (Status::Ended { .. }, Status::Escalating { .. }) => {
            assert!(matches!(event, Event::Contact { .. }), "{event:?} opened it again");
        }
        (Status::Ended { .. }, Status::Accepted { .. }) => panic!("{event:?} accepted what is over"),
        (Status::Ended { .. }, Status::Ended { .. }) => {
            assert!(pages(after).is_empty(), "{event:?} pages after the end");
        }
        (Status::Escalating { .. }, Status::Escalating { .. }) => {}
    }
    for (was, is) in before.contacts.iter().zip(&after.contacts) {
        assert!(is.wrong_codes <= WRONG_CODES_MAX && is.attempts >= was.attempts && is.code == was.code);
    }
}

fn pages(incident: &Incident) -> BTreeSet<&EffectId> {
    incident.pending.keys().filter(|id| id.purpose == Purpose::Page).collect()
}

/// Only the PIN, the acceptor's second 9, or an answer that had come in time.
fn ends(before: &Incident, event: &Event) -> bool {
    match event {
        Event::CheckIn(CheckIn { proof, logged_in, arrived_at, .. }) => {
            let in_time = |cause: &Cause| matches!(cause, Cause::Unavailable { deadline, .. } if arrived_at <= deadline);
            *logged_in || *proof == pin("1234") || before.causes.iter().all(in_time)
        }
        Event::Edit(Edit::Resolve { proof, .. }) => *proof == pin("1234"),
        Event::Contact { place, act: ContactAct::Press { step, digits, .. } } => {
            before.acceptor() == Some(*place) && step.starts_with("end") && digits.as_deref() == Some("9")
        }
        _ => false,
    }
}

/// Whatever has happened: from now on performers are well and nobody answers. An open incident then pages every contact within two
/// hours (an accept lapses, both channels rest, the cap holds), and one that is over falls silent.
fn goes_on(world: &mut World) {
    let Some(start) = world.case.incident.clone() else { return };
    let end = world.now + SignedDuration::from_hours(2);
    world.paged.clear();
    for _ in 0..3_000 {
        world.wake(true);
        world.settle_all();
        let now = world.case.incident.as_ref().filter(|incident| incident.id == start.id);
        let missed = (0..start.contacts.len()).any(|place| !world.paged.contains(&(start.id.get(), place)));
        let done =
            if start.is_open() { !missed } else { now.is_none_or(|incident| incident.due().is_none()) };
        if world.now > end || done {
            break;
        }
    }
    let paged = |place: usize| world.paged.contains(&(start.id.get(), place));
    if start.is_open() {
        let missed: Vec<_> = (0..start.contacts.len()).filter(|place| !paged(*place)).collect();
        assert!(missed.is_empty(), "{missed:?} were not paged: {start:?}");
    } else {
        assert!(
            world.paged.iter().all(|(id, _)| *id != start.id.get()),
            "an incident that is over pages: {start:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn hold_whatever_happens(steps in prop::collection::vec(step(), 1..150)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        goes_on(&mut world);
    }
}

#[test]
fn a_fresh_switch_can_be_read_back() {
    let deadman: Deadman = World::new().case.deadman.unwrap();
    readable(&deadman);
}
