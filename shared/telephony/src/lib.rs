//! What every telephone carrier has in common.
//!
//! This crate knows no carrier and opens no connection. It holds the port through which the rest of lucius
//! places calls and sends texts ([`Carrier`]), the few kinds of failure that matter to whoever decides what
//! happens next ([`CarrierError`]), what is said on a call ([`twiml`]), how a text is cut ([`sms`]), and the
//! proof that a request came from the carrier ([`Signed`]).

pub mod carrier;
pub mod error;
pub mod form;
pub mod signed;
pub mod sms;
mod text;
pub mod twiml;

pub use carrier::{CallRequest, CallStatus, Carrier, Placed, Sent, TextRequest};
pub use error::CarrierError;
pub use form::Form;
pub use signed::{RawRequest, Signed, Verifier};
pub use twiml::{InlineTwiml, Twiml};
