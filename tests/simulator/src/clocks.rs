//! When each actor is due, as its state says: kept up with every commit, so that nobody has to ask all of them every minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use lucius_core::actor::ActorId;

use crate::world::Millis;

/// The alarm clocks of all actors.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    due: BTreeMap<ActorId, Timestamp>,
    order: BTreeSet<(Timestamp, ActorId)>,
    changed: BTreeSet<ActorId>,
    /// When each was written last.
    since: BTreeMap<ActorId, Millis>,
}

impl Clocks {
    /// The actor is due at another time, or not any more.
    pub(crate) fn set(&mut self, now: Millis, actor: ActorId, due: Option<Timestamp>) {
        self.changed.insert(actor);
        self.since.insert(actor, now);
        let before = match due {
            Some(due) => self.due.insert(actor, due),
            None => self.due.remove(&actor),
        };
        if let Some(before) = before {
            self.order.remove(&(before, actor));
        }
        if let Some(due) = due {
            self.order.insert((due, actor));
        }
    }

    /// When the actor was written last.
    pub(crate) fn written_at(&self, actor: ActorId) -> Millis {
        self.since.get(&actor).copied().unwrap_or(Millis::MIN)
    }

    /// Whether anybody is due before `at`.
    pub(crate) fn any_before(&self, at: Timestamp) -> bool {
        self.order.first().is_some_and(|(due, _)| *due < at)
    }

    /// Who is due before `at`, the earliest first.
    pub(crate) fn before(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, ActorId)> {
        self.order.iter().take_while(move |(due, _)| *due < at).copied()
    }

    /// Whoever has had a commit since this was last asked, and when they are due.
    pub(crate) fn take_changed(&mut self) -> Vec<(ActorId, Option<Timestamp>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|actor| (actor, self.due.get(&actor).copied())).collect()
    }
}
