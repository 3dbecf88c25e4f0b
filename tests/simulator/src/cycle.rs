//! A cycle of the sweep that calls itself full has handed over everybody who was overdue when it began.

use std::collections::BTreeSet;

use lucius_core::actor::ActorId;
use lucius_invariants::Invariant;

use crate::world::{Inner, Millis, SECOND, instant};

/// Who is overdue by more is handed over: ten seconds, the longest that the index lies behind, and clocks that are wrong.
pub(crate) const OVERDUE: Millis = 40 * SECOND;

/// What is known of the cycle that is running.
#[derive(Debug, Default)]
pub(crate) struct Cycle {
    began: Millis,
    /// Who was overdue when it began, for so long that the index must have said so.
    overdue: Vec<ActorId>,
    /// Whom it has handed over.
    handed: BTreeSet<ActorId>,
}

impl Inner {
    /// A cycle begins.
    pub(crate) fn begins_cycle(&self) -> Cycle {
        let long_ago = instant(self.now - OVERDUE);
        let overdue = self.checks.clocks.before(long_ago).map(|(_, actor)| actor);
        let overdue = overdue.filter(|actor| self.checks.clocks.written_at(*actor) < self.now - OVERDUE);
        // Whoever was put off stands in the index for later.
        let overdue = overdue.filter(|actor| !self.releases.put_off.contains(actor)).collect();
        Cycle { began: self.now, overdue, handed: BTreeSet::new() }
    }

    /// The cycle has handed these over.
    pub(crate) fn hands_over(&mut self, actors: &[ActorId]) {
        self.running.cycle.handed.extend(actors);
    }

    /// It says that it is full.
    pub(crate) fn ends_cycle(&mut self) {
        self.checks.made += 1;
        let Cycle { began, overdue, handed } = &self.running.cycle;
        self.checks.cycles.push((*began, self.now));
        // Nor does whoever was put off, or written, while it ran.
        let since = |actor: &&ActorId| {
            self.checks.clocks.written_at(**actor) < self.now - OVERDUE
                && !self.releases.put_off.contains(actor)
        };
        let forgotten = overdue.iter().filter(|actor| !handed.contains(actor)).find(since).copied();
        if let Some(actor) = forgotten {
            self.violated(
                Invariant::OutsideIsTold.code(),
                format!("a cycle counts as full, and {actor} was not handed over"),
            );
        }
    }
}
