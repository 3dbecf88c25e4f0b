//! `POST /v1/incidents/{id}/resolve`: the user says that it is over, with their PIN where one is set.

use http::StatusCode;
use lucius_core::{
    deadman::Edit,
    decide::{Event, Rejected, Scope},
    id::{IncidentId, UserId},
};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, respond, run, session};
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
    let done = match run(&app.shell, Scope::User(user), event).await {
        Ok(done) => done,
        Err(RunError::Rejected(Rejected::NotFound)) => return Err(not_open(app, user, id).await),
        Err(error) => return Err(respond::failure(&error)),
    };
    let incident = done.case.incident.ok_or_else(respond::not_found)?;
    // It is over, whether or not its story can be read just now.
    let timeline = app.shell.ports.store().timeline(id).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "an incident is shown without its timeline");
        Vec::new()
    });
    Ok(respond::ok(View::new(&incident, timeline)))
}

/// Why an incident that is not the user's open one cannot be resolved: it is over, or it is none of theirs to know of.
async fn not_open<P: Ports>(app: &App<P>, user: UserId, id: IncidentId) -> Response {
    match app.shell.ports.store().load_incident(id).await {
        Ok(Some(read)) if read.state.subject.user == user && !read.state.silent => {
            respond::fail(StatusCode::CONFLICT, "this incident is over already")
        }
        Ok(_) => respond::not_found(),
        Err(error) => respond::storage(&error),
    }
}
