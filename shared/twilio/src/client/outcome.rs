//! What became of a request: the one place where failures are told apart.
//!
//! Two questions decide. Did Twilio certainly not do it? Then it may be asked again. Is it about this number? Then
//! others need not wait.

use lucius_telephony::CarrierError;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::reply::Refusal;
use crate::codes;

/// More than Twilio ever answers. The rest would not be read anyway.
const MAX_BODY: usize = 64 * 1024;

/// Twilio's code for credentials that it does not take (<https://www.twilio.com/docs/api/errors/20003>).
const NOT_AUTHENTICATED: u32 = 20_003;

/// Twilio answered: a status, and the body if all of it came.
pub(super) struct Answer {
    status: StatusCode,
    body: Option<Vec<u8>>,
}

/// Makes a request, once.
pub(super) async fn send(request: RequestBuilder) -> Result<Answer, CarrierError> {
    let mut response = request.send().await.map_err(|error| unanswered(&error))?;
    let status = response.status();
    let body = read(&mut response).await;
    Ok(Answer { status, body })
}

/// The class of a request that got no answer. The error itself goes no further: it holds the URL.
fn unanswered(error: &reqwest::Error) -> CarrierError {
    if error.is_builder() {
        CarrierError::NotSent { why: "the request could not be built" }
    } else if error.is_connect() {
        // Every connection is a new one: what failed before it stood carried no request.
        let why = if error.is_dns() {
            "the host name was not found"
        } else if error.is_timeout() {
            "no connection in time"
        } else {
            "no connection, or no TLS"
        };
        CarrierError::NotSent { why }
    } else if error.is_timeout() {
        CarrierError::Unknown { accepted: false, why: "no answer in time" }
    } else {
        CarrierError::Unknown { accepted: false, why: "the connection broke before the answer" }
    }
}

async fn read(response: &mut Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY {
            return None;
        }
    }
    Some(body)
}

impl Answer {
    /// Whether Twilio did what it was asked.
    pub(super) fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// Whether Twilio does not know what it was asked about.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Whether it is our credentials that Twilio refuses, and not what it was asked.
    pub(super) fn refuses_credentials(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED || self.code() == Some(NOT_AUTHENTICATED)
    }

    /// Twilio's error code, if it gave one.
    pub(super) fn code(&self) -> Option<u32> {
        if self.is_success() { None } else { self.parse::<Refusal>().map(|refusal| refusal.code) }
    }

    /// What Twilio says of something that it did, or the error that the answer amounts to.
    pub(super) fn accepted<T: DeserializeOwned>(&self) -> Result<T, CarrierError> {
        if !self.is_success() {
            return Err(self.refusal());
        }
        self.parse()
            .ok_or(CarrierError::Unknown { accepted: true, why: "done, but the answer cannot be read" })
    }

    /// The error that an answer other than success amounts to.
    ///
    /// What we cannot place is taken for a fault of the account, never of the number: then nobody is rested, and the
    /// operator looks.
    pub(super) fn refusal(&self) -> CarrierError {
        let status = self.status;
        if status == StatusCode::TOO_MANY_REQUESTS {
            return CarrierError::Throttled;
        }
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return CarrierError::Unknown { accepted: false, why: "Twilio answered with a server error" };
        }
        let account = |what_to_do| {
            let code = self.code().unwrap_or_else(|| u32::from(status.as_u16()));
            CarrierError::Account { code, what_to_do }
        };
        if status.is_redirection() {
            return account("the answer came from somewhere else than Twilio's API; check its base URL");
        }
        if self.is_not_found() {
            return account("Twilio does not know our account; check account SID and base URL");
        }
        if let Some(error) = self.code().and_then(codes::to_error) {
            return error;
        }
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => account(
                "Twilio refuses our credentials: check account SID and API key, and that the account is active",
            ),
            _ => account("an error that lucius does not know; look it up at twilio.com/docs/api/errors"),
        }
    }

    fn parse<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.body.as_deref()?).ok()
    }
}
