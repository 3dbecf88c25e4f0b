//! Sending the actions of a commit to `DynamoDB`, and reading what comes back.

use aws_sdk_dynamodb::{
    operation::{
        delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError,
    },
    types::{
        CancellationReason, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem,
    },
};

use crate::{
    action::{Action, Write},
    attribute::Item,
    dynamo::DynamoStore,
    error::{Failed, Fault, StoreError},
    keys::Key,
    settle::{Refused, Table, Unwritten},
};

/// The most actions that a transaction takes.
const ACTIONS_MAX: usize = 100;

impl Table for DynamoStore {
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

    async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        self.item(key).await
    }
}

impl DynamoStore {
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
