//! A small world for the tests of functions: the real store on an embedded `DynamoDB`, a clock that stands until it is
//! moved, and notebooks in place of queue and schedules.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up its world has to stop"
)]

mod alarms;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    operation::{get_item::GetItemInput, query::QueryInput},
    types::AttributeValue,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeSerializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use lucius_auth::{Holder, Sessions, testing::LocalSigner};
use lucius_core::{
    actor::ActorId,
    deadman::{Contact, Deadman, ProbeSettings, Profile},
    id::{ContactId, UserId},
    phone::{NumberPolicy, PhoneNumber},
    policy::Policy,
    schedule::{CronExpression, Schedule, TimeZone},
};
use lucius_store::{DynamoStore, Keyring, Store as _, count::CallCounter, schema::create_table};
use lucius_telephony::Form;
use lucius_twilio::{Tokens, TwilioClient, TwilioVerifier, client::renewable::Renewable, signature};
use secrecy::SecretString;
use serde_json::Value;

use crate::{
    app::App,
    edge::{Request, Response},
    ports::{Nature, NotArranged, Planner, Ports, Queue},
    shell::{Pace, Shell},
};

pub use alarms::Alarms;

/// Where the world's functions are reached; also who issues its sessions.
pub const BASE_URL: &str = "https://lucius.example";

/// What the first admin has to show.
pub const SETUP_TOKEN: &str = "setup-token-of-this-world";

/// The number of the line.
pub const SERVICE_NUMBER: &str = "+12025550100";

/// The carrier account whose webhooks are taken.
pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// What it signs with.
pub const AUTH_TOKEN: &str = "an auth token";

const TABLE: &str = "lucius";

/// Signs the sessions of every world of a process: to draw a key takes longer than all else that a world needs.
static SIGNER: LazyLock<Arc<LocalSigner>> = LazyLock::new(|| Arc::new(LocalSigner::generate()));

/// Time that stands, and chance that can be repeated.
#[derive(Debug)]
pub struct Clock {
    millis: AtomicI64,
    drawn: AtomicU64,
}

impl Clock {
    /// Moves time on.
    pub fn advance(&self, by: SignedDuration) {
        self.millis.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Nature for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis.load(Ordering::Relaxed)).unwrap()
    }

    async fn pause(&self, time: SignedDuration) {
        self.advance(time);
    }

    fn chance(&self) -> u128 {
        // An odd factor: the low bits, of which ids are made, do not come again for a long while.
        u128::from(self.drawn.fetch_add(1, Ordering::Relaxed))
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }
}

/// Wakes that were asked for.
#[derive(Debug, Default)]
pub struct Notebook<T>(Mutex<Vec<T>>);

impl<T: Clone> Notebook<T> {
    /// All of them, in order.
    #[must_use]
    pub fn entries(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    fn note(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }
}

impl Queue for Notebook<(ActorId, u32)> {
    async fn hint(&self, actor: ActorId, delay_seconds: u32) -> Result<(), NotArranged> {
        self.note((actor, delay_seconds));
        Ok(())
    }
}

impl Planner for Notebook<(UserId, Timestamp)> {
    async fn plan(&self, user: UserId, minute: Timestamp) -> Result<(), NotArranged> {
        self.note((user, minute));
        Ok(())
    }
}

/// The ports of the world. It decides and does not perform.
#[derive(Debug)]
pub struct TestPorts {
    store: DynamoStore,
    /// Near wakes.
    pub queue: Notebook<(ActorId, u32)>,
    /// Far wakes.
    pub planner: Notebook<(UserId, Timestamp)>,
    /// Time and chance.
    pub clock: Clock,
}

impl Ports for TestPorts {
    type Store = DynamoStore;
    type Carrier = TwilioClient;
    type Queue = Notebook<(ActorId, u32)>;
    type Planner = Notebook<(UserId, Timestamp)>;
    type Nature = Clock;

    fn store(&self) -> &DynamoStore {
        &self.store
    }

    fn carrier(&self) -> Option<&TwilioClient> {
        None
    }

    fn queue(&self) -> &Self::Queue {
        &self.queue
    }

    fn planner(&self) -> &Self::Planner {
        &self.planner
    }

    fn nature(&self) -> &Clock {
        &self.clock
    }
}

/// What cannot be read: a shard of the due index, or the items of a partition.
#[derive(Debug, Clone, Default)]
struct LostReads(Arc<Mutex<Option<String>>>);

impl Intercept for LostReads {
    fn name(&self) -> &'static str {
        "LostReads"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input();
        let query = input.downcast_ref::<QueryInput>().and_then(|query| query.expression_attribute_values());
        let shard = query.and_then(|values| values.get(":shard"));
        let partition = input.downcast_ref::<GetItemInput>().and_then(|get| get.key()?.get("pk"));
        let asked = shard.or(partition).and_then(|value| value.as_s().ok());
        let lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.is_some() && asked == lost.as_ref() {
            return Err("this cannot be read".into());
        }
        Ok(())
    }
}

/// A function's parts, with an empty table behind them.
pub struct World {
    /// What a handler takes.
    pub app: App<TestPorts>,
    calls: CallCounter,
    client: Client,
    lost: LostReads,
}

impl World {
    /// A new one, at noon of 3 March 2026. To be made within a runtime that lives as long as it.
    pub async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let (calls, lost) = (CallCounter::default(), LostReads::default());
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint)
            .interceptor(calls.clone())
            .interceptor(lost.clone())
            .build();
        let client = Client::from_conf(config);
        create_table(&client, TABLE).await.unwrap();
        let keyring = Keyring::new(b"a secret of 256 bits, or as good");
        let noon: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
        let ports = TestPorts {
            store: DynamoStore::new(client.clone(), TABLE.to_owned(), keyring.clone()),
            queue: Notebook(Mutex::default()),
            planner: Notebook(Mutex::default()),
            clock: Clock { millis: noon.as_millisecond().into(), drawn: 1.into() },
        };
        let signer = SIGNER.clone();
        let service_number: PhoneNumber = SERVICE_NUMBER.parse().unwrap();
        let app = App {
            shell: Shell {
                ports,
                policy: Policy::default(),
                public_base_url: BASE_URL.to_owned(),
                pace: Pace { account: "AC1".to_owned(), calls_per_second: 1 },
            },
            keyring,
            numbers: NumberPolicy::new("+1", Some(service_number.clone())).unwrap(),
            service_number,
            twilio: Some(Renewable::fixed(TwilioVerifier::new(
                ACCOUNT,
                Tokens::new(AUTH_TOKEN.into(), None).unwrap(),
            ))),
            sessions: Some(Sessions::new(BASE_URL.to_owned(), signer.public(), Vec::new(), signer)),
            setup_token: Some(SecretString::from(SETUP_TOKEN)),
        };
        Self { app, calls, client, lost }
    }

    /// From now on this shard of the due index (two digits), or this item (its partition), cannot be read; or, with `None`, all can.
    pub fn lose(&self, what: Option<&str>) {
        *self.lost.0.lock().unwrap() = what.map(str::to_owned);
    }

    /// The item of an actor, as it is stored.
    pub async fn item(&self, actor: ActorId) -> HashMap<String, AttributeValue> {
        let read = self.client.get_item().table_name(TABLE).set_key(Some(item_key(actor))).send().await;
        read.unwrap().item.unwrap_or_default()
    }

    /// Sets one attribute of an actor's item, as another release might.
    pub async fn set_attribute(&self, actor: ActorId, name: &str, value: AttributeValue) {
        let update = self.client.update_item().table_name(TABLE).set_key(Some(item_key(actor)));
        let update = update
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value);
        update.send().await.unwrap();
    }

    /// Every item of the table by its two keys, as text with `|` between them.
    pub async fn items(&self) -> BTreeMap<String, HashMap<String, AttributeValue>> {
        let pages = self.client.scan().table_name(TABLE).consistent_read(true).into_paginator().items();
        let items: Vec<_> = pages.send().collect::<Result<_, _>>().await.unwrap();
        let text = |item: &HashMap<_, AttributeValue>, name: &str| item[name].as_s().unwrap().clone();
        items.into_iter().map(|item| (format!("{}|{}", text(&item, "pk"), text(&item, "sk")), item)).collect()
    }

    /// Writes an item past everything that guards the table: what another release, or a hand, may have written.
    pub async fn write(&self, item: HashMap<String, AttributeValue>) {
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    /// The table as it was when `items` were its items.
    pub async fn restore(&self, items: &BTreeMap<String, HashMap<String, AttributeValue>>) {
        for (name, item) in self.items().await {
            if !items.contains_key(&name) {
                let delete = self.client.delete_item().table_name(TABLE);
                let delete = delete.key("pk", item["pk"].clone()).key("sk", item["sk"].clone());
                delete.send().await.unwrap();
            } else if items[&name] != item {
                self.write(items[&name].clone()).await;
            }
        }
        let now = self.items().await;
        for (_, item) in items.iter().filter(|(name, _)| !now.contains_key(*name)) {
            self.write(item.clone()).await;
        }
    }

    /// The key that the world's sessions are signed with.
    #[must_use]
    pub fn signer() -> Arc<LocalSigner> {
        SIGNER.clone()
    }

    /// The reads and the writes of the table since this was last asked.
    #[must_use]
    pub fn take_calls(&self) -> (usize, usize) {
        let calls = self.calls.take();
        let count = |reads: bool| {
            calls.iter().filter(|(name, _)| is_read(name) == reads).map(|(_, count)| count).sum()
        };
        (count(true), count(false))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &DynamoStore {
        &self.app.shell.ports.store
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.app.shell.ports.clock
    }

    /// Enters a user, as `change` leaves them. Without a change: not armed, no PIN, no contacts, no admin. Names, numbers
    /// and addresses are made of the id, so that no two users share one.
    pub async fn user(&self, change: impl FnOnce(&mut Deadman)) -> UserId {
        let clock = self.clock();
        let id = UserId::new(clock.now(), u16::try_from(clock.chance() & 0x0FFF).unwrap());
        let mut deadman = Deadman::new(id, profile(id), settings(clock.now()), clock.now());
        change(&mut deadman);
        let first_admin = deadman.profile.is_admin;
        self.store().create_user(&deadman, first_admin, clock.op()).await.unwrap();
        id
    }

    /// The user's switch as it is stored.
    pub async fn deadman(&self, user: UserId) -> Option<Deadman> {
        self.store().load_deadman(user).await.unwrap().map(|loaded| loaded.state)
    }

    /// A session of the user.
    pub async fn token(&self, user: UserId) -> String {
        let is_admin = self.deadman(user).await.is_some_and(|deadman| deadman.profile.is_admin);
        let holder = Holder { user, first_name: "Ann", last_name: "Lee", is_admin };
        self.app.sessions.as_ref().unwrap().issue(holder, self.clock().now()).await.unwrap()
    }
}

fn item_key(actor: ActorId) -> HashMap<String, AttributeValue> {
    [("pk", actor.to_string()), ("sk", "ACTOR".to_owned())]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
        .into()
}

fn is_read(operation: &str) -> bool {
    matches!(operation, "GetItem" | "BatchGetItem" | "Query" | "TransactGetItems")
}

fn profile(id: UserId) -> Profile {
    Profile {
        first_name: "Ann".to_owned(),
        last_name: "Lee".to_owned(),
        email: format!("ann{id}@example.com"),
        phone: number(2, id.get()),
        password: "no hash".to_owned(),
        is_admin: false,
        language: None,
        time_zone: TimeZone::utc(),
        pin: None,
        message: None,
    }
}

fn settings(now: Timestamp) -> ProbeSettings {
    ProbeSettings {
        active: false,
        schedule: Schedule::Cron(CronExpression::parse("0 18 * * 3").unwrap()),
        max_retries: 3,
        wait_minutes: 60,
        by_sms: true,
        by_call: false,
        pin_in_reply: false,
        updated_at: now,
    }
}

/// A number that is nobody's outside: `area` tells users from contacts.
fn number(area: u64, id: u64) -> PhoneNumber {
    format!("+1{area}02{:07}", id % 10_000_000).parse().unwrap()
}

/// An emergency contact to put into [`Deadman::contacts`].
#[must_use]
pub fn contact(id: u64, now: Timestamp) -> Contact {
    Contact {
        id: ContactId::try_from(id).unwrap(),
        created_at: now,
        updated_at: now,
        first_name: format!("Contact{id}"),
        last_name: "Doe".to_owned(),
        phone: number(3, id),
        email: None,
        is_emergency_contact: true,
        priority: 1,
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
        text_stopped: false,
    }
}

/// A request without headers and body.
#[must_use]
pub fn request(method: Method, path: &str) -> Request {
    let (raw_path, raw_query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method,
        raw_path: raw_path.to_owned(),
        raw_query: raw_query.to_owned(),
        headers: HeaderMap::new(),
        body: Vec::new(),
        arrived_at: Timestamp::UNIX_EPOCH,
        source_ip: "192.0.2.1".to_owned(),
    }
}

/// A webhook of the carrier, signed.
#[must_use]
pub fn webhook(path: &str, fields: &[(&str, &str)]) -> Request {
    let fields = [fields, &[("AccountSid", ACCOUNT)]].concat();
    let form: Form = fields.iter().copied().collect();
    let signature = signature::sign(&AUTH_TOKEN.into(), &format!("{BASE_URL}{path}"), &form);
    let mut request = request(Method::POST, path)
        .header_set("content-type", "application/x-www-form-urlencoded")
        .header_set("x-twilio-signature", &signature);
    request.body =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
    request
}

impl Request {
    /// The same with another header.
    #[must_use]
    pub fn header_set(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        self
    }

    /// The same with a session.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header_set("authorization", &format!("Bearer {token}"))
    }

    /// The same with a body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self
    }
}

impl Response {
    /// The body, once it is certain that it has the envelope of `status`: `success`, and either no errors or some.
    #[track_caller]
    pub fn expect(&self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.content_type.starts_with("application/json"));
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["success"], status.is_success(), "{body}");
        let errors = body["errors"].as_array().map_or(0, Vec::len);
        assert_eq!(errors > 0, !status.is_success(), "{body}");
        body
    }
}
