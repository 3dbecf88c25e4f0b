//! Every interleaving of a small world around the real decisions.
//!
//! One user has missed a check-in; two contacts can be called. Functions load, decide, commit on condition of what they read,
//! claim, send requests one by one, and record what came of them. They die at any point. Hints come early, twice or never; the
//! sweep comes. The carrier answers each request in one of four ways, and calls back or not. Humans press 1. A checker visits every
//! state that this can lead to, and every commit and every request is held against `lucius-invariants`.
//!
//! What is real: `lucius_core::decide::decide`, `lucius_core::effect::claim`, and when a function may claim and send. What is not:
//! storage, queue and carrier are a few fields of [`World`].
//!
//! # What is left out, and why nothing is lost by it
//!
//! - **A function loads, decides and commits in one step.** Its commit is conditional on what it read. Whatever is committed in
//!   between makes it fail, and it reads again: what comes of it is what would have come of reading later.
//! - **A function takes no time.** It ends in 25 s, before any lease of its own; crashes at every point are all that is left.
//! - **Everybody has stopped our texts.** Texts never accept here and have no outcome that a human waits for; the reference model
//!   has them.
//! - **A wake comes when something is due, or with the sweep.** Time jumps there; between those instants nothing changes. Once
//!   somebody was called, wakes come at whole minutes: late, as wakes may.
//! - **A call that nobody hears of again** ends when it is asked after, or rings on. A key may arrive after its call has ended.
//! - **States that differ only in what never decides anything are one state**: see the hash in `shape.rs`.

mod act;
mod bounds;
mod carrier;
mod check;
mod people;
mod process;
mod shape;
mod visit;
mod world;

pub use bounds::Bounds;
pub use carrier::{Answer, Call};
pub use check::{Calls, EXAMPLES};
pub use process::{Process, Stage};
pub use visit::{Visit, visit};
pub use world::{Action, World};
