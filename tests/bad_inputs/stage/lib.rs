//! The stage on which bad input is tried: a world with people in it, every function behind one door, and an ear for what
//! is answered and logged.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a test that cannot set up its stage has to stop"
)]

mod changes;
mod door;
mod log;
mod people;
mod routes;

pub use door::answer;
pub use log::Log;
pub use people::{PIN, PIN_OF_BOB, Stage};
pub use routes::{Route, sms, voice};
