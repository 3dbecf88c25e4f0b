//! The pure half of lucius: every rule, and nothing that touches the world.
//!
//! Time, random numbers and ids come in as arguments; what is to be done goes out as values. There is no `async`, no
//! clock, no randomness and no AWS here, so that each rule can be tested by calling a function.

pub mod actor;
pub mod deadman;
pub mod decide;
pub mod effect;
pub mod history;
pub mod id;
pub mod incident;
pub mod ivr;
pub mod once;
pub mod phone;
pub mod policy;
pub mod schedule;
pub mod secret;
pub mod text;
pub mod turn;
pub mod voice;
pub mod words;

mod open;
