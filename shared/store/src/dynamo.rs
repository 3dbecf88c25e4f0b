//! The store on `DynamoDB`.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    operation::query::builders::QueryFluentBuilder,
};
use jiff::Timestamp;
use lucius_core::{
    actor::ActorId,
    deadman::Deadman,
    history::{Entry, ProbeRecord},
    id::{IncidentId, OpId, UserId},
    incident::Incident,
    once::EventName,
    phone::PhoneNumber,
};

use crate::{
    actions::Actions,
    actor::{Actor, decode},
    api::{CallSession, Commit, Cursor, DuePage, Loaded, Page, Store},
    attribute::{Item, s},
    error::{CommitError, CreateError, Failed, StoreError},
    keyring::Keyring,
    keys::{self, Key},
    number::NumberCard,
    settle,
};

/// The longest that one request takes, tries included: a commit and the read that settles whether it was written fit
/// into 4 s.
pub const OPERATION_TIMEOUT: Duration = Duration::from_millis(1_900);

/// The longest that one try takes.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_200);

/// How many entries of the index one page holds.
const DUE_PAGE: i32 = 500;

/// The store on one `DynamoDB` table.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) ring: Keyring,
    pub(crate) due_page: i32,
}

impl DynamoStore {
    /// The store in `table`. The client's retries and timeouts are replaced by bounds of our own.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the store takes the client over, although it keeps a copy"
    )]
    pub fn new(client: Client, table: String, keyring: Keyring) -> Self {
        let retry = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(50))
            .with_max_backoff(Duration::from_millis(400));
        let timeout = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(800))
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let config = client.config().to_builder().retry_config(retry).timeout_config(timeout);
        Self { client: Client::from_conf(config.build()), table, ring: keyring, due_page: DUE_PAGE }
    }

    /// The same with `entries` in each page of [`Store::due`].
    #[must_use]
    pub fn with_due_page(self, entries: i32) -> Self {
        Self { due_page: entries.max(1), ..self }
    }

    /// The digests by which this store finds things.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.ring
    }

    /// The item at `key`, as it is now.
    pub(crate) async fn item(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key.item()));
        let output = request.send().await.map_err(|error| Failed::of("GetItem", &error))?;
        Ok(output.item)
    }

    /// Writes `item`, whatever stands there.
    pub(crate) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map_err(|error| Failed::of("PutItem", &error))?;
        Ok(())
    }

    /// A strongly consistent query of the items of a partition whose sort keys begin with `prefix`.
    pub(crate) fn query(&self, partition: &Key, prefix: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.expression_attribute_values(":pk", partition.partition());
        if prefix.is_empty() {
            return query.key_condition_expression("pk = :pk");
        }
        query
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", s(prefix))
    }

    /// All pages of a query.
    pub(crate) async fn all(&self, query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut from) = (Vec::new(), None);
        loop {
            let page = query.clone().set_exclusive_start_key(from).send().await;
            let page = page.map_err(|error| Failed::of("Query", &error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    async fn load<T: Actor>(&self, id: T::Id) -> Result<Option<Loaded<T>>, StoreError> {
        let item = self.item(keys::actor(T::named(id))).await?;
        item.map(|item| decode(id, &item)).transpose()
    }
}

impl Store for DynamoStore {
    async fn load_deadman(&self, id: UserId) -> Result<Option<Loaded<Deadman>>, StoreError> {
        self.load(id).await
    }

    async fn load_incident(&self, id: IncidentId) -> Result<Option<Loaded<Incident>>, StoreError> {
        self.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        settle::write_commit(self, &self.ring, commit).await
    }

    async fn create_user(&self, deadman: &Deadman, first_admin: bool, op: OpId) -> Result<(), CreateError> {
        settle::write_user(self, &self.ring, deadman, first_admin, op).await
    }

    async fn admin_exists(&self) -> Result<bool, StoreError> {
        Ok(self.item(keys::first_admin()).await?.is_some())
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserId>, StoreError> {
        self.holder_of_email(email).await
    }

    async fn number(&self, phone: &PhoneNumber, now: Timestamp) -> Result<NumberCard, StoreError> {
        self.number_card(phone, now).await
    }

    async fn is_decided(&self, name: &EventName) -> Result<bool, StoreError> {
        Ok(self.item(keys::event(&self.ring, name)).await?.is_some())
    }

    async fn stop(
        &self,
        phone: &PhoneNumber,
        stopped: bool,
        name: &EventName,
        op: OpId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        settle::write_stop(self, Actions::stopping(&self.ring, phone, stopped, name, op, now), op).await
    }

    async fn due(&self, shard: u8, before: Timestamp, after: Option<Cursor>) -> Result<DuePage, StoreError> {
        self.due_in(shard, before, after).await
    }

    async fn postpone(&self, actor: ActorId, version: u64, due_at: Timestamp) -> Result<bool, StoreError> {
        self.put_off(actor, version, due_at).await
    }

    async fn slot(&self, account: &str, window: i64, limit: u32) -> Result<Option<u32>, StoreError> {
        self.take_slot(account, window, limit).await
    }

    async fn login_try(&self, email: &str, now: Timestamp) -> Result<u32, StoreError> {
        self.count_login(email, now).await
    }

    async fn login_reset(&self, email: &str, now: Timestamp) -> Result<(), StoreError> {
        self.forget_logins(email, now).await
    }

    async fn probes(&self, user: UserId, page: u32, per_page: u32) -> Result<Page<ProbeRecord>, StoreError> {
        self.probes_of(user, page, per_page).await
    }

    async fn incidents(
        &self,
        user: UserId,
        page: u32,
        per_page: u32,
    ) -> Result<Page<IncidentId>, StoreError> {
        self.incidents_of(user, page, per_page).await
    }

    async fn users(&self, page: u32, per_page: u32) -> Result<Page<UserId>, StoreError> {
        self.all_users(page, per_page).await
    }

    async fn timeline(&self, incident: IncidentId) -> Result<Vec<Entry>, StoreError> {
        self.lines_of(incident).await
    }

    async fn load_call(&self, sid: &str) -> Result<Option<CallSession>, StoreError> {
        self.call(sid).await
    }

    async fn save_call(
        &self,
        sid: &str,
        session: &CallSession,
        expected: Option<u64>,
    ) -> Result<bool, StoreError> {
        self.write_call(sid, session, expected).await
    }

    async fn sweep_needed(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.needs_sweep(now).await
    }

    async fn sweep_finished(&self, now: Timestamp) -> Result<(), StoreError> {
        self.finish_sweep(now).await
    }
}
