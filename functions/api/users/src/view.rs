//! A user as they are shown: never with password or PIN.

use jiff::Timestamp;
use lucius_core::{deadman::Deadman, id::UserId};
use lucius_shell::{
    App,
    api::ProbeSettingsView,
    ports::{Nature as _, Ports},
};
use serde::Serialize;

/// The role of an administrator.
const ADMIN: u8 = 1;
/// The role of everybody else.
const USER: u8 = 2;

/// A user.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    id: UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    first_name: String,
    last_name: String,
    phone_number: String,
    email: String,
    role_id: u8,
    language: Option<String>,
    time_zone: String,
    message: Option<String>,
    probe_settings: ProbeSettingsView,
}

impl View {
    /// `deadman` as it is now.
    pub(crate) fn new<P: Ports>(app: &App<P>, deadman: &Deadman) -> Self {
        let profile = &deadman.profile;
        let now = app.shell.ports.nature().now();
        Self {
            id: deadman.id,
            created_at: deadman.created_at,
            updated_at: deadman.updated_at,
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            phone_number: profile.phone.as_str().to_owned(),
            email: profile.email.clone(),
            role_id: if profile.is_admin { ADMIN } else { USER },
            language: profile.language.clone(),
            time_zone: profile.time_zone.name().to_owned(),
            message: profile.message.clone(),
            probe_settings: ProbeSettingsView::new(deadman, now, &app.shell.policy),
        }
    }
}
