//! A call, from the side of the person at the phone.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    phone::{AGAIN, Control, Phone, UNRECORDED},
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
    /// What was pressed last, until the answer to it is heard.
    pressed: Mutex<Option<String>>,
}

/// How long the next words may take: a webhook or two, on a machine that is busy with sixty stories.
const PATIENCE: Duration = secs(25);

impl Call {
    pub(crate) fn new(phone: &Phone, event: &Value) -> Self {
        let sid = event["call"].as_str().expect("a call has an id").to_owned();
        let seen = AtomicU64::new(event["seq"].as_u64().unwrap_or_default());
        Self { phone: phone.clone(), sid, seen, pressed: Mutex::default() }
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
        let pressed = self.pressed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(digits) = pressed {
            self.presses_again(&digits, limit).await;
        }
        let event = self.control().expect(self.phone.number(), &self.ask(kind, words, limit)).await;
        self.saw(&event);
        event
    }

    fn ask(&self, kind: &str, words: &str, limit: Duration) -> Value {
        let after = self.seen.load(Ordering::Relaxed);
        json!({ "kind": kind, "about": self.sid, "after": after, "contains": words, "timeout": limit.as_secs() })
    }

    fn saw(&self, event: &Value) {
        self.seen.store(event["seq"].as_u64().unwrap_or_default(), Ordering::Relaxed);
    }

    /// Does what a person does who hears that it was not recorded, as on a busy machine: presses the same again.
    async fn presses_again(&self, digits: &str, limit: Duration) {
        let path = format!("phones/{}/expect", self.phone.number());
        for _ in 0..AGAIN {
            let any = self.ask("call.gathering,call.ended", "", limit);
            let answer = self.control().send("POST", &path, Some(&any)).await;
            let sorry = self.ask("call.gathering", UNRECORDED, Duration::ZERO);
            let apology = self.control().send("POST", &path, Some(&sorry)).await;
            let told = &apology.body["event"]["seq"];
            if apology.status >= 300 || *told != answer.body["event"]["seq"] {
                return;
            }
            self.saw(&apology.body["event"]);
            self.press(digits).await;
        }
    }

    /// Presses keys at the prompt that waits, or that comes.
    pub async fn presses(&self, digits: &str) -> &Self {
        self.press(digits).await;
        *self.pressed.lock().unwrap_or_else(PoisonError::into_inner) = Some(digits.to_owned());
        self
    }

    async fn press(&self, digits: &str) {
        let path = format!("calls/{}/press", self.sid);
        let _ = self.control().post(&path, &json!({ "digits": digits, "wait": 20 })).await;
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
