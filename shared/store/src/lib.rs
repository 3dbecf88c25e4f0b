//! Where lucius keeps its state: one `DynamoDB` table, and the only crate that knows its keys.
//!
//! An actor (a user's switch, an incident) is one item with a `version`; [`Store::commit`] writes what a decision has
//! changed in one conditional request, history and pointers included, or nothing at all. The [`OpId`](lucius_core::id::OpId)
//! of a commit stands in the item, so that a write whose answer was lost can be told from one that somebody else was faster
//! with. Everything the sweep needs (when an actor is due, how urgent, which version) lies beside the state and stays
//! readable when the state is not.
//!
//! Phone numbers, e-mail addresses and codes are never part of a key: their keyed digests are ([`Keyring`]). Errors name an
//! operation, the service's error code and, for an item, its actor; never what was stored.

#[cfg(test)]
extern crate self as lucius_store;

mod action;
mod actions;
mod actor;
mod api;
mod attribute;
mod calls;
mod commit;
pub mod count;
mod counters;
mod due;
mod dynamo;
mod error;
mod keyring;
mod keys;
mod lists;
mod number;
pub mod schema;
mod settle;
#[cfg(any(test, feature = "testing"))]
pub mod simulated;
mod sweep;
mod users;

pub use actions::EVENTS_KEPT;
pub use actor::{Actor, SCHEMA};
pub use api::{CallSession, Change, Commit, Cursor, DueEntry, DuePage, Loaded, Page, Store};
pub use counters::LOGIN_WINDOW_SECONDS;
pub use dynamo::{DynamoStore, OPERATION_TIMEOUT};
pub use error::{CommitError, CreateError, Fault, StoreError, Taken, Why};
pub use keyring::Keyring;
pub use keys::SHARDS;
pub use number::{CodePointer, NumberCard};
