//! The sweep's own memory: two clocks start it, one of them is enough.

use jiff::{SignedDuration, Timestamp};
use lucius_core::policy::{earlier, later};

use crate::{
    attribute::{Item, instant, millis, n},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys,
};

/// A full cycle that is younger than this needs no other. One that has only begun does not count: it may have died.
const FRESH: SignedDuration = SignedDuration::from_secs(40);

/// Whether what is remembered of the last full cycle asks for another.
pub(crate) fn is_needed(remembered: Option<&Item>, now: Timestamp) -> bool {
    let finished = remembered.and_then(|item| instant(item, "finished_at"));
    // A time in the future was written by a clock that is wrong, and is not believed.
    finished.is_none_or(|at| at <= earlier(now, FRESH) || at > later(now, FRESH))
}

impl DynamoStore {
    pub(crate) async fn needs_sweep(&self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(is_needed(self.item(keys::sweep()).await?.as_ref(), now))
    }

    pub(crate) async fn finish_sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.table).set_key(Some(keys::sweep().item()));
        let update = update
            .update_expression("SET finished_at = :now")
            .expression_attribute_values(":now", n(millis(now)));
        update.send().await.map_err(|error| Failed::of("UpdateItem", &error))?;
        Ok(())
    }
}
