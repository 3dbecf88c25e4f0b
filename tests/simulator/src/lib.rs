//! The real shell, the real decisions and the real encoding of items, in a world that is simulated: table, queue, schedules,
//! carrier, phones and people. Every fault that can happen does; each run is its seed.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "the numbers of a simulated world are small, and a run that overflows one has to stop"
)]

mod acts;
mod aim;
mod carrier;
mod checks;
mod clocks;
mod cycle;
mod edits;
mod fate;
mod faults;
mod functions;
mod heard;
mod insists;
mod intruder;
mod lateness;
mod ledger;
mod letters;
mod listen;
mod people;
mod ports;
mod releases;
mod replay;
mod requests;
mod rings;
mod run;
mod starts;
mod thanked;
mod work;
mod world;

pub use run::{HOURS, Outcome, Plan, USERS};
