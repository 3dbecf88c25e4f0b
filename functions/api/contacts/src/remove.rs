//! `DELETE /v1/users/{uid}/contacts/{id}`

use lucius_core::{
    deadman::Edit,
    decide::{Event, Scope},
    id::ContactId,
};
use lucius_shell::{App, Request, Response, ports::Ports, respond, run, session};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Removal {
    pin: Option<String>,
}

/// Nothing is left to show.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
    id: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let id: ContactId = id.parse().map_err(|_| respond::not_found())?;
    let Removal { pin } = respond::optional_body(request)?;
    let proof = session::proof(app, user, request, pin.as_deref());
    let event = Event::Edit(Edit::RemoveContact { id, proof });
    run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    Ok(respond::done())
}
