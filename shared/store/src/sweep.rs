//! The sweep's own memory: two clocks start it, one of them is enough.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::{SignedDuration, Timestamp};
use lucius_core::policy::later;

use crate::{
    attribute::{instant, millis, n},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys,
};

/// A full cycle that is younger than this needs no other.
const FRESH: SignedDuration = SignedDuration::from_secs(40);

/// A cycle that began this long ago and has not finished is dead: a function's timeout is 25 s.
const DEAD: SignedDuration = SignedDuration::from_secs(30);

/// A time further in the future than this was written by a clock that is wrong, and is not believed.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

impl DynamoStore {
    pub(crate) async fn begin_sweep(&self, now: Timestamp) -> Result<bool, StoreError> {
        let ago = |by: SignedDuration| n(millis(now.checked_sub(by).unwrap_or(Timestamp::MIN)));
        let update = self.client.update_item().table_name(&self.table).set_key(Some(keys::sweep().item()));
        let update = update
            .update_expression("SET began_at = :now")
            .condition_expression(
                "(attribute_not_exists(finished_at) OR finished_at <= :stale OR finished_at > :future) AND \
                 (attribute_not_exists(began_at) OR began_at <= :dead OR began_at > :future)",
            )
            .expression_attribute_values(":now", n(millis(now)))
            .expression_attribute_values(":stale", ago(FRESH))
            .expression_attribute_values(":dead", ago(DEAD))
            .expression_attribute_values(":future", n(millis(later(now, SKEW))));
        let Err(error) = update.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(Failed::of("UpdateItem", &error).into()),
        }
    }

    pub(crate) async fn finish_sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(keys::sweep().item()));
        let update = update
            .update_expression("SET finished_at = :now")
            .expression_attribute_values(":now", n(millis(now)));
        update.send().await.map_err(|error| Failed::of("UpdateItem", &error))?;
        Ok(())
    }

    pub(crate) async fn last_sweep(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get(keys::sweep()).await?.and_then(|item| instant(&item, "finished_at")))
    }
}
