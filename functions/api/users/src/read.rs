//! `GET /v1/users/{uid}`: oneself; anybody for an administrator.

use lucius_core::{deadman::Deadman, id::UserId};
use lucius_shell::{App, Request, Response, ports::Ports, respond, session};
use lucius_store::Store as _;

use crate::view::View;

/// The user.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = self_or_any_for_admin(app, request, uid).await?;
    let deadman = load(app, user).await?;
    Ok(respond::ok(View::new(app, &deadman)))
}

/// The user of a path that is theirs and the administrators'.
pub(crate) async fn self_or_any_for_admin<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<UserId, Response> {
    let session = session::session(app, request)?;
    let user: UserId = uid.parse().map_err(|_| respond::not_found())?;
    if user != session.user {
        session::admin(app, request).await?;
    }
    Ok(user)
}

/// The user as stored.
pub(crate) async fn load<P: Ports>(app: &App<P>, user: UserId) -> Result<Deadman, Response> {
    let loaded =
        app.shell.ports.store().load_deadman(user).await.map_err(|error| respond::storage(&error))?;
    loaded.map(|loaded| loaded.state).ok_or_else(respond::not_found)
}
