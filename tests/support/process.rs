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
    let entries = fs::read_dir("/proc").expect("this is Linux");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let has = |wanted: &str| environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
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

/// Ends all processes of a function without asking; how many there were.
#[must_use]
pub fn kill(stack: &Stack, package: &str) -> usize {
    let pids = of(stack, package);
    for pid in &pids {
        end(*pid);
    }
    pids.len()
}
