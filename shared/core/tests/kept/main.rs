//! What has to be exactly as it is: words that are stored, sent or logged, and the operator's limits.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod events;
mod limits;
mod states;
mod words;
