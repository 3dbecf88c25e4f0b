//! Plays a row: sends what it sends, and compares what came of it.

use aws_lambda_events::event::sqs::SqsEvent;
use http::{Method, StatusCode};
use lucius_bad_inputs::{Log, Route, Stage, sms, voice};
use lucius_shell::{Request, Response, testing::request, wake::WakeMessage};
use quick_xml::{Reader, events::Event};
use serde_json::{Value, json};

use crate::row::{Answer, Expect, Input, Row};

/// What is wrong.
type Complaints = Vec<String>;

/// A stage that is used again for as long as nothing changes on it, and an ear.
struct Theatre<'a> {
    stage: Stage,
    log: Log,
    expect: &'a Expect,
    wrong: Complaints,
}

/// Plays one row.
pub(crate) async fn row(row: &Row) -> Complaints {
    let (log, _guard) = Log::listen();
    let mut theatre = Theatre { stage: Stage::new().await, log, expect: &row.expect, wrong: Vec::new() };
    theatre.stage.mark().await;
    match &row.input {
        Input::Webhook(change) => theatre.webhooks(*change).await,
        Input::Texts(texts) => theatre.texts(texts).await,
        Input::Numbers(numbers) => theatre.numbers(numbers).await,
        Input::Call(path, more) => {
            let fields = voice(&theatre.stage.number(theatre.stage.ann).await, "CA1", more);
            theatre.send(path, Route::new(theatre.stage.told(path), fields).genuine()).await;
        }
        Input::Placed(path, more) => {
            let fields = voice("+12025550100", "CA1", more);
            theatre.send(path, Route::new(theatre.stage.told(path), fields).genuine()).await;
        }
        Input::Token(forge) => theatre.tokens(*forge).await,
        Input::Api(requests) => theatre.api(requests).await,
        Input::Wakes(messages) => theatre.wakes(messages).await,
        Input::Story(story) => {
            let answer = story(&mut theatre.stage).await;
            theatre.judge("the story", &answer).await;
        }
    }
    theatre.wrong
}

impl Theatre<'_> {
    async fn send(&mut self, label: &str, request: Request) {
        let answer = Answer::Http(self.stage.answer(request).await);
        self.judge(label, &answer).await;
    }

    /// Compares an answer, and what has changed, with what is expected; then clears the stage, if it was changed.
    async fn judge(&mut self, label: &str, answer: &Answer) {
        let changes = self.stage.changes().await;
        let log = self.log.take();
        let mut wrong = expected(answer, self.expect, label);
        let allowed: &[&str] = match self.expect {
            Expect::Forged | Expect::Genuine => &[],
            Expect::Answer(_, _, changes) | Expect::Again(changes) | Expect::Done(changes) => changes,
        };
        if changes.iter().map(String::as_str).ne(allowed.iter().copied()) {
            wrong.push(format!("changed {changes:?} and not {allowed:?}"));
        }
        wrong.extend(quiet(&self.stage, answer, &log));
        let words = match answer {
            Answer::Http(response) => format!("{} {}", response.status, response.body),
            Answer::Done | Answer::Again => format!("{answer:?}"),
        };
        self.wrong.extend(wrong.into_iter().map(|why| format!("{label:?}: {why}\n      {words}")));
        if !changes.is_empty() {
            self.clear().await;
        }
    }

    async fn clear(&mut self) {
        self.stage = Stage::new().await;
        self.stage.mark().await;
        let _ = self.log.take();
    }

    async fn webhooks(&mut self, change: fn(&Route) -> Request) {
        for index in 0..Route::all(&self.stage).await.len() {
            let route = Route::all(&self.stage).await.swap_remove(index);
            if !matches!(self.expect, Expect::Genuine) {
                self.send(&route.path, change(&route)).await;
                continue;
            }
            let same = self.stage.answer(change(&route)).await;
            let changes = self.stage.changes().await;
            self.clear().await;
            let genuine = self.stage.answer(route.genuine()).await;
            if (&same, &changes) != (&genuine, &self.stage.changes().await) {
                self.wrong.push(format!("{} and not as the genuine one: {same:?} {changes:?}", route.path));
            }
            self.clear().await;
        }
    }

    async fn texts(&mut self, texts: &[&str]) {
        for text in texts {
            let ann = self.stage.number(self.stage.ann).await;
            let request = Route::new("/inbound/sms", sms(&ann, "SM1", text)).genuine();
            self.send(text, request).await;
            let dan = self.stage.dan().await;
            let request = Route::new("/inbound/sms", sms(&dan, "SM2", text)).genuine();
            let answer = Answer::Http(self.stage.answer(request).await);
            let mut wrong = quiet(&self.stage, &answer, &self.log.take());
            if self.stage.incident().await.acceptor().is_some() {
                wrong.push("it accepts".to_owned());
            }
            self.wrong
                .extend(wrong.into_iter().map(|why| format!("{text:?} from Dan: {why}\n      {answer:?}")));
            self.clear().await;
        }
    }

    async fn numbers(&mut self, numbers: &[&str]) {
        for number in numbers {
            for (who, method, path) in [
                (self.stage.ann, Method::POST, "/v1/users/{ann}/contacts"),
                (self.stage.ann, Method::PUT, "/v1/users/{ann}/contacts/1"),
                (self.stage.ann, Method::PUT, "/v1/users/{ann}"),
                (self.stage.cleo, Method::POST, "/v1/users"),
            ] {
                let mut body = json!({ "phone_number": number });
                if method == Method::POST {
                    body["first_name"] = json!("Eve");
                    body["last_name"] = json!("Moneypenny");
                }
                if path == "/v1/users" {
                    body["email"] = json!("eve@example.org");
                    body["password"] = json!("very-secure");
                }
                let request = request(method.clone(), &self.stage.told(path)).json(&body);
                let request = request.bearer(&self.stage.world.token(who).await);
                self.send(&format!("{number} {method} {path}"), request).await;
            }
        }
    }

    async fn tokens(&mut self, forge: crate::row::Forger) {
        for token in forge(&mut self.stage).await {
            for (method, path) in [
                (Method::GET, "/v1/users"),
                (Method::POST, "/v1/users"),
                (Method::GET, "/v1/users/{ann}"),
                (Method::PUT, "/v1/users/{ann}"),
                (Method::DELETE, "/v1/users/{ann}"),
                (Method::GET, "/v1/users/{ann}/contacts"),
                (Method::POST, "/v1/users/{ann}/contacts"),
                (Method::PUT, "/v1/users/{ann}/contacts/1"),
                (Method::DELETE, "/v1/users/{ann}/contacts/1"),
                (Method::GET, "/v1/users/{ann}/probe_settings"),
                (Method::PUT, "/v1/users/{ann}/probe_settings"),
                (Method::GET, "/v1/users/{ann}/probes"),
                (Method::GET, "/v1/users/{ann}/incidents"),
                (Method::POST, "/v1/incidents/{incident}/resolve"),
            ] {
                let request = request(method.clone(), &self.stage.told(path)).bearer(&token);
                self.send(&format!("{method} {path}"), request.json(&json!({}))).await;
            }
        }
    }

    async fn api(&mut self, requests: &[(&str, &str, &str)]) {
        for (method, path, body) in requests {
            let method: Method = method.parse().unwrap();
            let mut request = request(method, &self.stage.told(path));
            request.body = body.as_bytes().to_vec();
            let request = request.bearer(&self.stage.world.token(self.stage.ann).await);
            self.send(body, request).await;
        }
    }

    async fn wakes(&mut self, messages: &[&str]) {
        for message in messages {
            let message = self.stage.told(message);
            for (way, answer) in [
                ("by schedule", by_schedule(&self.stage, &message).await),
                ("by sweep", by_sweep(&self.stage, &message).await),
                ("by queue", by_queue(&self.stage, &message).await),
            ] {
                self.judge(&format!("{message} {way}"), &answer).await;
            }
        }
    }
}

fn came_of<T, E>(result: &Result<T, E>) -> Answer {
    if result.is_ok() { Answer::Done } else { Answer::Again }
}

/// Lambda reads the payload before the handler sees it: what cannot be read comes again as well.
async fn by_schedule(stage: &Stage, message: &str) -> Answer {
    match serde_json::from_str::<WakeMessage>(message) {
        Ok(message) => came_of(&Box::pin(deadman::handle(&stage.world.app, message)).await),
        Err(_) => Answer::Again,
    }
}

async fn by_sweep(stage: &Stage, message: &str) -> Answer {
    match serde_json::from_str::<escalate::Event>(message) {
        Ok(event) => came_of(&Box::pin(escalate::handle(&stage.world.app, event)).await),
        Err(_) => Answer::Again,
    }
}

async fn by_queue(stage: &Stage, message: &str) -> Answer {
    let batch: SqsEvent = serde_json::from_value(json!({
        "Records": [{ "messageId": "m1", "body": message, "attributes": {}, "messageAttributes": {} }],
    }))
    .unwrap();
    let event = escalate::Event::Queue(batch);
    match Box::pin(escalate::handle(&stage.world.app, event)).await {
        Ok(response) if response.batch_item_failures.is_empty() => Answer::Done,
        Ok(response) => {
            assert_eq!(response.batch_item_failures[0].item_identifier, "m1");
            Answer::Again
        }
        Err(_) => Answer::Again,
    }
}

/// Whether the answer is the one expected.
fn expected(answer: &Answer, expect: &Expect, label: &str) -> Complaints {
    let mut wrong = Vec::new();
    match (answer, expect) {
        (Answer::Http(response), Expect::Forged) => {
            let older = label.starts_with("/webhook/sms");
            let status = if older { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
            if response.status != status || !says_nothing(response) {
                wrong.push("not refused as forged".to_owned());
            }
        }
        (Answer::Http(response), Expect::Answer(status, says, _)) => {
            if response.status.as_u16() != *status {
                wrong.push(format!("status {} and not {status}", response.status));
            }
            let is_api = response.content_type.starts_with("application/json");
            if says.is_empty() && !is_api && !says_nothing(response) {
                wrong.push("it is answered".to_owned());
            }
            if !unescaped(&response.body).contains(says) {
                wrong.push(format!("it does not say {says:?}"));
            }
        }
        (Answer::Done, Expect::Done(_)) | (Answer::Again, Expect::Again(_)) => {}
        _ => wrong.push("another kind of answer".to_owned()),
    }
    wrong
}

fn says_nothing(response: &Response) -> bool {
    response.body.is_empty() || response.body.ends_with("<Response></Response>")
}

fn unescaped(body: &str) -> String {
    quick_xml::escape::unescape(body).map_or_else(|_| body.to_owned(), std::borrow::Cow::into_owned)
}

/// What holds for every answer: nothing secret, nothing malformed, no panic. Names are for those who know each other: a
/// refusal and a log have none.
fn quiet(stage: &Stage, answer: &Answer, log: &str) -> Complaints {
    let mut wrong: Complaints =
        stage.leaks(log).chain(stage.names(log)).map(|it| format!("logged {it:?}: {log}")).collect();
    if log.contains("panicked") {
        wrong.push(format!("it panicked: {log}"));
    }
    let Answer::Http(response) = answer else { return wrong };
    wrong.extend(stage.leaks(&response.body).map(|it| format!("answered {it:?}")));
    if !response.status.is_success() {
        wrong.extend(stage.names(&response.body).map(|it| format!("refused with {it:?}")));
    }
    if response.content_type.starts_with("text/xml") {
        wrong.extend(malformed(&response.body));
    } else if response.content_type.starts_with("application/json") {
        let body: Value = serde_json::from_str(&response.body).unwrap();
        let errors = body["errors"].as_array().map_or(0, Vec::len);
        let success = response.status.is_success();
        if body["success"] != success || (errors > 0) == success {
            wrong.push("not the API's envelope".to_owned());
        }
    }
    wrong
}

const VERBS: [&str; 7] = ["Response", "Say", "Gather", "Pause", "Redirect", "Hangup", "Message"];

/// What is wrong with a document for the carrier.
fn malformed(document: &str) -> Complaints {
    let mut reader = Reader::from_str(document);
    let mut wrong = Vec::new();
    let mut open: usize = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element))
                if !VERBS.iter().any(|verb| *verb == element.name().as_ref()) =>
            {
                wrong.push(format!("not a verb of ours: {:?}", element.name()));
            }
            Ok(Event::Start(_)) => open = open.saturating_add(1),
            Ok(Event::End(_)) => open = open.saturating_sub(1),
            Ok(Event::Eof) if open == 0 => return wrong,
            Ok(Event::Eof) => wrong.push("it breaks off".to_owned()),
            Err(error) => {
                wrong.push(format!("no XML: {error}"));
                return wrong;
            }
            Ok(_) => {}
        }
        if wrong.len() > 9 {
            return wrong;
        }
    }
}

/// Every route takes what the carrier sends, and most change something.
pub(crate) async fn genuine() {
    let mut changed = Vec::new();
    for index in 0.. {
        let mut stage = Stage::new().await;
        let Some(route) = Route::all(&stage).await.into_iter().nth(index) else { break };
        stage.mark().await;
        let response = stage.answer(route.genuine()).await;
        assert!(response.status.is_success(), "{}: {response:?}", route.path);
        if !stage.changes().await.is_empty() {
            changed.push(route.path);
        }
    }
    assert_eq!(changed.len(), 11, "{changed:?}");
}
