//! Twilio: which requests are its own, what they say, and how it is asked to call and text.
//!
//! Facts about Twilio carry the address of the page that states them. Nothing here decides anything.

pub mod client;
pub mod codes;
pub mod signature;
pub mod webhook;

pub use client::{Settings, TwilioClient};
pub use signature::{Refused, Tokens};
pub use webhook::TwilioVerifier;
