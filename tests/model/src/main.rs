//! Visits every state within the bounds, and says how many there are.

use std::{
    env,
    io::{Write, stdout},
    time::Duration,
};

use anyhow::{Result, bail};
use lucius_model::{Bounds, EXAMPLES, visit};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Beyond so many minutes the bounds are too wide for everyday. `MINUTES` says otherwise, for a machine that is slow.
const AT_MOST: u64 = 3;

fn main() -> Result<()> {
    let mut out = stdout().lock();
    let minutes = env::var("MINUTES").map_or(Ok(AT_MOST), |minutes| minutes.parse())?;
    let at_most = Duration::from_mins(minutes);
    let (mut unique, mut left, mut missing) = (0_usize, at_most, EXAMPLES.to_vec());
    for (name, bounds) in Bounds::SLICES {
        let visit = visit(bounds, left);
        let (deep, seconds) = (visit.depth, visit.took.as_secs_f64());
        writeln!(out, "{name}: {} states, {} steps, {deep} deep, {seconds:.1} s", visit.unique, visit.steps)?;
        writeln!(out, "  {bounds:?}; somebody is called within {} s", bounds.paged_within().as_secs())?;
        for (broken, steps) in &visit.failures {
            writeln!(out, "  {broken} does not hold, after {} steps:", steps.len().saturating_sub(1))?;
            for step in steps {
                writeln!(out, "    {step}")?;
            }
        }
        if !visit.whole {
            bail!("{name}: broken, or not every state was visited in time");
        }
        unique = unique.saturating_add(visit.unique);
        left = left.saturating_sub(visit.took);
        missing.retain(|example| !visit.examples.contains(example));
    }
    writeln!(out, "{unique} unique states in {} s", at_most.saturating_sub(left).as_secs())?;
    if !missing.is_empty() {
        bail!("this never happened: {missing:?}");
    }
    Ok(())
}
