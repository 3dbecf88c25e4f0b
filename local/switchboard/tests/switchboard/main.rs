//! The switchboard from outside: through its REST and control API, with a product of a few lines behind its webhooks.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

mod callbacks;
mod calls;
mod dialling;
mod faults;
mod gathers;
mod inbound;
mod product;
mod story;
mod texts;
mod webhooks;
mod world;
