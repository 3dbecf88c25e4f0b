//! Phones of the simulated carrier, by its control API.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    api::{Answer, send},
    call::Call,
    wait::secs,
};

/// The control API of the switchboard.
#[derive(Debug, Clone)]
pub struct Control {
    client: Client,
    url: String,
}

impl Control {
    pub(crate) fn new(client: Client, switchboard: &str) -> Self {
        Self { client, url: format!("{switchboard}/control") }
    }

    /// A request below `/control`, whatever is answered.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        send(&self.client, method, &format!("{}/{path}", self.url), None, body).await
    }

    /// A request that must succeed.
    #[track_caller]
    pub fn post<'a>(&'a self, path: &'a str, body: &'a Value) -> impl Future<Output = Value> + 'a {
        let line = std::panic::Location::caller();
        async move {
            let answer = self.send("POST", path, Some(body)).await;
            assert!(answer.status < 300, "{line}: {path} {body}: {} {}", answer.status, short(&answer.body));
            answer.body
        }
    }

    /// Something to read.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, None).await;
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// Waits for an event of a phone, and claims it.
    pub async fn expect(&self, number: &str, ask: &Value) -> Value {
        let answer = self.send("POST", &format!("phones/{number}/expect"), Some(ask)).await;
        assert!(
            answer.status < 300,
            "{number} expected {} saying {:?}: {}",
            ask["kind"],
            ask["contains"].as_str().unwrap_or_default(),
            short(&answer.body)
        );
        answer.body["event"].clone()
    }
}

/// The reason alone: the story prints the events of every phone anyway.
fn short(body: &Value) -> String {
    body["error"].as_str().map_or_else(|| body.to_string(), str::to_owned)
}

/// A person's phone.
#[derive(Debug, Clone)]
pub struct Phone {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    control: Control,
    number: String,
    name: String,
}

/// What came back on a text.
#[derive(Debug)]
pub struct Sent {
    phone: Phone,
    replies: Vec<String>,
}

/// Whoever reads or hears this does the same again.
pub(crate) const UNRECORDED: &str = "recorded";

/// So often.
pub(crate) const AGAIN: usize = 3;

/// How long a call or text may take whose cause has just happened.
const SOON: Duration = secs(40);

impl Phone {
    pub(crate) async fn new(control: &Control, number: &str, name: &str) -> Self {
        let inner = Inner { control: control.clone(), number: number.to_owned(), name: name.to_owned() };
        let phone = Self { inner: Arc::new(inner) };
        phone.is(json!({ "behaviour": "driven", "name": name })).await;
        phone
    }

    /// The switchboard that it is connected to.
    #[must_use]
    pub fn switchboard(&self) -> &Control {
        &self.inner.control
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.inner.number
    }

    /// Whose it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Changes its settings.
    pub async fn is(&self, settings: Value) {
        let path = format!("phones/{}", self.number());
        let answer = self.switchboard().send("PUT", &path, Some(&settings)).await;
        assert!(answer.status < 300, "{path}: {}", answer.body);
    }

    /// What happens to calls from now on: `voicemail`, `busy`, `no_answer`, `driven`, `manual` …
    pub async fn behaves(&self, behaviour: &str) {
        self.is(json!({ "behaviour": behaviour })).await;
    }

    /// The next call to this phone, soon.
    pub async fn expect_call(&self) -> Call {
        self.expect_call_within(SOON).await
    }

    /// The next call to this phone.
    pub async fn expect_call_within(&self, limit: Duration) -> Call {
        let ask = json!({ "kind": "call.placed", "timeout": limit.as_secs() });
        Call::new(self, &self.switchboard().expect(self.number(), &ask).await)
    }

    /// A text that says `words`, soon; its body.
    pub async fn expect_text(&self, words: &str) -> String {
        self.expect_text_within(words, SOON).await
    }

    /// A text that says `words`; its body.
    pub async fn expect_text_within(&self, words: &str, limit: Duration) -> String {
        let ask = json!({ "kind": "text.received", "contains": words, "timeout": limit.as_secs() });
        let event = self.switchboard().expect(self.number(), &ask).await;
        event["body"].as_str().unwrap_or_default().to_owned()
    }

    /// The alert for a contact; its code.
    pub async fn expect_alert(&self, words: &str) -> String {
        code_in(&self.expect_text(words).await).expect("the alert has a code")
    }

    /// Texts our number.
    pub async fn sends(&self, body: &str) -> Sent {
        self.sends_as(body, None).await
    }

    /// Texts our number and says that it is `from`.
    pub async fn sends_as(&self, body: &str, from: Option<&Phone>) -> Sent {
        let mut text = json!({ "body": body });
        if let Some(from) = from {
            text["from"] = json!(from.number());
        }
        let mut replies = self.texts_once(&text).await;
        for _ in 0..AGAIN {
            if replies.iter().any(|reply| reply.contains(UNRECORDED)) {
                replies = self.texts_once(&text).await;
            }
        }
        Sent { phone: from.unwrap_or(self).clone(), replies }
    }

    async fn texts_once(&self, text: &Value) -> Vec<String> {
        let done = self.switchboard().post(&format!("phones/{}/text", self.number()), text).await;
        assert_eq!(done["webhook"]["status"], 200, "the text webhook failed: {done}");
        let replies = done["webhook"]["replies"].as_array().cloned().unwrap_or_default();
        let body = |reply: &Value| reply["body"].as_str().or(reply.as_str()).unwrap_or_default().to_owned();
        replies.iter().map(body).collect()
    }

    /// Calls our number, with a finger ready for every prompt.
    pub async fn calls(&self) -> Call {
        self.calls_as(None).await
    }

    /// Calls our number and shows the number of `from`.
    pub async fn calls_as(&self, from: Option<&Phone>) -> Call {
        let mut call = json!({ "behaviour": "driven" });
        if let Some(from) = from {
            call["from"] = json!(from.number());
        }
        let placed = self.switchboard().post(&format!("phones/{}/call", self.number()), &call).await;
        Call::new(self, &json!({ "call": placed["call"], "seq": 0 }))
    }

    /// Strikes this number's requests or webhooks with a fault; its id.
    pub async fn suffers(&self, on: &str, effect: Value, seconds: Option<f64>) -> String {
        let mut fault = json!({ "on": on, "effect": effect, "number": self.number() });
        if let Some(seconds) = seconds {
            fault["seconds"] = json!(seconds);
        }
        let made = self.switchboard().post("faults", &fault).await;
        made["id"].as_str().map_or_else(|| made["id"].to_string(), str::to_owned)
    }

    /// Ends all faults of this number.
    pub async fn recovers(&self) {
        let answer =
            self.switchboard().send("DELETE", &format!("faults?number={}", plain(self.number())), None).await;
        assert!(answer.status < 300, "{}", answer.body);
    }

    /// All events of the phone, of the given kinds (separated by commas; empty: all), oldest first.
    pub async fn events(&self, kinds: &str) -> Vec<Value> {
        let kinds = if kinds.is_empty() { String::new() } else { format!("&kind={kinds}") };
        let path = format!("phones/{}/events?limit=2000{kinds}", self.number());
        self.switchboard().get(&path).await["events"].as_array().cloned().unwrap_or_default()
    }

    /// What has been texted to this phone, oldest first. Events of a phone are kept to a number, texts to another.
    pub async fn texts(&self) -> Vec<String> {
        let found = self.switchboard().get(&format!("messages?number={}", plain(self.number()))).await;
        let texts = found["messages"].as_array().into_iter().flatten();
        texts.filter_map(|text| text["body"].as_str().map(str::to_owned)).collect()
    }

    /// How many calls to this phone the carrier has taken.
    pub async fn rings(&self) -> usize {
        let events = self.events("call.placed").await;
        events.iter().filter(|event| event["direction"] == "outbound-api").count()
    }

    /// Claims what has come to this phone of one kind so far: it was to be expected, however often.
    pub async fn consume(&self, kind: &str) {
        let _ = self.switchboard().post("consume", &json!({ "number": self.number(), "kind": kind })).await;
    }
}

/// A number as it stands in a query, where a plus would be a space.
pub(crate) fn plain(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// The code in an alert.
#[must_use]
pub fn code_in(text: &str) -> Option<String> {
    text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '+')
        .find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
}

impl Sent {
    /// It was answered with `words`.
    pub async fn answered(&self, words: &str) -> String {
        assert!(!self.replies.is_empty(), "{}: no answer, expected {words:?}", self.phone.name());
        self.phone.expect_text_within(words, secs(10)).await
    }

    /// It was not answered.
    pub fn in_silence(&self) {
        assert!(self.replies.is_empty(), "{}: answered {:?}", self.phone.name(), self.replies);
    }
}
