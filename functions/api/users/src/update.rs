//! `PUT /v1/users/{uid}`: oneself. What is left out stays as it is.

use lucius_core::{
    deadman::{Edit, ProfileChange},
    decide::{Event, Scope},
};
use lucius_shell::{
    App, Request, Response,
    api::{Patch, fields},
    ports::Ports,
    respond, run, session,
};
use serde::Deserialize;

use crate::{create::hashed, view::View};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    password: Option<String>,
    phone_number: Option<String>,
    /// The new PIN.
    pin: Option<String>,
    /// The PIN so far: the proof that goes with a new number or PIN.
    current_pin: Option<String>,
    time_zone: Option<String>,
    #[serde(default)]
    language: Patch<String>,
    #[serde(default)]
    message: Patch<String>,
}

/// The user as changed.
pub(crate) async fn handle<P: Ports>(
    app: &App<P>,
    request: &Request,
    uid: &str,
) -> Result<Response, Response> {
    let user = session::own(app, request, uid)?;
    let wanted: Change = respond::body(request)?;
    let pin = wanted.pin.as_deref().map(fields::pin).transpose()?;
    // Merged with what is set by the decision, so that two requests side by side both count.
    let change = ProfileChange {
        first_name: wanted.first_name.as_deref().map(|text| fields::name("first_name", text)).transpose()?,
        last_name: wanted.last_name.as_deref().map(|text| fields::name("last_name", text)).transpose()?,
        email: wanted.email.as_deref().map(fields::email).transpose()?,
        phone: wanted.phone_number.as_deref().map(|text| fields::phone(app, text)).transpose()?,
        time_zone: wanted.time_zone.as_deref().map(fields::time_zone).transpose()?,
        language: wanted.language.read(fields::language)?,
        message: wanted.message.read(fields::message)?,
        password: wanted.password.as_deref().map(|text| hashed(app, text)).transpose()?,
        pin: pin.map(|pin| app.keyring.pin_digest(user, pin)),
    };
    let proof = session::proof(app, user, request, wanted.current_pin.as_deref());
    let event = Event::Edit(Edit::Profile { change: Box::new(change), proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    let deadman = done.case.deadman.ok_or_else(respond::not_found)?;
    Ok(respond::ok(View::new(app, &deadman)))
}
