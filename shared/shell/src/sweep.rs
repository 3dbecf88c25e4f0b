//! The sweep: every minute, whatever else fails, everything that is due is found.
//!
//! It reads the due index shard by shard. What is due soon gets an exact hint; what is overdue is handed to its function
//! directly, so that no queue, event source or schedule is needed for a page.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::{ActorId, Rank},
    policy::{earlier, later},
};
use lucius_store::{Store, StoreError};

use crate::{
    ports::{Nature, NotArranged, Ports},
    shell::Shell,
    wake,
};

/// How far ahead hints are sent.
const AHEAD: SignedDuration = SignedDuration::from_secs(90);

/// What is overdue by more than this is handed over directly.
const OVERDUE: SignedDuration = SignedDuration::from_secs(10);

/// How many actors one direct invocation takes.
const BATCH: usize = 20;

/// A sweep that finds a full cycle younger than this does nothing: two clocks ring it.
pub const CYCLE: SignedDuration = SignedDuration::from_secs(40);

/// Hands overdue actors to the functions that wake them.
pub trait Invoker: Send + Sync {
    /// Wakes `actors`, all of one kind, without waiting for the result.
    fn invoke(&self, actors: &[ActorId]) -> impl Future<Output = Result<(), NotArranged>> + Send;
}

/// What one cycle has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cycle {
    /// Entries of the index that were looked at.
    pub seen: usize,
    /// Hints sent.
    pub hinted: usize,
    /// Actors handed over directly.
    pub invoked: usize,
    /// Direct invocations that failed.
    pub failed: usize,
}

/// One full cycle over every shard.
///
/// # Errors
/// The index could not be read to its end; the next cycle comes in a minute, and the operator's heartbeat is not told.
pub async fn sweep<P: Ports>(shell: &Shell<P>, invoker: &impl Invoker) -> Result<Cycle, StoreError> {
    let now = shell.ports.nature().now();
    let mut cycle = Cycle::default();
    let mut overdue: Vec<(Rank, Timestamp, ActorId)> = Vec::new();
    for shard in 0..lucius_store::SHARDS {
        let mut cursor = None;
        loop {
            let page = shell.ports.store().due(shard, later(now, AHEAD), cursor).await?;
            for entry in page.entries {
                cycle.seen = cycle.seen.saturating_add(1);
                if entry.due_at < earlier(now, OVERDUE) {
                    overdue.push((entry.rank, entry.due_at, entry.actor));
                } else if entry.rank != Rank::Schedule {
                    wake::hint_at(shell, entry.actor, entry.due_at).await;
                    cycle.hinted = cycle.hinted.saturating_add(1);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    // First pages before everything else, and the longest overdue of them first.
    overdue.sort_unstable();
    let (incidents, deadmen): (Vec<_>, Vec<_>) = overdue
        .into_iter()
        .map(|(_, _, actor)| actor)
        .partition(|actor| matches!(actor, ActorId::Incident(_)));
    for batch in incidents.chunks(BATCH).chain(deadmen.chunks(BATCH)) {
        match invoker.invoke(batch).await {
            Ok(()) => cycle.invoked = cycle.invoked.saturating_add(batch.len()),
            Err(error) => {
                cycle.failed = cycle.failed.saturating_add(batch.len());
                tracing::error!(error = %error, actors = batch.len(), "overdue actors were not handed over");
            }
        }
    }
    Ok(cycle)
}
