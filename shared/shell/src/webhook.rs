//! The carrier's webhooks: nothing is read before it is verified.

use http::{Method, StatusCode};
use lucius_telephony::{Form, RawRequest, Signed};
use lucius_twilio::signature::HEADER;

use crate::{
    app::App,
    edge::{Request, Response},
    ports::Ports,
};

/// Verifies a webhook over its raw bytes, against the configured public address.
///
/// # Errors
/// 403 without a body, or 405 for a method that no webhook uses.
pub fn verified<P: Ports>(app: &App<P>, request: &Request) -> Result<Signed<Form>, Response> {
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
    Signed::verify(verifier, &raw).map_err(|error| {
        tracing::warn!(error = %error, "a webhook was refused");
        crate::alarm::metric("WebhookRefused", 1, &[]);
        refused()
    })
}
