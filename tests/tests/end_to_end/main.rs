//! Whole stories on the deployed local stack: `make test` starts it and names it in `LUCIUS_STACK`.
//!
//! Every story has numbers of its own and fails on any call or text to them that nobody expected.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test that cannot go on has to stop"
)]

mod support;

mod accept;
mod codes;
mod edge;
mod faults;
mod herd;
mod line;
mod probes;
mod rounds;
mod stop;
mod wakes;
