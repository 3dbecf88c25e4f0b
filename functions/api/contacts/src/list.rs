//! `GET /v1/users/{uid}/contacts`: newest first.

use lucius_shell::{
    App, Request, Response,
    api::{PER_PAGE, fields},
    ports::Ports,
    respond, session,
};

use crate::{load, view::View};

/// A page of contacts.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let page = fields::page(request)?;
    let deadman = load(app, user).await?;
    let mut contacts: Vec<_> = deadman.contacts.iter().collect();
    contacts.sort_by_key(|contact| std::cmp::Reverse((contact.created_at, contact.id)));
    let views = fields::slice(&contacts, page, PER_PAGE).map(|contact| View::new(&deadman, contact));
    let total = u64::try_from(contacts.len()).unwrap_or(u64::MAX);
    Ok(respond::page(views.collect::<Vec<_>>(), total, page, PER_PAGE))
}
