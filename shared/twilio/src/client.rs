//! Twilio's REST client: places calls, sends texts, cancels and polls calls
//! (<https://www.twilio.com/docs/voice/api/call-resource>,
//! <https://www.twilio.com/docs/messaging/api/message-resource>).
//!
//! Each request has a connection of its own and is made once. A function that slept wakes with connections that look
//! alive and are not; a request lost on one of them would count as "may have rung". With a new connection, whatever
//! fails before it stands was certainly not sent.
//!
//! A request that is refused for its credentials has them read again, for whatever is asked next.

mod outcome;
pub mod renewable;
mod reply;
pub mod tls;

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use lucius_core::phone::PhoneNumber;
use lucius_telephony::{CallRequest, CallStatus, Carrier, CarrierError, Placed, Sent, TextRequest};
use reqwest::{RequestBuilder, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};

use outcome::Answer;
use renewable::{Renewable, Source};

/// Twilio's API, unless a test or a local stack plays it.
pub const BASE_URL: &str = "https://api.twilio.com";

/// How Twilio is to treat our webhooks, as a URL fragment: 2 s to connect, 6 s to answer, two more tries whatever
/// went wrong (<https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>). Its own defaults give up
/// after one failed connection.
pub const CONNECTION_OVERRIDES: &str = "#ct=2000&rt=6000&rc=2&rp=all";

/// Twilio's code for a call that is over, or in another state that cannot be changed any more
/// (<https://www.twilio.com/docs/api/errors/21220>).
const INVALID_CALL_STATE: u32 = 21_220;

/// The word with which a call that Twilio does not know is reported.
const NOT_FOUND: &str = "not-found";

/// Everything that the client needs to know.
pub struct Settings {
    /// The account that pays.
    pub account_sid: String,
    /// The number that calls and texts come from.
    pub service_number: PhoneNumber,
    /// Where the API is: [`BASE_URL`], or a loopback address, which may do without TLS.
    pub base_url: String,
    /// The API key's SID, or the account's.
    pub key: String,
    /// The API key's secret, or the account's auth token.
    pub secret: SecretString,
    /// How long things may take.
    pub timeouts: Timeouts,
}

/// How long a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// Until the whole answer is read.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// 3 s and 12 s: an effect is leased for 30 s, and the request must be over well before.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), whole: Duration::from_secs(12) }
    }
}

/// Why a client cannot be made from its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The base URL is not one that a request may go to.
    #[error(
        "the base URL must be https, or http on a loopback address, without user name, query and fragment"
    )]
    BaseUrl,
    /// The account SID, key or secret is empty.
    #[error("the account SID, key or secret is missing")]
    MissingCredentials,
    /// The HTTP client refuses its configuration.
    #[error("the HTTP client cannot be built")]
    Http,
}

/// What requests are signed in with.
pub struct ApiKey {
    key: String,
    secret: SecretString,
}

impl ApiKey {
    /// Takes an API key's SID, or the account's, and its secret.
    pub fn new(key: String, secret: SecretString) -> Result<Self, SettingsError> {
        if key.is_empty() || secret.expose_secret().is_empty() {
            return Err(SettingsError::MissingCredentials);
        }
        Ok(Self { key, secret })
    }
}

/// A [`Carrier`] that is Twilio. Its `Debug` form shows no credentials.
pub struct TwilioClient {
    http: reqwest::Client,
    account: Url,
    service_number: PhoneNumber,
    api_key: Renewable<ApiKey>,
}

impl TwilioClient {
    /// Makes a client. Nothing is sent, and no certificate is read from disk.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let Settings { account_sid, service_number, base_url, key, secret, timeouts } = settings;
        if account_sid.is_empty() {
            return Err(SettingsError::MissingCredentials);
        }
        let api_key = Renewable::fixed(ApiKey::new(key, secret)?);
        let base = base_url.parse().ok().filter(is_trustworthy).ok_or(SettingsError::BaseUrl)?;
        let account = below(base, &["2010-04-01", "Accounts", &account_sid]);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config().map_err(|_| SettingsError::Http)?)
            .user_agent(concat!("lucius/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.whole)
            .build()
            .map_err(|_| SettingsError::Http)?;
        Ok(Self { http, account, service_number, api_key })
    }

    /// The same client, which reads its key again when Twilio refuses it.
    #[must_use]
    pub fn renewed_by(self, source: impl Source<ApiKey> + 'static) -> Self {
        Self { api_key: self.api_key.renewed_by(source), ..self }
    }

    /// Makes a request, once. When its credentials are refused, the next request may have newer ones.
    async fn send(&self, request: RequestBuilder) -> Result<Answer, CarrierError> {
        let answer = outcome::send(request).await?;
        if answer.refuses_credentials() {
            self.api_key.renew(SystemTime::now()).await;
        }
        Ok(answer)
    }

    fn post(&self, path: &[&str], fields: &[(&str, &str)]) -> RequestBuilder {
        self.signed_in(self.http.post(below(self.account.clone(), path))).form(fields)
    }

    fn signed_in(&self, request: RequestBuilder) -> RequestBuilder {
        let ApiKey { key, secret } = &*self.api_key.get();
        request.basic_auth(key, Some(secret.expose_secret()))
    }
}

impl Carrier for TwilioClient {
    async fn place_call(&self, request: &CallRequest) -> Result<Placed, CarrierError> {
        let callback = with_overrides(&request.status_callback);
        let fields = [
            ("To", request.to.as_str()),
            ("From", self.service_number.as_str()),
            ("Twiml", request.twiml.as_str()),
            ("StatusCallback", &callback),
            ("StatusCallbackEvent", "initiated"),
            ("StatusCallbackEvent", "completed"),
            ("StatusCallbackMethod", "POST"),
            ("Timeout", &request.ring_seconds.to_string()),
            ("TimeLimit", &request.time_limit_seconds.to_string()),
        ];
        let answer = self.send(self.post(&["Calls.json"], &fields)).await?;
        let call = answer.accepted::<reply::Call>()?;
        Ok(Placed { queue_time_ms: call.queue_time_ms(), sid: call.sid })
    }

    async fn send_text(&self, request: &TextRequest) -> Result<Sent, CarrierError> {
        let callback = request.status_callback.as_deref().map(with_overrides);
        let mut fields = vec![
            ("To", request.to.as_str()),
            ("From", self.service_number.as_str()),
            ("Body", &request.body),
        ];
        fields.extend(callback.as_deref().map(|callback| ("StatusCallback", callback)));
        let answer = self.send(self.post(&["Messages.json"], &fields)).await?;
        let text: reply::Text = answer.accepted()?;
        Ok(Sent { sid: text.sid })
    }

    async fn cancel_call(&self, sid: &str) -> Result<(), CarrierError> {
        let request = self.post(&["Calls", &format!("{sid}.json")], &[("Status", "canceled")]);
        let answer = self.send(request).await?;
        if answer.is_success() || answer.is_not_found() || answer.code() == Some(INVALID_CALL_STATE) {
            return Ok(());
        }
        Err(answer.refusal())
    }

    async fn poll_call(&self, sid: &str) -> Result<CallStatus, CarrierError> {
        let url = below(self.account.clone(), &["Calls", &format!("{sid}.json")]);
        let answer = self.send(self.signed_in(self.http.get(url))).await?;
        if answer.is_not_found() {
            return Ok(CallStatus::Unknown(NOT_FOUND.to_owned()));
        }
        let call: reply::Polled = answer.accepted()?;
        Ok(CallStatus::parse(&call.status))
    }
}

impl fmt::Debug for TwilioClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioClient")
            .field("account", &self.account.as_str())
            .field("service_number", &self.service_number)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("account_sid", &self.account_sid)
            .field("service_number", &self.service_number)
            .field("base_url", &self.base_url)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// Adds [`CONNECTION_OVERRIDES`] to a URL for Twilio, unless it has a fragment. The signature is over the URL
/// without it.
#[must_use]
pub fn with_overrides(url: &str) -> String {
    if url.contains('#') { url.to_owned() } else { format!("{url}{CONNECTION_OVERRIDES}") }
}

/// Whether our credentials may be sent there.
fn is_trustworthy(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let has_extras = url.query().is_some() || url.fragment().is_some();
    let has_user = !url.username().is_empty() || url.password().is_some();
    (url.scheme() == "https" || (url.scheme() == "http" && is_loopback)) && !has_extras && !has_user
}

/// The URL with more path segments, each encoded as one.
fn below(mut url: Url, segments: &[&str]) -> Url {
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests;
