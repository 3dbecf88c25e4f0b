//! `GET /v1/users/{uid}/incidents`: newest first, each with its whole story.

use futures::{StreamExt as _, stream};
use lucius_core::id::IncidentId;
use lucius_shell::{App, Request, Response, api::fields, ports::Ports, respond, session};
use lucius_store::{Store as _, StoreError};

use crate::view::View;

/// How many incidents a page has: each is read with its timeline.
const PER_PAGE: u32 = 10;

/// How many are read at a time.
const SIDE_BY_SIDE: usize = 5;

/// A page of incidents. One that the user must not notice is not there, and not counted.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let page = fields::page(request)?;
    let found = app.shell.ports.store().incidents(user, page, PER_PAGE).await;
    let found = found.map_err(|error| respond::storage(&error))?;
    let read: Vec<_> =
        stream::iter(found.items).map(|id| view(app, id)).buffered(SIDE_BY_SIDE).collect().await;
    let read = read.into_iter().collect::<Result<Vec<_>, _>>()?;
    let hidden = u64::try_from(read.iter().filter(|view| view.is_none()).count()).unwrap_or(u64::MAX);
    let shown: Vec<_> = read.into_iter().flatten().collect();
    Ok(respond::page(shown, found.total.saturating_sub(hidden), page, PER_PAGE))
}

/// One incident; none if it is silent, or cannot be read. The others are worth showing.
async fn view<P: Ports>(app: &App<P>, id: IncidentId) -> Result<Option<View>, Response> {
    let store = app.shell.ports.store();
    let loaded = match store.load_incident(id).await {
        Ok(loaded) => loaded,
        Err(error @ StoreError::Undecodable { .. }) => {
            tracing::error!(error = %error, "an incident is left out of the list");
            None
        }
        Err(error @ (StoreError::Temporary(_) | StoreError::Permanent(_))) => {
            return Err(respond::storage(&error));
        }
    };
    let Some(incident) = loaded.map(|loaded| loaded.state).filter(|incident| !incident.silent) else {
        return Ok(None);
    };
    let timeline = store.timeline(id).await.map_err(|error| respond::storage(&error))?;
    Ok(Some(View::new(&incident, timeline)))
}
