//! Identifiers: integers below 2^53, so that they survive every JSON reader, JavaScript's included.
//!
//! An id holds the moment it was made (41 bits of milliseconds since 2025, enough until 2094) and 12 bits of chance.
//! Two ids of one millisecond collide once in 4,096 times: whoever stores a new one refuses to overwrite and draws again.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// 2025-01-01T00:00:00Z in milliseconds of the Unix epoch: the zero of an id's clock.
const EPOCH_MS: i64 = 1_735_689_600_000;
/// How many low bits are chance.
const CHANCE_BITS: u32 = 12;
/// The largest value of the 41 bits of time.
const MAX_MS: u64 = (1 << 41) - 1;
/// The first integer that is no id any more: 2^53.
const END: u64 = 1 << 53;

/// Why a text or a number is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// Something else than `[0-9]+`.
    #[error("an id is written with digits only")]
    NotDigits,
    /// 2^53 or more.
    #[error("an id is below 2^53")]
    TooLarge,
}

/// The id made at `now` out of the low 12 bits of `chance`.
///
/// Times outside 2025..2094 are moved to the nearest end: a wrong clock costs the order of ids, never an id.
fn compose(now: Timestamp, chance: u16) -> u64 {
    let elapsed = now.as_millisecond().saturating_sub(EPOCH_MS).max(0);
    let millis = elapsed.unsigned_abs().min(MAX_MS);
    (millis << CHANCE_BITS).saturating_add(u64::from(chance & 0x0FFF))
}

/// The moment in the upper 41 bits.
fn moment(id: u64) -> Timestamp {
    let millis = i64::try_from(id >> CHANCE_BITS).unwrap_or(0);
    Timestamp::from_millisecond(EPOCH_MS.saturating_add(millis)).unwrap_or(Timestamp::MAX)
}

/// Reads `[0-9]+` below 2^53.
fn parse(text: &str) -> Result<u64, IdError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(IdError::NotDigits);
    }
    bounded(text.parse().map_err(|_| IdError::TooLarge)?)
}

/// Refuses what JSON readers cannot hold.
const fn bounded(id: u64) -> Result<u64, IdError> {
    if id < END { Ok(id) } else { Err(IdError::TooLarge) }
}

/// Defines one kind of id, so that a contact's id can never be passed where a user's is meant.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            /// Makes the id of something that begins at `now`; only the low 12 bits of `chance` are used.
            #[must_use]
            pub fn new(now: Timestamp, chance: u16) -> Self {
                Self(compose(now, chance))
            }

            /// The integer itself, below 2^53.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }

            /// When the id was made, to the millisecond.
            #[must_use]
            pub fn created_at(self) -> Timestamp {
                moment(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text).map(Self)
            }
        }

        impl TryFrom<u64> for $name {
            type Error = IdError;

            fn try_from(id: u64) -> Result<Self, IdError> {
                bounded(id).map(Self)
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id! {
    /// A person whom lucius watches over, or an operator who logs in.
    UserId
}
id! {
    /// A person to be called for a user.
    ContactId
}
id! {
    /// One emergency, from its first alarm to its end.
    IncidentId
}
id! {
    /// One question to a user: "Are you okay?"
    ProbeId
}

/// The random name of one commit.
///
/// After a write that may or may not have happened, finding our own `op` in the item says that it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(u128);

impl OpId {
    /// Wraps 128 random bits.
    #[must_use]
    pub const fn new(random: u128) -> Self {
        Self(random)
    }
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Why a text is no [`OpId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a commit's id is 32 lower-case hexadecimal digits")]
pub struct OpIdError;

impl FromStr for OpId {
    type Err = OpIdError;

    fn from_str(text: &str) -> Result<Self, OpIdError> {
        let exact = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !exact {
            return Err(OpIdError);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| OpIdError)
    }
}

impl Serialize for OpId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OpId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn layout_is_41_bits_of_time_and_12_of_chance() {
        assert_eq!(UserId::new(at("2025-01-01T00:00:00Z"), 0).get(), 0);
        assert_eq!(UserId::new(at("2025-01-01T00:00:00.001Z"), 5).get(), 4096 + 5);
        assert_eq!(UserId::new(at("2025-01-01T00:00:00Z"), 0xFFFF).get(), 0x0FFF);
        assert_eq!(UserId::new(at("1999-01-01T00:00:00Z"), 7).get(), 7);
        assert_eq!(UserId::new(at("2999-01-01T00:00:00Z"), 0xFFFF).get(), END - 1);
    }

    #[test]
    fn text_is_digits_below_2_pow_53() {
        assert_eq!("0".parse::<UserId>().unwrap().get(), 0);
        assert_eq!("9007199254740991".parse::<UserId>().unwrap().get(), END - 1);
        assert_eq!("9007199254740992".parse::<UserId>(), Err(IdError::TooLarge));
        assert_eq!("99999999999999999999999".parse::<UserId>(), Err(IdError::TooLarge));
        for bad in ["", "+1", "-1", " 1", "1 ", "1_0", "0x1", "1.0", "\u{0661}", "u1", "1#2"] {
            assert_eq!(bad.parse::<ContactId>(), Err(IdError::NotDigits), "{bad:?}");
        }
    }

    #[test]
    fn json_is_an_integer() {
        let id = IncidentId::try_from(42).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "42");
        assert_eq!(serde_json::from_str::<IncidentId>("42").unwrap(), id);
        for bad in ["9007199254740992", "-1", "1.5", "\"42\"", "null"] {
            assert!(serde_json::from_str::<IncidentId>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_serve_as_json_keys() {
        let map = std::collections::BTreeMap::from([(ContactId::try_from(7).unwrap(), true)]);
        let json = serde_json::to_string(&map).unwrap();
        assert_eq!(json, r#"{"7":true}"#);
        assert_eq!(serde_json::from_str::<std::collections::BTreeMap<ContactId, bool>>(&json).unwrap(), map);
    }

    #[test]
    fn op_id_is_32_hex_digits() {
        let op = OpId::new(0xABC);
        assert_eq!(op.to_string(), "00000000000000000000000000000abc");
        assert_eq!(op.to_string().parse::<OpId>().unwrap(), op);
        assert_eq!(serde_json::to_string(&op).unwrap(), format!("\"{op}\""));
        assert_eq!(serde_json::from_str::<OpId>(&format!("\"{op}\"")).unwrap(), op);
        for bad in ["", "abc", "00000000000000000000000000000ABC", "+0000000000000000000000000000abc"] {
            assert_eq!(bad.parse::<OpId>(), Err(OpIdError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn created_at_is_the_moment_of_making(ms in 0..=MAX_MS.cast_signed(), chance: u16) {
            let now = Timestamp::from_millisecond(EPOCH_MS.saturating_add(ms)).unwrap();
            let id = ProbeId::new(now, chance);
            prop_assert_eq!(id.created_at(), now);
            prop_assert_eq!(id.to_string().parse::<ProbeId>().unwrap(), id);
            prop_assert!(id.get() < END);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<UserId>();
            let _ = text.parse::<OpId>();
        }
    }
}
