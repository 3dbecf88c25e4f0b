//! The functions as processes of this machine: killing them at any moment.

use std::{fs, process::Command};

use crate::Stack;

/// The processes of a function of this stack, and of no other.
#[must_use]
pub fn of(stack: &Stack, package: &str) -> Vec<u32> {
    all(stack).into_iter().filter(|(of, _)| of == package).map(|(_, pid)| pid).collect()
}

/// The processes of all functions of this stack, each with its package.
#[must_use]
pub fn all(stack: &Stack) -> Vec<(String, u32)> {
    let endpoint = format!("AWS_ENDPOINT_URL={}", stack.aws_url);
    let named: Vec<(String, String)> = stack
        .functions
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(package, name)| {
            Some((package.clone(), format!("AWS_LAMBDA_FUNCTION_NAME={}", name.as_str()?)))
        })
        .collect();
    pids()
        .filter_map(|pid| {
            let environment = environment_of(pid);
            let has =
                |wanted: &str| environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
            let (package, _) = named.iter().find(|(_, name)| has(name))?;
            has(&endpoint).then(|| (package.clone(), pid))
        })
        .collect()
}

/// How often a process has been given a processor so far; none if it is gone. It grows while the process works, and hardly
/// while it waits to be invoked.
#[must_use]
pub fn turns(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let count = |name: &str| -> Option<u64> {
        status.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    };
    Some(count("voluntary_ctxt_switches:")? + count("nonvoluntary_ctxt_switches:")?)
}

/// Ends a process without asking.
pub fn end(pid: u32) {
    // One that has ended by itself in the meantime is as good.
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
}

/// The process of the emulated cloud of this stack.
///
/// # Panics
/// If it does not run.
#[must_use]
pub fn cloud(stack: &Stack) -> u32 {
    let port = stack.aws_url.rsplit(':').next().unwrap_or_default();
    let wanted = format!("GATEWAY_PORT={port}");
    let runs = |pid: u32| {
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let is_it = command.split(|byte| *byte == 0).any(|word| word.ends_with(b"/emulator.py"));
        is_it && environment_of(pid).split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    pids().find(|pid| runs(*pid)).expect("the emulated cloud runs")
}

/// A process that stands still. It goes on when this is dropped.
#[derive(Debug)]
pub struct Stopped(u32);

impl Stopped {
    /// Stops the process, without its noticing.
    #[must_use]
    pub fn process(pid: u32) -> Self {
        let _ = Command::new("kill").args(["-STOP", &pid.to_string()]).status();
        Self(pid)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-CONT", &self.0.to_string()]).status();
    }
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("this is Linux");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn environment_of(pid: u32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// Ends all processes of a function without asking; how many there were.
#[must_use]
pub fn kill(stack: &Stack, package: &str) -> usize {
    let pids = of(stack, package);
    for pid in &pids {
        end(*pid);
    }
    pids.len()
}
