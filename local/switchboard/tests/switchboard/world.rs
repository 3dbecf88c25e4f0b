//! A switchboard, a product, and short words for both.

use crate::product::Product;
use lucius_switchboard::{Behaviour, Config, Running, start};
use serde_json::{Value, json};

/// The simulated account.
pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
/// Its auth token.
pub(crate) const TOKEN: &str = "token-of-the-account";
/// The number that belongs to the product.
pub(crate) const SERVICE: &str = "+15005550006";
/// A phone.
pub(crate) const BEN: &str = "+12025550102";
/// Another.
pub(crate) const CARLA: &str = "+12025550103";

/// One test's surroundings.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) product: Product,
    url: String,
    http: reqwest::Client,
    _running: Running,
}

impl World {
    /// A fresh switchboard in front of a fresh product.
    pub(crate) async fn start() -> Self {
        let product = Product::start().await;
        let mut config = Config::new(ACCOUNT, TOKEN, SERVICE, &product.url);
        config.default_behaviour = Behaviour::Driven;
        let running = start(config).await.unwrap();
        Self { product, url: running.url(), http: reqwest::Client::new(), _running: running }
    }

    /// A request to the control API that must succeed.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, reply) = self.try_control(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {reply}");
        reply
    }

    /// A request to the control API.
    pub(crate) async fn try_control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/control{path}", self.url);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Reads from the control API.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.control("GET", path, Value::Null).await
    }

    /// Configures a phone.
    pub(crate) async fn phone(&self, number: &str, settings: Value) {
        self.control("PUT", &format!("/phones/{number}"), settings).await;
    }

    /// The next event of a phone that fits.
    pub(crate) async fn expect(&self, number: &str, wanted: Value) -> Value {
        let reply = self.control("POST", &format!("/phones/{number}/expect"), wanted).await;
        reply["event"].clone()
    }

    /// A POST to the REST API, `None` if there was no answer.
    pub(crate) async fn rest(&self, path: &str, fields: &[(&str, &str)]) -> Option<(u16, Value)> {
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/{path}", self.url);
        let response = self.http.post(url).basic_auth(ACCOUNT, Some(TOKEN)).form(fields).send().await.ok()?;
        Some((response.status().as_u16(), response.json().await.unwrap_or_default()))
    }

    /// Places a call with inline instructions and these other fields; its SID.
    pub(crate) async fn call(&self, to: &str, twiml: &str, more: &[(&str, &str)]) -> String {
        let document = format!("<Response>{twiml}</Response>");
        let mut fields = vec![("To", to), ("From", SERVICE), ("Twiml", document.as_str())];
        fields.extend_from_slice(more);
        let (status, call) = self.rest("Calls.json", &fields).await.unwrap();
        assert_eq!(status, 201, "{call}");
        call["sid"].as_str().unwrap().to_owned()
    }

    /// Sends a text with these other fields; its SID.
    pub(crate) async fn text(&self, to: &str, body: &str, more: &[(&str, &str)]) -> String {
        let mut fields = vec![("To", to), ("From", SERVICE), ("Body", body)];
        fields.extend_from_slice(more);
        let (status, text) = self.rest("Messages.json", &fields).await.unwrap();
        assert_eq!(status, 201, "{text}");
        text["sid"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a call; the event.
    pub(crate) async fn ended(&self, number: &str, sid: &str) -> Value {
        self.expect(number, json!({ "kind": "call.ended", "about": sid })).await
    }

    /// Enters keys at the next prompt.
    pub(crate) async fn press(&self, sid: &str, digits: &str) {
        self.control("POST", &format!("/calls/{sid}/press"), json!({ "digits": digits })).await;
    }

    /// Codes of what the debugger would show about a phone, with their levels.
    pub(crate) async fn problems(&self, number: &str) -> Vec<(String, u64)> {
        let reply = self.get(&format!("/problems?number={number}")).await;
        let problems = reply["problems"].as_array().unwrap();
        problems
            .iter()
            .map(|p| (p["level"].as_str().unwrap().to_owned(), p["code"].as_u64().unwrap()))
            .collect()
    }

    /// A URL of the product.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.product.url)
    }
}
