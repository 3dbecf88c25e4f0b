//! A call, from the side of the person at the phone.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    phone::{Control, Phone},
    wait::secs,
};

/// A call to or from a phone of a test.
#[derive(Debug)]
pub struct Call {
    phone: Phone,
    /// The carrier's id.
    pub sid: String,
    /// The last event that was waited for.
    seen: AtomicU64,
}

/// How long the next words may take: a webhook or two, on a machine that is busy with sixty stories.
const PATIENCE: Duration = secs(25);

impl Call {
    pub(crate) fn new(phone: &Phone, event: &Value) -> Self {
        let sid = event["call"].as_str().expect("a call has an id").to_owned();
        Self { phone: phone.clone(), sid, seen: AtomicU64::new(event["seq"].as_u64().unwrap_or_default()) }
    }

    fn control(&self) -> &Control {
        self.phone.switchboard()
    }

    /// Waits for a prompt before which `words` were said.
    pub async fn hears(&self, words: &str) -> &Self {
        self.next("call.gathering", words, PATIENCE).await;
        self
    }

    /// Waits for the end; `words` were said at some time in this call.
    pub async fn ends(&self, words: &str) -> Value {
        self.next("call.ended", words, secs(90)).await
    }

    /// Waits for the end, whatever was said, and gives the carrier's status for it.
    pub async fn ends_as(&self) -> String {
        self.next("call.ended", "", secs(90)).await["status"].as_str().unwrap_or_default().to_owned()
    }

    async fn next(&self, kind: &str, words: &str, limit: Duration) -> Value {
        let ask = json!({
            "kind": kind, "about": self.sid, "after": self.seen.load(Ordering::Relaxed), "contains": words,
            "timeout": limit.as_secs(),
        });
        let event = self.control().expect(self.phone.number(), &ask).await;
        self.seen.store(event["seq"].as_u64().unwrap_or_default(), Ordering::Relaxed);
        event
    }

    /// Presses keys at the prompt that waits, or that comes.
    pub async fn presses(&self, digits: &str) -> &Self {
        let path = format!("calls/{}/press", self.sid);
        let _ = self.control().post(&path, &json!({ "digits": digits, "wait": 20 })).await;
        self
    }

    /// Says something at the prompt.
    pub async fn says(&self, text: &str) -> &Self {
        let path = format!("calls/{}/say", self.sid);
        let _ = self.control().post(&path, &json!({ "text": text, "wait": 20 })).await;
        self
    }

    /// Lets the prompt time out.
    pub async fn keeps_silent(&self) -> &Self {
        let _ = self.control().post(&format!("calls/{}/silence", self.sid), &json!({ "wait": 20 })).await;
        self
    }

    /// Answers a phone that rings.
    pub async fn answers(&self) -> &Self {
        let _ = self.control().post(&format!("calls/{}/answer", self.sid), &json!({})).await;
        self
    }

    /// Hangs up; a call that is over already is over.
    pub async fn hangs_up(&self) {
        let _ = self.control().send("POST", &format!("calls/{}/hangup", self.sid), Some(&json!({}))).await;
    }
}
