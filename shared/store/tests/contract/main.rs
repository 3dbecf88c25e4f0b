//! What lucius expects of its table: one suite, run against an embedded `DynamoDB` or, with `STORE_ENDPOINT` set, against
//! whatever answers there.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong is to panic, in its helpers too, and may take its time"
)]

mod commits;
mod counters;
mod due;
mod events;
mod faults;
mod lists;
mod numbers;
mod states;
mod story;
mod users;
mod world;
