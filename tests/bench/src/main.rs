//! What lucius costs on this machine, beside its budgets: `make bench`.
//!
//! The binaries are those that ship. Lambda's runtime API and AWS are played on loopback, so that a start includes reading
//! secrets and keys and opening the table's connection, and leaves out only the network and TLS handshakes.

mod aws;
mod decisions;
mod event;
mod functions;
mod http;
mod measure;
mod process;
mod report;
mod runtime_api;

use std::{env, path::Path};

use anyhow::Context as _;
use jiff::Timestamp;

use crate::{
    aws::Aws,
    functions::{FUNCTIONS, RECEIPT},
    report::Report,
};

fn main() -> anyhow::Result<()> {
    let own = env::current_exe()?;
    let folder = own.parent().context("this program lies in no folder")?;
    let now = Timestamp::now();
    let incident = event::incident(now)?;
    let aws = Aws::new(&format!("INCIDENT#{}", incident.id), &event::item(&incident)?)?;
    let mut report = Report::new();
    starts(folder, &aws, &mut report)?;
    let event = event::callback(incident.id, now)?;
    let (name, variables) = RECEIPT;
    report.events(&measure::events(&folder.join(name), variables, &aws, &event)?)?;
    report.decisions(decisions::rate(now)?)?;
    report.end()
}

/// Size, time to ready and memory of every function.
fn starts(folder: &Path, aws: &Aws, report: &mut Report) -> anyhow::Result<()> {
    report.starts_begin()?;
    report.start("(Lambda's runtime alone)", &measure::start(&folder.join("bare"), &[], None)?, false)?;
    for (name, variables) in FUNCTIONS {
        report.start(name, &measure::start(&folder.join(name), variables, Some(aws))?, true)?;
    }
    Ok(())
}
