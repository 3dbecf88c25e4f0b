//! `GET /v1/users/{uid}/probes`: newest first; of one status, with `?status=`.

use lucius_core::{
    history::{ProbeRecord, ProbeStatus},
    id::UserId,
};
use lucius_shell::{
    App, Request, Response,
    api::{PER_PAGE, fields},
    ports::Ports,
    respond, session,
};
use lucius_store::Store as _;

/// How many of the newest probes are looked through for one status: more than two months of hourly ones. The table does not
/// index the status, and no request may read without end.
const LOOKED_THROUGH: u32 = 2_000;

/// A page of probes.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let page = fields::page(request)?;
    let Some(word) = fields::query(request, "status") else {
        let (probes, total) = read(app, user, page, PER_PAGE).await?;
        return Ok(respond::page(probes, total, page, PER_PAGE));
    };
    let status = status(word)?;
    let (mut probes, _) = read(app, user, 1, LOOKED_THROUGH).await?;
    probes.retain(|probe| probe.status == status);
    let total = u64::try_from(probes.len()).unwrap_or(u64::MAX);
    let shown: Vec<_> = fields::slice(&probes, page, PER_PAGE).collect();
    Ok(respond::page(shown, total, page, PER_PAGE))
}

async fn read<P: Ports>(
    app: &App<P>,
    user: UserId,
    page: u32,
    per_page: u32,
) -> Result<(Vec<ProbeRecord>, u64), Response> {
    let found = app.shell.ports.store().probes(user, page, per_page).await;
    let found = found.map_err(|error| respond::storage(&error))?;
    Ok((found.items, found.total))
}

fn status(word: &str) -> Result<ProbeStatus, Response> {
    Ok(match word {
        "pending" => ProbeStatus::Pending,
        "good" => ProbeStatus::Good,
        "bad" => ProbeStatus::Bad,
        "cancelled" => ProbeStatus::Cancelled,
        "unavailable" => ProbeStatus::Unavailable,
        _ => return Err(fields::refused("status", "one of pending, good, bad, cancelled, unavailable")),
    })
}
