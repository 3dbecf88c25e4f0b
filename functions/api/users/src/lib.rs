//! Users: who they are, and who may make, see, change and delete them.

mod create;
mod delete;
mod list;
mod read;
mod update;
mod view;

use http::Method;
use lucius_shell::{App, Request, Response, ports::Ports, respond};

/// Answers one request.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let answer = match (&request.method, request.segments().as_slice()) {
        (&Method::POST, ["v1", "users"]) => create::handle(app, request).await,
        (&Method::GET, ["v1", "users"]) => list::handle(app, request).await,
        (_, ["v1", "users"]) => Err(respond::method_not_allowed("GET, POST")),
        (&Method::GET, ["v1", "users", uid]) => read::handle(app, request, uid).await,
        (&Method::PUT, ["v1", "users", uid]) => update::handle(app, request, uid).await,
        (&Method::DELETE, ["v1", "users", uid]) => delete::handle(app, request, uid).await,
        (_, ["v1", "users", _]) => Err(respond::method_not_allowed("GET, PUT, DELETE")),
        _ => Err(respond::not_found()),
    };
    answer.unwrap_or_else(|refused| refused)
}
