//! A user's incidents: what happened in them, and their end by the user.

mod list;
mod resolve;
mod view;

use http::Method;
use lucius_shell::{App, Request, Response, ports::Ports, respond};

/// Answers one request.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let answer = match (&request.method, request.segments().as_slice()) {
        (&Method::GET, ["v1", "users", uid, "incidents"]) => list::handle(app, request, uid).await,
        (_, ["v1", "users", _, "incidents"]) => Err(respond::method_not_allowed("GET")),
        (&Method::POST, ["v1", "incidents", id, "resolve"]) => resolve::handle(app, request, id).await,
        (_, ["v1", "incidents", _, "resolve"]) => Err(respond::method_not_allowed("POST")),
        _ => Err(respond::not_found()),
    };
    answer.unwrap_or_else(|refused| refused)
}
