//! PINs: who may silence. Tries are counted per account, across calls and texts; nothing here ever stops a page.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Deadman;
use crate::{policy::later, secret::Digest, turn::Turn};

/// Wrong PINs within a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// How many.
    pub wrong: u32,
    /// When the day began that they are counted in.
    pub since: Option<Timestamp>,
}

/// On which kind of line a PIN was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// One that anybody can call, text or post to.
    Open,
    /// A call that we placed to the user's own number.
    Own,
}

/// What somebody brought along to prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    None,
    /// A PIN, as its digest.
    Pin(Digest),
}

/// What a proof was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proven {
    /// The PIN is right.
    Yes,
    /// No PIN was given.
    NotGiven,
    /// The PIN is wrong, or the account has none.
    Wrong,
    /// Too many wrong ones today: none is taken.
    Locked,
}

impl Deadman {
    /// Checks a proof, and counts it when it is wrong. An account without a PIN counts nothing.
    pub fn prove(&mut self, turn: &Turn<'_>, proof: Proof, line: Line) -> Proven {
        let Proof::Pin(given) = proof else { return Proven::NotGiven };
        // Where there is no PIN there is nothing to guess, and nothing to lock.
        let Some(pin) = self.profile.pin else { return Proven::Wrong };
        let tries = match line {
            Line::Open => &mut self.tries,
            Line::Own => &mut self.own_tries,
        };
        let day = turn.policy.days(1).max(jiff::SignedDuration::from_mins(10));
        if tries.since.is_some_and(|since| turn.now >= later(since, day)) {
            *tries = Tries::default();
        }
        if tries.wrong >= turn.policy.pin_tries_per_day {
            return Proven::Locked;
        }
        if pin == given {
            *tries = Tries::default();
            return Proven::Yes;
        }
        tries.since = tries.since.or(Some(turn.now));
        tries.wrong = tries.wrong.saturating_add(1);
        Proven::Wrong
    }
}
