//! `PUT /v1/users/{uid}/contacts/{id}`: what is left out stays as it is.

use lucius_core::{
    deadman::{ContactChange, Edit},
    decide::{Event, Scope},
    effect::Channel,
    id::ContactId,
};
use lucius_shell::{
    App, Request, Response,
    api::{
        Patch,
        fields::{self, PRIORITIES},
    },
    ports::Ports,
    respond, run, session,
};
use serde::Deserialize;

use crate::view::View;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    first_name: Option<String>,
    last_name: Option<String>,
    phone_number: Option<String>,
    #[serde(default)]
    email: Patch<String>,
    is_emergency_contact: Option<bool>,
    priority: Option<i64>,
    channels: Option<Vec<Channel>>,
    #[serde(default)]
    language: Patch<String>,
    consented: Option<bool>,
    pin: Option<String>,
}

/// The contact as changed.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
    id: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let id: ContactId = id.parse().map_err(|_| respond::not_found())?;
    let wanted: Change = respond::body(request)?;
    let change = change(app, &wanted)?;
    let proof = session::proof(app, user, request, wanted.pin.as_deref());
    let event = Event::Edit(Edit::ChangeContact { id, change, proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    let deadman = done.case.deadman.ok_or_else(respond::not_found)?;
    let changed = deadman.contacts.iter().find(|contact| contact.id == id);
    Ok(respond::ok(View::new(&deadman, changed.ok_or_else(respond::not_found)?)))
}

fn change<P: Ports>(app: &App<P>, wanted: &Change) -> Result<ContactChange, Response> {
    let name =
        |field, text: &Option<String>| text.as_deref().map(|text| fields::name(field, text)).transpose();
    let channels = wanted.channels.as_deref().map(fields::channels).transpose()?;
    Ok(ContactChange {
        first_name: name("first_name", &wanted.first_name)?,
        last_name: name("last_name", &wanted.last_name)?,
        phone: wanted.phone_number.as_deref().map(|text| fields::phone(app, text)).transpose()?,
        email: wanted.email.read(fields::email)?,
        is_emergency_contact: wanted.is_emergency_contact,
        priority: wanted.priority.map(|number| fields::whole("priority", number, &PRIORITIES)).transpose()?,
        by_call: channels.map(|channels| channels.call),
        by_sms: channels.map(|channels| channels.sms),
        language: wanted.language.read(fields::language)?,
        consented: wanted.consented,
    })
}
