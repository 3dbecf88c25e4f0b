//! A stage for stories: the real store on an embedded DynamoDB, a clock that is moved by hand, a carrier with a script.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot set its stage has to stop"
)]

use std::{
    future::Future,
    pin::pin,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::AttributeValue,
};
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    deadman::{Contact, Deadman, ProbeSettings, Profile, State},
    id::{ContactId, IncidentId, UserId},
    incident::Incident,
    phone::PhoneNumber,
    policy::{GRACE, Policy, SLOT_WINDOW_SECONDS, later},
    schedule::{CronExpression, Schedule, TimeZone},
};
use lucius_shell::{
    Shell,
    ports::{Nature, NotArranged, Planner, Ports, Queue},
    shell::Pace,
    wake::wake,
};
use lucius_store::{DynamoStore, Keyring, Store as _, count::CallCounter, schema::create_table};
use lucius_telephony::{CallRequest, CallStatus, Carrier, CarrierError, Placed, Sent, TextRequest};

const TABLE: &str = "lucius";

/// What the carrier was asked for and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Did {
    Called(String),
    Texted(String),
    Cancelled(String),
}

/// How the carrier treats calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Places,
    /// Takes the call, and the answer is lost.
    TimesOut,
}

#[derive(Debug)]
pub(crate) struct ScriptedCarrier {
    did: Mutex<Vec<Did>>,
    script: Mutex<Script>,
    sids: AtomicU64,
    asked: tokio::sync::Notify,
    held: tokio::sync::Mutex<bool>,
    go: tokio::sync::Notify,
}

impl ScriptedCarrier {
    pub(crate) fn take(&self) -> Vec<Did> {
        std::mem::take(&mut self.did.lock().unwrap())
    }

    pub(crate) fn script(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    /// Calls are answered only after [`Self::let_calls_go`].
    pub(crate) fn hold_calls(&self) {
        *self.held.try_lock().unwrap() = true;
    }

    /// Waits until a call is asked for.
    pub(crate) async fn is_asked(&self) {
        self.asked.notified().await;
    }

    pub(crate) fn let_calls_go(&self) {
        self.go.notify_one();
    }

    fn note(&self, did: Did) {
        self.did.lock().unwrap().push(did);
    }
}

impl Carrier for ScriptedCarrier {
    async fn place_call(&self, request: &CallRequest) -> Result<Placed, CarrierError> {
        self.note(Did::Called(request.to.as_str().to_owned()));
        if *self.held.lock().await {
            self.asked.notify_one();
            self.go.notified().await;
        }
        match *self.script.lock().unwrap() {
            Script::Places => {
                let sid = format!("CA{:032x}", self.sids.fetch_add(1, Ordering::Relaxed));
                Ok(Placed { sid, queue_time_ms: 0 })
            }
            Script::TimesOut => Err(CarrierError::Unknown { accepted: false, why: "timed out" }),
        }
    }

    async fn send_text(&self, request: &TextRequest) -> Result<Sent, CarrierError> {
        self.note(Did::Texted(request.to.as_str().to_owned()));
        Ok(Sent { sid: "SM1".to_owned() })
    }

    async fn cancel_call(&self, sid: &str) -> Result<(), CarrierError> {
        self.note(Did::Cancelled(sid.to_owned()));
        Ok(())
    }

    async fn poll_call(&self, _sid: &str) -> Result<CallStatus, CarrierError> {
        Ok(CallStatus::NoAnswer)
    }
}

/// Time that is moved by hand. A pause lets others run and takes no time; requests to the table take as much as is said.
#[derive(Debug)]
pub(crate) struct Clock {
    millis: AtomicI64,
    drawn: AtomicU64,
    calls: CallCounter,
    per_call: AtomicI64,
}

impl Nature for Clock {
    fn now(&self) -> Timestamp {
        let spent = self.per_call.load(Ordering::Relaxed) * i64::try_from(self.calls.total()).unwrap();
        Timestamp::from_millisecond(self.millis.load(Ordering::Relaxed) + spent).unwrap()
    }

    async fn pause(&self, time: SignedDuration) {
        // What limits a patience of whole seconds must not win against work that takes no time here.
        if time.subsec_nanos() == 0 && time >= SignedDuration::from_secs(1) {
            std::future::pending::<()>().await;
        }
        self.millis.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
        tokio::task::yield_now().await;
    }

    fn chance(&self) -> u128 {
        let drawn = u128::from(self.drawn.fetch_add(1, Ordering::Relaxed));
        drawn.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) >> 7
    }
}

#[derive(Debug, Default)]
pub(crate) struct Hints(Mutex<Vec<(ActorId, u32)>>, AtomicBool);

impl Hints {
    /// From now on, nothing is answered.
    pub(crate) fn hang(&self) {
        self.1.store(true, Ordering::Relaxed);
    }
}

impl Queue for Hints {
    async fn hint(&self, actor: ActorId, delay_seconds: u32) -> Result<(), NotArranged> {
        if self.1.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.0.lock().unwrap().push((actor, delay_seconds));
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<Vec<(UserId, Timestamp)>>);

impl Planner for Plans {
    async fn plan(&self, user: UserId, minute: Timestamp) -> Result<(), NotArranged> {
        self.0.lock().unwrap().push((user, minute));
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct StagePorts {
    store: DynamoStore,
    carrier: &'static ScriptedCarrier,
    queue: Hints,
    planner: Plans,
    clock: Clock,
}

impl Ports for StagePorts {
    type Store = DynamoStore;
    type Carrier = ScriptedCarrier;
    type Queue = Hints;
    type Planner = Plans;
    type Nature = Clock;

    fn store(&self) -> &DynamoStore {
        &self.store
    }
    fn carrier(&self) -> Option<&ScriptedCarrier> {
        Some(self.carrier)
    }
    fn queue(&self) -> &Hints {
        &self.queue
    }
    fn planner(&self) -> &Plans {
        &self.planner
    }
    fn nature(&self) -> &Clock {
        &self.clock
    }
}

pub(crate) struct Stage {
    pub(crate) shell: Shell<StagePorts>,
    pub(crate) carrier: &'static ScriptedCarrier,
    pub(crate) calls: CallCounter,
    client: Client,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        let calls = CallCounter::default();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(endpoint)
            .interceptor(calls.clone())
            .build();
        let client = Client::from_conf(config);
        create_table(&client, TABLE).await.unwrap();
        let carrier: &'static ScriptedCarrier = Box::leak(Box::new(ScriptedCarrier {
            did: Mutex::default(),
            script: Mutex::new(Script::Places),
            sids: AtomicU64::new(1),
            asked: tokio::sync::Notify::new(),
            held: tokio::sync::Mutex::new(false),
            go: tokio::sync::Notify::new(),
        }));
        let noon: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
        let ports = StagePorts {
            store: DynamoStore::new(
                client.clone(),
                TABLE.to_owned(),
                Keyring::new(b"a secret of 256 bits, or as good"),
            ),
            carrier,
            queue: Hints::default(),
            planner: Plans::default(),
            clock: Clock {
                millis: noon.as_millisecond().into(),
                drawn: 1.into(),
                calls: calls.clone(),
                per_call: 0.into(),
            },
        };
        let shell = Shell {
            ports,
            policy: Policy::default(),
            public_base_url: "https://lucius.example".to_owned(),
            pace: Pace { account: "AC1".to_owned(), calls_per_second: 100 },
        };
        Self { shell, carrier, calls, client }
    }

    pub(crate) fn store(&self) -> &DynamoStore {
        self.shell.ports.store()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shell.ports.clock.now()
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        self.shell.ports.clock.millis.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// From now on each request to the table takes `time`.
    pub(crate) fn slow_table(&self, time: SignedDuration) {
        self.forget_calls();
        self.shell.ports.clock.per_call.store(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// A user whose question is due now, with `contacts` contacts in tiers of one, and no follow-up questions.
    pub(crate) async fn armed_user(&self, contacts: u64) -> UserId {
        self.user(1, contacts, self.now()).await
    }

    /// Somebody else whose question is due now.
    pub(crate) async fn another_armed_user(&self) -> UserId {
        self.user(2, 1, self.now()).await
    }

    /// A user whose question is due in an hour.
    pub(crate) async fn armed_user_later(&self, contacts: u64) -> UserId {
        self.user(1, contacts, later(self.now(), SignedDuration::from_hours(1))).await
    }

    async fn user(&self, nth: u16, contacts: u64, next_probe_at: Timestamp) -> UserId {
        let now = self.now();
        let id = UserId::new(now, nth);
        let profile = Profile {
            first_name: "Ann".to_owned(),
            last_name: "Lee".to_owned(),
            email: format!("ann{nth}@example.com"),
            phone: PhoneNumber::parse(&format!("+1202555000{nth}")).unwrap(),
            password: String::new(),
            is_admin: false,
            language: None,
            time_zone: TimeZone::utc(),
            pin: None,
            message: None,
        };
        let settings = ProbeSettings {
            active: true,
            schedule: Schedule::Cron(CronExpression::parse("0 18 * * *").unwrap()),
            max_retries: 0,
            wait_minutes: 60,
            by_sms: true,
            by_call: false,
            pin_in_reply: false,
            updated_at: now,
        };
        let mut deadman = Deadman::new(id, profile, settings, now);
        deadman.contacts = (1..=contacts).map(|n| contact(n, now)).collect();
        deadman.armed_once = true;
        deadman.state = State::Waiting { next_probe_at };
        let op = self.shell.ports.clock.op();
        self.store().create_user(&deadman, false, op).await.unwrap();
        id
    }

    pub(crate) async fn wake(&self, actor: ActorId) {
        wake(&self.shell, actor).await.unwrap();
    }

    /// Moves the clock to where the open question is looked at.
    pub(crate) async fn pass_deadline(&self, user: UserId) {
        let deadman = self.store().load_deadman(user).await.unwrap().unwrap().state;
        let deadline = deadman.probe().expect("a question is open").deadline;
        let at = later(deadline, GRACE);
        self.shell.ports.clock.millis.store(at.as_millisecond(), Ordering::Relaxed);
    }

    /// Moves the clock to when `incident` is due, and on to so many seconds after the beginning of a window of the carrier's slots; the window.
    pub(crate) async fn passes_to_window(&self, incident: IncidentId, seconds: i64) -> i64 {
        let due = self.store().load_incident(incident).await.unwrap().unwrap().state.due().unwrap().at;
        let window = due.as_second().div_euclid(SLOT_WINDOW_SECONDS) + 1;
        let millis = (window * SLOT_WINDOW_SECONDS + seconds) * 1_000;
        self.shell.ports.clock.millis.store(millis, Ordering::Relaxed);
        window
    }

    pub(crate) async fn incident(&self, user: UserId) -> Incident {
        let deadman = self.store().load_deadman(user).await.unwrap().unwrap().state;
        let id = deadman.incident.expect("an incident is open");
        self.store().load_incident(id).await.unwrap().unwrap().state
    }

    /// Wakes `actor` and drops the work the moment its commit stands and before the carrier is asked.
    pub(crate) async fn die_before_performing(&self, actor: ActorId) {
        let mut task = pin!(wake(&self.shell, actor));
        loop {
            let mut context = Context::from_waker(Waker::noop());
            if self.calls.calls().contains_key("TransactWriteItems") && self.committed(actor).await {
                return;
            }
            if let Poll::Ready(_done) = task.as_mut().poll(&mut context) {
                panic!("the work was done before it could die");
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    async fn committed(&self, actor: ActorId) -> bool {
        match actor {
            ActorId::Deadman(id) => self
                .store()
                .load_deadman(id)
                .await
                .unwrap()
                .is_some_and(|loaded| loaded.state.incident.is_some()),
            ActorId::Incident(_) => false,
        }
    }

    pub(crate) fn forget_calls(&self) {
        drop(self.calls.take());
    }

    pub(crate) fn writes(&self) -> usize {
        self.calls.take().iter().filter(|(name, _)| !is_read(name)).map(|(_, count)| count).sum()
    }

    pub(crate) fn reads(&self) -> usize {
        self.calls.calls().iter().filter(|(name, _)| is_read(name)).map(|(_, count)| count).sum()
    }

    /// Makes the state of `actor` unreadable, as a bug or another release might.
    pub(crate) async fn poison(&self, actor: ActorId) {
        self.client
            .update_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(actor.to_string()))
            .key("sk", AttributeValue::S("ACTOR".to_owned()))
            .update_expression("SET #state = :junk")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":junk", AttributeValue::S("{\"junk\":".to_owned()))
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn due_of(&self, actor: ActorId) -> Option<Timestamp> {
        let item = self
            .client
            .get_item()
            .table_name(TABLE)
            .key("pk", AttributeValue::S(actor.to_string()))
            .key("sk", AttributeValue::S("ACTOR".to_owned()))
            .send()
            .await
            .unwrap();
        let millis: i64 = item.item()?.get("due_at")?.as_n().ok()?.parse().ok()?;
        Timestamp::from_millisecond(millis).ok()
    }
}

fn is_read(name: &str) -> bool {
    ["GetItem", "Query", "BatchGetItem", "TransactGetItems"].contains(&name)
}

fn contact(n: u64, now: Timestamp) -> Contact {
    Contact {
        id: ContactId::try_from(n).unwrap(),
        created_at: now,
        updated_at: now,
        first_name: format!("Contact{n}"),
        last_name: String::new(),
        phone: PhoneNumber::parse(&format!("+1202555{:04}", 1000 + n)).unwrap(),
        email: None,
        is_emergency_contact: true,
        priority: u8::try_from(n).unwrap(),
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
        text_stopped: false,
    }
}
