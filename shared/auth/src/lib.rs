//! Who somebody is: passwords, and the session tokens that a log-in gives for them.
//!
//! There is no clock here and no key: `now` is an argument, and signatures come from a [`Signer`], behind which the private
//! half of the key stays where it is.

pub mod password;
pub mod token;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use token::{
    Holder, KeyRefused, NotIssued, NotSigned, PublicKey, Refused, Session, Sessions, Signer, Signing,
};
