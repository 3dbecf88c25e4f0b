//! Time to page: from a deadline to the first call or text, alone and in a herd.

use std::{io::Write, process::ExitCode, time::Instant};

use lucius_simulator::{HOURS, Outcome, Plan, USERS};

/// Enough incidents for a p99 that holds.
const INCIDENTS: u64 = 5_000;

/// Climates by the last digit of a seed.
const CLIMATES: [(&str, u64); 6] = [
    ("nothing fails", 0),
    ("every hint is lost", 1),
    ("a little fails", 2),
    ("a lot fails, and outages", 7),
    ("the same, everybody at the same minutes, nine of ten hints lost", 6),
    ("the same, hints wait for each other", 5),
];

/// Everybody on their own, in each climate.
pub(crate) fn alone(out: &mut impl Write) -> anyhow::Result<ExitCode> {
    writeln!(
        out,
        "| seconds from deadline | incidents | first page p50 | p99 | max | first call taken p50 | p99 | max |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    for (name, digit) in CLIMATES {
        let mut sum = Outcome::default();
        for seed in (digit..).step_by(10) {
            let outcome = Plan { seed, users: USERS, hours: HOURS, herd: None }.run(false)?;
            if let Some(why) = outcome.violation {
                writeln!(out, "SEED {seed} is broken at {why}")?;
                return Ok(ExitCode::FAILURE);
            }
            sum.incidents += outcome.incidents;
            sum.to_page.extend(outcome.to_page);
            sum.to_call.extend(outcome.to_call);
            if sum.incidents >= INCIDENTS {
                break;
            }
        }
        let (page, call) = (spread(sum.to_page), spread(sum.to_call));
        writeln!(out, "| {name} | {} | {page} | {call} |", sum.incidents)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Everybody misses the same minute, against carriers that take so many calls in a second.
pub(crate) fn herd(out: &mut impl Write, paces: &str, users: usize, hours: u32) -> anyhow::Result<ExitCode> {
    writeln!(
        out,
        "| {users} misses in one minute, calls/s | called | first call taken p50 | p99 | max | took s |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for pace in paces.split(',') {
        let begin = Instant::now();
        let outcome = Plan { seed: 1, users, hours, herd: Some(pace.parse()?) }.run(false)?;
        let (called, call) = (outcome.to_call.len(), spread(outcome.to_call));
        writeln!(out, "| {pace} | {called} | {call} | {} |", begin.elapsed().as_secs())?;
        out.flush()?;
        if let Some(why) = outcome.violation {
            writeln!(out, "broken: {why}")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// p50, p99 and the most, in seconds.
fn spread(mut millis: Vec<i64>) -> String {
    millis.sort_unstable();
    let at = |part: usize| {
        millis.get(millis.len() * part / 100).or_else(|| millis.last()).map_or(0, |wait| wait / 1_000)
    };
    format!("{} | {} | {}", at(50), at(99), at(100))
}
