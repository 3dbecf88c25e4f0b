//! The functions as processes of this machine: killing them at any moment.

use std::{fs, process::Command};

use crate::Stack;

/// The processes of a function of this stack, and of no other.
#[must_use]
pub fn of(stack: &Stack, package: &str) -> Vec<u32> {
    let function = format!("AWS_LAMBDA_FUNCTION_NAME={}", stack.function(package));
    let endpoint = format!("AWS_ENDPOINT_URL={}", stack.aws_url);
    let entries = fs::read_dir("/proc").expect("this is Linux");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let has = |wanted: &str| environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
        has(&function) && has(&endpoint)
    })
    .collect()
}

/// Ends all processes of a function without asking; how many there were.
#[must_use]
pub fn kill(stack: &Stack, package: &str) -> usize {
    let pids = of(stack, package);
    for pid in &pids {
        // One that has ended by itself in the meantime is as good.
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
    pids.len()
}
