//! The emulated cloud, behind the back of lucius. The emulator checks no signature, so none is made.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Story, wait::secs};

impl Story {
    /// A request to a service of the cloud with a REST protocol, which must succeed.
    async fn cloud(&self, service: &str, method: Method, path: &str, body: Option<&Value>) -> Value {
        let (status, text) = self.try_cloud(service, method.clone(), path, body).await;
        assert!(status.is_success(), "{service} {method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A request to a service of the cloud with a REST protocol.
    async fn try_cloud(
        &self,
        service: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, String) {
        let scope = format!("Credential=test/20250101/{}/{service}/aws4_request", self.stack.region);
        let authorization = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0");
        let url = format!("{}{path}", self.stack.aws_url);
        let mut request = self.client.request(method.clone(), &url).header("authorization", authorization);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response =
            request.send().await.unwrap_or_else(|error| panic!("{service} {method} {path}: {error}"));
        (response.status(), response.text().await.unwrap_or_default())
    }

    /// A request to a service of the cloud with a JSON protocol; `target` names the action.
    async fn calls_cloud(&self, service: &str, target: &str, body: &Value) -> Value {
        let scope = format!("Credential=test/20250101/{}/{service}/aws4_request", self.stack.region);
        let authorization = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0");
        let request = self.client.post(&self.stack.aws_url).header("authorization", authorization);
        let request = request.header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        let response = request.send().await.unwrap_or_else(|error| panic!("{target}: {error}"));
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        assert!(status.is_success(), "{target}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A request to the cloud's queues.
    async fn queues(&self, action: &str, body: &Value) -> Value {
        self.calls_cloud("sqs", &format!("AmazonSQS.{action}"), body).await
    }

    /// The name of the table.
    ///
    /// # Panics
    /// If there is none.
    pub async fn table(&self) -> String {
        let tables = self.calls_cloud("dynamodb", "DynamoDB_20120810.ListTables", &json!({})).await;
        tables["TableNames"][0].as_str().expect("a table").to_owned()
    }

    /// Reads an item that is not there.
    pub async fn reads_nothing(&self, table: &str) {
        let key = json!({ "pk": { "S": "NOBODY" }, "sk": { "S": "NOTHING" } });
        let read = json!({ "TableName": table, "Key": key });
        let _ = self.calls_cloud("dynamodb", "DynamoDB_20120810.GetItem", &read).await;
    }

    /// Stops or starts every rule of the cloud: the sweep's first clock is one.
    pub async fn rules(&self, enabled: bool) {
        let listed = self.calls_cloud("events", "AWSEvents.ListRules", &json!({})).await;
        let action = if enabled { "AWSEvents.EnableRule" } else { "AWSEvents.DisableRule" };
        for rule in listed["Rules"].as_array().into_iter().flatten() {
            let _ = self.calls_cloud("events", action, &json!({ "Name": rule["Name"] })).await;
        }
    }

    /// The addresses of all dead-letter queues.
    pub async fn dead_letter_queues(&self) -> Vec<String> {
        let listed = self.queues("ListQueues", &json!({})).await;
        let urls = listed["QueueUrls"].as_array().into_iter().flatten().filter_map(Value::as_str);
        urls.filter(|url| url.contains("DeadLetterQueue")).map(str::to_owned).collect()
    }

    /// Puts a message into a queue.
    pub async fn put_letter(&self, queue: &str, body: &Value) {
        let message = json!({ "QueueUrl": queue, "MessageBody": body.to_string() });
        let _ = self.queues("SendMessage", &message).await;
    }

    /// How many messages a queue has: to be taken, and in somebody's hands.
    pub async fn letters_in(&self, queue: &str) -> (u64, u64) {
        let ask = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
        let told = self.queues("GetQueueAttributes", &ask).await;
        let count = |name: &str| {
            told["Attributes"][name].as_str().and_then(|text| text.parse().ok()).expect("a count")
        };
        (count("ApproximateNumberOfMessages"), count("ApproximateNumberOfMessagesNotVisible"))
    }

    /// Throws away what a queue has.
    pub async fn empty_queue(&self, queue: &str) {
        let _ = self.queues("PurgeQueue", &json!({ "QueueUrl": queue })).await;
    }

    /// The lines that a function has written so far.
    ///
    /// # Panics
    /// If it has no log.
    #[must_use]
    pub fn log(&self, package: &str) -> String {
        let file = self.stack.logs.join(format!("{package}.log"));
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Stops or starts the event source that feeds `escalate`, and waits until it has.
    pub async fn event_source(&self, enabled: bool) {
        let path = format!("/2015-03-31/event-source-mappings/{}", self.stack.queue_mapping);
        let _ = self.cloud("lambda", Method::PUT, &path, Some(&json!({ "Enabled": enabled }))).await;
        let wanted = if enabled { "Enabled" } else { "Disabled" };
        crate::until(&format!("the event source is {wanted}"), secs(60), async || {
            let state = self.cloud("lambda", Method::GET, &path, None).await["State"].clone();
            if state == wanted { Ok(()) } else { Err(state) }
        })
        .await;
    }

    /// Deletes every schedule of every group; them, so that they can be put back.
    pub async fn delete_schedules(&self) -> Vec<Value> {
        let mut deleted = Vec::new();
        loop {
            let listed = self.cloud("scheduler", Method::GET, "/schedules?MaxResults=100", None).await;
            let listed = listed["Schedules"].as_array().cloned().unwrap_or_default();
            for schedule in &listed {
                deleted.extend(self.delete_schedule(schedule).await);
            }
            if listed.is_empty() {
                return deleted;
            }
        }
    }

    /// Deletes a schedule that was listed; none if it has fired and deleted itself meanwhile.
    async fn delete_schedule(&self, listed: &Value) -> Option<Value> {
        let name = listed["Name"].as_str().unwrap_or_default();
        let group = listed["GroupName"].as_str().unwrap_or("default");
        let path = format!("/schedules/{name}?groupName={group}");
        let (found, text) = self.try_cloud("scheduler", Method::GET, &path, None).await;
        let (gone, _) = self.try_cloud("scheduler", Method::DELETE, &path, None).await;
        (found.is_success() && gone.is_success())
            .then(|| serde_json::from_str(&text).expect("a schedule is JSON"))
    }

    /// The names of all schedules.
    pub async fn schedules(&self) -> Vec<String> {
        let listed = self.cloud("scheduler", Method::GET, "/schedules?MaxResults=100", None).await;
        let name = |schedule: &Value| schedule["Name"].as_str().unwrap_or_default().to_owned();
        listed["Schedules"].as_array().into_iter().flatten().map(name).collect()
    }

    /// Puts schedules back as they were.
    pub async fn put_back(&self, schedules: &[Value]) {
        for schedule in schedules {
            let name = schedule["Name"].as_str().unwrap_or_default();
            let mut body = json!({});
            for field in [
                "GroupName",
                "ScheduleExpression",
                "Target",
                "FlexibleTimeWindow",
                "ActionAfterCompletion",
                "State",
            ] {
                if !schedule[field].is_null() {
                    body[field] = schedule[field].clone();
                }
            }
            let _ = self.cloud("scheduler", Method::POST, &format!("/schedules/{name}"), Some(&body)).await;
        }
    }
}
