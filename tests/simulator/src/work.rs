//! What each function does when it is invoked, and with what it is.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use lucius_core::actor::ActorId;
use lucius_shell::{App, Request, Response, run, wake::WakeMessage};
use lucius_store::simulated::Release;
use lucius_telephony::Form;
use lucius_twilio::signature;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    functions::{ACCOUNT, AUTH_TOKEN, BASE_URL, Ended, Functions, Invocation, Post, Work},
    ports::{Direct, LATER_VERSION, SimPorts, said_version},
    world::instant,
};

impl Functions {
    /// What the function does, if it is of this release.
    pub(crate) fn work(&self, invocation: &Invocation, release: Release) -> Work {
        match invocation {
            Invocation::Queue(numbers) => self.queue(numbers, release),
            Invocation::Schedule(user, _) => {
                let app = Arc::clone(&self.performer);
                let actors = (*user).try_into().map(ActorId::Deadman).into_iter().collect();
                let message = WakeMessage { version: 1, actors };
                Box::pin(async move {
                    let Ok(message) = told(message) else { return Ended::Failed };
                    ended(&deadman::handle(&app, message).await)
                })
            }
            Invocation::Direct(actors, _) => {
                let app = Arc::clone(&self.performer);
                let message = WakeMessage { version: 1, actors: actors.clone() };
                Box::pin(async move {
                    if let Some(ActorId::Deadman(_)) = message.actors.first() {
                        let Ok(message) = told(message) else { return Ended::Failed };
                        return ended(&deadman::handle(&app, message).await);
                    }
                    let Ok(event) = told(message) else { return Ended::Failed };
                    ended(&escalate::handle(&app, event).await)
                })
            }
            Invocation::Letter(letter) => {
                let body = self.world.lock().letters.body(*letter);
                self.sweep(batch([(*letter, body)], release))
            }
            Invocation::Sweep(clock) => self.sweep(serde_json::json!({ "clock": clock.to_string() })),
            Invocation::Webhook(post) => {
                let (app, request) = (Arc::clone(&self.decider), self.signed(post));
                Box::pin(async move { Ended::Answered(answer(&app, &request).await) })
            }
            Invocation::Edit(edit) => {
                let (app, world, edit) = (Arc::clone(&self.decider), Arc::clone(&self.world), edit.clone());
                Box::pin(async move {
                    let done = run(&app.shell, edit.0, edit.1.clone()).await.map(|_| ());
                    crate::edits::ended(&mut world.lock(), &edit, done.as_ref().copied());
                    if done.is_ok() { Ended::Well } else { Ended::Failed }
                })
            }
        }
    }

    /// What the sweep does with an event, of a clock or of a dead-letter queue.
    fn sweep(&self, event: impl Serialize) -> Work {
        let (app, invoker) = (Arc::clone(&self.decider), Direct(Arc::clone(&self.world)));
        let event = told(event);
        Box::pin(async move {
            let Ok(event) = event else { return Ended::Failed };
            match event {
                sweep::Event::Letters(letters) => {
                    let waits = sweep::letters::read(&letters).batch_item_failures;
                    if waits.is_empty() { Ended::Well } else { Ended::Failed }
                }
                sweep::Event::Tick(tick) => ended(&sweep::cycle(&app, &invoker, &tick).await),
            }
        })
    }

    fn queue(&self, numbers: &[u64], release: Release) -> Work {
        let app = Arc::clone(&self.performer);
        let inner = self.world.lock();
        let body = |number: &u64| inner.messages.get(number).map(|(body, _)| body.clone());
        let event = batch(numbers.iter().map(|number| (*number, body(number))), release);
        drop(inner);
        Box::pin(async move {
            let Ok(event) = told(event) else { return Ended::Failed };
            let Ok(response) = escalate::handle(&app, event).await else { return Ended::Failed };
            let failed = response.batch_item_failures.iter();
            let failed: Vec<u64> =
                failed.filter_map(|failure| failure.item_identifier.parse().ok()).collect();
            if failed.is_empty() { Ended::Well } else { Ended::Partly(failed) }
        })
    }

    fn signed(&self, post: &Post) -> Request {
        let fields: Vec<(&str, &str)> = post
            .fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain([("AccountSid", ACCOUNT)])
            .collect();
        let form: Form = fields.iter().copied().collect();
        let token = match post.forged {
            true if post.path.len().is_multiple_of(2) => "",
            true => "a token that was guessed",
            false => AUTH_TOKEN,
        };
        let signature = signature::sign(&token.into(), &format!("{BASE_URL}{}", post.path), &form);
        let mut headers = HeaderMap::new();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(HeaderName::from_static("content-type"), form_type);
        if let Ok(value) = HeaderValue::from_str(&signature) {
            headers.insert(HeaderName::from_static("x-twilio-signature"), value);
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Request {
            method: Method::POST,
            raw_path: post.path.clone(),
            raw_query: String::new(),
            headers,
            body: body.into_bytes(),
            arrived_at: instant(post.arrived.unwrap_or(self.world.lock().now)),
            source_ip: "192.0.2.1".to_owned(),
        }
    }
}

/// The event as the function reads it: the runtime hands over JSON, and an invocation whose event cannot be read has failed.
fn told<E: DeserializeOwned>(event: impl Serialize) -> serde_json::Result<E> {
    serde_json::from_value(serde_json::to_value(event)?)
}

fn ended<T, E>(done: &Result<T, E>) -> Ended {
    if done.is_ok() { Ended::Well } else { Ended::Failed }
}

/// A batch of messages. The next release reads what it has written; this one does not know it.
fn batch(messages: impl IntoIterator<Item = (u64, Option<String>)>, release: Release) -> SqsEvent {
    let (later, this) = (said_version(LATER_VERSION), said_version(1));
    let records = messages.into_iter().map(|(number, body)| {
        let mut message = SqsMessage::default();
        message.body = match release {
            Release::This => body,
            Release::Next => body.map(|body| body.replace(&later, &this)),
        };
        message.message_id = Some(number.to_string());
        message
    });
    let mut event = SqsEvent::default();
    event.records = records.collect();
    event
}

async fn answer(app: &App<SimPorts>, request: &Request) -> Response {
    match request.segments().first().copied() {
        Some("call") => twilio_call::handle(app, request).await,
        Some("receipt") => twilio_receipt::handle(app, request).await,
        Some("inbound") if request.raw_path == "/inbound/sms" => twilio_sms::handle(app, request).await,
        Some("inbound") => twilio_voice::handle(app, request).await,
        Some(_) | None => Response::empty(StatusCode::NOT_FOUND),
    }
}

/// What the trace calls an invocation.
pub(crate) fn name(invocation: &Invocation) -> String {
    match invocation {
        Invocation::Queue(numbers) => format!("escalate, messages {numbers:?}"),
        Invocation::Schedule(user, _) => format!("deadman, schedule of {user}"),
        Invocation::Direct(actors, tries) => format!("by the sweep, try {tries}: {actors:?}"),
        Invocation::Letter(letter) => format!("sweep, letter {letter}"),
        Invocation::Sweep(clock) => format!("sweep, clock {clock}"),
        Invocation::Webhook(post) => format!("webhook {} {:?}", post.path, post.fields),
        Invocation::Edit(edit) => format!("edit {edit:?}"),
    }
}
