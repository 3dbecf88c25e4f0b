//! Phones: what they do, what they hear, what they send.

use reqwest::Method;
use serde_json::{Value, json};

use super::Stack;

/// A phone of the switchboard.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) stack: Stack,
    pub(crate) number: String,
}

/// A call to a phone.
pub(crate) struct Call<'a> {
    phone: &'a Phone,
    pub(crate) sid: String,
    heard_until: u64,
}

impl Phone {
    async fn post(&self, action: &str, body: &Value) -> (u16, Value) {
        self.stack.control(Method::POST, &format!("/phones/{}/{action}", self.number), body).await
    }

    /// How it treats calls from now on.
    pub(crate) async fn set(&self, settings: Value) {
        let (status, answer) =
            self.stack.control(Method::PUT, &format!("/phones/{}", self.number), &settings).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) async fn is(&self, behaviour: &str) {
        self.set(json!({ "behaviour": behaviour })).await;
    }

    /// Waits for what comes next of a kind.
    pub(crate) async fn expect(&self, what: Value) -> Value {
        let (status, answer) = self.post("expect", &what).await;
        assert_eq!(status, 200, "{} expected {what}: {answer}", self.number);
        answer["event"].clone()
    }

    /// A text arrives that contains `words`; its body.
    pub(crate) async fn expect_text(&self, words: &str) -> String {
        let what = json!({ "kind": "text.received", "contains": words, "timeout": 100 });
        self.expect(what).await["body"].as_str().unwrap().to_owned()
    }

    /// It rings.
    pub(crate) async fn expect_call(&self) -> Call<'_> {
        self.expect_call_within(100).await
    }

    pub(crate) async fn expect_call_within(&self, seconds: u64) -> Call<'_> {
        let event = self.expect(json!({ "kind": "call.placed", "timeout": seconds })).await;
        let sid = event["call"].as_str().unwrap().to_owned();
        Call { phone: self, sid, heard_until: event["seq"].as_u64().unwrap() }
    }

    /// Sends a text; what is answered.
    pub(crate) async fn sends(&self, body: &str) -> Vec<String> {
        let (status, answer) = self.post("text", &json!({ "body": body })).await;
        assert_eq!(status, 200, "{answer}");
        let replies = answer["webhook"]["replies"].as_array().cloned().unwrap_or_default();
        for _ in &replies {
            // An answer to what this phone has just sent is expected.
            self.expect(json!({ "kind": "text.received", "timeout": 10 })).await;
        }
        replies.iter().map(|reply| reply.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Calls the service number.
    pub(crate) async fn calls(&self) -> Call<'_> {
        let (status, answer) = self.post("call", &json!({})).await;
        assert_eq!(status, 200, "{answer}");
        Call { phone: self, sid: answer["call"].as_str().unwrap().to_owned(), heard_until: 0 }
    }

    /// The log, newest last.
    pub(crate) async fn log(&self) -> Vec<Value> {
        let path = format!("/phones/{}/events?limit=2000", self.number);
        let (_, answer) = self.stack.control(Method::GET, &path, &Value::Null).await;
        answer["events"].as_array().cloned().unwrap_or_default()
    }

    /// How many calls to it were placed so far; they all count as expected.
    pub(crate) async fn rings(&self) -> usize {
        self.log().await.iter().filter(|event| event["kind"] == "call.placed").count()
    }

    /// Whatever it has received so far was expected.
    pub(crate) async fn accept_all(&self) {
        self.stack.control(Method::POST, "/consume", &json!({ "number": self.number })).await;
    }
}

impl Call<'_> {
    /// The next prompt contains `words`.
    pub(crate) async fn hears(&mut self, words: &str) -> &mut Self {
        let what = json!({
            "kind": "call.gathering", "about": self.sid, "after": self.heard_until, "contains": words, "timeout": 30,
        });
        self.heard_until = self.phone.expect(what).await["seq"].as_u64().unwrap();
        self
    }

    /// The call ends, and `words` were among all that was said.
    pub(crate) async fn ends_with(&mut self, words: &str) {
        let what = json!({ "kind": "call.ended", "about": self.sid, "contains": words, "timeout": 60 });
        self.phone.expect(what).await;
    }

    /// The call ends so.
    pub(crate) async fn ends_as(&mut self, status: &str) {
        let event =
            self.phone.expect(json!({ "kind": "call.ended", "about": self.sid, "timeout": 60 })).await;
        assert_eq!(event["status"], status, "{event}");
    }

    async fn act(&self, action: &str, body: &Value) -> u16 {
        let path = format!("/calls/{}/{action}", self.sid);
        self.phone.stack.control(Method::POST, &path, body).await.0
    }

    pub(crate) async fn press(&mut self, digits: &str) -> &mut Self {
        assert_eq!(
            self.act("press", &json!({ "digits": digits, "wait": 10 })).await,
            200,
            "a prompt takes {digits}"
        );
        self
    }

    /// Whether somebody is on the line now, listening to a prompt; otherwise the call has come to nothing.
    pub(crate) async fn rings_through(&mut self) -> bool {
        let path = format!("/calls/{}/wait?for=gather&timeout=3", self.sid);
        let (status, call) = self.phone.stack.control(Method::GET, &path, &Value::Null).await;
        status == 200 && call["status"] == "in-progress"
    }

    pub(crate) async fn hangs_up(&mut self) {
        self.act("hangup", &json!({})).await;
    }
}
