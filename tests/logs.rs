//! What the functions have written while the stories were told: no phone number, PIN, code, token, password or address.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::{collections::HashSet, fs};

use lucius_tests::{Stack, marked, story::STACK};

#[test]
#[ignore = "needs the logs of a test run: make test runs it, last"]
fn no_log_holds_a_secret() {
    let mut found = Vec::new();
    for variable in [STACK, "LUCIUS_STACK_UNSCALED"] {
        if std::env::var_os(variable).is_some() {
            found.extend(leaks(&Stack::named_by(variable)));
        }
    }
    assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found[..found.len().min(40)].join("\n"));
}

/// Every line of a function's log that holds what it must not.
fn leaks(stack: &Stack) -> Vec<String> {
    let marked = fs::read_to_string(marked::file(stack)).expect("the stories have marked their secrets");
    let secrets: HashSet<&str> =
        marked.lines().filter_map(|line| line.split_once(' ').map(|(_, value)| value)).collect();
    assert!(secrets.len() >= 10, "only {} marked values: were the stories told?", secrets.len());
    let mut found = Vec::new();
    let mut lines = 0_usize;
    for entry in fs::read_dir(&stack.logs).expect("the logs are there") {
        let path = entry.expect("an entry").path();
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a log can be read")).into_owned();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            lines = lines.saturating_add(1);
            if let Some(what) = leak_in(line, &secrets) {
                found.push(format!("{name}:{}: {what}: {line}", number.saturating_add(1)));
            }
        }
    }
    assert!(lines > 0, "the functions wrote nothing");
    found
}

/// What a line holds that it must not.
fn leak_in(line: &str, secrets: &HashSet<&str>) -> Option<&'static str> {
    if has_number(line) {
        return Some("a phone number");
    }
    if line.contains("eyJ")
        && line.matches('.').count() >= 2
        && line.contains("eyJ0eXAi") | line.contains("eyJhbGci")
    {
        return Some("a session token");
    }
    // Words as the secrets are: letters, digits and what an address holds.
    let is_inside = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '@' | '.' | '-' | '_');
    let mut words = line.split(|sign: char| !is_inside(sign));
    if words.any(|word| secrets.contains(word) || secrets.contains(word.trim_matches(['.', '-', '_']))) {
        return Some("a marked secret");
    }
    let long = secrets.iter().filter(|secret| secret.len() >= 10);
    long.into_iter().any(|secret| line.contains(*secret)).then_some("a marked secret inside a word")
}

/// A plus and 8 to 15 digits, or its form in a URL: E.164.
fn has_number(line: &str) -> bool {
    let plain = line.replace("%2B", "+").replace("%2b", "+");
    plain.split('+').skip(1).any(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (8..=15).contains(&digits)
    })
}

#[test]
fn numbers_are_seen_in_every_form() {
    for line in ["to +12125551234 now", "From=%2B12125551234&", "\"+4915112345678\""] {
        assert!(has_number(line), "{line}");
    }
    for line in ["+00:00", "2026-03-03T17:05:00+0000", "a+b 12125551234", "+1 of 3"] {
        assert!(!has_number(line), "{line}");
    }
}
