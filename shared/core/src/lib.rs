//! The pure half of lucius: every rule, and nothing that touches the world.
//!
//! Time, random numbers and ids come in as arguments; what is to be done goes out as values. There is no `async`, no
//! clock, no randomness and no AWS here, so that each rule can be tested by calling a function.

pub mod id;
pub mod phone;
pub mod schedule;
