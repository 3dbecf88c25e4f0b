//! What holds after any events in any order.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    deadman::{CheckIn, Deadman, Edit, Medium, Proof},
    decide::{Case, ContactAct, Decision, Event},
    effect::{EffectId, Pendings},
    history::Row,
    incident::TextAnswer,
    policy::Policy,
    words::Answer,
};
use lucius_invariants::{Act, Knows, Transition, transition};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::{random::World, steps::step, world::pin};

/// Checks one decision.
pub(crate) fn hold(before: &Case, event: &Event, now: Timestamp, policy: &Policy, decision: &Decision) {
    let after = &decision.case;
    let acts = acts(before, event);
    let step = Transition { before, after, now, policy, acts: &acts, performer_wake: false };
    if let Err(broken) = transition(&step) {
        panic!("{broken}\n{event:?}\n{before:#?}\n{after:#?}");
    }
    if let Some(deadman) = &after.deadman {
        readable(deadman);
        names(&deadman.pending);
    }
    if let Some(incident) = &after.incident {
        readable(incident);
        names(&incident.pending);
    }
    fits(decision);
}

/// Checks the leases that a performer takes after its wake.
pub(crate) fn woken(decided: &Case, claimed: &Case, now: Timestamp, policy: &Policy) {
    let step = Transition { before: decided, after: claimed, now, policy, acts: &[], performer_wake: true };
    if let Err(broken) = transition(&step) {
        panic!("{broken}\n{claimed:#?}");
    }
}

/// What of it a human really did. Every key and every right code of the random world is meant.
fn acts(before: &Case, event: &Event) -> Vec<Act> {
    match event {
        Event::Contact { place, act } => by_contact(before, *place, act).into_iter().collect(),
        Event::CheckIn(answer) => by_user(before, answer).into_iter().collect(),
        Event::Emergency { .. } => vec![Act::CriedForHelp],
        Event::Edit(Edit::Resolve { proof, .. }) => {
            if *proof == pin("1234") {
                vec![Act::Resolved]
            } else {
                Vec::new()
            }
        }
        Event::Edit(
            Edit::Profile { proof, .. }
            | Edit::Probes { proof, .. }
            | Edit::AddContact { proof, .. }
            | Edit::ChangeContact { proof, .. }
            | Edit::RemoveContact { proof, .. },
        ) => {
            let number =
                matches!(event, Event::Edit(Edit::ChangeContact { change, .. }) if change.phone.is_some());
            vec![Act::Edited { proven: *proof == pin("1234"), number }]
        }
        Event::TextsStopped { .. } => vec![Act::TextsStopped],
        Event::Wake
        | Event::Settled(_)
        | Event::CallTold { .. }
        | Event::TextFailed { .. }
        | Event::Login { .. }
        | Event::Remove { .. } => Vec::new(),
    }
}

fn by_contact(before: &Case, place: usize, act: &ContactAct) -> Option<Act> {
    let known = before.incident.as_ref()?;
    let incident = known.id;
    // What is replayed may name a place of an earlier incident: nobody stands there now, so nobody did anything.
    let contact = known.contacts.get(place)?;
    Some(match act {
        ContactAct::Press { step, digits, .. } => match digits.as_deref() {
            Some("1") => Act::PressedOne { incident, place },
            Some("9") if step.starts_with("end") => Act::PressedNineTwice { incident, place },
            Some("5") => Act::AskedToReopen { incident, place },
            _ => return None,
        },
        ContactAct::Code { code, .. } if *code != contact.code => Act::WrongCode { incident, place },
        ContactAct::Code { answer: TextAnswer::Accept, .. } => Act::RightCode { incident, place },
        ContactAct::Code { answer: TextAnswer::Reopen, .. } => Act::AskedToReopen { incident, place },
        ContactAct::CallBack { .. } => Act::AskedToBeCalled { incident, place },
    })
}

/// An answer that is heard for the first time, and that counts.
fn by_user(before: &Case, answer: &CheckIn) -> Option<Act> {
    let deadman = before.deadman.as_ref()?;
    if deadman.seen.reply(&answer.key).is_some() {
        return None;
    }
    if answer.sos || answer.answer == Answer::Bad {
        return Some(Act::CriedForHelp);
    }
    let tries = if answer.medium == Medium::OwnCall { deadman.own_tries } else { deadman.tries };
    let locked = tries.wrong >= Policy::default().pin_tries_per_day;
    let proven = answer.logged_in || (answer.proof == pin("1234") && !locked);
    let without = answer.proof == Proof::None && answer.answer == Answer::Good;
    let counts = without && !(deadman.wants_pin_in_reply() && answer.medium == Medium::Sms);
    (proven || counts).then_some(Act::CheckedIn { arrived_at: answer.arrived_at, proven, knows: Knows::All })
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
