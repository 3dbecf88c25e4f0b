//! A caller to our number, and the turns of their call.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and stops if its world is not there"
)]

use http::StatusCode;
use lucius_core::{
    deadman::{CheckIn, Deadman, Medium, Proof},
    decide::{Event, Scope},
    id::UserId,
    incident::Incident,
    words::Answer,
};
use lucius_shell::{
    Response, run,
    testing::{SERVICE_NUMBER, World, contact, webhook},
};
use lucius_store::{CallSession, Store as _};

/// The PIN of every user here.
pub(crate) const PIN: &str = "271828";

/// A user with a PIN and a contact.
pub(crate) async fn user(world: &World) -> UserId {
    let keyring = world.app.keyring.clone();
    world
        .user(|deadman| {
            deadman.profile.pin = Some(keyring.pin_digest(deadman.id, PIN));
            deadman.contacts = vec![contact(1, deadman.created_at)];
        })
        .await
}

/// A user's number.
pub(crate) fn number(deadman: &Deadman) -> String {
    deadman.profile.phone.as_str().to_owned()
}

/// One turn of the call `sid` from `from`, with `more` beside it.
pub(crate) async fn heard(world: &World, sid: &str, from: &str, path: &str, more: &[(&str, &str)]) -> String {
    let fields = [
        ("CallSid", sid),
        ("From", from),
        ("To", SERVICE_NUMBER),
        ("CallStatus", "in-progress"),
        ("Direction", "inbound"),
    ];
    let fields = [&fields[..], more].concat();
    let Response { status, body, .. } =
        Box::pin(twilio_voice::handle(&world.app, &webhook(path, &fields))).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// One turn with keys, or in silence.
pub(crate) async fn turn(world: &World, sid: &str, from: &str, path: &str, digits: &str) -> String {
    let keys = [("Digits", digits)];
    heard(world, sid, from, path, if digits.is_empty() { &[] } else { &keys }).await
}

/// The turn before was recorded, and that it was answered is not known any more.
pub(crate) async fn forgets(world: &World, sid: &str) {
    let known = world.store().load_call(sid).await.unwrap().unwrap();
    let next = CallSession { version: known.version.saturating_add(1), body: String::new(), ..known };
    assert!(world.store().save_call(sid, &next, Some(known.version)).await.unwrap());
}

/// The user starts an emergency otherwise.
pub(crate) async fn emergency(world: &World, user: UserId, key: &str) {
    let event = Event::Emergency { key: key.to_owned() };
    run(&world.app.shell, Scope::User(user), event).await.unwrap();
}

/// The user ends it otherwise.
pub(crate) async fn ends(world: &World, user: UserId, key: &str) {
    let event = Event::CheckIn(CheckIn {
        key: key.to_owned(),
        answer: Answer::Good,
        sos: false,
        medium: Medium::Api,
        arrived_at: lucius_shell::ports::Nature::now(world.clock()),
        proof: Proof::None,
        logged_in: true,
        unless: None,
        heard: None,
        words: None,
        text: String::new(),
    });
    run(&world.app.shell, Scope::User(user), event).await.unwrap();
}

/// Somebody deletes the user by the API.
pub(crate) async fn deleted(world: &World, user: UserId) {
    let proof = Proof::Pin(world.app.keyring.pin_digest(user, PIN));
    run(&world.app.shell, Scope::User(user), Event::Remove { proof }).await.unwrap();
}

/// The user's open incident.
pub(crate) async fn open(world: &World, user: UserId) -> Option<Incident> {
    let id = world.deadman(user).await.unwrap().incident?;
    Some(world.store().load_incident(id).await.unwrap().unwrap().state)
}
