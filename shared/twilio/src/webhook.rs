//! What Twilio tells us: typed payloads, each read from a verified form.
//!
//! ```
//! use lucius_telephony::{RawRequest, Signed};
//! use lucius_twilio::{Tokens, TwilioVerifier, signature::Refused, webhook::VoiceRequest};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = TwilioVerifier::new("AC0123", Tokens::new("token".into(), None)?);
//! let request = RawRequest {
//!     method: "POST",
//!     url: "https://example.org/inbound/answer",
//!     content_type: Some("application/x-www-form-urlencoded"),
//!     signatures: &["AAAAAAAAAAAAAAAAAAAAAAAAAAA="],
//!     body: b"CallSid=CA0123&AccountSid=AC0123",
//! };
//! match Signed::verify(&verifier, &request) {
//!     Ok(form) => println!("{:?}", form.try_map(VoiceRequest::read)?.get()),
//!     Err(refused) => assert_eq!(refused, Refused::Mismatch),
//! }
//! # Ok(())
//! # }
//! ```

mod call_status;
mod inbound_text;
mod message_status;
mod voice;

use lucius_core::phone::PhoneNumber;
use lucius_telephony::{Form, RawRequest, Verifier};
use thiserror::Error;

pub use self::call_status::CallStatusCallback;
pub use self::inbound_text::{InboundText, OptOut};
pub use self::message_status::{MessageStatus, MessageStatusCallback};
pub use self::voice::{Direction, VoiceRequest};
use crate::signature::{self, Refused, Tokens};

/// Tells requests that Twilio makes for our account from all others.
#[derive(Debug)]
pub struct TwilioVerifier {
    account_sid: String,
    tokens: Tokens,
}

impl TwilioVerifier {
    /// Takes our account's SID and its auth tokens.
    #[must_use]
    pub fn new(account_sid: impl Into<String>, tokens: Tokens) -> Self {
        Self { account_sid: account_sid.into(), tokens }
    }
}

impl Verifier for TwilioVerifier {
    type Payload = Form;
    type Refused = Refused;

    fn verify(&self, request: &RawRequest<'_>) -> Result<Form, Refused> {
        let form = signature::verify(&self.tokens, request)?;
        if form.get("AccountSid") == Some(self.account_sid.as_str()) {
            Ok(form)
        } else {
            Err(Refused::OtherAccount)
        }
    }
}

/// A genuine request lacks a field without which it means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Twilio's request has no {0}")]
pub struct MissingField(pub &'static str);

fn required(form: &Form, name: &'static str) -> Result<String, MissingField> {
    form.get_filled(name).map(str::to_owned).ok_or(MissingField(name))
}

/// The other party's number, if they have one that could be called: not for withheld numbers, SIP addresses,
/// `client:` names and short codes.
fn number(form: &Form, name: &str) -> Option<PhoneNumber> {
    PhoneNumber::parse(form.get_filled(name)?).ok().filter(|number| !number.is_withheld())
}

/// A number in decimal digits; anything else counts as not given.
fn integer<T: std::str::FromStr>(form: &Form, name: &str) -> Option<T> {
    form.get_filled(name)?.parse().ok()
}

#[cfg(test)]
mod tests;
