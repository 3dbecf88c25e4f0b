//! What people write and say: numbers, names, answers, codes.

use lucius_core::{
    phone::{NumberPolicy, PhoneNumber},
    text::{clean_message, clean_name, one_line},
    words::{Answer, ContactReply, contact_reply, keyword, read, spoken_digits},
};
use lucius_shell::api::fields;

/// What refusals show as an example.
const EXAMPLE: &str = "+12345678900";

/// A row of digits of `text` that could be somebody's number or PIN stands in `shown`.
fn repeats(text: &str, shown: &str) -> bool {
    let shown = shown.replace(EXAMPLE, "");
    text.split(|sign: char| !sign.is_ascii_digit()).any(|row| row.len() >= 6 && shown.contains(row))
}

/// A number is one of E.164, reads the same however it is written, and shows itself to nobody.
pub(crate) fn phone(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let number = match PhoneNumber::parse(&text) {
        Ok(number) => number,
        Err(why) => {
            assert!(!repeats(&text, &why.to_string()), "{why}");
            return;
        }
    };
    let plain = number.as_str();
    let digits = plain.strip_prefix('+').unwrap();
    assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
    assert!(!digits.starts_with('0'));
    let spaced: String = plain.chars().flat_map(|sign| [sign, '-', '\u{202F}']).collect();
    for again in [plain, &spaced, &format!(" \u{202A}{plain}\u{202C}")] {
        assert_eq!(PhoneNumber::parse(again).as_ref(), Ok(&number));
    }
    let json = serde_json::to_string(&number).unwrap();
    assert_eq!(serde_json::from_str::<PhoneNumber>(&json).unwrap(), number);
    assert!(!repeats(plain, &format!("{number:?}")));
    for allowed in ["+", "+1", "+1,+44,+8816"] {
        let policy = NumberPolicy::new(allowed, None).unwrap();
        if let Err(why) = policy.check(&number) {
            assert!(!repeats(plain, &why.to_string()), "{why}");
        }
    }
}

/// What is taken of a profile is taken as it is when it is sent again, and holds nothing that forges a line.
pub(crate) fn profile(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = one_line(&text);
    assert!(!lines.chars().any(char::is_control) && one_line(&lines) == lines);
    if let Ok(name) = clean_name(&text) {
        assert!(!name.is_empty() && name.chars().count() <= 60 && !name.chars().any(char::is_control));
        assert_eq!(clean_name(&name).as_ref(), Ok(&name));
    }
    if let Ok(message) = clean_message(&text) {
        assert!(!message.chars().any(|sign| sign.is_control() && sign != '\n'));
        assert_eq!(clean_message(&message).as_ref(), Ok(&message));
    }
    if let Ok(email) = fields::email(&text) {
        assert!(!email.contains(char::is_whitespace) && email.matches('@').count() == 1);
        assert_eq!(fields::email(&email).as_ref(), Ok(&email));
    }
    if let Ok(language) = fields::language(&text) {
        assert_eq!(fields::language(&language).as_ref(), Ok(&language));
    }
    if let Ok(pin) = fields::pin(&text) {
        assert!((4..=12).contains(&pin.len()) && pin.bytes().all(|digit| digit.is_ascii_digit()));
    }
    let _ = fields::password(&text);
}

/// Words that no good answer has.
const CRIES: [&str; 6] = ["not", "sos", "help", "mayday", "never", "dont"];

/// An answer is never read as its opposite, and does not depend on what cannot be seen.
pub(crate) fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let reading = read(&text);
    assert!(!reading.sos || reading.answer == Answer::Bad);
    if let Some(digits) = &reading.digits {
        assert!((4..=12).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
    }
    if reading.answer == Answer::Good {
        let lower = text.to_lowercase();
        let mut words = lower.split(|sign: char| !sign.is_alphanumeric());
        assert!(!words.any(|word| CRIES.contains(&word)), "good: {text:?}");
        assert_ne!(read(&format!("{text} not")).answer, Answer::Good);
        assert_ne!(read(&format!("{text} ?")).answer, Answer::Good);
    }
    assert_eq!(read(&format!(" {text}\n")), reading);
    if text.is_ascii() && reading.command.is_none() {
        assert_eq!(read(&text.to_uppercase()), read(&text.to_lowercase()));
    }
    assert_eq!(keyword(&text), reading.keyword);
}

/// Only a text that is the code accepts with it; one that has anything more in it does not.
pub(crate) fn code(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match contact_reply(&text) {
        ContactReply::Accept { code: Some(code) } | ContactReply::Reopen { code: Some(code) } => {
            assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
            let more = [format!("auto-reply: {text}"), format!("> {text} <"), format!("{text} {text}")];
            for more in more {
                let reply = contact_reply(&more);
                assert!(!matches!(reply, ContactReply::Accept { code: Some(_) }), "{more:?} accepts");
            }
            assert_eq!(contact_reply(&code), ContactReply::Accept { code: Some(code) });
        }
        ContactReply::Accept { code: None }
        | ContactReply::Reopen { code: None }
        | ContactReply::Decline
        | ContactReply::Other => {}
    }
    assert_eq!(contact_reply(&format!("\n{text} ")), contact_reply(&text));
}

/// Spoken digits are digits, and say themselves.
pub(crate) fn spoken(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(digits) = spoken_digits(&text) else { return };
    assert!((1..=32).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(spoken_digits(&digits).as_ref(), Some(&digits));
    assert_eq!(spoken_digits(&format!("{text} nonsense")), None);
}
