//! A function at work.

use std::sync::Arc;

use lucius_core::{
    actor::ActorId,
    deadman::Deadman,
    decide::{Event, Report},
    effect::{EffectId, Outcome, Pending},
    incident::Incident,
};
use lucius_invariants::Act;

/// What a function reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The switch, and its open incident.
    User,
    /// The incident, and its user's switch.
    Both,
    /// The incident alone.
    Alone,
}

/// The actors, shared between states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actors {
    /// The switch.
    pub deadman: Option<Arc<Deadman>>,
    /// The incident.
    pub incident: Option<Arc<Incident>>,
}

/// An effect that a function has leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// Whose.
    pub actor: ActorId,
    /// Which.
    pub effect: EffectId,
    /// As leased.
    pub pending: Pending,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It has to read.
    Ready,
    /// It has read and decided, and has to write.
    Decided {
        /// What it writes.
        next: Actors,
        /// What it leases with it.
        claimed: Vec<Hand>,
    },
    /// It has written, and sends what it has leased.
    Performing {
        /// The actors as it wrote them.
        wrote: Actors,
        /// What it has leased.
        hands: Vec<Hand>,
    },
}

/// One function at work on one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// On what.
    pub event: Event,
    /// What it reads.
    pub scope: Scope,
    /// What humans did that this is about.
    pub acts: Vec<Act>,
    /// It may lease and send; a webhook may not.
    pub performs: bool,
    /// How far it is.
    pub stage: Stage,
}

impl Process {
    pub(crate) fn performer(event: Event, scope: Scope) -> Self {
        Self { event, scope, acts: Vec::new(), performs: true, stage: Stage::Ready }
    }

    pub(crate) fn webhook(event: Event, scope: Scope, acts: Vec<Act>) -> Self {
        Self { event, scope, acts, performs: false, stage: Stage::Ready }
    }

    /// Everything it leased has an outcome: they are recorded next.
    pub(crate) fn performed(&mut self) {
        let Stage::Performing { hands, .. } = &self.stage else { return };
        if hands.iter().any(|hand| hand.outcome.is_none()) {
            return;
        }
        let reports = hands.iter().filter_map(|hand| {
            Some(Report {
                actor: hand.actor,
                effect: hand.effect.clone(),
                attempt: hand.pending.attempt,
                outcome: hand.outcome.clone()?,
            })
        });
        self.event = Event::Settled(reports.collect());
        self.scope = Scope::Alone;
        self.acts.clear();
        self.stage = Stage::Ready;
    }
}
