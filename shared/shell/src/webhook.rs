//! The carrier's webhooks: nothing is read before it is verified.

use std::time::SystemTime;

use http::{Method, StatusCode};
use lucius_telephony::{Form, RawRequest, Signed};
use lucius_twilio::{Refused, TwilioVerifier, client::renewable::Renewable, signature::HEADER};

use crate::{
    app::App,
    edge::{Request, Response},
    ports::{Nature, Ports},
};

/// Verifies a webhook over its raw bytes, against the configured public address.
///
/// # Errors
/// 403 without a body, or 405 for a method that no webhook uses.
pub async fn verified<P: Ports>(app: &App<P>, request: &Request) -> Result<Signed<Form>, Response> {
    if request.method != Method::POST {
        return Err(Response::empty(StatusCode::METHOD_NOT_ALLOWED).with("allow", "POST"));
    }
    let refused = || Response::empty(StatusCode::FORBIDDEN);
    let verifier = app.twilio.as_ref().ok_or_else(refused)?;
    let query = if request.raw_query.is_empty() { String::new() } else { format!("?{}", request.raw_query) };
    let url = format!("{}{}{query}", app.shell.public_base_url, request.raw_path);
    let signatures: Vec<&str> =
        request.headers.get_all(HEADER).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    let raw = RawRequest {
        method: request.method.as_str(),
        url: &url,
        content_type: request.header("content-type"),
        signatures: &signatures,
        body: &request.body,
    };
    genuine(verifier, &raw, app.shell.ports.nature().now().into()).await.map_err(|error| {
        tracing::warn!(error = %error, "a webhook was refused");
        crate::alarm::metric(refusal(error), 1, &[]);
        refused()
    })
}

/// What is counted. A signature of the right form that fits nothing is the carrier's, and our token or address is wrong, or somebody
/// takes pains; what comes without one is the noise of every public address.
fn refusal(error: Refused) -> &'static str {
    match error {
        Refused::Mismatch | Refused::OtherAccount => "WebhookMismatch",
        Refused::NotOneSignature
        | Refused::MalformedSignature
        | Refused::Method
        | Refused::Form(_)
        | Refused::BodyHash => "WebhookRefused",
    }
}

/// What the carrier has signed. A signature that does not match may be made with a token that is newer than ours: the token
/// is then read again, if that was not just done for another request.
async fn genuine(
    verifier: &Renewable<TwilioVerifier>,
    raw: &RawRequest<'_>,
    now: SystemTime,
) -> Result<Signed<Form>, Refused> {
    match Signed::verify(&*verifier.get(), raw) {
        Err(Refused::Mismatch) if verifier.renew(now).await => Signed::verify(&*verifier.get(), raw),
        verdict => verdict,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::{Duration, SystemTime},
    };

    use lucius_telephony::{Form, RawRequest};
    use lucius_twilio::{
        Refused, Tokens, TwilioVerifier,
        client::renewable::{Reading, Renewable, Source},
        signature::sign,
    };

    use super::{genuine, refusal};

    const URL: &str = "https://lucius.example/inbound/sms";

    fn verifier(token: &str) -> TwilioVerifier {
        TwilioVerifier::new("AC1", Tokens::new(token.into(), None).unwrap())
    }

    /// A store of secrets in which the token is `promoted`, or which fails; and how often it was read.
    #[derive(Clone, Default)]
    struct Store {
        fails: bool,
        read: Arc<AtomicUsize>,
    }

    impl Source<TwilioVerifier> for Store {
        fn read(&self) -> Reading<'_, TwilioVerifier> {
            self.read.fetch_add(1, Ordering::Relaxed);
            let fails = self.fails;
            Box::pin(async move { (!fails).then(|| verifier("promoted")) })
        }
    }

    /// What becomes of a text that is signed with `token`, at a second.
    async fn sent(secret: &Renewable<TwilioVerifier>, token: &str, second: u64) -> Option<Refused> {
        let fields: Form = [("AccountSid", "AC1")].into_iter().collect();
        let raw = RawRequest {
            method: "POST",
            url: URL,
            content_type: Some("application/x-www-form-urlencoded"),
            signatures: &[&sign(&token.into(), URL, &fields)],
            body: b"AccountSid=AC1",
        };
        let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(second)).unwrap();
        genuine(secret, &raw, now).await.err()
    }

    #[tokio::test]
    async fn a_token_that_was_promoted_is_taken_with_the_first_request_that_it_signs() {
        let store = Store::default();
        let secret = Renewable::fixed(verifier("old")).renewed_by(store.clone());
        assert_eq!(sent(&secret, "old", 0).await, None);
        assert_eq!(store.read.load(Ordering::Relaxed), 0);
        assert_eq!(sent(&secret, "promoted", 1).await, None);
        assert_eq!(sent(&secret, "promoted", 2).await, None);
        assert_eq!(sent(&secret, "old", 3).await, Some(Refused::Mismatch));
        assert_eq!(store.read.load(Ordering::Relaxed), 1);
    }

    /// Each has an alarm of its own in the template: one that does not fit may be a cry for help, nine that say nothing are noise.
    #[test]
    fn what_does_not_fit_is_counted_apart_from_noise() {
        for wrong in [Refused::Mismatch, Refused::OtherAccount] {
            assert_eq!(refusal(wrong), "WebhookMismatch");
        }
        for noise in
            [Refused::NotOneSignature, Refused::MalformedSignature, Refused::Method, Refused::BodyHash]
        {
            assert_eq!(refusal(noise), "WebhookRefused");
        }
    }

    #[tokio::test]
    async fn forged_requests_cost_one_read_a_minute() {
        let store = Store::default();
        let secret = Renewable::fixed(verifier("old")).renewed_by(store.clone());
        for second in 0..120 {
            assert_eq!(sent(&secret, "forged", second).await, Some(Refused::Mismatch));
        }
        assert_eq!(store.read.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_store_that_fails_changes_nothing() {
        let store = Store { fails: true, ..Store::default() };
        let secret = Renewable::fixed(verifier("old")).renewed_by(store.clone());
        assert_eq!(sent(&secret, "promoted", 0).await, Some(Refused::Mismatch));
        assert_eq!(sent(&secret, "old", 1).await, None);
        assert_eq!(store.read.load(Ordering::Relaxed), 1);
    }
}
