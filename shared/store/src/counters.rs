//! Counters with an end: slots of the carrier's pace, log-ins tried.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::ReturnValue,
};
use jiff::{SignedDuration, Timestamp};
use lucius_core::policy::{SLOT_WINDOW_SECONDS, later};

use crate::{
    attribute::{Item, n, number, ttl},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys::{self, Key},
};

/// How long log-ins that were tried are counted together, in seconds.
pub const LOGIN_WINDOW_SECONDS: i64 = 900;

/// How long a counter is kept after its window has begun: longer than any window.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

impl DynamoStore {
    pub(crate) async fn take_slot(
        &self,
        account: &str,
        window: i64,
        limit: u32,
    ) -> Result<Option<u32>, StoreError> {
        let begin =
            Timestamp::from_second(window.saturating_mul(SLOT_WINDOW_SECONDS)).unwrap_or(Timestamp::MAX);
        if limit == 0 {
            return Ok(None);
        }
        let update = self
            .add_one(&keys::slot(account, window), "taken", later(begin, KEPT))
            .condition_expression("attribute_not_exists(taken) OR taken < :limit")
            .expression_attribute_values(":limit", n(limit));
        match update.send().await {
            Ok(done) => Ok(Some(counted(done.attributes.as_ref(), "taken"))),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(Failed::of("UpdateItem", &error).into()),
            },
        }
    }

    pub(crate) async fn count_login(&self, email: &str, now: Timestamp) -> Result<u32, StoreError> {
        let update =
            self.add_one(&keys::login(&self.ring, email, login_window(now)), "tries", later(now, KEPT));
        let done = update.send().await.map_err(|error| Failed::of("UpdateItem", &error))?;
        Ok(counted(done.attributes.as_ref(), "tries"))
    }

    pub(crate) async fn forget_logins(&self, email: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut item = keys::login(&self.ring, email, login_window(now)).item();
        item.insert("tries".to_owned(), n(0));
        item.insert("ttl".to_owned(), ttl(later(now, KEPT)));
        self.put(item).await
    }

    /// Counts one in `attribute` of the item at `key`, which is kept until `end`.
    fn add_one(&self, key: &Key, attribute: &str, end: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.item()))
            .update_expression(format!("ADD {attribute} :one SET #ttl = :ttl"))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":ttl", ttl(end))
            .return_values(ReturnValue::UpdatedNew)
    }
}

fn login_window(now: Timestamp) -> i64 {
    now.as_second().checked_div(LOGIN_WINDOW_SECONDS).unwrap_or(0)
}

/// A counter after counting; one that does not say is taken to be full.
fn counted(attributes: Option<&Item>, attribute: &str) -> u32 {
    attributes.and_then(|item| number(item, attribute)).unwrap_or(u32::MAX)
}
