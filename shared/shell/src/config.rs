//! What a function reads from its environment, once, before its first event. The template sets it.

use std::{collections::BTreeMap, str::FromStr};

use jiff::SignedDuration;
use lucius_core::{
    phone::{NumberPolicy, PhoneNumber},
    policy::{Policy, Texts},
};
use secrecy::SecretString;

use crate::shell::Pace;

/// A variable that is missing or makes no sense. The function does not start.
#[derive(Debug, thiserror::Error)]
#[error("environment variable {name}: {why}")]
pub struct Misconfigured {
    name: String,
    why: String,
}

/// The environment of a function.
#[derive(Debug, Clone)]
pub struct Config {
    /// The DynamoDB table.
    pub table: String,
    /// Where carriers and people reach us, without a slash at the end.
    pub public_base_url: String,
    /// The queue of near wakes.
    pub queue_url: String,
    /// The group of the users' schedules.
    pub schedule_group: String,
    /// What a schedule wakes.
    pub schedule_target_arn: String,
    /// As whom.
    pub schedule_role_arn: String,
    /// Where a wake goes that could not be delivered.
    pub schedule_dlq_arn: String,
    /// The function that wakes switches; for the sweep.
    pub deadman_function: String,
    /// The function that wakes incidents; for the sweep.
    pub escalate_function: String,
    /// Who is told outside that the sweep is alive; for the sweep. Whoever knows the address can say so too.
    pub heartbeat_url: Option<SecretString>,
    /// The secret behind digests.
    pub secret_deployment: String,
    /// The secret of the first admin; for users.
    pub secret_setup: Option<String>,
    /// The carrier's auth tokens; for webhooks.
    pub secret_twilio: Option<String>,
    /// The carrier's API key; for performers.
    pub secret_twilio_api: Option<String>,
    /// The key that signs sessions.
    pub jwt_key_id: Option<String>,
    /// The carrier account.
    pub twilio_account_sid: String,
    /// Our number.
    pub service_number: PhoneNumber,
    /// The carrier's API.
    pub twilio_base_url: String,
    /// Which numbers may be entered.
    pub numbers: NumberPolicy,
    /// How fast calls may be placed.
    pub pace: Pace,
    /// Durations, limits and texts.
    pub policy: Policy,
    /// The AWS region.
    pub region: String,
    /// Another endpoint than AWS's own: the local stack.
    pub endpoint_url: Option<String>,
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// [`Misconfigured`] names the variable.
    pub fn from_env() -> Result<Self, Misconfigured> {
        Self::from_vars(&std::env::vars().collect())
    }

    /// Reads `vars`.
    ///
    /// # Errors
    /// [`Misconfigured`] names the variable.
    pub fn from_vars(vars: &BTreeMap<String, String>) -> Result<Self, Misconfigured> {
        let vars = Vars(vars);
        let service_number: PhoneNumber = vars.parsed("SERVICE_NUMBER")?;
        let account = vars.required("TWILIO_ACCOUNT_SID")?;
        let prefixes = vars.optional("ALLOWED_PREFIXES").unwrap_or_else(|| "+1".to_owned());
        let numbers = NumberPolicy::new(&prefixes, Some(service_number.clone()));
        let numbers = numbers.map_err(|error| wrong("ALLOWED_PREFIXES", error))?;
        let endpoint_url = vars.optional("AWS_ENDPOINT_URL");
        Ok(Self {
            table: vars.required("TABLE")?,
            public_base_url: vars.required("PUBLIC_BASE_URL")?.trim_end_matches('/').to_owned(),
            queue_url: vars.optional("QUEUE_URL").unwrap_or_default(),
            schedule_group: vars.optional("SCHEDULE_GROUP").unwrap_or_default(),
            schedule_target_arn: vars.optional("SCHEDULE_TARGET_ARN").unwrap_or_default(),
            schedule_role_arn: vars.optional("SCHEDULE_ROLE_ARN").unwrap_or_default(),
            schedule_dlq_arn: vars.optional("SCHEDULE_DLQ_ARN").unwrap_or_default(),
            deadman_function: vars.optional("DEADMAN_FUNCTION").unwrap_or_default(),
            escalate_function: vars.optional("ESCALATE_FUNCTION").unwrap_or_default(),
            heartbeat_url: vars.optional("HEARTBEAT_URL").map(SecretString::from),
            secret_deployment: vars.required("SECRET_DEPLOYMENT")?,
            secret_setup: vars.optional("SECRET_SETUP"),
            secret_twilio: vars.optional("SECRET_TWILIO"),
            secret_twilio_api: vars.optional("SECRET_TWILIO_API"),
            jwt_key_id: vars.optional("JWT_KEY_ID"),
            pace: Pace { account: account.clone(), calls_per_second: vars.number("CALLS_PER_SECOND", 1)? },
            twilio_account_sid: account,
            service_number,
            twilio_base_url: vars
                .optional("TWILIO_BASE_URL")
                .unwrap_or_else(|| "https://api.twilio.com".to_owned()),
            numbers,
            policy: policy(&vars, endpoint_url.as_deref())?,
            region: vars.required("AWS_REGION")?,
            endpoint_url,
        })
    }
}

fn policy(vars: &Vars<'_>, endpoint_url: Option<&str>) -> Result<Policy, Misconfigured> {
    let standard = Policy::default();
    Ok(Policy {
        minute: minute(vars, endpoint_url)?,
        ring_seconds: vars.number("RING_SECONDS", standard.ring_seconds)?,
        tier_seconds: vars.number("TIER_SECONDS", standard.tier_seconds)?,
        round_pause_max_minutes: vars.number("ROUND_PAUSE_MAX_MINUTES", standard.round_pause_max_minutes)?,
        accept_minutes: vars.number("ACCEPT_MINUTES", standard.accept_minutes)?,
        calls_per_contact_hour: vars.number("CALLS_PER_CONTACT_HOUR", standard.calls_per_contact_hour)?,
        pin_tries_per_day: vars.number("PIN_TRIES_PER_DAY", standard.pin_tries_per_day)?,
        texts: texts(vars, standard.texts),
    })
}

fn texts(vars: &Vars<'_>, standard: Texts) -> Texts {
    let text = |name, standard| vars.optional(name).unwrap_or(standard);
    Texts {
        ask: text("TEXT_ASK", standard.ask),
        ask_again: text("TEXT_ASK_AGAIN", standard.ask_again),
        alert: text("TEXT_ALERT", standard.alert),
        message: text("TEXT_MESSAGE", standard.message),
        all_clear: text("TEXT_ALL_CLEAR", standard.all_clear),
        accepted: text("TEXT_ACCEPTED", standard.accepted),
        greeting: text("TEXT_GREETING", standard.greeting),
    }
}

/// The length of a product minute. Only on a loopback endpoint may it be another than 60 s: a deployment whose minutes are
/// short would call people's contacts for nothing.
fn minute(vars: &Vars<'_>, endpoint_url: Option<&str>) -> Result<SignedDuration, Misconfigured> {
    let text = vars.optional("MINUTE_SECONDS").unwrap_or_else(|| "60".to_owned());
    let seconds: f64 = text.parse().map_err(|error| wrong("MINUTE_SECONDS", error))?;
    if !(0.01..=60.0).contains(&seconds) {
        return Err(wrong("MINUTE_SECONDS", "between 0.01 and 60"));
    }
    let full = SignedDuration::from_secs(60);
    let minute =
        SignedDuration::try_from_secs_f64(seconds).map_err(|error| wrong("MINUTE_SECONDS", error))?;
    if minute != full && !endpoint_url.is_some_and(is_loopback) {
        return Err(wrong("MINUTE_SECONDS", "anything but 60 is for a stack on this machine only"));
    }
    Ok(minute)
}

/// Whether a URL's host is this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    // An address with user information could hide the real host behind a loopback name.
    if host.contains('@') {
        return false;
    }
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    name == "localhost"
        || name.starts_with("[::1]")
        || name.parse().is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback())
}

fn wrong(name: &str, why: impl std::fmt::Display) -> Misconfigured {
    Misconfigured { name: name.to_owned(), why: why.to_string() }
}

struct Vars<'a>(&'a BTreeMap<String, String>);

impl Vars<'_> {
    /// An empty value is none: the template passes empty parameters on.
    fn optional(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn required(&self, name: &str) -> Result<String, Misconfigured> {
        self.optional(name).ok_or_else(|| wrong(name, "is not set"))
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<T, Misconfigured> {
        self.required(name)?.parse().map_err(|error| wrong(name, error))
    }

    fn number(&self, name: &str, standard: u32) -> Result<u32, Misconfigured> {
        let Some(text) = self.optional(name) else { return Ok(standard) };
        match text.parse() {
            Ok(0) | Err(_) => Err(wrong(name, "a whole number, at least 1")),
            Ok(number) => Ok(number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let base = [
            ("TABLE", "t"),
            ("PUBLIC_BASE_URL", "http://127.0.0.1:1/"),
            ("SECRET_DEPLOYMENT", "arn"),
            ("TWILIO_ACCOUNT_SID", "AC1"),
            ("SERVICE_NUMBER", "+15550100000"),
            ("AWS_REGION", "eu-central-1"),
        ];
        base.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn short_minutes_are_for_this_machine_only() {
        let short = [("MINUTE_SECONDS", "1")];
        assert!(Config::from_vars(&vars(&short)).is_err());
        for (endpoint, fine) in [
            ("http://127.0.0.1:4566", true),
            ("http://localhost:4566", true),
            ("http://127.0.0.1@evil.example", false),
            ("https://dynamodb.eu-central-1.amazonaws.com", false),
            ("http://localhost.evil.example", false),
        ] {
            let config = Config::from_vars(&vars(&[short[0], ("AWS_ENDPOINT_URL", endpoint)]));
            assert_eq!(config.is_ok(), fine, "{endpoint}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut some = vars(&[]);
        some.remove("TABLE");
        let error = Config::from_vars(&some).unwrap_err();
        assert_eq!(error.to_string(), "environment variable TABLE: is not set");
        let error = Config::from_vars(&vars(&[("RING_SECONDS", "0")])).unwrap_err();
        assert!(error.to_string().contains("RING_SECONDS"));
    }
}
