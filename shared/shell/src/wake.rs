//! Wakes: arranging the next one after a commit, and answering one that comes.
//!
//! A wake carries an actor's id and no fact. Early, late or twice, it does what is due, or nothing. None of the ways by
//! which it comes is relied on: what is due stands in the index, and the sweep reads the index.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::{ActorId, Due, Rank},
    decide::{Case, Event, Rejected, Scope},
    policy::later,
};
use lucius_store::Store;
use serde::{Deserialize, Serialize};

use crate::{
    alarm,
    ports::{Nature, Planner, Ports, Queue},
    run::{CLAIM_WITHIN, RunError, run},
    shell::Shell,
};

/// The longest delay that the queue takes, in seconds.
const QUEUE_MAX: i64 = 900;

/// A schedule cannot be created nearer than this: it is precise to the minute and the minute may be about to pass.
const SCHEDULE_AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// A wake that comes this much early waits; one that is earlier still does nothing.
const WORTH_WAITING: SignedDuration = SignedDuration::from_secs(2);

/// Arranging a wake may take this long; then the sweep has to do.
const PATIENCE: SignedDuration = SignedDuration::from_secs(3);

/// Arranges the wakes that follow from a commit. Failures are logged: the sweep is the net below.
pub(crate) async fn arrange<P: Ports>(shell: &Shell<P>, before: &Case, after: &Case, woken: bool) {
    if let Some(deadman) = &after.deadman {
        let old = before.deadman.as_ref();
        let actor = ActorId::Deadman(deadman.id);
        hint_if_moved(shell, actor, old.and_then(lucius_core::deadman::Deadman::due), deadman.due()).await;
        let planned = old.and_then(lucius_core::deadman::Deadman::schedule_at);
        if let Some(at) = deadman.schedule_at()
            && (woken || planned.is_none_or(|planned| at < planned))
        {
            plan(shell, deadman.id, at).await;
        }
    }
    if let Some(incident) = &after.incident {
        let old = before.incident.as_ref().and_then(lucius_core::incident::Incident::due);
        hint_if_moved(shell, ActorId::Incident(incident.id), old, incident.due()).await;
    }
}

/// Sends one hint if the alarm clock of `actor` was moved to within the queue's reach.
async fn hint_if_moved<P: Ports>(shell: &Shell<P>, actor: ActorId, old: Option<Due>, new: Option<Due>) {
    let Some(due) = new.filter(|due| due.rank != Rank::Schedule && old.map(|old| old.at) != Some(due.at))
    else {
        return;
    };
    hint_at(shell, actor, due.at).await;
}

/// Sends one hint for `at`, if that lies within the queue's reach.
pub(crate) async fn hint_at<P: Ports>(shell: &Shell<P>, actor: ActorId, at: Timestamp) {
    let now = shell.ports.nature().now();
    let millis = at.duration_since(now).as_millis().max(0);
    let mut seconds = i64::try_from(millis.saturating_add(999).saturating_div(1000)).unwrap_or(i64::MAX);
    if shell.performs() {
        // A performer that hinted itself at once could chase its own tail.
        seconds = seconds.max(1);
    }
    if seconds > QUEUE_MAX {
        return;
    }
    let delay = u32::try_from(seconds).unwrap_or(0);
    let sent = within(shell, shell.ports.queue().hint(actor, delay)).await;
    if let Err(why) = sent {
        tracing::warn!(actor = %actor, error = %why, "a hint was not sent; the sweep will find it");
    }
}

/// Creates the user's schedule for `at`; what is too near for a schedule comes by the queue.
async fn plan<P: Ports>(shell: &Shell<P>, user: lucius_core::id::UserId, at: Timestamp) {
    let now = shell.ports.nature().now();
    if at < later(now, SCHEDULE_AHEAD) {
        hint_at(shell, ActorId::Deadman(user), at).await;
        return;
    }
    let planned = within(shell, shell.ports.planner().plan(user, minute_of(at))).await;
    if let Err(why) = planned {
        tracing::warn!(user.id = %user, error = %why, "a schedule was not created; the sweep will find it");
    }
}

/// `at`, rounded up to a whole minute.
fn minute_of(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    let whole = if at.subsec_nanosecond() > 0 { seconds.saturating_add(1) } else { seconds };
    let minutes = whole.saturating_add(59).div_euclid(60);
    Timestamp::from_second(minutes.saturating_mul(60)).unwrap_or(at)
}

/// Runs `task` for at most [`PATIENCE`].
async fn within<P: Ports>(
    shell: &Shell<P>,
    task: impl Future<Output = Result<(), crate::ports::NotArranged>>,
) -> Result<(), crate::ports::NotArranged> {
    let task = std::pin::pin!(task);
    let limit = std::pin::pin!(shell.ports.nature().pause(PATIENCE));
    match futures::future::select(task, limit).await {
        futures::future::Either::Left((done, _)) => done,
        futures::future::Either::Right(((), _)) => {
            Err(crate::ports::NotArranged("it took too long".to_owned()))
        }
    }
}

/// Answers a wake: does what is due for `actor`.
///
/// # Errors
/// [`RunError`] when it has to be woken again. An actor that cannot be decided is postponed instead, with an alarm.
pub async fn wake<P: Ports>(shell: &Shell<P>, actor: ActorId) -> Result<(), RunError> {
    let scope = Scope::of(actor);
    let began = shell.ports.nature().now();
    match run(shell, scope, Event::Wake).await {
        // The next request would not fit into what is left of the function's time. Whoever took so long did something, and its commit sent a
        // hint: one that came early and read for as long as that has failed.
        Ok(_) if shell.ports.nature().now() > later(began, CLAIM_WITHIN) => Ok(()),
        Ok(done) => wait_a_little(shell, actor, scope, &done.case).await,
        Err(RunError::Poisoned { actor, version, fails, why }) => {
            set_aside(shell, actor, version, fails, &why).await;
            Ok(())
        }
        // A wake for somebody who is gone.
        Err(RunError::Rejected(Rejected::NotFound)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A wake that came a moment early stays for that moment.
async fn wait_a_little<P: Ports>(
    shell: &Shell<P>,
    actor: ActorId,
    scope: Scope,
    case: &Case,
) -> Result<(), RunError> {
    let due = match actor {
        ActorId::Deadman(_) => case.deadman.as_ref().and_then(lucius_core::deadman::Deadman::due),
        ActorId::Incident(_) => case.incident.as_ref().and_then(lucius_core::incident::Incident::due),
    };
    let early = due.map(|due| due.at.duration_since(shell.ports.nature().now()));
    let Some(early) = early.filter(|early| early.is_positive() && *early <= WORTH_WAITING) else {
        return Ok(());
    };
    shell.ports.nature().pause(early.saturating_add(SignedDuration::from_millis(1))).await;
    match run(shell, scope, Event::Wake).await {
        Ok(_) | Err(RunError::Rejected(Rejected::NotFound)) => Ok(()),
        Err(RunError::Poisoned { actor, version, fails, why }) => {
            set_aside(shell, actor, version, fails, &why).await;
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Postpones an actor that cannot be decided, so that it stops nobody, and calls the operator.
pub(crate) async fn set_aside<P: Ports>(
    shell: &Shell<P>,
    actor: ActorId,
    version: u64,
    fails: u32,
    why: &str,
) {
    alarm::operator("PoisonedActor", &format!("{actor}: {why}"));
    let seconds = 10_i64.saturating_mul(1_i64.checked_shl(fails.min(5)).unwrap_or(32)).min(300);
    let due_at = later(shell.ports.nature().now(), SignedDuration::from_secs(seconds));
    match shell.ports.store().postpone(actor, version, due_at).await {
        Ok(_) => {}
        Err(error) => tracing::error!(actor = %actor, error = %error, "a poisoned actor was not postponed"),
    }
}

/// A message that wakes actors, from whichever clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeMessage {
    /// The form of the message: 1. Another one is not understood, and is not dropped either.
    pub version: u32,
    /// Whom to wake.
    pub actors: Vec<ActorId>,
}

/// A message was not worked off; it has to come again.
#[derive(Debug, thiserror::Error)]
pub enum NotWoken {
    /// A release that comes later writes it.
    #[error("a wake message of version {0} is not known to this release")]
    Version(u32),
    /// So many actors have to be woken again.
    #[error("{0} of {1} actors could not be woken")]
    Actors(usize, usize),
}

/// Wakes everybody that `message` names, side by side: none waits for another, and none fails another.
///
/// # Errors
/// [`NotWoken`].
pub async fn wake_all<P: Ports>(shell: &Shell<P>, message: &WakeMessage) -> Result<(), NotWoken> {
    if message.version != 1 {
        return Err(NotWoken::Version(message.version));
    }
    let woken = join_all(message.actors.iter().map(|actor| async move {
        wake(shell, *actor).await.inspect_err(|error| {
            tracing::error!(actor = %actor, error = %error, "a wake failed");
        })
    }));
    let failed = woken.await.iter().filter(|result| result.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(NotWoken::Actors(failed, message.actors.len())) }
}
