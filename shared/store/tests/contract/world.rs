//! A table of its own for each test, through the real SDK client.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Builder, Credentials, Region},
    types::AttributeValue,
};
use dynoxide::{Database, server};
use lucius_core::actor::ActorId;
use lucius_store::{DynamoStore, Keyring, count::CallCounter, schema};

static DRAWN: AtomicU64 = AtomicU64::new(1);

/// A number that no other test of this run gets.
pub(crate) fn draw() -> u64 {
    DRAWN.fetch_add(1, Ordering::Relaxed)
}

/// A table, and the ways to it.
pub(crate) struct World {
    pub(crate) store: DynamoStore,
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) counter: CallCounter,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    /// A world whose store has a client of its own making.
    pub(crate) async fn with(customise: impl FnOnce(Builder) -> Builder) -> Self {
        let endpoint = match std::env::var("STORE_ENDPOINT") {
            Ok(endpoint) => endpoint,
            Err(_) => embedded().await,
        };
        let table = format!("lucius-{}-{}", std::process::id(), draw());
        let client = Client::from_conf(config(&endpoint).build());
        schema::create_table(&client, &table).await.unwrap();
        let counter = CallCounter::default();
        let own = Client::from_conf(customise(config(&endpoint).interceptor(counter.clone())).build());
        let store = DynamoStore::new(own, table.clone(), Keyring::new(b"the deployment's secret"));
        Self { store, client, table, counter }
    }

    /// Sets attributes of an actor's item, past the store.
    pub(crate) async fn deface(&self, actor: ActorId, attributes: &[(&str, AttributeValue)]) {
        let mut item = self.raw(actor).await.unwrap_or_else(|| key(actor));
        item.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.unwrap();
    }

    /// An actor's item as it stands.
    pub(crate) async fn raw(&self, actor: ActorId) -> Option<HashMap<String, AttributeValue>> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        get.set_key(Some(key(actor))).send().await.unwrap().item
    }
}

fn key(actor: ActorId) -> HashMap<String, AttributeValue> {
    let text = |text: String| AttributeValue::S(text);
    HashMap::from([("pk".to_owned(), text(actor.to_string())), ("sk".to_owned(), text("ACTOR".to_owned()))])
}

/// The settings of a client that talks to a loopback address.
pub(crate) fn config(endpoint: &str) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}

/// Starts an embedded database on a free port; it ends with the test's runtime.
async fn embedded() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server::serve_on(listener, Database::memory().unwrap()));
    format!("http://{address}")
}
