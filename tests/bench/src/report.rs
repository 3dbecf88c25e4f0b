//! The table: each figure beside its budget.

use std::{
    io::{self, Write},
    time::Duration,
};

use crate::measure::{Events, Start};

/// Until a function asks for its first event.
const START: Duration = Duration::from_millis(2);

/// What it may hold then.
const PEAK_KIB: u64 = 8 * 1024;

/// What it may measure, in bytes.
const SIZE: u64 = 6_000_000;

/// A webhook with one AWS call.
const USER: Duration = Duration::from_micros(250);

/// Decisions in a second.
const DECISIONS: f64 = 1_000_000.0;

/// The table, while it is written.
#[derive(Debug)]
pub(crate) struct Report {
    out: io::Stdout,
    missed: u32,
}

impl Report {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self { out: io::stdout(), missed: 0 }
    }

    fn mark(&mut self, is_kept: bool) -> &'static str {
        if is_kept {
            return " ";
        }
        self.missed = self.missed.saturating_add(1);
        "!"
    }

    /// Heads the table of starts.
    pub(crate) fn starts_begin(&mut self) -> io::Result<()> {
        writeln!(
            self.out,
            "{:26}{:>12} {:>12} {:>12} {:>14} {:>10}",
            "", "ready p50", "ready p90", "VmHWM", "size", "AWS calls"
        )?;
        writeln!(self.out, "{:26}{:>12} {:>12} {:>12} {:>14}", "budget", "2 ms", "", "8 MiB", "6 MB, aim 4")
    }

    /// A line of it; `is_ours`: budgets are for it.
    pub(crate) fn start(&mut self, name: &str, start: &Start, is_ours: bool) -> io::Result<()> {
        let ready = self.mark(!is_ours || start.p50 <= START);
        let peak = self.mark(!is_ours || start.peak_kib <= PEAK_KIB);
        let size = self.mark(!is_ours || start.size <= SIZE);
        writeln!(
            self.out,
            "{name:26}{:>9} ms{ready}{:>9} ms {:>8} MiB{peak}{:>11} MB{size}{:>10}",
            thousandths(start.p50.as_micros()),
            thousandths(start.p90.as_micros()),
            tenths(start.peak_kib.saturating_mul(10) / 1024),
            thousandths(u128::from(start.size / 1_000)),
            start.calls,
        )
    }

    /// What an event takes.
    pub(crate) fn events(&mut self, events: &Events) -> io::Result<()> {
        let mark = self.mark(events.user <= USER);
        let (user, system) = (thousandths(events.user.as_micros()), thousandths(events.system.as_micros()));
        let peak = tenths(events.peak_kib.saturating_mul(10) / 1024);
        writeln!(
            self.out,
            "\n{:26}{user:>9} ms{mark}budget 0.250 ms (kernel: {system} ms)",
            "warm webhook, user CPU"
        )?;
        writeln!(self.out, "{:26}{:>12} budget 1", "  AWS calls", events.calls)?;
        writeln!(self.out, "{:26}{peak:>8} MiB after 7,500 events", "  VmHWM")
    }

    /// How fast decisions are.
    pub(crate) fn decisions(&mut self, rate: f64) -> io::Result<()> {
        let mark = self.mark(rate >= DECISIONS);
        let millions = rate / DECISIONS;
        writeln!(self.out, "{:26}{millions:>8.2} M/s{mark}budget 1 M/s", "decisions, ship profile")
    }

    /// The last line.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        let missed = self.missed;
        writeln!(
            self.out,
            "\nBeyond their budget (!): {missed}. All are medians; what runs beside makes them worse."
        )?;
        Ok(())
    }
}

fn thousandths(number: u128) -> String {
    format!("{}.{:03}", number / 1_000, number % 1_000)
}

fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}
