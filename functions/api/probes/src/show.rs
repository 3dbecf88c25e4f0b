//! `GET /v1/users/{uid}/probe_settings`

use lucius_core::deadman::Deadman;
use lucius_shell::{
    App, Request, Response,
    api::ProbeSettingsView,
    ports::{Nature as _, Ports},
    respond, session,
};

use crate::load;

/// The settings.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    Ok(settings(app, &load(app, user).await?))
}

/// The settings of `deadman`, as an answer.
pub(crate) fn settings<P: Ports>(app: &App<P>, deadman: &Deadman) -> Response {
    let now = app.shell.ports.nature().now();
    respond::ok(ProbeSettingsView::new(deadman, now, &app.shell.policy))
}
