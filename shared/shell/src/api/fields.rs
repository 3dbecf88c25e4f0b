//! Fields of requests, made into what the decisions take, or refused with the field's name and a reason.

use std::{fmt::Display, ops::RangeInclusive};

use lucius_core::{
    effect::Channel,
    phone::PhoneNumber,
    schedule::TimeZone,
    text::{clean_message, clean_name},
};
use serde::{Deserialize, Deserializer};

use crate::{
    app::App,
    edge::{Request, Response},
    ports::Ports,
    respond,
};

/// The longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3, less its angle brackets).
const EMAIL_MAX: usize = 254;

/// The longest password, in bytes: hashing must not take longer for somebody who wants it to.
const PASSWORD_MAX: usize = 256;

/// The places in the order of calling.
pub const PRIORITIES: RangeInclusive<i64> = 0..=255;

/// The languages that the carrier speaks with every voice
/// (<https://www.twilio.com/docs/voice/twiml/say#supported-languages>, the basic voices). In another one a call would fail.
const LANGUAGES: [&str; 26] = [
    "en-US", "en-GB", "en-AU", "en-CA", "en-IN", "ca-ES", "da-DK", "de-DE", "es-ES", "es-MX", "fi-FI",
    "fr-FR", "fr-CA", "it-IT", "ja-JP", "ko-KR", "nb-NO", "nl-NL", "pl-PL", "pt-PT", "pt-BR", "ru-RU",
    "sv-SE", "zh-CN", "zh-HK", "zh-TW",
];

/// 400: what is wrong with a field.
pub fn refused(field: &str, why: impl Display) -> Response {
    respond::bad_request(format!("{field}: {why}"))
}

/// A person's given or family name.
///
/// # Errors
/// 400.
pub fn name(field: &str, text: &str) -> Result<String, Response> {
    clean_name(text).map_err(|why| refused(field, why))
}

/// What contacts hear and read.
///
/// # Errors
/// 400.
pub fn message(text: &str) -> Result<String, Response> {
    clean_message(text).map_err(|why| refused("message", why))
}

/// An e-mail address, in lower case. Whether anybody reads it only a letter could tell.
///
/// # Errors
/// 400.
pub fn email(text: &str) -> Result<String, Response> {
    let address = text.trim().to_lowercase();
    let plausible = address.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !local.contains('@')
            && domain.contains('.')
            && domain.split('.').all(|part| !part.is_empty())
    });
    let stray =
        address.chars().any(|sign| sign.is_whitespace() || sign.is_control() || "<>,;\"".contains(sign));
    if plausible && !stray && address.len() <= EMAIL_MAX {
        Ok(address)
    } else {
        Err(refused("email", "write an address, such as ann@example.com"))
    }
}

/// A password.
///
/// # Errors
/// 400.
pub fn password(text: &str) -> Result<&str, Response> {
    if text.is_empty() {
        return Err(refused("password", "it is empty"));
    }
    if text.chars().any(|sign| sign.is_whitespace() || sign.is_control()) {
        return Err(refused("password", "it must not contain spaces"));
    }
    if text.len() > PASSWORD_MAX {
        return Err(refused("password", format!("it is longer than {PASSWORD_MAX} bytes")));
    }
    Ok(text)
}

/// A number that we may call.
///
/// # Errors
/// 400.
pub fn phone<P: Ports>(app: &App<P>, text: &str) -> Result<PhoneNumber, Response> {
    let number = PhoneNumber::parse(text).map_err(|why| refused("phone_number", why))?;
    app.numbers.check(&number).map_err(|why| refused("phone_number", why))?;
    Ok(number)
}

/// A new PIN: 4 to 12 digits, for it is keyed in and spoken.
///
/// # Errors
/// 400.
pub fn pin(text: &str) -> Result<&str, Response> {
    let digits = (4..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(text) } else { Err(refused("pin", "a PIN has 4 to 12 digits")) }
}

/// A time zone by its IANA name.
///
/// # Errors
/// 400.
pub fn time_zone(text: &str) -> Result<TimeZone, Response> {
    TimeZone::parse(text).map_err(|why| refused("time_zone", why))
}

/// A language that calls can be spoken in, as the carrier writes it. A language without a country is spoken as in the first
/// one listed.
///
/// # Errors
/// 400.
pub fn language(text: &str) -> Result<String, Response> {
    let wanted = text.trim();
    let same = |known: &&&str| {
        known.eq_ignore_ascii_case(wanted)
            || known.split_once('-').is_some_and(|(language, _)| language.eq_ignore_ascii_case(wanted))
    };
    let known = LANGUAGES.iter().find(same);
    known
        .map(|known| (*known).to_owned())
        .ok_or_else(|| refused("language", format!("one of {}", LANGUAGES.join(", "))))
}

/// How somebody is reached: by call, by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// `"call"`
    pub call: bool,
    /// `"sms"`
    pub sms: bool,
}

impl Channels {
    /// As in requests and replies.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        let call = self.call.then(|| Channel::Call.as_str());
        let sms = self.sms.then(|| Channel::Sms.as_str());
        call.into_iter().chain(sms).collect()
    }
}

/// At least one way to reach somebody.
///
/// # Errors
/// 400.
pub fn channels(words: &[Channel]) -> Result<Channels, Response> {
    let channels = Channels { call: words.contains(&Channel::Call), sms: words.contains(&Channel::Sms) };
    if words.is_empty() {
        return Err(refused("channels", "name at least one of \"call\" and \"sms\""));
    }
    Ok(channels)
}

/// A whole number within `range`.
///
/// # Errors
/// 400.
pub fn whole<T: TryFrom<i64>>(field: &str, number: i64, range: &RangeInclusive<i64>) -> Result<T, Response> {
    let within = range.contains(&number).then(|| T::try_from(number).ok()).flatten();
    within.ok_or_else(|| refused(field, format!("a whole number from {} to {}", range.start(), range.end())))
}

/// Which page of a list is asked for, from 1.
///
/// # Errors
/// 400.
pub fn page(request: &Request) -> Result<u32, Response> {
    let Some(text) = query(request, "page") else { return Ok(1) };
    match text.parse() {
        Ok(0) | Err(_) => Err(refused("page", "a whole number from 1")),
        Ok(page) => Ok(page),
    }
}

/// The entries of page `page` of a list that is at hand as a whole.
pub fn slice<T>(entries: &[T], page: u32, per_page: u32) -> impl Iterator<Item = &T> {
    let size = usize::try_from(per_page).unwrap_or(usize::MAX);
    let before = usize::try_from(page.saturating_sub(1)).unwrap_or(usize::MAX).saturating_mul(size);
    entries.iter().skip(before).take(size)
}

/// The first value of `name` in the query, as it came: numbers and plain words need no decoding.
#[must_use]
pub fn query<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut pairs = request.raw_query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A field of a change, which `null` empties. To be used with `#[serde(default)]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Left out: it stays as it is.
    #[default]
    Keep,
    /// `null`.
    Empty,
    /// A value.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::Empty, Self::Set))
    }
}

impl Patch<String> {
    /// Checks the value, if there is one. `None`: it stays; `Some(None)`: it is emptied.
    ///
    /// # Errors
    /// What `check` says.
    pub fn read(
        &self,
        check: impl Fn(&str) -> Result<String, Response>,
    ) -> Result<Option<Option<String>>, Response> {
        match self {
            Self::Keep => Ok(None),
            Self::Empty => Ok(Some(None)),
            Self::Set(text) => check(text).map(|value| Some(Some(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plausible_and_in_lower_case() {
        assert_eq!(email(" Stark@Avengers.com ").unwrap(), "stark@avengers.com");
        for bad in [
            "",
            "stark",
            "@avengers.com",
            "stark@",
            "stark@avengers",
            "a@b@c.d",
            "a b@c.d",
            "a@b..c",
            "a@.b",
            "a@b.c\n",
            "a@b.c,d@e.f",
            "Ann <a@b.c>",
        ] {
            let trimmed = bad.ends_with('\n');
            assert_eq!(email(bad).is_ok(), trimmed, "{bad:?}");
        }
        assert!(email(&format!("{}@b.c", "a".repeat(251))).is_err());
    }

    #[test]
    fn pins_and_passwords() {
        for (text, fine) in [("1234", true), ("123456789012", true), ("123", false), ("1234567890123", false)]
        {
            assert_eq!(pin(text).is_ok(), fine, "{text}");
        }
        for bad in ["", "12a4", "12 4", "-123", "\u{661}\u{662}\u{663}\u{664}"] {
            assert!(pin(bad).is_err(), "{bad:?}");
        }
        assert!(password("very-secure").is_ok());
        for bad in ["", "with space", "tab\t", "line\n", "nul\0"] {
            assert!(password(bad).is_err(), "{bad:?}");
        }
        assert!(password(&"x".repeat(257)).is_err());
    }

    #[test]
    fn languages_are_spelled_as_the_carrier_does() {
        for (text, known) in [("en", "en-US"), ("en-gb", "en-GB"), ("DE", "de-DE"), ("pt-br", "pt-BR")] {
            assert_eq!(language(text).unwrap(), known);
        }
        for bad in ["", "xx", "en-XX", "klingon", "en_US", "\"/><Hangup/>"] {
            assert!(language(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        assert_eq!(whole::<u8>("n", 6, &(0..=6)).unwrap(), 6);
        for bad in [-1, 7, i64::MAX, i64::MIN] {
            assert!(whole::<u8>("n", bad, &(0..=6)).is_err(), "{bad}");
        }
        assert!(whole::<u8>("n", 300, &(0..=1000)).is_err(), "the type has a bound too");
    }
}
