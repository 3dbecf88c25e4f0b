//! A function's parts: the shell, and what its edge needs.

use lucius_auth::Sessions;
use lucius_core::phone::{NumberPolicy, PhoneNumber};
use lucius_store::Keyring;
use lucius_twilio::{TwilioVerifier, client::renewable::Renewable};
use secrecy::SecretString;

use crate::shell::Shell;

/// Everything a function has. What it may not have, its role does not let it read, and it is none here.
pub struct App<P> {
    /// Load, decide, commit, perform.
    pub shell: Shell<P>,
    /// Digests of numbers, PINs and codes.
    pub keyring: Keyring,
    /// Which numbers may be entered.
    pub numbers: NumberPolicy,
    /// Our number.
    pub service_number: PhoneNumber,
    /// Tells the carrier's requests from everybody else's; for webhooks.
    pub twilio: Option<Renewable<TwilioVerifier>>,
    /// Reads session tokens; for the API.
    pub sessions: Option<Sessions>,
    /// What the first admin has to show; for users.
    pub setup_token: Option<SecretString>,
}
