//! The checker visits one world of each hash. Here two are followed, and every other of that hash has to lead to the same ones.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use lucius_model::{Bounds, Calls, World};
use stateright::Model;

#[test]
fn worlds_of_one_hash_lead_to_the_same() {
    let (name, bounds) = Bounds::SLICES[0];
    all_alike(name, bounds);
}

/// Half an hour and 12 GB, optimized: for whoever changes what the hash leaves out.
#[test]
#[ignore = "takes long"]
fn worlds_of_one_hash_lead_to_the_same_in_every_slice() {
    for (name, bounds) in Bounds::SLICES {
        all_alike(name, bounds);
    }
}

/// So many worlds of each hash are followed.
const FOLLOWED: usize = 2;

fn all_alike(name: &str, bounds: Bounds) {
    let model = Calls::new(bounds);
    let mut todo: VecDeque<World> = model.init_states().into();
    let mut known: HashMap<u64, Vec<World>> = HashMap::new();
    let mut compared = 0_usize;
    while let Some(world) = todo.pop_front() {
        for (_, next) in after(&model, &world) {
            let alike = known.entry(hash(&next)).or_default();
            if alike.contains(&next) {
                continue;
            }
            if let Some(first) = alike.first() {
                compared = compared.saturating_add(1);
                compare(&model, first, &next);
            }
            if alike.len() < FOLLOWED {
                alike.push(next.clone());
                todo.push_back(next);
            }
        }
    }
    assert!(compared > 1_000, "{name}: only {compared} worlds had the hash of another");
}

fn compare(model: &Calls, known: &World, other: &World) {
    let (theirs, ours) = (after(model, known), after(model, other));
    let names = |steps: &[(String, World)]| steps.iter().map(|(step, _)| step.clone()).collect::<Vec<_>>();
    assert_eq!(names(&theirs), names(&ours), "these are told to be alike:\n{}", differences(known, other));
    for ((step, theirs), (_, ours)) in theirs.iter().zip(&ours) {
        let worlds =
            || format!("{}\nafter {step}:\n{}", differences(known, other), differences(theirs, ours));
        assert_eq!(hash(theirs), hash(ours), "these are told to be alike:\n{}", worlds());
    }
}

/// What can follow on this world.
fn after(model: &Calls, world: &World) -> Vec<(String, World)> {
    let mut actions = Vec::new();
    model.actions(world, &mut actions);
    let next = actions
        .into_iter()
        .filter_map(|action| Some((format!("{action:?}"), model.next_state(world, action)?)));
    next.filter(|(_, world)| model.within_boundary(world)).collect()
}

/// The lines in which they differ.
fn differences(known: &World, other: &World) -> String {
    let (known, other) = (format!("{known:#?}"), format!("{other:#?}"));
    let pairs = known.lines().zip(other.lines()).filter(|(known, other)| known != other);
    let lines: Vec<_> = pairs.map(|(known, other)| format!("{known} / {}", other.trim_start())).collect();
    lines.join("\n")
}

fn hash(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}
