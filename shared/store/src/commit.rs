//! Sending the actions of a commit, and making sense of what comes back.

use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
    },
    types::{
        CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
    },
};
use lucius_core::{deadman::Deadman, id::OpId};

use crate::{
    action::{Action, Refusal, Write},
    actions::Actions,
    actor::op,
    api::Commit,
    attribute::Item,
    dynamo::DynamoStore,
    error::{CommitError, CreateError, Failed, Fault, StoreError, Taken},
    keys,
};

/// The most actions that a transaction takes.
const ACTIONS_MAX: usize = 100;

/// Why nothing was written, as far as is known.
#[derive(Debug)]
enum Unwritten {
    /// Guards that did not hold.
    Refused(Vec<Refused>),
    /// Another request was writing the same items at that moment.
    Busy,
    /// The request failed.
    Failed(Failed),
}

/// A guard that did not hold.
#[derive(Debug)]
struct Refused {
    /// Of which action.
    index: usize,
    /// What stands there instead.
    found: Option<Item>,
}

/// What is to be said of a commit that was not written.
enum Verdict {
    /// Why; the first that matters.
    Refused(Refusal),
    Failed(Failed),
}

impl DynamoStore {
    pub(crate) async fn write_commit(&self, commit: &Commit) -> Result<(), CommitError> {
        let actions = Actions::of(&self.ring, commit).map_err(CommitError::Permanent)?;
        match self.settle(actions, commit.op).await {
            Ok(()) => Ok(()),
            Err(Verdict::Failed(failed)) => Err(failed.into()),
            Err(Verdict::Refused(Refusal::Phone)) => Err(CommitError::Taken(Taken::UserPhone)),
            Err(Verdict::Refused(Refusal::Email)) => Err(CommitError::Taken(Taken::UserEmail)),
            Err(Verdict::Refused(Refusal::Moved | Refusal::Admin | Refusal::Skip)) => {
                Err(CommitError::Conflict)
            }
        }
    }

    pub(crate) async fn write_user(
        &self,
        deadman: &Deadman,
        first_admin: bool,
        op: OpId,
    ) -> Result<(), CreateError> {
        let actions =
            Actions::creating(&self.ring, deadman, first_admin, op).map_err(StoreError::Permanent)?;
        match self.settle(actions, op).await {
            Ok(()) => Ok(()),
            Err(Verdict::Failed(failed)) => Err(StoreError::from(failed).into()),
            Err(Verdict::Refused(Refusal::Phone)) => Err(CreateError::PhoneTaken),
            Err(Verdict::Refused(Refusal::Email)) => Err(CreateError::EmailTaken),
            Err(Verdict::Refused(Refusal::Admin)) => Err(CreateError::AdminExists),
            Err(Verdict::Refused(Refusal::Moved | Refusal::Skip)) => Err(CreateError::IdTaken),
        }
    }

    /// Writes the actions, all or none. `Ok` also means that the commit `op` had written them before.
    async fn settle(&self, mut actions: Vec<Action>, op: OpId) -> Result<(), Verdict> {
        let mut token = op.to_string();
        loop {
            let unwritten = match self.write(&actions, &token).await {
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
                    let written = self.is_written(&actions, op).await;
                    return if written { Ok(()) } else { Err(Verdict::Refused(Refusal::Moved)) };
                }
                Unwritten::Failed(failed) => {
                    let written = failed.ambiguous && self.is_written(&actions, op).await;
                    return if written { Ok(()) } else { Err(Verdict::Failed(failed)) };
                }
            }
        }
    }

    async fn write(&self, actions: &[Action], token: &str) -> Result<(), Unwritten> {
        match actions {
            [] => Ok(()),
            [Action { write: Write::Put(item), .. }] => self.put_one(actions, item).await,
            [Action { write: Write::Delete, .. }] => self.delete_one(actions).await,
            _ if actions.len() > ACTIONS_MAX => {
                Err(Unwritten::Failed(Failed::coded("TransactWriteItems", "TooManyActions")))
            }
            _ => self.transact(actions, token).await,
        }
    }

    async fn put_one(&self, actions: &[Action], item: &Item) -> Result<(), Unwritten> {
        let mut request = self.client.put_item().table_name(&self.table).set_item(Some(item.clone()));
        if let Some((condition, values)) = actions.first().and_then(|action| action.guard.expression()) {
            request = request
                .condition_expression(condition)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            for (name, value) in values {
                request = request.expression_attribute_values(name, value);
            }
        }
        let Err(error) = request.send().await else { return Ok(()) };
        Err(match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(why)) => refused_one(why.item()),
            Some(PutItemError::TransactionConflictException(_)) => Unwritten::Busy,
            _ => Unwritten::Failed(Failed::of("PutItem", &error)),
        })
    }

    async fn delete_one(&self, actions: &[Action]) -> Result<(), Unwritten> {
        let Some(action) = actions.first() else { return Ok(()) };
        let mut request = self.client.delete_item().table_name(&self.table).set_key(Some(action.key.item()));
        if let Some((condition, values)) = action.guard.expression() {
            request = request
                .condition_expression(condition)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            for (name, value) in values {
                request = request.expression_attribute_values(name, value);
            }
        }
        let Err(error) = request.send().await else { return Ok(()) };
        Err(match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(why)) => refused_one(why.item()),
            Some(DeleteItemError::TransactionConflictException(_)) => Unwritten::Busy,
            _ => Unwritten::Failed(Failed::of("DeleteItem", &error)),
        })
    }

    async fn transact(&self, actions: &[Action], token: &str) -> Result<(), Unwritten> {
        let items: Result<Vec<_>, _> = actions.iter().map(|action| self.in_transaction(action)).collect();
        let items =
            items.map_err(|fault| Unwritten::Failed(Failed { fault, temporary: false, ambiguous: false }))?;
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        let Err(error) = request.client_request_token(token).send().await else { return Ok(()) };
        Err(match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(why)) => {
                cancelled(why.cancellation_reasons())
            }
            _ => Unwritten::Failed(Failed::of("TransactWriteItems", &error)),
        })
    }

    fn in_transaction(&self, action: &Action) -> Result<TransactWriteItem, Fault> {
        let old = ReturnValuesOnConditionCheckFailure::AllOld;
        let (condition, values) = action.guard.expression().unzip();
        let values = values.filter(|values| !values.is_empty());
        let values =
            values.map(|values| values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
        let table = &self.table;
        let item = TransactWriteItem::builder();
        let built = match &action.write {
            Write::Put(attributes) => Put::builder()
                .table_name(table)
                .set_item(Some(attributes.clone()))
                .set_condition_expression(condition.map(str::to_owned))
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(old)
                .build()
                .map(|put| item.put(put)),
            Write::Delete => Delete::builder()
                .table_name(table)
                .set_key(Some(action.key.item()))
                .set_condition_expression(condition.map(str::to_owned))
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(old)
                .build()
                .map(|delete| item.delete(delete)),
            Write::Check => ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(action.key.item()))
                .set_condition_expression(condition.map(str::to_owned))
                .set_expression_attribute_values(values)
                .return_values_on_condition_check_failure(old)
                .build()
                .map(|check| item.condition_check(check)),
        };
        let incomplete = |_| Fault { operation: "TransactWriteItems", code: "IncompleteRequest".to_owned() };
        Ok(built.map_err(incomplete)?.build())
    }

    /// Whether the commit `op` shows in the first actor that it writes. What cannot be read says nothing.
    async fn is_written(&self, actions: &[Action], op: OpId) -> bool {
        let actor = |action: &&Action| action.key.sk == keys::ACTOR && !matches!(action.write, Write::Check);
        let Some(action) = actions.iter().find(actor) else { return false };
        match self.get(action.key.clone()).await {
            Ok(found) => shows(action, found.as_ref(), op),
            Err(_) => false,
        }
    }
}

/// Whether an actor's item is as the commit `op` leaves it: written by it, or gone where it deletes.
fn shows(action: &Action, found: Option<&Item>, op_sought: OpId) -> bool {
    match (&action.write, found) {
        (Write::Put(_), Some(item)) => op(item) == Some(op_sought),
        (Write::Delete, None) => true,
        (Write::Put(_), None) | (Write::Delete, Some(_)) | (Write::Check, _) => false,
    }
}

fn is_ours(actions: &[Action], refused: &Refused, op: OpId) -> bool {
    let action = actions.get(refused.index).filter(|action| action.key.sk == keys::ACTOR);
    action.is_some_and(|action| shows(action, refused.found.as_ref(), op))
}

/// Why a commit was refused; none if nothing but actions that may be left out stood in the way. An actor that has moved
/// comes first: what else is said may be said of the past.
fn reason(actions: &[Action], refused: &[Refused]) -> Option<Refusal> {
    let of = |refused: &Refused| actions.get(refused.index).map_or(Refusal::Moved, |action| action.refusal);
    let all: Vec<_> = refused.iter().map(of).collect();
    let first = [Refusal::Moved, Refusal::Admin, Refusal::Phone, Refusal::Email];
    first.into_iter().find(|refusal| all.contains(refusal))
}

fn without(actions: Vec<Action>, refused: &[Refused]) -> Vec<Action> {
    let out = |index: usize| refused.iter().any(|refused| refused.index == index);
    actions.into_iter().enumerate().filter(|(index, _)| !out(*index)).map(|(_, action)| action).collect()
}

fn refused_one(found: Option<&Item>) -> Unwritten {
    Unwritten::Refused(vec![Refused { index: 0, found: found.filter(|item| !item.is_empty()).cloned() }])
}

/// What the reasons of a cancelled transaction say; they stand in the order of its actions.
fn cancelled(reasons: &[CancellationReason]) -> Unwritten {
    let mut refused = Vec::new();
    let mut busy = false;
    let mut failed = None;
    for (index, reason) in reasons.iter().enumerate() {
        match reason.code() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") => {
                let found = reason.item().filter(|item| !item.is_empty()).cloned();
                refused.push(Refused { index, found });
            }
            Some("TransactionConflict") => busy = true,
            Some(code) => failed = Some(Failed::coded("TransactWriteItems", code)),
        }
    }
    match failed {
        _ if !refused.is_empty() => Unwritten::Refused(refused),
        _ if busy => Unwritten::Busy,
        Some(failed) => Unwritten::Failed(failed),
        None => Unwritten::Failed(Failed::coded("TransactWriteItems", "CancelledWithoutReason")),
    }
}
