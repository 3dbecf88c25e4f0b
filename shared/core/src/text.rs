//! Text for people: names and messages made safe to send, speak and log, and times as people say them.

use jiff::Timestamp;
use thiserror::Error;

use crate::schedule::TimeZone;

/// The most characters of a name.
pub const NAME_MAX: usize = 60;
/// The most characters of the message that contacts are sent.
pub const MESSAGE_MAX: usize = 4_096;

/// Why a name or a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextRefused {
    /// Nothing that can be seen or spoken.
    #[error("it is empty")]
    Empty,
    /// More characters than the limit.
    #[error("it is longer than {0} characters")]
    TooLong(usize),
}

/// A person's name, on one line, with single spaces and without invisible characters; at most [`NAME_MAX`] characters.
///
/// # Errors
/// If nothing is left or too much.
pub fn clean_name(text: &str) -> Result<String, TextRefused> {
    bounded(gsm_friendly(&one_line(text)), NAME_MAX)
}

/// A message in a person's own words: lines are kept, control and invisible characters go; at most [`MESSAGE_MAX`]
/// characters.
///
/// # Errors
/// If nothing is left or too much.
pub fn clean_message(text: &str) -> Result<String, TextRefused> {
    let lines: Vec<String> = text.lines().map(one_line).collect();
    bounded(gsm_friendly(lines.join("\n").trim()), MESSAGE_MAX)
}

/// `text` on one line with single spaces and without invisible characters, so that nobody can forge a line of a log or
/// turn the words around it.
#[must_use]
pub fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|sign| !is_invisible(*sign))
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first `max` characters of `text`, the last of them an ellipsis in dots if something is left out.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let dots = "...";
    let kept: String = text.chars().take(max.saturating_sub(dots.len())).collect();
    let kept = kept.trim_end();
    dots.chars().take(max).fold(kept.to_owned(), |mut short, dot| {
        short.push(dot);
        short
    })
}

/// Typographic signs as keyboards of telephones know them. One curly quote makes a text message three times as long,
/// because it leaves the GSM alphabet; letters with accents are left alone, for they are somebody's name.
#[must_use]
pub fn gsm_friendly(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}' | '\u{2032}' | '\u{B4}' | '`' => {
                plain.push('\'');
            }
            '\u{201C}'..='\u{201F}' | '\u{AB}' | '\u{BB}' | '\u{2033}' => plain.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => plain.push(' '),
            '\u{2026}' => plain.push_str("..."),
            '\u{2022}' => plain.push('*'),
            _ => plain.push(sign),
        }
    }
    plain
}

/// Digits one by one, as a voice must read a code: `1 2 3 4 5 6`.
#[must_use]
pub fn speak_digits(digits: &str) -> String {
    let signs: Vec<String> = digits.chars().map(String::from).collect();
    signs.join(" ")
}

/// The local time to be spoken: `Tuesday 3 March, 6 05 PM`.
#[must_use]
pub fn speak_time(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.rules().clone());
    let format = match (local.hour(), local.minute()) {
        // Twelve o'clock is the one hour of which people do not agree what AM and PM mean.
        (0, 0) => "%A %-d %B, midnight",
        (12, 0) => "%A %-d %B, noon",
        (_, 0) => "%A %-d %B, %-I %p",
        _ => "%A %-d %B, %-I %M %p",
    };
    local.strftime(format).to_string()
}

/// The local time to be read: `Tuesday 3 March, 6:05 PM`.
#[must_use]
pub fn write_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.rules().clone()).strftime("%A %-d %B, %-I:%M %p").to_string()
}

/// Checks that something is left and not too much.
fn bounded(text: String, max: usize) -> Result<String, TextRefused> {
    if text.is_empty() {
        Err(TextRefused::Empty)
    } else if text.chars().count() > max {
        Err(TextRefused::TooLong(max))
    } else {
        Ok(text)
    }
}

/// Characters without a shape that turn, join or hide others. The joiners inside emoji and Indic words stay.
fn is_invisible(sign: char) -> bool {
    matches!(
        sign,
        '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::parse(name).unwrap()
    }

    #[test]
    fn times_in_the_persons_own_zone() {
        for (at, name, spoken, written) in [
            ("2026-03-03T17:05:00Z", "Europe/Berlin", "Tuesday 3 March, 6 05 PM", "Tuesday 3 March, 6:05 PM"),
            (
                "2026-03-03T17:05:00Z",
                "America/New_York",
                "Tuesday 3 March, 12 05 PM",
                "Tuesday 3 March, 12:05 PM",
            ),
            (
                "2026-07-01T13:00:59Z",
                "America/New_York",
                "Wednesday 1 July, 9 AM",
                "Wednesday 1 July, 9:00 AM",
            ),
            (
                "2026-12-31T18:30:00Z",
                "Asia/Kolkata",
                "Friday 1 January, midnight",
                "Friday 1 January, 12:00 AM",
            ),
            ("2026-12-31T12:00:00Z", "UTC", "Thursday 31 December, noon", "Thursday 31 December, 12:00 PM"),
            (
                "2026-12-31T00:10:00Z",
                "UTC",
                "Thursday 31 December, 12 10 AM",
                "Thursday 31 December, 12:10 AM",
            ),
            (
                "2026-10-03T15:30:00Z",
                "Australia/Lord_Howe",
                "Sunday 4 October, 2 30 AM",
                "Sunday 4 October, 2:30 AM",
            ),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(speak_time(at, &zone(name)), spoken);
            assert_eq!(write_time(at, &zone(name)), written);
        }
    }

    #[test]
    fn names_are_one_clean_line() {
        for (text, name) in [
            ("Ann", "Ann"),
            ("  Ann \t Lee\n", "Ann Lee"),
            ("Ann\r\nERROR forged log line", "Ann ERROR forged log line"),
            ("Zo\u{EB} O\u{2019}Neil", "Zo\u{EB} O'Neil"),
            ("\u{202E}nnA", "nnA"),
            ("Ann\u{0}\u{1b}[31m", "Ann [31m"),
            ("李小龍", "李小龍"),
        ] {
            assert_eq!(clean_name(text).as_deref(), Ok(name), "{text:?}");
        }
        assert_eq!(clean_name(" \u{200B}\n"), Err(TextRefused::Empty));
        assert_eq!(clean_name(&"ä".repeat(60)), Ok("ä".repeat(60)));
        assert_eq!(clean_name(&"ä".repeat(61)), Err(TextRefused::TooLong(60)));
    }

    #[test]
    fn messages_keep_their_lines() {
        assert_eq!(
            clean_message("\n I am in trouble.\r\n\n\u{201C}Call\u{201D} me \u{2014} now\u{2026}\u{7} \n")
                .as_deref(),
            Ok("I am in trouble.\n\n\"Call\" me - now...")
        );
        assert_eq!(clean_message("\n \n"), Err(TextRefused::Empty));
        assert!(clean_message(&"x".repeat(4_096)).is_ok());
        assert_eq!(clean_message(&"x".repeat(4_097)), Err(TextRefused::TooLong(4_096)));
    }

    #[test]
    fn short_texts_and_codes() {
        assert_eq!(shorten("hello", 5), "hello");
        assert_eq!(shorten("hello world", 9), "hello...");
        assert_eq!(shorten("hello", 2), "..");
        assert_eq!(shorten("äöü äöü", 5), "äö...");
        assert_eq!(speak_digits("123456"), "1 2 3 4 5 6");
        assert_eq!(speak_digits(""), "");
    }

    proptest! {
        #[test]
        fn what_is_cleaned_is_clean(text: String, max in 0_usize..50) {
            let line = one_line(&text);
            prop_assert!(!line.chars().any(|sign| sign.is_control() || is_invisible(sign)));
            prop_assert_eq!(&one_line(&line), &line);
            prop_assert!(shorten(&text, max).chars().count() <= max);
            if let Ok(name) = clean_name(&text) {
                prop_assert!((1..=NAME_MAX).contains(&name.chars().count()));
                prop_assert_eq!(clean_name(&name), Ok(name));
            }
            if let Ok(message) = clean_message(&text) {
                prop_assert_eq!(clean_message(&message), Ok(message));
            }
        }
    }
}
