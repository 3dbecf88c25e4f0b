//! What becomes of a request to the carrier: it is taken or not, and the answer says so or not.

use lucius_telephony::CarrierError;

use crate::{
    faults::Outage,
    world::{Inner, Millis, SECOND},
};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    DoneUnknown,
    LostUnknown,
    Permanent(u32),
    Account(u32),
    Throttled,
    NotSent,
}

impl Fate {
    pub(crate) fn is_done(self) -> bool {
        match self {
            Self::Done | Self::DoneUnknown => true,
            Self::LostUnknown | Self::Permanent(_) | Self::Account(_) | Self::Throttled | Self::NotSent => {
                false
            }
        }
    }

    /// The carrier has refused it, for certain, and may take it later.
    pub(crate) fn is_for_now(self) -> bool {
        match self {
            Self::Account(_) | Self::Throttled | Self::NotSent => true,
            Self::Done | Self::DoneUnknown | Self::LostUnknown | Self::Permanent(_) => false,
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::DoneUnknown => Some("placed, answer lost"),
            Self::LostUnknown => Some("not placed, answer lost"),
            Self::Permanent(_) => Some("refused for good"),
            Self::Account(_) => Some("refused for the account"),
            Self::Throttled => Some("429"),
            Self::NotSent => Some("not connected"),
        }
    }

    pub(crate) fn error(self) -> Result<(), CarrierError> {
        let what_to_do = "nothing";
        match self {
            Self::Done => Ok(()),
            Self::DoneUnknown | Self::LostUnknown => {
                Err(CarrierError::Unknown { accepted: false, why: "the answer was lost" })
            }
            Self::Permanent(code) => Err(CarrierError::Permanent { code, what_to_do }),
            Self::Account(code) => Err(CarrierError::Account { code, what_to_do }),
            Self::Throttled => Err(CarrierError::Throttled),
            Self::NotSent => Err(CarrierError::NotSent { why: "no connection" }),
        }
    }

    /// How long the caller waits for it.
    pub(crate) fn time(self, inner: &mut Inner) -> Millis {
        match self {
            Self::DoneUnknown | Self::LostUnknown if inner.odds(500) => 12 * SECOND,
            Self::NotSent => inner.between(10, 3 * SECOND),
            Self::Done
            | Self::DoneUnknown
            | Self::LostUnknown
            | Self::Permanent(_)
            | Self::Account(_)
            | Self::Throttled => inner.between(30, 400),
        }
    }
}

/// What becomes of the next request.
pub(crate) fn draw(inner: &mut Inner) -> Fate {
    let odds = inner.faults.odds;
    let fate = if inner.faults.lasts(Outage::CarrierErrors) {
        if inner.odds(500) { Fate::DoneUnknown } else { Fate::LostUnknown }
    } else if inner.faults.lasts(Outage::CarrierAccount) {
        Fate::Account(20_003)
    } else if inner.faults.lasts(Outage::CarrierBusy) {
        Fate::Throttled
    } else if inner.faults.lasts(Outage::CarrierSilent) {
        if inner.odds(500) { Fate::NotSent } else { Fate::LostUnknown }
    } else if inner.odds(odds.placed_unknown) {
        Fate::DoneUnknown
    } else if inner.odds(odds.not_placed_unknown) {
        Fate::LostUnknown
    } else if inner.odds(odds.refused) {
        match inner.chance.u8(0..4) {
            0 => Fate::Permanent(21_211),
            1 => Fate::Account(20_003),
            2 => Fate::Throttled,
            _ => Fate::NotSent,
        }
    } else {
        on_purpose(inner)
    };
    if let Some(name) = fate.name() {
        inner.strikes_here(name, "POST");
    }
    fate
}

/// What becomes of it where a fault is to strike here (see [`crate::aim`]).
fn on_purpose(inner: &mut Inner) -> Fate {
    let fates = [
        Fate::DoneUnknown,
        Fate::LostUnknown,
        Fate::Permanent(21_211),
        Fate::Account(20_003),
        Fate::Throttled,
        Fate::NotSent,
    ];
    let fate =
        fates.iter().find(|fate| fate.name().is_some_and(|name| inner.strikes_on_purpose(name, "POST")));
    fate.copied().unwrap_or(Fate::Done)
}
