//! Time zones by their IANA name, from the database inside the binary.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{self, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The database in the binary, never the machine's: the same expression must mean the same instant in a Lambda function,
/// in a container and in a test.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A place's time, such as `Europe/Berlin`, with all its daylight-saving rules.
#[derive(Clone)]
pub struct TimeZone {
    name: Box<str>,
    rules: tz::TimeZone,
}

/// The text names no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown time zone; write an IANA name, such as Europe/Berlin or America/New_York")]
pub struct ZoneRefused;

impl TimeZone {
    /// Reads an IANA name, in any case, and keeps its proper spelling.
    ///
    /// # Errors
    /// Unknown names; offsets (`+05:00`) too, since they do not follow daylight saving.
    pub fn parse(name: &str) -> Result<Self, ZoneRefused> {
        let rules = ZONES.get(name.trim()).map_err(|_| ZoneRefused)?;
        match rules.iana_name() {
            // tzdb's placeholder of a machine that nobody has set up.
            None | Some("Factory") => Err(ZoneRefused),
            Some(proper) => Ok(Self { name: proper.into(), rules: rules.clone() }),
        }
    }

    /// Coordinated Universal Time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".into(), rules: tz::TimeZone::UTC }
    }

    /// The name, such as `Europe/Berlin`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone's rules, for arithmetic.
    #[must_use]
    pub const fn rules(&self) -> &tz::TimeZone {
        &self.rules
    }
}

impl PartialEq for TimeZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for TimeZone {}

impl Default for TimeZone {
    fn default() -> Self {
        Self::utc()
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_spelled_properly() {
        for (text, name) in [
            ("UTC", "UTC"),
            ("Europe/Berlin", "Europe/Berlin"),
            (" europe/berlin ", "Europe/Berlin"),
            ("AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires"),
            ("US/Pacific", "US/Pacific"),
            ("Asia/Calcutta", "Asia/Calcutta"),
            ("Etc/GMT+5", "Etc/GMT+5"),
        ] {
            assert_eq!(TimeZone::parse(text).unwrap().name(), name);
        }
        for bad in [
            "",
            " ",
            "Berlin",
            "Europe",
            "Europe/",
            "Mars/Olympus_Mons",
            "+05:00",
            "-0800",
            "UTC+5",
            "GMT+5",
            "PST",
            "../etc/passwd",
            "Europe/../Europe/Berlin",
            "posix/Europe/Berlin",
            "/usr/share/zoneinfo/UTC",
            "zone.tab",
            "localtime",
            "Factory",
            "Etc/Unknown",
            "EST5EDT,M3.2.0,M11.1.0",
            "Europe/Berlin\0",
            "Europe Berlin",
        ] {
            assert_eq!(TimeZone::parse(bad), Err(ZoneRefused), "{bad:?}");
        }
    }

    #[test]
    fn json_is_the_name() {
        let zone = TimeZone::parse("Asia/Kolkata").unwrap();
        assert_eq!(serde_json::to_string(&zone).unwrap(), "\"Asia/Kolkata\"");
        assert_eq!(serde_json::from_str::<TimeZone>("\"Asia/Kolkata\"").unwrap(), zone);
        assert!(serde_json::from_str::<TimeZone>("\"+05:30\"").is_err());
        assert_eq!(TimeZone::default(), TimeZone::parse("utc").unwrap());
    }
}
