//! What is decided, told as stories: who is asked, called, believed and left alone, and when.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "the stories' own helpers fail as the tests do"
)]

mod accept;
mod alert_edits;
mod call_back;
mod calls;
mod check_in;
mod codes;
mod edits;
mod exact;
mod invariants;
mod outcomes;
mod probes;
mod random;
mod rounds;
mod silence;
mod steps;
mod story;
mod tales;
mod told;
mod told_again;
mod world;
