//! Log-in, public keys, health, and the answer to every path that no other function has.

mod health;
mod jwks;
mod login;

use http::Method;
use lucius_shell::{App, Request, Response, ports::Ports, respond};

/// Answers one request.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    match (&request.method, request.segments().as_slice()) {
        (&Method::POST, ["login"]) => login::handle(app, request).await.unwrap_or_else(|refused| refused),
        (_, ["login"]) => respond::method_not_allowed("POST"),
        (&Method::GET, ["jwks"]) => jwks::handle(app),
        (&Method::GET, ["health"]) => health::handle(),
        (_, ["jwks" | "health"]) => respond::method_not_allowed("GET"),
        _ => respond::not_found(),
    }
}
