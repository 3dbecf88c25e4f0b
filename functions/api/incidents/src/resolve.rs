//! `POST /v1/incidents/{id}/resolve`: the user says that it is over, with their PIN where one is set.

use lucius_core::{
    deadman::Edit,
    decide::{Event, Scope},
    id::IncidentId,
};
use lucius_shell::{App, Request, Response, ports::Ports, respond, run, session};
use lucius_store::Store as _;
use serde::Deserialize;

use crate::view::View;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resolution {
    pin: Option<String>,
}

/// The incident as ended. One that is another's, silent or unknown is not found.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    id: &str,
) -> Result<Response, Response> {
    let user = session::session(app, request)?.user;
    let id: IncidentId = id.parse().map_err(|_| respond::not_found())?;
    let Resolution { pin } = respond::optional_body(request)?;
    let proof = session::proof(app, user, request, pin.as_deref());
    let event = Event::Edit(Edit::Resolve { incident: id, proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    let incident = done.case.incident.ok_or_else(respond::not_found)?;
    // It is over, whether or not its story can be read just now.
    let timeline = app.shell.ports.store().timeline(id).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "an incident is shown without its timeline");
        Vec::new()
    });
    Ok(respond::ok(View::new(&incident, timeline)))
}
