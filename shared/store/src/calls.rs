//! Sessions of people who call us.

use aws_sdk_dynamodb::operation::put_item::PutItemError;

use crate::{
    api::CallSession,
    attribute::{instant, millis, n, number, s, text, ttl},
    dynamo::DynamoStore,
    error::{Failed, StoreError},
    keys,
};

impl DynamoStore {
    pub(crate) async fn call(&self, sid: &str) -> Result<Option<CallSession>, StoreError> {
        let item = self.get(keys::call(sid)).await?;
        Ok(item.and_then(|item| {
            let body = text(&item, "body")?.to_owned();
            Some(CallSession {
                version: number(&item, "version")?,
                body,
                expires_at: instant(&item, "expires_at")?,
            })
        }))
    }

    pub(crate) async fn write_call(
        &self,
        sid: &str,
        session: &CallSession,
        expected: Option<u64>,
    ) -> Result<bool, StoreError> {
        let mut item = keys::call(sid).item();
        item.extend([
            ("version".to_owned(), n(session.version)),
            ("body".to_owned(), s(&session.body)),
            ("expires_at".to_owned(), n(millis(session.expires_at))),
            ("ttl".to_owned(), ttl(session.expires_at)),
        ]);
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
