//! A slice of the simulation, on every run of the tests: seeds that once found something, fresh ones, and the proof that a seed
//! is a run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that finds something says so and stops"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lucius_simulator::{HOURS, Outcome, Plan, USERS};

/// How long fresh seeds are tried.
const SLICE: Duration = Duration::from_secs(40);

fn plan(seed: u64) -> Plan {
    Plan { seed, users: USERS, hours: HOURS, herd: None }
}

fn run(plan: Plan) -> Outcome {
    let outcome = plan.run(false).unwrap();
    if let Some(why) = &outcome.violation {
        let traced = plan.run(true).unwrap().trace;
        let last = traced.get(traced.len().saturating_sub(60)..).unwrap_or_default().join("\n");
        let Plan { seed, users, hours, .. } = plan;
        panic!(
            "{last}\n\nseed {seed} is broken at {why}; again: simulate --replay {seed} --users {users} --hours {hours}"
        );
    }
    outcome
}

/// A line of `kept_seeds.txt`: the run as it was when it found something.
fn kept(line: &str) -> Option<Plan> {
    let line = line.split('#').next()?.trim();
    let numbers = line.split_whitespace().map(|number| number.parse::<u64>().unwrap()).collect::<Vec<_>>();
    let &[seed, users, hours] = numbers.as_slice() else {
        assert!(line.is_empty(), "{line:?}: a kept seed is a seed, people and hours");
        return None;
    };
    Some(Plan { users: users.try_into().unwrap(), hours: hours.try_into().unwrap(), ..plan(seed) })
}

#[test]
fn seeds_that_found_something_once_hold() {
    let held = include_str!("kept_seeds.txt").lines().filter_map(kept).map(run).count();
    assert!(held > 0, "no kept seed was read");
}

#[test]
fn fresh_seeds_hold() {
    let first = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let first = u64::try_from(first % 1_000_000_007).unwrap();
    let (begin, mut seed, mut counted, mut faults) = (Instant::now(), first, 0, 0);
    while begin.elapsed() < SLICE {
        let outcome = run(plan(seed));
        counted += outcome.counted;
        faults += outcome.faults.values().sum::<u64>();
        seed += 1;
    }
    println!("seeds {first}..{seed}: {counted} incidents, {faults} faults");
    assert!(
        seed - first < 10 || (counted > 100 && faults > 1_000),
        "the world has become too kind to prove anything"
    );
}

#[test]
fn a_seed_is_a_run() {
    let (once, again) = (plan(6).run(true).unwrap(), plan(6).run(true).unwrap());
    assert_eq!(once.steps, again.steps);
    assert_eq!(once.trace, again.trace);
    assert!(once.trace.len() > 1_000);
    assert_ne!(plan(7).run(true).unwrap().trace, once.trace);
}
