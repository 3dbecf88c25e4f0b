//! What the shell needs from the world. A deployment fills these with AWS and a carrier; a simulation with its own.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    id::{OpId, UserId},
    turn::Fresh,
};
use lucius_store::Store;
use lucius_telephony::Carrier;

/// A wake could not be arranged. It is no failure of what was committed: the sweep finds what is due.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotArranged(pub String);

/// The queue of wakes that come within 15 minutes.
pub trait Queue: Send + Sync {
    /// Sends one wake of `actor`, to arrive after `delay_seconds` (at most 900).
    fn hint(
        &self,
        actor: ActorId,
        delay_seconds: u32,
    ) -> impl Future<Output = Result<(), NotArranged>> + Send;
}

/// The users' own schedules.
pub trait Planner: Send + Sync {
    /// Creates the one-time schedule that wakes a user's switch at `minute`, a whole minute. One that exists is fine.
    fn plan(&self, user: UserId, minute: Timestamp) -> impl Future<Output = Result<(), NotArranged>> + Send;
}

/// Time and chance.
pub trait Nature: Send + Sync {
    /// The instant.
    fn now(&self) -> Timestamp;
    /// Lets time pass.
    fn pause(&self, time: SignedDuration) -> impl Future<Output = ()> + Send;
    /// Random bits.
    fn chance(&self) -> u128;

    /// The name of a commit.
    fn op(&self) -> OpId {
        OpId::new(self.chance())
    }

    /// Ids and codes for one decision.
    fn fresh(&self) -> Fresh {
        draw(self.now(), || self.chance())
    }
}

/// How many codes are drawn for a decision: one for each contact that an incident takes.
const CODES: usize = lucius_core::incident::CONTACTS_MAX;

/// Draws ids and codes from `chance`. Two codes of one draw are never the same.
pub fn draw(now: Timestamp, chance: impl Fn() -> u128) -> Fresh {
    let bits = || u16::try_from(chance() & 0xFFFF).unwrap_or_default();
    let mut codes: Vec<String> = Vec::with_capacity(CODES);
    while codes.len() < CODES {
        // 128 bits over a million: the bias is below 2^-108.
        let code = format!("{:06}", chance().checked_rem(1_000_000).unwrap_or_default());
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    Fresh {
        probe: lucius_core::id::ProbeId::new(now, bits()),
        incident: lucius_core::id::IncidentId::new(now, bits()),
        contact: lucius_core::id::ContactId::new(now, bits()),
        codes,
    }
}

/// Everything together: one type parameter for the whole shell.
pub trait Ports: Send + Sync + 'static {
    /// Where state is kept.
    type Store: Store;
    /// Who calls and texts.
    type Carrier: Carrier + Send + Sync;
    /// Near wakes.
    type Queue: Queue;
    /// Far wakes.
    type Planner: Planner;
    /// Time and chance.
    type Nature: Nature;

    /// Where state is kept.
    fn store(&self) -> &Self::Store;
    /// Who calls and texts; none in a function that only decides.
    fn carrier(&self) -> Option<&Self::Carrier>;
    /// Near wakes.
    fn queue(&self) -> &Self::Queue;
    /// Far wakes.
    fn planner(&self) -> &Self::Planner;
    /// Time and chance.
    fn nature(&self) -> &Self::Nature;
}
