//! What each function does when it is invoked, and with what it is.

use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use lucius_core::actor::ActorId;
use lucius_shell::{App, Request, Response, run, wake::WakeMessage};
use lucius_store::simulated::Release;
use lucius_telephony::Form;
use lucius_twilio::signature;

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
                Box::pin(async move {
                    let woken = deadman::handle(&app, WakeMessage { version: 1, actors }).await;
                    if woken.is_ok() { Ended::Well } else { Ended::Failed }
                })
            }
            Invocation::Direct(actors, _) => {
                let app = Arc::clone(&self.performer);
                let message = WakeMessage { version: 1, actors: actors.clone() };
                Box::pin(async move {
                    let woken = match message.actors.first() {
                        Some(ActorId::Deadman(_)) => deadman::handle(&app, message).await.is_ok(),
                        Some(ActorId::Incident(_)) | None => {
                            escalate::handle(&app, escalate::Event::Direct(message)).await.is_ok()
                        }
                    };
                    if woken { Ended::Well } else { Ended::Failed }
                })
            }
            Invocation::Letter(letter) => {
                let body = self.world.lock().letters.body(*letter);
                let event = batch([(*letter, body)], release);
                Box::pin(async move {
                    let waits = sweep::letters::read(&event).batch_item_failures;
                    if waits.is_empty() { Ended::Well } else { Ended::Failed }
                })
            }
            Invocation::Sweep(clock) => {
                let (app, invoker) = (Arc::clone(&self.decider), Direct(Arc::clone(&self.world)));
                let tick = sweep::Tick { clock: clock.to_string() };
                Box::pin(async move {
                    if sweep::cycle(&app, &invoker, &tick).await.is_ok() {
                        Ended::Well
                    } else {
                        Ended::Failed
                    }
                })
            }
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

    fn queue(&self, numbers: &[u64], release: Release) -> Work {
        let app = Arc::clone(&self.performer);
        let inner = self.world.lock();
        let body = |number: &u64| inner.messages.get(number).map(|(body, _)| body.clone());
        let event = batch(numbers.iter().map(|number| (*number, body(number))), release);
        drop(inner);
        Box::pin(async move {
            let Ok(response) = escalate::handle(&app, escalate::Event::Queue(event)).await else {
                return Ended::Failed;
            };
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
