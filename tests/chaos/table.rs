//! The table that a run prints.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    ledger::Case,
    plan::Plan,
    pulse::lost,
    troubles::Harm,
    verdict::{Verdict, allowed},
};

/// How many broken promises are shown.
const SHOWN: usize = 40;

/// What was done to lucius, and what came of it.
pub(crate) fn print(plan: &Plan, cases: &[Case], harm: &Harm, verdict: &Verdict) {
    say("");
    say(&format!("{:<42} {:>6} {:>8} {:>9}", "trouble", "times", "struck", "seconds"));
    let mut killed = BTreeMap::<&str, (usize, usize)>::new();
    for kill in &harm.kills {
        let count = killed.entry(&kill.package).or_default();
        count.0 += 1;
        count.1 += usize::from(kill.at_work);
    }
    for (package, (times, at_work)) in &killed {
        say(&format!("{:<42} {times:>6} {at_work:>8}", format!("kill -9 of {package} (at work)")));
    }
    for (what, (times, struck, seconds)) in harm.kinds() {
        say(&format!("{what:<42} {times:>6} {struck:>8} {seconds:>9.0}"));
    }
    say(&format!(
        "{:<42} {:>6} {:>8} {:>9.0}",
        "cloud did not answer within a second",
        harm.gaps.len(),
        "",
        lost(&harm.gaps, Timestamp::MIN, Timestamp::MAX).as_secs_f64()
    ));
    say("");
    let cries = cases.iter().filter(|case| case.cried).count();
    say(&format!("incidents: {} ({cries} cries for help, the others missed check-ins)", cases.len()));
    say(&format!("reached their human: {}; over: {}", verdict.reached, verdict.over));
    say(&format!(
        "asked once more, because we were down: {}",
        cases.iter().filter(|c| c.asked_again).count()
    ));
    waits(cases, harm, verdict);
    let rings = &verdict.rings;
    say(&format!(
        "rings: {}; too many: {}, at most {} at one contact; allowed: {} ({} requests without a good answer, {} deaths between call and record)",
        rings.rung,
        rings.too_many,
        rings.worst,
        rings.unanswered + rings.deaths,
        rings.unanswered,
        rings.deaths
    ));
    say(&format!(
        "broken promises: {}; the same plan again: make chaos SEED={}",
        verdict.wrong.len(),
        plan.seed
    ));
    for (who, broken) in verdict.wrong.iter().take(SHOWN) {
        say(&format!("  {who}: {broken}"));
    }
    trace(cases, verdict);
}

fn waits(cases: &[Case], harm: &Harm, verdict: &Verdict) {
    let Some(last) = verdict.waits.len().checked_sub(1) else { return };
    let at = |part: usize| verdict.waits[((last + 1) * part / 100).min(last)];
    say(&format!(
        "deadline to first ring (5 s of it grace): p50 {:.1} s, p99 {:.1} s, max {:.1} s",
        at(50),
        at(99),
        at(100)
    ));
    let share = cases.iter().filter_map(|case| {
        let (since, ring) = (case.since?, case.first_ring()?);
        Some((case.waited()?, allowed(case, harm, since, ring)))
    });
    if let Some((waited, allowed)) = share.max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1))) {
        say(&format!("nearest to its bound: {waited:.1} s of {allowed:.1} s"));
    }
}

/// The first households that were wronged, line by line.
fn trace(cases: &[Case], verdict: &Verdict) {
    let mut names: Vec<_> = verdict.wrong.iter().map(|(who, _)| who).collect();
    names.dedup();
    for case in cases.iter().filter(|case| names.iter().take(4).any(|name| **name == case.name)) {
        say(&format!("--- {}, since {:?} ---", case.name, case.since));
        for line in case.lines() {
            say(&format!("  {line}"));
        }
        for contact in &case.contacts {
            for request in &contact.requests {
                say(&format!("  {}: {request:?}", contact.name));
            }
        }
    }
}

/// A line for whoever watches.
#[expect(clippy::print_stderr, reason = "figures of the run")]
pub(crate) fn say(words: &str) {
    eprintln!("{words}");
}
