//! Phone numbers in E.164, and which of them lucius calls.
//!
//! [`PhoneNumber`] says that a number is well formed; [`NumberPolicy`] says, once, when a person enters it, that it may
//! be called and texted. Webhooks only parse: whoever calls us is heard, whatever their country.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

mod policy;

pub use policy::{NumberPolicy, NumberRefused, PrefixError};

/// What Twilio sends as the caller when there is none to show: a word spelled on the keypad.
///
/// Source: Twilio's "Incoming calls from anonymous, restricted, blocked or unknown numbers". None is a real number.
const WITHHELD: [&str; 5] = [
    "+266696687",   // ANONYMOUS
    "+7378742833",  // RESTRICTED
    "+2562533",     // BLOCKED
    "+8656696",     // UNKNOWN
    "+86282452253", // UNAVAILABLE
];

/// A phone number in E.164: a plus and 7 to 15 digits, the first of them not zero.
///
/// `Debug` shows the last two digits only and there is no `Display`, so that no log line holds a number by accident;
/// write [`as_str`](Self::as_str) where the number itself is meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

/// Why a text is no phone number. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Nothing but separators.
    #[error("the phone number is missing")]
    Empty,
    /// National notation; which country is meant would be a guess.
    #[error("write the number with + and country code, such as +12345678900")]
    NoCountryCode,
    /// A letter, a SIP address, an extension or a sign that does not belong in a number.
    #[error(
        "a phone number has only digits after the +, and spaces, dots, dashes or parentheses between them"
    )]
    StraySign,
    /// `+49 (0) 30 …`: with the zero the call would go elsewhere.
    #[error("leave out the (0) between country code and number")]
    TrunkZero,
    /// `+0…`: no country code begins with zero.
    #[error("a country code does not begin with 0")]
    LeadingZero,
    /// Fewer than 7 or more than 15 digits.
    #[error("a phone number has 7 to 15 digits after the +")]
    Length,
}

impl PhoneNumber {
    /// Reads a number as people write it, with spaces, dots, dashes and parentheses between the digits.
    ///
    /// # Errors
    /// Says what to write instead; a number without `+` is refused, since its country would be a guess.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let mut number = String::with_capacity(16);
        for sign in text.chars().filter(|sign| !is_separator(*sign)) {
            match sign {
                '+' if number.is_empty() => number.push('+'),
                '0'..='9' => number.push(sign),
                _ => return Err(PhoneError::StraySign),
            }
        }
        let Some(digits) = number.strip_prefix('+') else {
            return Err(if number.is_empty() { PhoneError::Empty } else { PhoneError::NoCountryCode });
        };
        if has_trunk_zero(text) {
            return Err(PhoneError::TrunkZero);
        }
        if digits.starts_with('0') {
            return Err(PhoneError::LeadingZero);
        }
        if !(7..=15).contains(&digits.len()) {
            return Err(PhoneError::Length);
        }
        Ok(Self(number))
    }

    /// The number as `+12345678900`. Not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last two digits: what may be shown or logged.
    #[must_use]
    pub fn last_two(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(2)..).unwrap_or_default()
    }

    /// Whether this is what the carrier sends for a caller who hides their number; nobody can be called there, and two
    /// such callers are not one person.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        WITHHELD.contains(&self.as_str())
    }
}

/// What people, and the phones they copy from, put between digits: spaces of all kinds, dots, dashes, parentheses and
/// the invisible direction marks of address books.
fn is_separator(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || matches!(sign, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
}

/// Whether parentheses hold nothing but one zero.
fn has_trunk_zero(text: &str) -> bool {
    text.split('(').skip(1).filter_map(|rest| rest.split_once(')')).any(|(inside, _)| inside.trim() == "0")
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{}", self.last_two())
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, PhoneError> {
        Self::parse(text)
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, number) in [
            ("+12345678900", "+12345678900"),
            ("  +1 234 567 8900 ", "+12345678900"),
            ("+1 (234) 567-8900", "+12345678900"),
            ("(+1) 234.567.8900", "+12345678900"),
            ("+1-234-567-8900", "+12345678900"),
            ("+1\u{a0}234\u{2011}567\u{2013}8900", "+12345678900"),
            ("\u{202a}+1 234 567 8900\u{202c}", "+12345678900"),
            ("+49 30 901820", "+4930901820"),
            ("+3901234567", "+3901234567"),
            ("+1234567", "+1234567"),
            ("+123456789012345", "+123456789012345"),
        ] {
            assert_eq!(PhoneNumber::parse(text).as_ref().map(PhoneNumber::as_str), Ok(number), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        for (text, error) in [
            ("", PhoneError::Empty),
            (" - ", PhoneError::Empty),
            ("2345678900", PhoneError::NoCountryCode),
            ("12345678900", PhoneError::NoCountryCode),
            ("(234) 567-8900", PhoneError::NoCountryCode),
            ("0049 30 901820", PhoneError::NoCountryCode),
            ("911", PhoneError::NoCountryCode),
            ("+", PhoneError::Length),
            ("+123456", PhoneError::Length),
            ("+1234567890123456", PhoneError::Length),
            ("+0234567890", PhoneError::LeadingZero),
            ("+49 (0) 30 901820", PhoneError::TrunkZero),
            ("+49(0)30901820", PhoneError::TrunkZero),
            ("++12345678900", PhoneError::StraySign),
            ("1+2345678900", PhoneError::StraySign),
            ("+1-800-FLOWERS", PhoneError::StraySign),
            ("+12345678900x12", PhoneError::StraySign),
            ("+12345678900,,1#", PhoneError::StraySign),
            ("sip:bob@example.com", PhoneError::StraySign),
            ("client:bob", PhoneError::StraySign),
            ("tel:+12345678900", PhoneError::StraySign),
            ("+1234567890\u{0660}", PhoneError::StraySign),
            ("+12345678900\0", PhoneError::StraySign),
            ("+12345678900;+12345678901", PhoneError::StraySign),
            ("+12345678900 +12345678901", PhoneError::StraySign),
        ] {
            assert_eq!(PhoneNumber::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_two_digits() {
        let number = PhoneNumber::parse("+12345678904").unwrap();
        assert_eq!(format!("{number:?}"), "…04");
        assert_eq!(number.last_two(), "04");
    }

    #[test]
    fn json_is_a_checked_string() {
        let number = PhoneNumber::parse("+12345678900").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"+12345678900\"");
        assert_eq!(serde_json::from_str::<PhoneNumber>("\"+1 234 567 8900\"").unwrap(), number);
        assert!(serde_json::from_str::<PhoneNumber>("\"12345678900\"").is_err());
        assert!(serde_json::from_str::<PhoneNumber>("12345678900").is_err());
    }

    #[test]
    fn a_hidden_caller_is_recognised() {
        assert!(PhoneNumber::parse("+266696687").unwrap().is_withheld());
        assert!(!PhoneNumber::parse("+26669668711").unwrap().is_withheld());
    }

    proptest! {
        #[test]
        fn whatever_parses_is_e164(text in "[+0-9 ().-]{0,24}|\\PC{0,24}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                let digits = number.as_str().strip_prefix('+').unwrap();
                prop_assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                prop_assert!((7..=15).contains(&digits.len()) && !digits.starts_with('0'));
                prop_assert_eq!(PhoneNumber::parse(number.as_str()).unwrap(), number);
            }
        }
    }
}
