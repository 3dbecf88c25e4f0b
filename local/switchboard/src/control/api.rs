//! A small client of the product's own REST API, as any user of it would write one.

use crate::webhook::Courier;
use serde_json::Value;
use std::time::Duration;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the API is and who asks.
#[derive(Clone, Debug)]
pub(super) struct Api<'a> {
    pub(super) courier: &'a Courier,
    pub(super) url: &'a str,
    pub(super) token: &'a str,
}

impl Api<'_> {
    /// Reads `path`; the `data` of the reply.
    ///
    /// # Errors
    /// A sentence for people.
    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        self.send(reqwest::Method::GET, path, None).await
    }

    /// Sends a body to `path`; the `data` of the reply.
    ///
    /// # Errors
    /// A sentence for people.
    pub(super) async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let client = self.courier.client(PATIENCE);
        let mut request = client.request(method.clone(), format!("{}{path}", self.url)).timeout(PATIENCE);
        if !self.token.is_empty() {
            request = request.bearer_auth(self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| format!("{method} {path}: {error}"))?;
        let status = response.status();
        let reply: Value = response.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(reply.get("data").cloned().unwrap_or(reply));
        }
        let errors = reply.get("errors").map(ToString::to_string).unwrap_or_default();
        Err(format!("{method} {path}: HTTP {} {errors}", status.as_u16()))
    }
}
