//! The sweep, with the real store behind it: what it tells outside, and what becomes of dead letters.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up its world has to stop")]

mod heartbeat;
mod letters;
mod support;
