//! What the stories are told with: the stack under test, people with telephones, and the cloud behind our back.
//!
//! Nothing of lucius itself is used here. A test sees what a carrier, a person and an operator see: HTTP, words and keys.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on says so by panicking"
)]

pub mod api;
pub mod aws;
pub mod call;
pub mod forge;
pub mod marked;
pub mod people;
pub mod phone;
pub mod process;
pub mod random;
pub mod stack;
pub mod story;
pub mod wait;

pub use people::{Contact, User};
pub use phone::Phone;
pub use serde_json::{Value, json};
pub use stack::Stack;
pub use story::{Story, tell};
pub use wait::{secs, until};
