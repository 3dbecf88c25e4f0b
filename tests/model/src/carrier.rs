//! The carrier: how it answers a request, and what it then has.

use jiff::SignedDuration;
use lucius_core::{
    decide::ContactAct,
    effect::{CallProgress, EffectId, Outcome},
};

/// How the carrier answers a request for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It has the call, and we know.
    Placed,
    /// It has the call, and its answer did not reach us.
    PlacedUnheard,
    /// It never got the request, and we do not know that.
    Lost,
    /// It refuses this number for good.
    Refused,
}

impl Answer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Placed, Self::PlacedUnheard, Self::Lost, Self::Refused];

    /// It has the call.
    #[must_use]
    pub fn placed(self) -> bool {
        match self {
            Self::Placed | Self::PlacedUnheard => true,
            Self::Lost | Self::Refused => false,
        }
    }

    /// What the sender makes of it.
    #[must_use]
    pub fn outcome(self, sid: &str) -> Outcome {
        match self {
            Self::Placed => Outcome::Placed { sid: sid.to_owned(), queue: SignedDuration::ZERO },
            Self::PlacedUnheard | Self::Lost => Outcome::Unknown,
            Self::Refused => Outcome::Permanent { code: 21211 },
        }
    }
}

/// A call that the carrier has.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// Of which effect.
    pub effect: EffectId,
    /// To whom.
    pub place: usize,
    /// The try it was placed in.
    pub attempt: u32,
    /// It rings or is answered; otherwise it is over.
    pub rings: bool,
    /// We have been told that it began.
    pub begun: bool,
    /// We have been told that it is over.
    pub ended: bool,
    /// The listener has pressed 1.
    pub pressed: bool,
}

impl Call {
    /// The carrier's name of it.
    #[must_use]
    pub fn sid(&self) -> String {
        sid(self.place, self.attempt)
    }

    /// What its listener does with a 1.
    #[must_use]
    pub fn press(&self) -> ContactAct {
        ContactAct::Press {
            attempt: self.attempt,
            sid: self.sid(),
            step: "1".to_owned(),
            digits: Some("1".to_owned()),
        }
    }

    /// What the carrier says of it.
    #[must_use]
    pub fn progress(&self) -> CallProgress {
        if self.rings { CallProgress::Ringing } else { CallProgress::NoAnswer }
    }
}

/// The carrier's name of a call.
pub(crate) fn sid(place: usize, attempt: u32) -> String {
    format!("CA{place}-{attempt}")
}
