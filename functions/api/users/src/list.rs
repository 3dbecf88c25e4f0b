//! `GET /v1/users`: all users, newest first; for administrators.

use futures::{StreamExt as _, stream};
use lucius_core::id::UserId;
use lucius_shell::{
    App, Request, Response,
    api::{PER_PAGE, fields},
    ports::Ports,
    respond, session,
};
use lucius_store::{Store as _, StoreError};

use crate::view::View;

/// How many users are read at a time.
const SIDE_BY_SIDE: usize = 10;

/// A page of users.
pub(crate) async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Result<Response, Response> {
    session::admin(app, request).await?;
    let page = fields::page(request)?;
    let found =
        app.shell.ports.store().users(page, PER_PAGE).await.map_err(|error| respond::storage(&error))?;
    let read: Vec<_> =
        stream::iter(found.items).map(|id| view(app, id)).buffered(SIDE_BY_SIDE).collect().await;
    let views = read.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    Ok(respond::page(views, found.total, page, PER_PAGE))
}

/// One user; none if they have been deleted meanwhile, or cannot be read. The others are worth showing.
async fn view<P: Ports>(app: &App<P>, id: UserId) -> Result<Option<View>, Response> {
    match app.shell.ports.store().load_deadman(id).await {
        Ok(loaded) => Ok(loaded.map(|loaded| View::new(app, &loaded.state))),
        Err(error @ StoreError::Undecodable { .. }) => {
            tracing::error!(error = %error, "a user is left out of the list");
            Ok(None)
        }
        Err(error @ (StoreError::Temporary(_) | StoreError::Permanent(_))) => Err(respond::storage(&error)),
    }
}
