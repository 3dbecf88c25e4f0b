//! The HTTP client of webhooks: timeouts, retries, redirects.

use super::overrides::{Cause, Overrides};
use super::{Answer, Failure};
use crate::signature;
use serde::Serialize;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// How many redirects are followed; Twilio gives up at ten.
const REDIRECTS: u32 = 10;
/// How much of an answer is kept.
const BODY_LIMIT: usize = 256 * 1024;

/// One try of a webhook.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
    pub(crate) millis: u64,
}

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) signature: Option<String>,
    pub(crate) token: Option<String>,
    /// Signs what redirects lead to.
    pub(crate) auth_token: String,
    /// Besides Twilio's own.
    pub(crate) headers: Vec<(String, String)>,
}

/// A webhook made by hand.
#[derive(Clone, Debug)]
pub(crate) struct RawRequest {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) signature: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

/// Clients by connect timeout, which reqwest sets per client.
#[derive(Debug, Default)]
pub(crate) struct Courier {
    clients: Mutex<HashMap<Duration, reqwest::Client>>,
}

impl Courier {
    /// Sends with retries; returns every try, and the last answer if it is 2xx.
    pub(crate) async fn send(
        &self,
        request: &Request,
        overrides: &Overrides,
    ) -> (Vec<Attempt>, Result<Answer, Failure>) {
        let started = Instant::now();
        let mut attempts = Vec::new();
        let mut tries_left = overrides.retry_count;
        loop {
            let begun = Instant::now();
            let result = self.follow(request, overrides).await;
            let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let (cause, failure) = match result {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    attempts.push(Attempt { status: Some(answer.status), error: None, millis });
                    return (attempts, Ok(answer));
                }
                Ok(answer) => {
                    attempts.push(Attempt { status: Some(answer.status), error: None, millis });
                    let text = format!("Got HTTP {} response to {}", answer.status, request.url);
                    (Cause::Status(answer.status), Failure { code: 11200, text })
                }
                Err((cause, text)) => {
                    attempts.push(Attempt { status: None, error: Some(text.clone()), millis });
                    let code = if cause == Cause::Connect { 11205 } else { 11200 };
                    (cause, Failure { code, text: format!("{text} ({})", request.url) })
                }
            };
            if tries_left == 0 || !overrides.retries(cause) || started.elapsed() >= overrides.total_time {
                return (attempts, Err(failure));
            }
            tries_left = tries_left.saturating_sub(1);
        }
    }

    /// Sends once, without retries or redirects, whatever the answer.
    ///
    /// # Errors
    /// A sentence, when there is no answer at all.
    pub(crate) async fn raw(&self, raw: &RawRequest) -> Result<Answer, String> {
        let request = Request {
            method: raw.method.clone(),
            url: raw.url.clone(),
            params: raw.params.clone(),
            signature: raw.signature.clone(),
            token: raw.token.clone(),
            auth_token: String::new(),
            headers: raw.headers.clone(),
        };
        let (answer, _) = self
            .once(&request, &Overrides::of(""))
            .await
            .map_err(|(_, text)| format!("{text} ({})", raw.url))?;
        Ok(answer)
    }

    /// One request and what it redirects to. Twilio follows with GET, without the form.
    async fn follow(&self, request: &Request, overrides: &Overrides) -> Result<Answer, (Cause, String)> {
        let mut current = request.clone();
        for _ in 0..=REDIRECTS {
            let (answer, location) = self.once(&current, overrides).await?;
            let Some(location) = location else { return Ok(answer) };
            let target = Url::parse(&current.url)
                .and_then(|base| base.join(&location))
                .map_err(|_| (Cause::Status(answer.status), format!("bad redirect to {location}")))?;
            current.url = String::from(target);
            "GET".clone_into(&mut current.method);
            current.params.clear();
            if current.signature.is_some() {
                current.signature = Some(signature::sign(&current.auth_token, &current.url, &[]));
            }
        }
        Err((Cause::Status(0), "too many redirects".to_owned()))
    }

    async fn once(
        &self,
        request: &Request,
        overrides: &Overrides,
    ) -> Result<(Answer, Option<String>), (Cause, String)> {
        let client = self.client(overrides.connect_timeout);
        let mut builder = if request.method == "GET" {
            client.get(&request.url)
        } else {
            client.post(&request.url).form(&request.params)
        };
        if let Some(signature) = &request.signature {
            builder = builder.header("X-Twilio-Signature", signature);
        }
        if let Some(token) = &request.token {
            builder = builder.header("I-Twilio-Idempotency-Token", token);
        }
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let limit = overrides.connect_timeout.saturating_add(overrides.read_timeout);
        let work = async {
            let mut response = builder.header("User-Agent", "TwilioProxy/1.1").send().await?;
            let status = response.status();
            let header = |name: &str| {
                response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
            };
            let location = header("location").filter(|_| status.is_redirection());
            let content_type = header("content-type").unwrap_or_default();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > BODY_LIMIT {
                    break;
                }
            }
            let body = String::from_utf8_lossy(&body).into_owned();
            let url = request.url.clone();
            Ok::<_, reqwest::Error>((Answer { status: status.as_u16(), content_type, body, url }, location))
        };
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) if error.is_connect() || error.is_builder() => {
                Err((Cause::Connect, chain(&error)))
            }
            Ok(Err(error)) => Err((Cause::Read, chain(&error))),
            Err(_) => Err((Cause::Read, "no answer in time".to_owned())),
        }
    }

    /// The client with this connect timeout.
    pub(crate) fn client(&self, connect_timeout: Duration) -> reqwest::Client {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .entry(connect_timeout)
            .or_insert_with(|| {
                reqwest::Client::builder()
                    .connect_timeout(connect_timeout)
                    .redirect(reqwest::redirect::Policy::none())
                    .no_proxy()
                    // A kept connection that the server closes just then would look like a fault of the product.
                    .pool_max_idle_per_host(0)
                    .dns_resolver(Arc::new(LoopbackNames))
                    .build()
                    .unwrap_or_default()
            })
            .clone()
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Resolves `*.localhost` to loopback even where the system does not (RFC 6761); the emulated cloud uses such names.
struct LoopbackNames;

impl reqwest::dns::Resolve for LoopbackNames {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let addresses: Vec<SocketAddr> = if host == "localhost" || host.ends_with(".localhost") {
                vec![SocketAddr::from(([127, 0, 0, 1], 0))]
            } else {
                tokio::net::lookup_host((host, 0)).await?.collect()
            };
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}
