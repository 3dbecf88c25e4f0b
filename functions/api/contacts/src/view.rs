//! A contact as they are shown.

use jiff::Timestamp;
use lucius_core::{
    deadman::{Contact, Deadman},
    id::{ContactId, UserId},
};
use lucius_shell::api::fields::Channels;
use serde::Serialize;

/// A contact, and what the user should see to.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    id: ContactId,
    created_at: Timestamp,
    updated_at: Timestamp,
    first_name: String,
    last_name: String,
    phone_number: String,
    email: Option<String>,
    user_id: UserId,
    is_emergency_contact: bool,
    priority: u8,
    channels: Vec<&'static str>,
    language: Option<String>,
    consented: bool,
    texts_stopped: bool,
    warnings: Vec<String>,
}

impl View {
    /// A contact of this user.
    pub(crate) fn new(deadman: &Deadman, contact: &Contact) -> Self {
        Self {
            id: contact.id,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
            first_name: contact.first_name.clone(),
            last_name: contact.last_name.clone(),
            phone_number: contact.phone.as_str().to_owned(),
            email: contact.email.clone(),
            user_id: deadman.id,
            is_emergency_contact: contact.is_emergency_contact,
            priority: contact.priority,
            channels: Channels { call: contact.by_call, sms: contact.by_sms }.words(),
            language: contact.language.clone(),
            consented: contact.consented,
            texts_stopped: contact.text_stopped,
            warnings: warnings(deadman, contact),
        }
    }
}

/// None of this stops a call: it is for the user to talk about.
fn warnings(deadman: &Deadman, contact: &Contact) -> Vec<String> {
    let name = &contact.first_name;
    let consent = (!contact.consented)
        .then(|| format!("{name} has not agreed to be called: please ask them, and set \"consented\""));
    let stopped = contact
        .text_stopped
        .then(|| format!("{name} has stopped our texts: in an emergency they are only called"));
    let doubted = deadman.doubt(contact.id).map(|_| {
        format!(
            "{name} was entered or changed without your PIN: they are called, but cannot stop the calls to others. If the number is \
             right, send \"phone_number\" once more with your \"pin\""
        )
    });
    consent.into_iter().chain(stopped).chain(doubted).collect()
}
