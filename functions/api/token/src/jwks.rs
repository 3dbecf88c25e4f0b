//! `GET /jwks`: what session tokens can be verified with.

use http::StatusCode;
use lucius_shell::{App, Response, ports::Ports, respond};

/// The public keys.
pub(crate) fn handle<P: Ports>(app: &App<P>) -> Response {
    match &app.sessions {
        Some(sessions) => respond::ok(sessions.jwks()),
        None => respond::fail(StatusCode::SERVICE_UNAVAILABLE, "there are no session keys here"),
    }
}
