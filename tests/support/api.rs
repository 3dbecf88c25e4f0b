//! The REST API as a client sees it.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{Stack, marked, random};

/// A status and a body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body; text that is none as a JSON string.
    pub body: Value,
}

impl Answer {
    /// The `data` of a success.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn data(self) -> Value {
        assert!(self.status < 300 && self.body["success"] == true, "refused: {} {}", self.status, self.body);
        self.body["data"].clone()
    }

    /// The reason of a refusal.
    #[must_use]
    pub fn why(&self) -> String {
        self.body["errors"][0].as_str().unwrap_or_default().to_owned()
    }
}

/// An HTTP client for one test: each has a runtime of its own, and connections live in one.
#[must_use]
pub fn client() -> Client {
    // The switchboard answers some questions only when what was asked for has happened, which may take real minutes.
    Client::builder().timeout(Duration::from_mins(6)).no_proxy().build().expect("a client can be built")
}

/// Sends a request with a session, and gives what is answered.
///
/// # Panics
/// If nothing is answered.
pub async fn send(
    client: &Client,
    method: Method,
    url: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Answer {
    let mut request = client.request(method.clone(), url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap_or_else(|error| panic!("{method} {url}: {error:?}"));
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_default();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, body }
}

static ADMIN: OnceCell<String> = OnceCell::const_new();

/// The session of the stack's one administrator, made by whoever asks first.
///
/// # Panics
/// If there is another administrator than the tests' own.
pub async fn admin(stack: &Stack, client: &Client) -> &'static str {
    ADMIN.get_or_init(|| become_admin(stack, client)).await
}

/// Creates the administrator, or logs in as the one that an earlier test binary has created.
async fn become_admin(stack: &Stack, client: &Client) -> String {
    let file = stack.file.with_file_name("admin.json");
    let known =
        std::fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let account = match known.filter(|known| known["stack"] == stack.setup_token.as_str()) {
        Some(known) => known,
        None => create_admin(stack, client, &file).await,
    };
    login(stack, client, &account["email"], &account["password"]).await
}

async fn create_admin(stack: &Stack, client: &Client, file: &std::path::Path) -> Value {
    marked::note(stack, "token", &stack.setup_token);
    marked::note(stack, "token", &stack.auth_token);
    let mut account = person(stack, "Admin", &random::number());
    let url = format!("{}/v1/users", stack.api_url);
    let created = send(client, Method::POST, &url, Some(&stack.setup_token), Some(&account)).await;
    let _ = created.data();
    account["stack"] = json!(stack.setup_token);
    std::fs::write(file, account.to_string()).expect("the administrator can be written down");
    account
}

/// The fields of a new user, marked.
#[must_use]
pub fn person(stack: &Stack, first_name: &str, phone: &str) -> Value {
    let word = random::letters();
    let (email, password) = (format!("{word}@example.com"), format!("pass-{word}-word"));
    for (kind, value) in [("email", email.as_str()), ("password", &password), ("number", phone)] {
        marked::note(stack, kind, value);
    }
    json!({
        "first_name": first_name, "last_name": "Test", "email": email, "password": password, "phone_number": phone,
    })
}

/// A session.
///
/// # Panics
/// If it is refused.
pub async fn login(stack: &Stack, client: &Client, email: &Value, password: &Value) -> String {
    let url = format!("{}/login", stack.api_url);
    let body = json!({ "email": email, "password": password });
    let data = send(client, Method::POST, &url, None, Some(&body)).await.data();
    let token = data["token"].as_str().expect("login gives a token").to_owned();
    marked::note(stack, "token", &token);
    token
}
