//! Bringing the actions of a commit to an end: which failures mean that it was written after all, and which that somebody
//! else was faster.

use std::future::Future;

use lucius_core::{deadman::Deadman, id::OpId};

use crate::{
    action::{Action, Refusal, Write},
    actions::Actions,
    actor::op,
    api::Commit,
    attribute::Item,
    error::{CommitError, CreateError, Failed, StoreError, Taken},
    keyring::Keyring,
    keys::{self, Key},
};

/// Why nothing was written, as far as is known.
#[derive(Debug)]
pub(crate) enum Unwritten {
    /// Guards that did not hold.
    Refused(Vec<Refused>),
    /// Another request was writing the same items at that moment.
    Busy,
    /// The request failed.
    Failed(Failed),
}

/// A guard that did not hold.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Of which action.
    pub(crate) index: usize,
    /// What stands there instead.
    pub(crate) found: Option<Item>,
}

/// What is to be said of a commit that was not written.
enum Verdict {
    /// Why; the first that matters.
    Refused(Refusal),
    Failed(Failed),
}

/// A table that takes guarded writes.
pub(crate) trait Table: Sync {
    /// Writes the actions, all or none. `token` is the same for the same actions sent again.
    fn write(&self, actions: &[Action], token: &str) -> impl Future<Output = Result<(), Unwritten>> + Send;

    /// The item at `key`, as it is now.
    fn get(&self, key: Key) -> impl Future<Output = Result<Option<Item>, StoreError>> + Send;
}

/// Writes `commit`, or nothing.
pub(crate) async fn write_commit(
    table: &impl Table,
    ring: &Keyring,
    commit: &Commit,
) -> Result<(), CommitError> {
    let actions = Actions::of(ring, commit).map_err(CommitError::Permanent)?;
    match settle(table, actions, commit.op).await {
        Ok(()) => Ok(()),
        Err(Verdict::Failed(failed)) => Err(failed.into()),
        Err(Verdict::Refused(Refusal::Phone)) => Err(CommitError::Taken(Taken::UserPhone)),
        Err(Verdict::Refused(Refusal::Email)) => Err(CommitError::Taken(Taken::UserEmail)),
        Err(Verdict::Refused(Refusal::Known)) => Err(CommitError::Known),
        Err(Verdict::Refused(Refusal::Moved | Refusal::Admin | Refusal::Skip)) => Err(CommitError::Conflict),
    }
}

/// Creates a user, or nothing.
pub(crate) async fn write_user(
    table: &impl Table,
    ring: &Keyring,
    deadman: &Deadman,
    first_admin: bool,
    op: OpId,
) -> Result<(), CreateError> {
    let actions = Actions::creating(ring, deadman, first_admin, op).map_err(StoreError::Permanent)?;
    match settle(table, actions, op).await {
        Ok(()) => Ok(()),
        Err(Verdict::Failed(failed)) => Err(StoreError::from(failed).into()),
        Err(Verdict::Refused(Refusal::Phone)) => Err(CreateError::PhoneTaken),
        Err(Verdict::Refused(Refusal::Email)) => Err(CreateError::EmailTaken),
        Err(Verdict::Refused(Refusal::Admin)) => Err(CreateError::AdminExists),
        Err(Verdict::Refused(Refusal::Moved | Refusal::Known | Refusal::Skip)) => Err(CreateError::IdTaken),
    }
}

/// Remembers what a number has said of our texts, once for each time that it says so.
pub(crate) async fn write_stop(table: &impl Table, actions: Vec<Action>, op: OpId) -> Result<(), StoreError> {
    match settle(table, actions, op).await {
        Ok(()) | Err(Verdict::Refused(Refusal::Known)) => Ok(()),
        Err(Verdict::Failed(failed)) => Err(failed.into()),
        // Another text of this number at the same moment: it has to be sent again.
        Err(Verdict::Refused(
            Refusal::Moved | Refusal::Phone | Refusal::Email | Refusal::Admin | Refusal::Skip,
        )) => Err(Failed::coded("TransactWriteItems", "TransactionConflictException").into()),
    }
}

/// Writes the actions, all or none. `Ok` also means that the commit `op` had written them before.
async fn settle(table: &impl Table, mut actions: Vec<Action>, op: OpId) -> Result<(), Verdict> {
    let mut token = op.to_string();
    loop {
        let unwritten = match table.write(&actions, &token).await {
            Ok(()) => return Ok(()),
            Err(unwritten) => unwritten,
        };
        match unwritten {
            Unwritten::Refused(refused) => {
                if refused.iter().any(|refused| is_ours(&actions, refused, op)) {
                    return Ok(());
                }
                if let Some(refusal) = reason(&actions, &refused) {
                    return Err(Verdict::Refused(refusal));
                }
                // All that stood in the way is none of our business any more; the rest is written without it. A
                // token stands for one list of actions.
                actions = without(actions, &refused);
                token = format!("{op}-{}", actions.len());
            }
            Unwritten::Busy => {
                let written = is_written(table, &actions, op).await;
                return if written { Ok(()) } else { Err(Verdict::Refused(Refusal::Moved)) };
            }
            Unwritten::Failed(failed) => {
                let written = failed.ambiguous && is_written(table, &actions, op).await;
                return if written { Ok(()) } else { Err(Verdict::Failed(failed)) };
            }
        }
    }
}

/// Whether the commit `op` shows in what it writes. What cannot be read says nothing.
async fn is_written(table: &impl Table, actions: &[Action], op: OpId) -> bool {
    // An event's item is written once: it still names its commit when the actor has long moved on.
    let event = actions.iter().find(|action| action.key.sk == keys::DECIDED);
    let actor = || actions.iter().find(|action| names_its_commit(action));
    let Some(action) = event.or_else(actor) else { return false };
    match table.get(action.key.clone()).await {
        Ok(found) => shows(action, found.as_ref(), op),
        Err(_) => false,
    }
}

/// Whether the action writes an item that says which commit wrote it: an actor, or an event.
fn names_its_commit(action: &Action) -> bool {
    [keys::ACTOR, keys::DECIDED].contains(&action.key.sk.as_str()) && !matches!(action.write, Write::Check)
}

/// Whether an item is as the commit `op` leaves it: written by it, or gone where it deletes.
fn shows(action: &Action, found: Option<&Item>, op_sought: OpId) -> bool {
    match (&action.write, found) {
        (Write::Put(_), Some(item)) => op(item) == Some(op_sought),
        (Write::Delete, None) => true,
        (Write::Put(_), None) | (Write::Delete, Some(_)) | (Write::Check, _) => false,
    }
}

fn is_ours(actions: &[Action], refused: &Refused, op: OpId) -> bool {
    let action = actions.get(refused.index).filter(|action| names_its_commit(action));
    action.is_some_and(|action| shows(action, refused.found.as_ref(), op))
}

/// Why a commit was refused; none if nothing but actions that may be left out stood in the way. An actor that has moved
/// comes first: what else is said may be said of the past, and where the event was decided a moment ago, the actor remembers what was
/// answered.
fn reason(actions: &[Action], refused: &[Refused]) -> Option<Refusal> {
    let of = |refused: &Refused| actions.get(refused.index).map_or(Refusal::Moved, |action| action.refusal);
    let all: Vec<_> = refused.iter().map(of).collect();
    let first = [Refusal::Moved, Refusal::Known, Refusal::Admin, Refusal::Phone, Refusal::Email];
    first.into_iter().find(|refusal| all.contains(refusal))
}

fn without(actions: Vec<Action>, refused: &[Refused]) -> Vec<Action> {
    let out = |index: usize| refused.iter().any(|refused| refused.index == index);
    actions.into_iter().enumerate().filter(|(index, _)| !out(*index)).map(|(_, action)| action).collect()
}
