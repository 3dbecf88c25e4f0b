//! People of a story: a user with a PIN and contacts, all with numbers of their own.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{Phone, Stack};

/// Marked, so that a log that holds them is found out.
pub(crate) const PIN: &str = "739182";
const PASSWORD: &str = "pass-MARKED-5150";

/// The admin's session; one for all stories.
static ADMIN: OnceCell<String> = OnceCell::const_new();

/// Numbers that no other story of this run uses.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

fn number() -> String {
    let run = u64::from(std::process::id() % 90) + 10;
    format!("+1202{run:02}{:05}", NUMBERS.fetch_add(1, Ordering::Relaxed))
}

async fn admin(stack: &Stack) -> String {
    let admin = ADMIN.get_or_init(|| async {
        let user = json!({
            "first_name": "Ada", "last_name": "Min", "email": "admin@example.org", "password": PASSWORD,
            "phone_number": number(),
        });
        let (status, answer) = stack.api(Method::POST, "/v1/users", &stack.fact("setup_token"), &user).await;
        assert!(status == 200 || status == 401, "{answer}");
        login(stack, "admin@example.org").await
    });
    admin.await.clone()
}

async fn login(stack: &Stack, email: &str) -> String {
    let (status, answer) =
        stack.api(Method::POST, "/login", "", &json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(status, 200, "{answer}");
    answer["data"]["token"].as_str().unwrap().to_owned()
}

/// A person at risk.
pub(crate) struct Person {
    pub(crate) stack: Stack,
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) phone: Phone,
}

/// A person at risk and their contacts.
pub(crate) struct Story {
    pub(crate) stack: Stack,
    pub(crate) ana: Person,
    pub(crate) contacts: Vec<Phone>,
}

impl Story {
    /// A user with a PIN and `contacts` emergency contacts, not armed. Every phone waits to be driven.
    pub(crate) async fn new(contacts: usize) -> Self {
        Self::with(contacts, json!({ "pin": PIN })).await
    }

    /// The same, the user with other fields.
    pub(crate) async fn with(contacts: usize, more: Value) -> Self {
        let stack = Stack::new();
        let ana = Person::new(&stack, more).await;
        let mut phones = Vec::new();
        for n in 0..contacts {
            let phone = Phone { stack: stack.clone(), number: number() };
            phone.is("driven").await;
            ana.add_contact(&phone, &format!("Contact{n}"), &Value::Null).await;
            phones.push(phone);
        }
        Self { stack, ana, contacts: phones }
    }

    /// Another phone that nobody knows yet.
    pub(crate) fn stranger(&self) -> Phone {
        Phone { stack: self.stack.clone(), number: number() }
    }

    /// The question comes, nobody answers, and an incident opens. One question, no follow-ups.
    pub(crate) async fn miss(&self) {
        self.ana.arm(json!({})).await;
        self.ana.phone.expect_text("Are you okay").await;
    }

    /// Waits until the newest incident stands at `status`; it.
    pub(crate) async fn incident(&self, status: &str) -> Value {
        self.ana.incident(status).await
    }

    /// Ends the story: nothing happened that nobody expected.
    pub(crate) async fn finish(self) {
        let mut numbers: Vec<&str> = self.contacts.iter().map(|phone| phone.number.as_str()).collect();
        numbers.push(&self.ana.phone.number);
        let numbers = numbers.join(",");
        let path = format!("/unexpected?number={numbers}");
        let (_, unexpected) = self.stack.control(Method::GET, &path, &Value::Null).await;
        let (_, problems) = self
            .stack
            .control(Method::GET, &format!("/problems?level=error&number={numbers}"), &Value::Null)
            .await;
        self.ana.stop_all().await;
        assert_eq!(unexpected["unexpected"], json!([]), "calls and texts that nobody expected");
        assert_eq!(problems["problems"], json!([]), "what the carrier's debugger would show");
    }
}

impl Person {
    pub(crate) async fn new(stack: &Stack, more: Value) -> Self {
        let phone = Phone { stack: stack.clone(), number: number() };
        phone.is("driven").await;
        let email = format!("ana{}@example.org", &phone.number[1..]);
        let name = format!("Ana{}", &phone.number[7..]);
        let mut user = json!({
            "first_name": name, "last_name": "Reyes", "email": email, "password": PASSWORD,
            "phone_number": phone.number,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            user[key] = value.clone();
        }
        let (status, answer) = stack.api(Method::POST, "/v1/users", &admin(stack).await, &user).await;
        assert_eq!(status, 200, "{answer}");
        let token = login(stack, &email).await;
        Self { stack: stack.clone(), id: answer["data"]["id"].as_u64().unwrap(), token, phone }
    }

    pub(crate) async fn api(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let path = path.replace("{uid}", &self.id.to_string());
        self.stack.api(method, &path, &self.token, body).await
    }

    pub(crate) async fn add_contact(&self, phone: &Phone, name: &str, more: &Value) -> u64 {
        let mut contact = json!({
            "first_name": name, "last_name": "Ode", "phone_number": phone.number, "is_emergency_contact": true,
            "consented": true,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            contact[key] = value.clone();
        }
        let (status, answer) = self.api(Method::POST, "/v1/users/{uid}/contacts", &contact).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"]["id"].as_u64().unwrap()
    }

    /// Arms the switch for the next whole minute, once: five (scaled) minutes to answer, no follow-up questions.
    pub(crate) async fn arm(&self, more: Value) {
        let now = Timestamp::now();
        // A minute that is about to begin might be missed by the time that this is recorded.
        let next = now.checked_add(65.seconds()).unwrap().to_zoned(TimeZone::UTC);
        let cron = format!("{} {} * * *", next.minute(), next.hour());
        let mut settings =
            json!({ "cron_expression": cron, "active": true, "max_retries": 0, "wait_time_in_minutes": 5 });
        for (key, value) in more.as_object().into_iter().flatten() {
            settings[key] = value.clone();
        }
        let (status, answer) = self.api(Method::PUT, "/v1/users/{uid}/probe_settings", &settings).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// The newest incident, if there is one.
    pub(crate) async fn newest(&self) -> Option<Value> {
        let (status, answer) = self.api(Method::GET, "/v1/users/{uid}/incidents", &Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].as_array().and_then(|list| list.first()).cloned()
    }

    /// Waits until the newest incident stands at `status`; it.
    pub(crate) async fn incident(&self, status: &str) -> Value {
        let mut last = None;
        for _ in 0..600 {
            last = self.newest().await;
            if let Some(incident) = &last
                && incident["status"] == status
            {
                return incident.clone();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("no incident became {status}: {last:#?}");
    }

    /// The status of the newest probe.
    pub(crate) async fn probe(&self) -> Value {
        let (_, answer) = self.api(Method::GET, "/v1/users/{uid}/probes", &Value::Null).await;
        answer["data"][0].clone()
    }

    pub(crate) async fn resolve(&self, incident: &Value, pin: Option<&str>) -> (u16, Value) {
        let body = pin.map_or_else(|| json!({}), |pin| json!({ "pin": pin }));
        self.api(Method::POST, &format!("/v1/incidents/{}/resolve", incident["id"]), &body).await
    }

    /// Ends what is open and disarms, so that nobody rings on while other stories are told. Without the PIN first: an
    /// account that has none takes none.
    pub(crate) async fn stop_all(&self) {
        if let Some(incident) = self.newest().await
            && incident["status"] != "ended"
            && self.resolve(&incident, None).await.0 != 200
        {
            self.resolve(&incident, Some(PIN)).await;
        }
        for off in [json!({ "active": false }), json!({ "active": false, "pin": PIN })] {
            if self.api(Method::PUT, "/v1/users/{uid}/probe_settings", &off).await.0 == 200 {
                return;
            }
        }
    }
}
