//! Sessions of people who call us.

use aws_sdk_dynamodb::operation::put_item::PutItemError;

use crate::{
    api::CallSession,
    attribute::{Item, instant, millis, n, number, s, text, ttl},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys::{self, Key},
};

/// A session's item.
pub(crate) fn item(key: &Key, session: &CallSession) -> Item {
    let mut item = key.item();
    item.extend([
        ("version".to_owned(), n(session.version)),
        ("body".to_owned(), s(&session.body)),
        ("expires_at".to_owned(), n(millis(session.expires_at))),
        ("ttl".to_owned(), ttl(session.expires_at)),
    ]);
    item
}

/// Reads a session's item.
pub(crate) fn read(item: &Item) -> Option<CallSession> {
    let body = text(item, "body")?.to_owned();
    Some(CallSession { version: number(item, "version")?, body, expires_at: instant(item, "expires_at")? })
}

impl DynamoStore {
    pub(crate) async fn call(&self, sid: &str) -> Result<Option<CallSession>, StoreError> {
        let item = self.item(keys::call(sid)).await?;
        Ok(item.as_ref().and_then(read))
    }

    pub(crate) async fn write_call(
        &self,
        sid: &str,
        session: &CallSession,
        expected: Option<u64>,
    ) -> Result<bool, StoreError> {
        let item = item(&keys::call(sid), session);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match expected {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(version) => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", n(version)),
        };
        let Err(error) = put.send().await else { return Ok(true) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(Failed::of("PutItem", &error).into()),
        }
    }
}
