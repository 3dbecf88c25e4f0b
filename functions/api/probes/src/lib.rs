//! Probes: when a user is asked, and what they answered.

mod change;
mod list;
mod show;

use http::Method;
use lucius_core::{deadman::Deadman, id::UserId};
use lucius_shell::{App, Request, Response, ports::Ports, respond};
use lucius_store::Store as _;

/// Answers one request.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let answer = match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["v1", "users", uid, "probe_settings"]) => show::handle(app, request, uid).await,
        (&Method::PUT, ["v1", "users", uid, "probe_settings"]) => change::handle(app, request, uid).await,
        (_, ["v1", "users", _, "probe_settings"]) => Err(respond::method_not_allowed("GET, PUT")),
        (&Method::GET, ["v1", "users", uid, "probes"]) => list::handle(app, request, uid).await,
        (_, ["v1", "users", _, "probes"]) => Err(respond::method_not_allowed("GET")),
        _ => Err(respond::not_found()),
    };
    answer.unwrap_or_else(|refused| refused)
}

/// The user as stored.
async fn load<P: Ports>(app: &App<P>, user: UserId) -> Result<Deadman, Response> {
    let loaded =
        app.shell.ports.store().load_deadman(user).await.map_err(|error| respond::storage(&error))?;
    loaded.map(|loaded| loaded.state).ok_or_else(respond::not_found)
}
