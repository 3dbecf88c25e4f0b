//! Webhooks that no carrier sent: signed by ourselves, or not at all.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Twilio's signature of a form: the URL and the sorted parameters, keyed by the auth token.
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-security>
#[must_use]
pub fn signature(auth_token: &str, url: &str, params: &[(&str, &str)]) -> String {
    let mut sorted = params.to_vec();
    sorted.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()).expect("any key will do");
    mac.update(url.as_bytes());
    for (key, value) in sorted {
        mac.update(key.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// How a forged webhook is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign<'a> {
    /// With the account's token.
    Right,
    /// With somebody else's.
    With(&'a str),
    /// With this text.
    Text(&'a str),
    /// Not at all.
    Not,
}

impl crate::Story {
    /// Posts a form to a path below the public URL.
    ///
    /// # Panics
    /// If nothing is answered.
    pub async fn posts(&self, path: &str, params: &[(&str, &str)], sign: Sign<'_>) -> (u16, String) {
        let url = format!("{}{path}", self.stack.api_url);
        let mut request = self.client.post(&url).form(params);
        let signed = match sign {
            Sign::Right => Some(signature(&self.stack.auth_token, &url, params)),
            Sign::With(token) => Some(signature(token, &url, params)),
            Sign::Text(text) => Some(text.to_owned()),
            Sign::Not => None,
        };
        if let Some(signed) = signed {
            request = request.header("X-Twilio-Signature", signed);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("POST {path}: {error}"));
        (response.status().as_u16(), response.text().await.unwrap_or_default())
    }

    /// Gets a path with a query that is signed as Twilio signs a GET.
    ///
    /// # Panics
    /// If nothing is answered.
    pub async fn gets_signed(&self, path_and_query: &str) -> (u16, String) {
        let url = format!("{}{path_and_query}", self.stack.api_url);
        let signed = signature(&self.stack.auth_token, &url, &[]);
        let request = self.client.get(&url).header("X-Twilio-Signature", signed);
        let response = request.send().await.unwrap_or_else(|error| panic!("GET: {error}"));
        (response.status().as_u16(), response.text().await.unwrap_or_default())
    }
}
