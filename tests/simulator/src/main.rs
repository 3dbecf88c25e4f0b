//! `simulate`: runs of the simulated world for some minutes, or one run by its seed.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "counts of what one machine can do in a day do not overflow"
)]

mod pages;

use std::{
    collections::BTreeMap,
    env,
    io::Write as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use lucius_simulator::{Outcome, Plan};

/// Every item is encoded and decoded as in production: a quarter of a run's time would be spent in the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often every cell should be hit in a long run.
const OFTEN: u64 = 100;

fn option(name: &str) -> Option<String> {
    let mut words = env::args().skip_while(|word| word != name);
    words.nth(1)
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> anyhow::Result<T> {
    match option(name) {
        None => Ok(default),
        Some(word) if word.is_empty() => Ok(default),
        Some(word) => word.parse().ok().with_context(|| format!("{name} takes a number, not {word}")),
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let users = number("--users", lucius_simulator::USERS)?;
    let hours = number("--hours", lucius_simulator::HOURS)?;
    let mut out = std::io::stdout().lock();
    if let Some(seed) = option("--replay") {
        let plan = Plan { seed: seed.parse()?, users, hours, herd: None };
        let outcome = plan.run(true)?;
        for line in &outcome.trace {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{:?}", outcome.violation)?;
        return Ok(ExitCode::from(u8::from(outcome.violation.is_some())));
    }
    if let Some(herds) = option("--herd") {
        return pages::herd(&mut out, &herds, users, hours);
    }
    if env::args().any(|word| word == "--pages") {
        return pages::alone(&mut out);
    }
    let minutes: f64 = number("--minutes", 1.0)?;
    let first: u64 = number("--seed", fresh())?;
    let most: u64 = number("--runs", u64::MAX)?;
    let (begin, limit) = (Instant::now(), Duration::from_secs_f64(minutes * 60.0));
    let mut sum = Outcome::default();
    let (mut runs, mut per_incident) = (0, Vec::new());
    while begin.elapsed() < limit && runs < most {
        let plan = Plan { seed: first.wrapping_add(runs), users, hours, herd: None };
        let outcome = plan.run(false)?;
        runs += 1;
        if let Some(why) = &outcome.violation {
            return failed(&mut out, plan, why);
        }
        per_incident.extend(outcome.steps.checked_div(outcome.incidents));
        add(&mut sum, outcome);
    }
    report(&mut out, &sum, first, runs, begin.elapsed())?;
    per_incident.sort_unstable();
    let median = per_incident.get(per_incident.len() / 2).copied().unwrap_or_default();
    writeln!(out, "steps for one incident, the median of all runs: {median}")?;
    Ok(ExitCode::SUCCESS)
}

fn fresh() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(1, |since| since.as_secs())
}

/// A run that broke something: again, with a trace.
fn failed(out: &mut impl std::io::Write, plan: Plan, why: &str) -> anyhow::Result<ExitCode> {
    let traced = plan.run(true)?;
    let file = env::temp_dir().join(format!("lucius-run-{}.txt", plan.seed));
    std::fs::write(&file, traced.trace.join("\n"))?;
    for line in traced.trace.iter().rev().take(60).rev() {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "\nSEED {} is broken at {why}", plan.seed)?;
    let steps = traced.steps;
    writeln!(out, "every step was checked: these {steps} steps are the shortest prefix that fails")?;
    writeln!(out, "again: make simulate REPLAY={}   whole trace: {}", plan.seed, file.display())?;
    Ok(ExitCode::FAILURE)
}

fn add(sum: &mut Outcome, one: Outcome) {
    sum.steps += one.steps;
    sum.incidents += one.incidents;
    sum.counted += one.counted;
    sum.checks += one.checks;
    sum.user_hours += one.user_hours;
    sum.placed += one.placed;
    sum.to_page.extend(one.to_page);
    sum.to_call.extend(one.to_call);
    for (name, count) in one.faults {
        *sum.faults.entry(name).or_default() += count;
    }
    for (cell, count) in one.cells {
        *sum.cells.entry(cell).or_default() += count;
    }
}

fn report(
    out: &mut impl std::io::Write,
    sum: &Outcome,
    seed: u64,
    runs: u64,
    took: Duration,
) -> anyhow::Result<()> {
    let seconds = took.as_secs_f64().max(0.001);
    let faults: u64 = sum.faults.values().sum();
    writeln!(out, "seeds {seed}..{}: {runs} runs in {seconds:.0} s, no violation", seed.wrapping_add(runs))?;
    writeln!(out, "incidents {} (counted {}), user-hours {}", sum.incidents, sum.counted, sum.user_hours)?;
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let rate = sum.steps as f64 / seconds;
    writeln!(
        out,
        "steps {} ({rate:.0}/s), checks {}, calls and texts placed {}",
        sum.steps, sum.checks, sum.placed
    )?;
    writeln!(out, "faults {faults}:")?;
    for (name, count) in &sum.faults {
        writeln!(out, "  {name:<28}{count:>10}")?;
    }
    let mut to_page = sum.to_page.clone();
    to_page.sort_unstable();
    let at = |part: usize| to_page.get(to_page.len() * part / 1000).copied().unwrap_or_default();
    let last = to_page.last().copied().unwrap_or_default();
    writeln!(
        out,
        "deadline to first request, all climates: p50 {} ms, p99 {} ms, max {last} ms",
        at(500),
        at(990)
    )?;
    let mut by_fault = BTreeMap::<&str, (usize, u64)>::new();
    for ((fault, _, _), count) in &sum.cells {
        let entry = by_fault.entry(fault).or_insert((0, u64::MAX));
        *entry = (entry.0 + 1, entry.1.min(*count));
    }
    let seldom: Vec<_> = sum.cells.iter().filter(|(_, count)| **count < OFTEN).collect();
    let all = sum.cells.len();
    writeln!(
        out,
        "cells of fault x kind of effect x place: {all}, of them hit fewer than {OFTEN} times: {}",
        seldom.len()
    )?;
    for ((fault, kind, place), count) in seldom {
        writeln!(out, "  {count:>4} {fault}, {kind}, {place}")?;
    }
    for (fault, (cells, least)) in by_fault {
        writeln!(out, "  {fault:<28}{cells:>5} cells, the rarest hit {least} times")?;
    }
    Ok(())
}
