//! `POST /v1/users/{uid}/contacts`

use lucius_core::{
    deadman::{Edit, NewContact},
    decide::{Event, Scope},
    effect::Channel,
};
use lucius_shell::{
    App, Request, Response,
    api::fields::{self, PRIORITIES},
    ports::Ports,
    respond, run, session,
};
use serde::Deserialize;

use crate::view::View;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    first_name: String,
    last_name: String,
    phone_number: String,
    email: Option<String>,
    #[serde(default)]
    is_emergency_contact: bool,
    /// Lower is called earlier; left out: after everybody who is there already.
    priority: Option<i64>,
    channels: Option<Vec<Channel>>,
    language: Option<String>,
    #[serde(default)]
    consented: bool,
    pin: Option<String>,
}

/// The contact as added.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let new: New = respond::body(request)?;
    let channels = fields::channels(new.channels.as_deref().unwrap_or(&[Channel::Call, Channel::Sms]))?;
    let contact = NewContact {
        first_name: fields::name("first_name", &new.first_name)?,
        last_name: fields::name("last_name", &new.last_name)?,
        phone: fields::phone(app, &new.phone_number)?,
        email: new.email.as_deref().map(fields::email).transpose()?,
        is_emergency_contact: new.is_emergency_contact,
        priority: new.priority.map(|number| fields::whole("priority", number, &PRIORITIES)).transpose()?,
        by_call: channels.call,
        by_sms: channels.sms,
        language: new.language.as_deref().map(fields::language).transpose()?,
        consented: new.consented,
    };
    let phone = contact.phone.clone();
    let proof = session::proof(app, user, request, new.pin.as_deref());
    let event = Event::Edit(Edit::AddContact { contact, proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    // A number stands for one contact of a user only: that is how the new one is told from the others.
    let deadman = done.case.deadman.ok_or_else(respond::not_found)?;
    let added = deadman.contacts.iter().find(|contact| contact.phone == phone);
    Ok(respond::ok(View::new(&deadman, added.ok_or_else(respond::not_found)?)))
}
