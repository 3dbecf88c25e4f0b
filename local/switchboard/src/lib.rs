//! The switchboard: a simulated Twilio and simulated phones, in one process on loopback.
//!
//! It is an oracle for lucius and therefore shares no code with it: signature, TwiML and life cycles are written from
//! Twilio's documents. `CONTROL.md` beside this crate describes the control API that tests and the web page use.

#![expect(clippy::doc_markdown, reason = "TwiML and OpenAPI are names, not code")]

mod board;
mod call;
mod clock;
mod config;
mod control;
mod event;
mod faults;
mod message;
mod number;
mod page;
mod phone;
mod rest;
mod server;
mod sid;
pub mod signature;
mod twiml;
mod webhook;

pub use config::{Config, USAGE};
pub use phone::Behaviour;
pub use server::{Running, start};
