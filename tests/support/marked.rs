//! Values that must not be found in any log: every number, PIN, code, password and token that the tests use is written
//! down here as it is made, for the test that reads the logs afterwards.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf};

use crate::Stack;

/// Where they are written, beside the logs of the stack.
#[must_use]
pub fn file(stack: &Stack) -> PathBuf {
    stack.logs.with_file_name("marked.txt")
}

/// Writes down `value` as a `kind` of secret.
///
/// # Panics
/// If the file cannot be written: a test of nothing must not pass.
pub fn note(stack: &Stack, kind: &str, value: &str) {
    let line = format!("{kind} {value}\n");
    let file = OpenOptions::new().create(true).append(true).open(file(stack));
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("marked values can be written");
}
