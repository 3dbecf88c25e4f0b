//! A small language for stories: people, their phones, and the stack.

mod api;
mod phone;
mod stack;

pub(crate) use api::{Person, Story};
pub(crate) use phone::Phone;
pub(crate) use stack::{Stack, alone, together};
