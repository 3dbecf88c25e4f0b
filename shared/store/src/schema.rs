//! The table as `template.yaml` declares it, for tests and emulators.

use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
    },
};

use crate::{
    due::INDEX,
    error::{Failed, Fault, StoreError},
};

/// Creates `table`.
///
/// # Errors
/// [`StoreError`], also if there is a table of that name.
pub async fn create_table(client: &Client, table: &str) -> Result<(), StoreError> {
    let incomplete = |_: BuildError| {
        StoreError::Permanent(Fault { operation: "CreateTable", code: "IncompleteRequest".to_owned() })
    };
    let request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    let request = request
        .set_attribute_definitions(Some(attributes().map_err(incomplete)?))
        .set_key_schema(Some(key("pk", "sk").map_err(incomplete)?))
        .global_secondary_indexes(index().map_err(incomplete)?);
    request.send().await.map_err(|error| Failed::of("CreateTable", &error))?;
    let ttl =
        TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build().map_err(incomplete)?;
    let request = client.update_time_to_live().table_name(table).time_to_live_specification(ttl);
    request.send().await.map_err(|error| Failed::of("UpdateTimeToLive", &error))?;
    Ok(())
}

fn attributes() -> Result<Vec<AttributeDefinition>, BuildError> {
    let string = ScalarAttributeType::S;
    [
        ("pk", string.clone()),
        ("sk", string.clone()),
        ("due_shard", string),
        ("due_at", ScalarAttributeType::N),
    ]
    .into_iter()
    .map(|(name, kind)| AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build())
    .collect()
}

fn key(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    [(hash, KeyType::Hash), (range, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build())
        .collect()
}

fn index() -> Result<GlobalSecondaryIndex, BuildError> {
    let beside = ["rank", "version", "fails"].map(str::to_owned).to_vec();
    let projection = Projection::builder()
        .projection_type(ProjectionType::Include)
        .set_non_key_attributes(Some(beside))
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .set_key_schema(Some(key("due_shard", "due_at")?))
        .projection(projection)
        .build()
}
