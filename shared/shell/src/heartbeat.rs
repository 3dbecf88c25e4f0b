//! The heartbeat: after every full cycle of the sweep somebody outside AWS hears from us, and calls the operator when they no
//! longer do. What is wrong with this region, or this account, cannot keep that alarm from being raised.
//!
//! The address is a secret: whoever knows it could go on telling that we are well. It is in no error and no log.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url, redirect, retry};
use secrecy::{ExposeSecret, SecretString};

use crate::config::is_loopback;

/// Until the connection stands, TLS included.
const CONNECT: Duration = Duration::from_secs(2);

/// Until an answer has begun. The next cycle has its own heartbeat, so one that is slow is not waited for.
const WHOLE: Duration = Duration::from_secs(4);

/// The watcher has not heard from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotHeard {
    /// The address is not one that a heartbeat may go to.
    #[error("the address must be https, or http on a loopback address, without user name")]
    Address,
    /// The HTTP client refuses its configuration.
    #[error("the HTTP client cannot be built")]
    Http,
    /// An answer that is no success. A redirection is none either: it would lead to somebody whom nobody has named.
    #[error("the watcher answered with {0}")]
    Refused(StatusCode),
    /// No answer.
    #[error("{0}")]
    Unanswered(&'static str),
}

/// Tells a watcher outside that all is well. Its `Debug` form does not show whom.
pub struct Heartbeat {
    http: Client,
    url: Url,
}

impl Heartbeat {
    /// Heartbeats to `url`. Nothing is sent, and no certificate is read from disk.
    ///
    /// # Errors
    /// [`NotHeard::Address`] or [`NotHeard::Http`].
    pub fn new(url: &SecretString) -> Result<Self, NotHeard> {
        let url: Url = url.expose_secret().parse().map_err(|_| NotHeard::Address)?;
        let is_private = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url.as_str()));
        if !is_private || !url.username().is_empty() || url.password().is_some() {
            return Err(NotHeard::Address);
        }
        let http = Client::builder()
            .tls_backend_preconfigured(lucius_twilio::client::tls::config().map_err(|_| NotHeard::Http)?)
            .user_agent(concat!("lucius/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            // A function sleeps between two heartbeats, and its connections die meanwhile.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .build()
            .map_err(|_| NotHeard::Http)?;
        Ok(Self { http, url })
    }

    /// One heartbeat, within four seconds.
    ///
    /// # Errors
    /// The watcher has not heard it.
    pub async fn beat(&self) -> Result<(), NotHeard> {
        match self.http.get(self.url.clone()).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(NotHeard::Refused(answer.status())),
            // The error itself goes no further: it holds the address.
            Err(error) if error.is_timeout() => Err(NotHeard::Unanswered("no answer in time")),
            Err(error) if error.is_connect() => Err(NotHeard::Unanswered("no connection, or no TLS")),
            Err(_) => Err(NotHeard::Unanswered("the connection broke before the answer")),
        }
    }
}

impl std::fmt::Debug for Heartbeat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heartbeat").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_nobody_listens_to_on_the_way_is_taken() {
        for fine in ["https://hc-ping.com/1-2-3", "https://a.example/p?token=1", "http://127.0.0.1:1/ping"] {
            assert!(Heartbeat::new(&fine.into()).is_ok(), "{fine}");
        }
        for wrong in [
            "http://hc-ping.com/1-2-3",
            "http://127.0.0.1@hc-ping.com/1-2-3",
            "https://me:hush@hc-ping.com/1-2-3",
            "ftp://127.0.0.1/hush",
            "hush",
        ] {
            let refused = Heartbeat::new(&wrong.into()).unwrap_err();
            assert_eq!(refused, NotHeard::Address, "{wrong}");
            assert!(!refused.to_string().contains("hush"));
        }
    }

    #[test]
    fn the_address_is_not_shown() {
        let heartbeat = Heartbeat::new(&"https://hc-ping.com/hush".into()).unwrap();
        assert!(!format!("{heartbeat:?}").contains("hush"));
    }
}
