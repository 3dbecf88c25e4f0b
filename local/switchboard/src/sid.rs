//! Twilio's identifiers: two letters and 32 hex digits.

use std::fmt::Write as _;

/// A new random identifier with this two-letter prefix.
pub(crate) fn new_sid(prefix: &str) -> String {
    let mut sid = prefix.to_owned();
    sid.push_str(&random_hex());
    sid
}

/// 32 random hex digits.
pub(crate) fn random_hex() -> String {
    random_bytes().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A UUID, as `I-Twilio-Idempotency-Token` carries one.
pub(crate) fn uuid() -> String {
    let hex = random_hex();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// True with this probability.
pub(crate) fn chance(probability: f64) -> bool {
    let [a, b, c, d, ..] = random_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX) < probability || probability >= 1.0
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    // The kernel's generator does not fail once the machine is up; zeros would at worst make a duplicate id in a simulator.
    let _ = getrandom::fill(&mut bytes);
    bytes
}
