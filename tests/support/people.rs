//! Users and contacts, made by the REST API as an operator and a person make them.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    Stack,
    api::{Answer, admin, login, person, send},
    marked,
    phone::{Control, Phone},
    random,
    wait::{secs, until},
};

/// A person at risk, with a phone and a session.
#[derive(Debug, Clone)]
pub struct User {
    stack: Stack,
    client: Client,
    control: Control,
    /// Their id.
    pub id: u64,
    /// First and last name.
    pub name: String,
    /// Their phone.
    pub phone: Phone,
    /// Their PIN.
    pub pin: String,
    token: String,
}

/// Somebody to be called.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Their id.
    pub id: u64,
    /// First and last name.
    pub name: String,
    /// Their phone.
    pub phone: Phone,
}

/// A PIN that no log can hold by chance.
fn new_pin(stack: &Stack) -> String {
    let pin = random::digits(10);
    marked::note(stack, "pin", &pin);
    pin
}

impl User {
    /// Creates a user with a PIN.
    pub(crate) async fn create(stack: &Stack, client: &Client, control: &Control, first_name: &str) -> Self {
        let number = random::number();
        let phone = Phone::new(control, &number, first_name).await;
        let pin = new_pin(stack);
        let mut account = person(stack, first_name, &number);
        account["pin"] = json!(pin);
        let admin = admin(stack, client).await;
        let url = format!("{}/v1/users", stack.api_url);
        let created = send(client, Method::POST, &url, Some(admin), Some(&account)).await.data();
        let token = login(stack, client, &account["email"], &account["password"]).await;
        Self {
            stack: stack.clone(),
            client: client.clone(),
            control: control.clone(),
            id: created["id"].as_u64().expect("a user has an id"),
            name: format!("{first_name} Test"),
            phone,
            pin,
            token,
        }
    }

    /// A request with this user's session; `{me}` in the path is their id.
    pub async fn asks(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}{}", self.stack.api_url, path.replace("{me}", &self.id.to_string()));
        send(&self.client, method, &url, Some(&self.token), body.as_ref()).await
    }

    /// A contact who is called and texted, after those who are there already.
    pub async fn contact(&self, first_name: &str) -> Contact {
        self.contact_with(first_name, json!({})).await
    }

    /// A contact of the same tier as others of this `priority`.
    pub async fn contact_in_tier(&self, first_name: &str, priority: u8) -> Contact {
        self.contact_with(first_name, json!({ "priority": priority })).await
    }

    /// A contact with further fields.
    pub async fn contact_with(&self, first_name: &str, more: Value) -> Contact {
        let number = random::number();
        marked::note(&self.stack, "number", &number);
        let phone = Phone::new(&self.control, &number, first_name).await;
        let answer = self.enters(first_name, &phone, more).await;
        let id = answer.data()["id"].as_u64().expect("a contact has an id");
        Contact { id, name: format!("{first_name} Test"), phone }
    }

    /// Enters somebody's phone as a contact; whatever is answered.
    pub async fn enters(&self, first_name: &str, phone: &Phone, more: Value) -> Answer {
        let mut contact = json!({
            "first_name": first_name, "last_name": "Test", "phone_number": phone.number(),
            "is_emergency_contact": true, "consented": true,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            contact[key] = value.clone();
        }
        self.asks("POST", "/v1/users/{me}/contacts", Some(contact)).await
    }

    /// Arms the switch: a question every 60 product minutes, answered within 5, not asked again, but for `more`.
    pub async fn arms(&self, more: Value) -> Value {
        let mut settings = json!({
            "active": true, "check_interval_minutes": 60, "max_retries": 0, "wait_time_in_minutes": 5,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            settings[key] = value.clone();
        }
        self.asks("PUT", "/v1/users/{me}/probe_settings", Some(settings)).await.data()
    }

    /// Switches the questions off.
    pub async fn disarms(&self) -> Answer {
        let body = json!({ "active": false, "pin": self.pin });
        self.asks("PUT", "/v1/users/{me}/probe_settings", Some(body)).await
    }

    /// The probe settings as shown.
    pub async fn settings(&self) -> Value {
        self.asks("GET", "/v1/users/{me}/probe_settings", None).await.data()
    }

    /// All probes, newest first.
    pub async fn probes(&self) -> Vec<Value> {
        let data = self.asks("GET", "/v1/users/{me}/probes", None).await.data();
        data.as_array().cloned().unwrap_or_default()
    }

    /// All incidents, newest first.
    pub async fn incidents(&self) -> Vec<Value> {
        let data = self.asks("GET", "/v1/users/{me}/incidents", None).await.data();
        data.as_array().cloned().unwrap_or_default()
    }

    /// All `incidents` or `probes`, newest first. Who is told to try again does so, as people do where everything is busy or broken.
    ///
    /// # Panics
    /// Nobody has answered for a minute.
    pub async fn listed(&self, what: &str) -> Vec<Value> {
        let path = format!("/v1/users/{{me}}/{what}");
        until(&format!("{what} of {} are shown", self.name), secs(60), async || {
            let answer = self.asks("GET", &path, None).await;
            if answer.status >= 500 {
                return Err(answer.body);
            }
            Ok(answer.data().as_array().cloned().unwrap_or_default())
        })
        .await
    }

    /// Waits until the newest incident is as `fits` says; it.
    pub async fn incident_where(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until(what, secs(40), async || {
            let newest = self.incidents().await.into_iter().next().unwrap_or_default();
            if fits(&newest) { Ok(newest) } else { Err(newest) }
        })
        .await
    }

    /// Waits until the newest incident has this status; it.
    pub async fn incident(&self, status: &str) -> Value {
        self.incident_where(&format!("an incident that is {status}"), |found| found["status"] == status).await
    }

    /// Waits until the newest probe has this status; it.
    pub async fn probe(&self, status: &str) -> Value {
        until(&format!("a probe that is {status}"), secs(30), async || {
            let newest = self.probes().await.into_iter().next().unwrap_or_default();
            if newest["status"] == status { Ok(newest) } else { Err(newest) }
        })
        .await
    }

    /// Ends the newest incident by the API; whatever is answered.
    pub async fn resolves(&self, pin: Option<&str>) -> Answer {
        let newest = self.incidents().await.into_iter().next().unwrap_or_default();
        let body = pin.map_or_else(|| json!({}), |pin| json!({ "pin": pin }));
        self.asks("POST", &format!("/v1/incidents/{}/resolve", newest["id"]), Some(body)).await
    }

    /// Calls for help by text.
    pub async fn cries_for_help(&self) {
        let _ = self.phone.sends("SOS").await.answered("We are calling your contacts now").await;
    }

    /// Disarms and ends what is open, when the story is told. Whatever the story has broken, this does not fail: others go on
    /// to live on this stack.
    pub(crate) async fn comes_home(&self) {
        for _ in 0..20 {
            let _ = self.disarms().await;
            let shown = self.asks("GET", "/v1/users/{me}/incidents", None).await;
            let newest = &shown.body["data"][0];
            if shown.status == 200 && (newest.is_null() || newest["status"] == "ended") {
                return;
            }
            if newest["id"].is_u64() {
                let path = format!("/v1/incidents/{}/resolve", newest["id"]);
                let _ = self.asks("POST", &path, Some(json!({ "pin": self.pin }))).await;
            }
            tokio::time::sleep(secs(1)).await;
        }
    }
}

impl Contact {
    /// Answers the call for `user` and presses 1: they have it.
    pub async fn accepts(&self, user: &User) -> crate::call::Call {
        let call = self.phone.expect_call().await;
        call.hears(&format!("If you are going to help {}, press 1", user.name)).await;
        call.presses("1").await.hears("Thank you. You have it").await;
        call
    }
}
