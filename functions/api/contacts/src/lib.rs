//! A user's contacts: whom to call. They are the user's own; administrators do not see them either.

mod add;
mod change;
mod list;
mod remove;
mod view;

use http::Method;
use lucius_core::{deadman::Deadman, id::UserId};
use lucius_shell::{App, Request, Response, ports::Ports, respond};
use lucius_store::Store as _;

/// Answers one request.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let answer = match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["v1", "users", uid, "contacts"]) => list::handle(app, request, uid).await,
        (&Method::POST, ["v1", "users", uid, "contacts"]) => add::handle(app, request, uid).await,
        (_, ["v1", "users", _, "contacts"]) => Err(respond::method_not_allowed("GET, POST")),
        (&Method::PUT, ["v1", "users", uid, "contacts", id]) => change::handle(app, request, uid, id).await,
        (&Method::DELETE, ["v1", "users", uid, "contacts", id]) => {
            remove::handle(app, request, uid, id).await
        }
        (_, ["v1", "users", _, "contacts", _]) => Err(respond::method_not_allowed("PUT, DELETE")),
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
