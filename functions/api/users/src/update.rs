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

use crate::{create::hashed, read::load, view::View};

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
    let mut profile = load(app, user).await?.profile;
    if let Some(text) = &wanted.first_name {
        profile.first_name = fields::name("first_name", text)?;
    }
    if let Some(text) = &wanted.last_name {
        profile.last_name = fields::name("last_name", text)?;
    }
    if let Some(text) = &wanted.email {
        profile.email = fields::email(text)?;
    }
    if let Some(text) = &wanted.phone_number {
        profile.phone = fields::phone(app, text)?;
    }
    if let Some(text) = &wanted.time_zone {
        profile.time_zone = fields::time_zone(text)?;
    }
    if let Some(language) = wanted.language.read(fields::language)? {
        profile.language = language;
    }
    if let Some(message) = wanted.message.read(fields::message)? {
        profile.message = message;
    }
    let pin = wanted.pin.as_deref().map(fields::pin).transpose()?;
    let change = ProfileChange {
        profile: Some(profile),
        password: wanted.password.as_deref().map(|text| hashed(app, text)).transpose()?,
        pin: pin.map(|pin| app.keyring.pin_digest(user, pin)),
    };
    let proof = session::proof(app, user, request, wanted.current_pin.as_deref());
    let event = Event::Edit(Edit::Profile { change: Box::new(change), proof });
    let done = run(&app.shell, Scope::User(user), event).await.map_err(|error| respond::failure(&error))?;
    let deadman = done.case.deadman.ok_or_else(respond::not_found)?;
    Ok(respond::ok(View::new(app, &deadman)))
}
