//! The measurements. All are medians: other programs run on the same processors.

use std::{fs, path::Path, time::Duration};

use anyhow::ensure;
use serde_json::Value;

use crate::{aws::Aws, process::Process};

/// How often each binary is started.
const STARTS: usize = 60;

/// How many events are handled before counting begins.
const WARM_UP: u32 = 500;

/// How many batches are counted.
const BATCHES: usize = 7;

/// How many events are in each.
const BATCH: u32 = 1_000;

/// What starting a binary takes.
#[derive(Debug)]
pub(crate) struct Start {
    /// Bytes.
    pub(crate) size: u64,
    /// Until it asks for an event: half of all starts are faster.
    pub(crate) p50: Duration,
    /// Nine of ten are faster.
    pub(crate) p90: Duration,
    /// The most memory that it has held until then, in KiB.
    pub(crate) peak_kib: u64,
    /// AWS calls meanwhile.
    pub(crate) calls: u64,
}

/// Starts `binary` over and over.
pub(crate) fn start(binary: &Path, variables: &[(&str, &str)], aws: Option<&Aws>) -> anyhow::Result<Start> {
    let size = fs::metadata(binary)?.len();
    // The first ones bring the binary into memory.
    for _ in 0..3 {
        Process::start(binary, variables, aws)?;
    }
    drop(aws.map(Aws::take_counts));
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let process = Process::start(binary, variables, aws)?;
        times.push(process.start);
        peaks.push(process.peak_kib()?);
    }
    let calls: u64 = aws.map(Aws::take_counts).unwrap_or_default().values().sum();
    Ok(Start {
        size,
        p50: part(&mut times, 50),
        p90: part(&mut times, 90),
        peak_kib: part(&mut peaks, 50),
        calls: calls.checked_div(u64::try_from(STARTS)?).unwrap_or_default(),
    })
}

/// What an event takes.
#[derive(Debug)]
pub(crate) struct Events {
    /// Processor time in its own code.
    pub(crate) user: Duration,
    /// Processor time in the kernel.
    pub(crate) system: Duration,
    /// The most memory after all events, in KiB.
    pub(crate) peak_kib: u64,
    /// AWS calls.
    pub(crate) calls: String,
}

/// Lets `binary` answer `event` thousands of times.
pub(crate) fn events(
    binary: &Path,
    variables: &[(&str, &str)],
    aws: &Aws,
    event: &str,
) -> anyhow::Result<Events> {
    let process = Process::start(binary, variables, Some(aws))?;
    let batch = |events: u32| -> anyhow::Result<()> {
        for _ in 0..events {
            let answer: Value = serde_json::from_slice(&process.api.invoke(event.to_owned())?)?;
            let status = answer.get("statusCode").and_then(Value::as_u64);
            ensure!(status == Some(204), "the callback was answered {answer}");
            process.api.ready()?;
        }
        Ok(())
    };
    batch(WARM_UP)?;
    drop(aws.take_counts());
    let (mut user, mut system) = (Vec::new(), Vec::new());
    for _ in 0..BATCHES {
        let before = process.cpu()?;
        batch(BATCH)?;
        let after = process.cpu()?;
        user.push(after.0.saturating_sub(before.0));
        system.push(after.1.saturating_sub(before.1));
    }
    let each = |mut times: Vec<Duration>| part(&mut times, 50).checked_div(BATCH).unwrap_or_default();
    let counts = aws.take_counts();
    let events = u64::try_from(BATCHES)?.saturating_mul(u64::from(BATCH));
    let calls = counts.iter().map(|(name, count)| {
        let each = count.checked_div(events).unwrap_or_default();
        format!("{each} {name}")
    });
    Ok(Events {
        user: each(user),
        system: each(system),
        peak_kib: process.peak_kib()?,
        calls: calls.collect::<Vec<_>>().join(", "),
    })
}

/// The value that `percent` of all are below.
fn part<T: Ord + Copy + Default>(values: &mut [T], percent: usize) -> T {
    values.sort_unstable();
    let index = values.len().saturating_mul(percent) / 100;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}
