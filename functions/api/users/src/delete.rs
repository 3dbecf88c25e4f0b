//! `DELETE /v1/users/{uid}`: oneself; anybody for an administrator. Not while an incident is open.

use http::StatusCode;
use lucius_core::decide::{Event, Scope};
use lucius_shell::{App, Request, Response, ports::Ports, respond, run, session};
use serde::Deserialize;

use crate::read::{load, self_or_any_for_admin};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deletion {
    pin: Option<String>,
}

/// Nothing is left to show.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = self_or_any_for_admin(app, request, uid).await?;
    // Nobody could ever be entered again: the setup token makes the first administrator, and no second.
    if session::session(app, request)?.user == user && load(app, user).await?.profile.is_admin {
        let why = "the administrator cannot be deleted: nobody else can enter users";
        return Err(respond::fail(StatusCode::FORBIDDEN, why));
    }
    let Deletion { pin } = respond::optional_body(request)?;
    let proof = session::proof(app, user, request, pin.as_deref());
    let event = Event::Remove { proof };
    run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    Ok(respond::done())
}
