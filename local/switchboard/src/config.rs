//! What the command line says.

use crate::number::parse_number;
use crate::phone::Behaviour;
use std::path::PathBuf;

/// Shown when the command line cannot be understood.
pub const USAGE: &str = "\
usage: lucius-switchboard --account-sid AC... --auth-token TOKEN --service-number +1... --public-base-url URL [options]
  --port P                   port on 127.0.0.1 (default 0: any free one, printed when listening)
  --minute-seconds S         how many seconds a minute of the product lasts (default 60; the page shows it)
  --api-key SK... --api-secret SECRET   a second pair of credentials for the REST API
  --default-behaviour B      of phones nobody configured: manual (default), driven, answer, voicemail, busy, no_answer,
                             unreachable, screening
  --voice-path /PATH         webhook for calls to the service number (default /inbound/answer)
  --sms-path /PATH           webhook for texts to the service number (default /inbound/sms)
  --calls-per-second N       how many calls leave the queue per second (default 0: no limit)
  --stack-json PATH          stack.json of the local stack: lets the page start its story";

/// Settings of one switchboard.
#[derive(Clone, Debug)]
pub struct Config {
    /// Port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// Seconds that one minute of the product lasts.
    pub minute_seconds: f64,
    /// The simulated account, `AC` and 32 hex digits.
    pub account_sid: String,
    /// The account's auth token: REST password and key of all signatures.
    pub auth_token: String,
    /// API key SID and secret that the REST API accepts as well.
    pub api_key: Option<(String, String)>,
    /// The number that belongs to the product, E.164.
    pub service_number: String,
    /// Where the product's webhooks are, without a slash at the end. May be changed later through the control API.
    pub public_base_url: String,
    /// Behaviour of phones that nobody configured.
    pub default_behaviour: Behaviour,
    /// Path of the webhook for calls to the service number.
    pub voice_path: String,
    /// Path of the webhook for texts to the service number.
    pub sms_path: String,
    /// Calls that leave the queue per second; 0 means all at once.
    pub calls_per_second: f64,
    /// The local stack's description, for the story on the page.
    pub stack_json: Option<PathBuf>,
}

impl Config {
    /// Settings with every default, for one account, number and webhook address.
    #[must_use]
    pub fn new(account_sid: &str, auth_token: &str, service_number: &str, public_base_url: &str) -> Self {
        Self {
            port: 0,
            minute_seconds: 60.0,
            account_sid: account_sid.to_owned(),
            auth_token: auth_token.to_owned(),
            api_key: None,
            service_number: service_number.to_owned(),
            public_base_url: public_base_url.trim_end_matches('/').to_owned(),
            default_behaviour: Behaviour::Manual,
            voice_path: "/inbound/answer".to_owned(),
            sms_path: "/inbound/sms".to_owned(),
            calls_per_second: 0.0,
            stack_json: None,
        }
    }

    /// Reads `--name value` pairs.
    ///
    /// # Errors
    /// A sentence for the person at the terminal.
    pub fn from_args(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut config = Self::new("", "", "", "");
        let (mut key, mut secret) = (None, None);
        let mut args = args;
        while let Some(name) = args.next() {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--port" => config.port = value.parse().map_err(|_| format!("no port: {value}"))?,
                "--minute-seconds" => config.minute_seconds = positive(&value)?,
                "--account-sid" => config.account_sid = value,
                "--auth-token" => config.auth_token = value,
                "--api-key" => key = Some(value),
                "--api-secret" => secret = Some(value),
                "--service-number" => config.service_number = value,
                "--public-base-url" => value.trim_end_matches('/').clone_into(&mut config.public_base_url),
                "--default-behaviour" => config.default_behaviour = behaviour(&value)?,
                "--voice-path" => config.voice_path = value,
                "--sms-path" => config.sms_path = value,
                "--calls-per-second" => config.calls_per_second = positive(&value)?,
                "--stack-json" => config.stack_json = Some(value.into()),
                other => return Err(format!("unknown option {other}")),
            }
        }
        config.api_key = key.zip(secret);
        config.check()
    }

    fn check(self) -> Result<Self, String> {
        let sid_is_good = self.account_sid.len() == 34
            && self.account_sid.starts_with("AC")
            && self.account_sid.bytes().skip(2).all(|b| b.is_ascii_hexdigit());
        if !sid_is_good {
            return Err("--account-sid must be AC and 32 hex digits".to_owned());
        }
        if self.auth_token.is_empty() {
            return Err("--auth-token is missing".to_owned());
        }
        if parse_number(&self.service_number).as_deref() != Some(self.service_number.as_str()) {
            return Err("--service-number must be a phone number such as +15005550100".to_owned());
        }
        if self.public_base_url.is_empty() {
            return Err("--public-base-url is missing".to_owned());
        }
        Ok(self)
    }
}

fn positive(value: &str) -> Result<f64, String> {
    value
        .parse::<f64>()
        .ok()
        .filter(|n| n.is_finite() && *n >= 0.0)
        .ok_or_else(|| format!("no number: {value}"))
}

fn behaviour(value: &str) -> Result<Behaviour, String> {
    serde_json::from_value(serde_json::Value::from(value)).map_err(|_| format!("unknown behaviour {value}"))
}
