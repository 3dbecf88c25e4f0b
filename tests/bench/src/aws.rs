//! AWS, played: every request gets the reply that was prepared for it, and is counted.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;

use crate::http::{Reply, Request, Server};

/// The token that signs webhooks.
pub(crate) const AUTH_TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// The public half of an RSA key of 2048 bits whose private half is gone.
const PUBLIC_KEY: &str = include_str!("../public_key.txt");

/// Requests by operation.
type Counts = BTreeMap<String, u64>;

/// The endpoint of all services.
#[derive(Debug)]
pub(crate) struct Aws {
    server: Server,
    counts: Arc<Mutex<Counts>>,
}

impl Aws {
    /// With `item` in its table, under the partition key `key`.
    pub(crate) fn new(key: &str, item: &serde_json::Value) -> anyhow::Result<Self> {
        let item = json!({ "Item": item }).to_string().into_bytes();
        let (counts, key) = (Arc::<Mutex<Counts>>::default(), key.to_owned());
        let counted = Arc::clone(&counts);
        let server = Server::new(move |request| {
            let operation = request.target.split_once('.').map_or("", |(_, operation)| operation);
            {
                let mut counts = counted.lock().ok()?;
                let count = counts.entry(operation.to_owned()).or_default();
                *count = count.saturating_add(1);
            }
            let body = reply(operation, request, &key, &item);
            let headers = "content-type: application/x-amz-json-1.0\r\n".to_owned();
            Some(match body {
                Some(body) => Reply { status: "200 OK", headers, body },
                None => Reply { status: "400 Bad Request", headers, body: b"{}".to_vec() },
            })
        })?;
        Ok(Self { server, counts })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The requests since this was last asked.
    pub(crate) fn take_counts(&self) -> Counts {
        self.counts.lock().map(|mut counts| std::mem::take(&mut *counts)).unwrap_or_default()
    }
}

fn reply(operation: &str, request: &Request, key: &str, item: &[u8]) -> Option<Vec<u8>> {
    let asks_for = |name: &str| request.body.windows(name.len()).any(|part| part == name.as_bytes());
    match operation {
        "GetItem" if asks_for(key) => Some(item.to_vec()),
        "GetItem" => Some(b"{}".to_vec()),
        "GetPublicKey" => {
            let reply = json!({
                "KeyId": "key", "PublicKey": PUBLIC_KEY.trim(), "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY",
            });
            Some(reply.to_string().into_bytes())
        }
        "GetSecretValue" => {
            let secret = if asks_for("TwilioApi") {
                json!({ "key": "SK0", "secret": "s" }).to_string()
            } else if asks_for("Twilio") {
                json!({ "auth_token": AUTH_TOKEN, "auth_token_next": "" }).to_string()
            } else {
                BASE64_STANDARD.encode([7; 32])
            };
            Some(json!({ "Name": "secret", "SecretString": secret }).to_string().into_bytes())
        }
        _ => None,
    }
}
