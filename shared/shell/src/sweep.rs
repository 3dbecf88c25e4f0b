//! The sweep: every minute, whatever else fails, everything that is due is found.
//!
//! It reads the due index shard by shard. What is due soon gets an exact hint; what is overdue is handed to its function
//! directly, so that no queue, event source or schedule is needed for a page.

use std::{future::Future, pin::pin};

use futures::{
    StreamExt as _,
    future::{Either, select},
    stream,
};
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

/// Nothing is overdue for so long while things are well: it has been handed over four times by then. What cannot be decided
/// is no exception, for it is postponed, which moves its time on.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// How many actors one direct invocation takes.
const BATCH: usize = 20;

/// How many shards are read, functions invoked or hints sent side by side.
const AT_ONCE: usize = 16;

/// Hints may take this long altogether: they only make pages earlier that the next cycle finds as well.
const HINTING: SignedDuration = SignedDuration::from_secs(15);

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
    /// Actors whose direct invocation failed.
    pub failed: usize,
    /// Actors that have been overdue for more than five minutes.
    pub late: usize,
    /// Entries of the index that this release cannot tell the actor of.
    pub unknown: usize,
}

impl Cycle {
    /// Everything that is due was seen and handed over, and none of it has been due for too long.
    #[must_use]
    pub fn proves_well(&self) -> bool {
        self.failed == 0 && self.late == 0 && self.unknown == 0
    }
}

/// What the index says.
#[derive(Debug, Default)]
struct Found {
    seen: usize,
    late: usize,
    unknown: usize,
    overdue: Vec<(Rank, Timestamp, ActorId)>,
    soon: Vec<(ActorId, Timestamp)>,
}

/// One full cycle over every shard. What is overdue is handed over before anything else is done.
///
/// # Errors
/// A shard could not be read to its end. What was found in the others is handed over all the same; the next cycle comes in
/// a minute, and this one does not count.
pub async fn sweep<P: Ports>(shell: &Shell<P>, invoker: &impl Invoker) -> Result<Cycle, StoreError> {
    let now = shell.ports.nature().now();
    let shards: Vec<_> = stream::iter(0..lucius_store::SHARDS)
        .map(|shard| read(shell, shard, now))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (mut all, mut unread) = (Found::default(), None);
    for (found, error) in shards {
        all.seen = all.seen.saturating_add(found.seen);
        all.late = all.late.saturating_add(found.late);
        all.unknown = all.unknown.saturating_add(found.unknown);
        all.overdue.extend(found.overdue);
        all.soon.extend(found.soon);
        unread = unread.or(error);
    }
    let handed = hand_over(invoker, all.overdue).await;
    let (seen, hinted, late, unknown) = (all.seen, all.soon.len(), all.late, all.unknown);
    let cycle = Cycle { seen, hinted, late, unknown, ..handed };
    hint(shell, all.soon).await;
    unread.map_or(Ok(cycle), Err)
}

/// Reads one shard; what was found, and why no more.
async fn read<P: Ports>(shell: &Shell<P>, shard: u8, now: Timestamp) -> (Found, Option<StoreError>) {
    let (mut found, mut cursor) = (Found::default(), None);
    loop {
        let page = match shell.ports.store().due(shard, later(now, AHEAD), cursor).await {
            Ok(page) => page,
            Err(error) => return (found, Some(error)),
        };
        found.unknown = found.unknown.saturating_add(page.unknown);
        for entry in page.entries {
            found.seen = found.seen.saturating_add(1);
            found.late = found.late.saturating_add(usize::from(entry.due_at < earlier(now, LATE)));
            if entry.due_at < earlier(now, OVERDUE) {
                found.overdue.push((entry.rank, entry.due_at, entry.actor));
            } else if entry.rank != Rank::Schedule {
                found.soon.push((entry.actor, entry.due_at));
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return (found, None);
        }
    }
}

/// First pages before everything else, and the longest overdue of them first.
async fn hand_over(invoker: &impl Invoker, mut overdue: Vec<(Rank, Timestamp, ActorId)>) -> Cycle {
    overdue.sort_unstable();
    let (incidents, deadmen): (Vec<_>, Vec<_>) = overdue
        .into_iter()
        .map(|(_, _, actor)| actor)
        .partition(|actor| matches!(actor, ActorId::Incident(_)));
    let batches: Vec<Vec<ActorId>> =
        incidents.chunks(BATCH).chain(deadmen.chunks(BATCH)).map(<[ActorId]>::to_vec).collect();
    let done: Vec<_> = stream::iter(batches)
        .map(|batch| async move { (batch.len(), invoker.invoke(&batch).await) })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut cycle = Cycle::default();
    for (actors, invoked) in done {
        match invoked {
            Ok(()) => cycle.invoked = cycle.invoked.saturating_add(actors),
            Err(error) => {
                cycle.failed = cycle.failed.saturating_add(actors);
                tracing::error!(error = %error, actors, "overdue actors were not handed over");
            }
        }
    }
    cycle
}

/// Sends exact hints, for as long as there is time for them.
async fn hint<P: Ports>(shell: &Shell<P>, soon: Vec<(ActorId, Timestamp)>) {
    let hints = stream::iter(soon)
        .for_each_concurrent(AT_ONCE, |(actor, due_at)| wake::hint_at(shell, actor, due_at));
    let (hints, limit) = (pin!(hints), pin!(shell.ports.nature().pause(HINTING)));
    if let Either::Right(((), _)) = select(hints, limit).await {
        tracing::warn!("not all hints could be sent; the next cycle finds what is due");
    }
}
