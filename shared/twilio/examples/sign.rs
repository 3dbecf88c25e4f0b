//! Signs and verifies requests as they come, one JSON object per line, so that another implementation can be compared
//! with ours (`tests/oracle/signature.py`).
//!
//! In: `{"token", "url", "params": [[name, value], …] | "body": JSON text, "signature"?}`.
//! Out: `{"signature"}`, and with a signature given `"verified"` too.

use std::io::{self, BufRead, Write};

use lucius_telephony::{Form, RawRequest};
use lucius_twilio::signature::{self, Tokens};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Request {
    token: String,
    url: String,
    #[serde(default)]
    params: Vec<(String, String)>,
    body: Option<String>,
    signature: Option<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let form: Form = request.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let signature = signature::sign(&request.token.as_str().into(), &request.url, &form);
        let verified = request.signature.as_deref().map(|given| verify(&request, given)).transpose()?;
        writeln!(out, "{}", json!({ "signature": signature, "verified": verified }))?;
    }
    Ok(())
}

/// Verifies the request as it would arrive: encoded, with its content type.
fn verify(request: &Request, signature: &str) -> Result<bool, signature::EmptyToken> {
    let tokens = Tokens::new(request.token.as_str().into(), None)?;
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.params).finish();
    let (content_type, body) = match &request.body {
        Some(json) => ("application/json", json.as_str()),
        None => ("application/x-www-form-urlencoded; charset=UTF-8", form.as_str()),
    };
    let raw = RawRequest {
        method: "POST",
        url: &request.url,
        content_type: Some(content_type),
        signatures: &[signature],
        body: body.as_bytes(),
    };
    Ok(signature::verify(&tokens, &raw).is_ok())
}
