//! The deployed stack: its addresses, and AWS behind it.

use std::{sync::OnceLock, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What `make up` wrote, and a client of this test's own runtime.
#[derive(Clone)]
pub(crate) struct Stack {
    pub(crate) http: reqwest::Client,
    pub(crate) facts: &'static Value,
}

/// Stories run side by side, but for those that break something for everybody.
static HOUSE: RwLock<()> = RwLock::const_new(());

/// Runs beside other stories.
pub(crate) async fn together() -> RwLockReadGuard<'static, ()> {
    HOUSE.read().await
}

/// Runs alone: it takes something away that others need.
pub(crate) async fn alone() -> RwLockWriteGuard<'static, ()> {
    HOUSE.write().await
}

impl Stack {
    pub(crate) fn new() -> Self {
        static FACTS: OnceLock<Value> = OnceLock::new();
        let facts = FACTS.get_or_init(|| {
            let path = std::env::var("LUCIUS_STACK").expect(
                "LUCIUS_STACK names the stack.json of a running stack: run these tests with `make test`",
            );
            serde_json::from_str(&std::fs::read_to_string(path).expect("stack.json can be read"))
                .expect("it is JSON")
        });
        let http = reqwest::Client::builder().timeout(Duration::from_secs(250)).build().unwrap();
        Self { http, facts }
    }

    pub(crate) fn fact(&self, name: &str) -> String {
        self.facts[name].as_str().unwrap_or_else(|| panic!("stack.json has {name}")).to_owned()
    }

    /// A request to the public API; the answer's status and body.
    pub(crate) async fn api(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.fact("api_url"));
        let mut request = self.http.request(method, url).bearer_auth(token);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.expect("the API answers");
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// A request to the switchboard's control API.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/control{path}", self.fact("switchboard_url"));
        let mut request = self.http.request(method, url);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.expect("the switchboard answers");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    /// A webhook as the carrier, or somebody else, would send it.
    pub(crate) async fn forge(
        &self,
        method: &str,
        path: &str,
        params: &Value,
        signature: &str,
    ) -> (u16, String) {
        let body = json!({ "url": path, "method": method, "params": params, "signature": signature, "complete": true });
        let (status, answer) = self.control(Method::POST, "/forge", &body).await;
        assert_eq!(status, 200, "{answer}");
        let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
        (status, answer["body"].as_str().unwrap_or_default().to_owned())
    }

    /// Strikes the carrier; the id of the fault.
    pub(crate) async fn fault(&self, fault: Value) -> String {
        let (status, answer) = self.control(Method::POST, "/faults", &fault).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].to_string().trim_matches('"').to_owned()
    }

    pub(crate) async fn clear_fault(&self, id: &str) {
        self.control(Method::DELETE, &format!("/faults/{id}"), &Value::Null).await;
    }

    /// A REST request to an AWS service of the emulated cloud.
    pub(crate) async fn aws(&self, service: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.fact("aws_endpoint_url"));
        let scope = format!("Credential=test/20260101/{}/{service}/aws4_request", self.fact("region"));
        let header = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0");
        let mut request = self.http.request(method, url).header("authorization", header);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.expect("the emulated cloud answers");
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    /// Switches the queue's event source of `escalate` on or off.
    pub(crate) async fn event_source(&self, enabled: bool) {
        let path = format!("/2015-03-31/event-source-mappings/{}", self.fact("queue_mapping_id"));
        let (status, answer) = self.aws("lambda", Method::PUT, &path, &json!({ "Enabled": enabled })).await;
        assert!(status < 300, "{status} {answer}");
    }

    /// Deletes every schedule of the users, behind the product's back; how many there were.
    pub(crate) async fn delete_schedules(&self) -> usize {
        let group = self.fact("schedule_group");
        let (status, list) = self
            .aws("scheduler", Method::GET, &format!("/schedules?ScheduleGroup={group}"), &Value::Null)
            .await;
        assert_eq!(status, 200, "{list}");
        let schedules = list["Schedules"].as_array().cloned().unwrap_or_default();
        for schedule in &schedules {
            let name = schedule["Name"].as_str().unwrap();
            self.aws(
                "scheduler",
                Method::DELETE,
                &format!("/schedules/{name}?groupName={group}"),
                &Value::Null,
            )
            .await;
        }
        schedules.len()
    }

    /// Kills every process of a function, as a crash would; how many there were.
    pub(crate) fn kill(&self, package: &str) -> usize {
        let name = format!("AWS_LAMBDA_FUNCTION_NAME={}", self.facts["functions"][package].as_str().unwrap());
        let mut killed = 0;
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            if environ.split(|byte| *byte == 0).any(|var| var == name.as_bytes()) {
                let pid = entry.file_name().into_string().unwrap();
                let done = std::process::Command::new("kill").args(["-9", &pid]).status();
                killed += usize::from(done.is_ok_and(|status| status.success()));
            }
        }
        killed
    }
}
