//! Phones: how they behave, and what they start themselves.

use super::body::Body;
use super::{Done, Refused, number_in};
use crate::board::{Board, State as BoardState};
use crate::call::call_service;
use crate::event::{About, Level};
use crate::faults::Effect;
use crate::message::text_service;
use crate::number::parse_number;
use crate::phone::{Behaviour, Phone, Plan, Step, Texts};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Settings of a phone; what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    number: Option<String>,
    name: Option<String>,
    behaviour: Option<Behaviour>,
    ring_seconds: Option<f64>,
    silence_seconds: Option<f64>,
    script: Option<Vec<Step>>,
    next: Option<Vec<Plan>>,
    texts: Option<Texts>,
    opted_out: Option<bool>,
}

/// All phones.
pub(super) async fn list(State(board): State<Arc<Board>>) -> Json<Value> {
    let phones: Vec<Value> = board.state().phones.values().map(Phone::view).collect();
    Json(json!({ "phones": phones }))
}

/// One phone.
pub(super) async fn show(State(board): State<Arc<Board>>, Path(number): Path<String>) -> Done {
    let number = number_in(&number)?;
    Ok(Json(board.state().phone(&number).view()))
}

/// Sets one phone.
pub(super) async fn put(
    State(board): State<Arc<Board>>,
    Path(number): Path<String>,
    Body(settings): Body<Settings>,
) -> Done {
    let number = number_in(&number)?;
    Ok(Json(apply(&mut board.state(), &number, settings)))
}

/// Sets several phones.
pub(super) async fn put_many(State(board): State<Arc<Board>>, Body(all): Body<Vec<Settings>>) -> Done {
    let mut phones = Vec::new();
    for settings in all {
        let number = number_in(settings.number.as_deref().unwrap_or_default())?;
        phones.push(apply(&mut board.state(), &number, settings));
    }
    Ok(Json(json!({ "phones": phones })))
}

fn apply(state: &mut BoardState, number: &str, settings: Settings) -> Value {
    let phone = state.phone(number);
    if let Some(behaviour) = settings.behaviour {
        // Another behaviour starts from its defaults.
        phone.plan = Plan::of(behaviour);
    }
    if let Some(name) = settings.name {
        phone.name = Some(name).filter(|name| !name.is_empty());
    }
    if let Some(script) = settings.script {
        phone.plan.script = script;
    }
    phone.plan.ring_seconds = settings.ring_seconds.or(phone.plan.ring_seconds);
    phone.plan.silence_seconds = settings.silence_seconds.or(phone.plan.silence_seconds);
    if let Some(next) = settings.next {
        phone.next = next.into();
    }
    if let Some(texts) = settings.texts {
        phone.texts = texts;
    }
    if let Some(opted_out) = settings.opted_out {
        phone.opted_out = opted_out;
    }
    phone.view()
}

/// Forgets a phone and its log. Calls that go on keep going.
pub(super) async fn forget(State(board): State<Arc<Board>>, Path(number): Path<String>) -> Done {
    let number = number_in(&number)?;
    let known = board.state().phones.remove(&number).is_some();
    Ok(Json(json!({ "forgotten": known })))
}

/// A call to the service number.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Dialling {
    from: Option<String>,
    behaviour: Option<Behaviour>,
    script: Vec<Step>,
    silence_seconds: Option<f64>,
}

/// The phone calls the service number.
pub(super) async fn call(
    State(board): State<Arc<Board>>,
    Path(number): Path<String>,
    Body(dialling): Body<Dialling>,
) -> Done {
    let number = number_in(&number)?;
    let from = shown(&number, dialling.from.as_deref())?;
    reach_carrier(&board, "phone.call", &number)?;
    let own = board.state().phone(&number).plan.behaviour;
    let default = if !dialling.script.is_empty() {
        Behaviour::Answer
    } else if own == Behaviour::Manual {
        Behaviour::Manual
    } else {
        Behaviour::Driven
    };
    let plan = Plan {
        behaviour: dialling.behaviour.unwrap_or(default),
        ring_seconds: None,
        silence_seconds: dialling.silence_seconds,
        script: dialling.script,
    };
    let sid = call_service(&board, &number, &from, plan);
    Ok(Json(json!({ "call": sid, "from": from })))
}

/// A text to the service number.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Text {
    body: String,
    from: Option<String>,
    wait: Option<bool>,
}

/// The phone sends a text to the service number.
pub(super) async fn text(
    State(board): State<Arc<Board>>,
    Path(number): Path<String>,
    Body(text): Body<Text>,
) -> Done {
    let number = number_in(&number)?;
    let from = shown(&number, text.from.as_deref())?;
    reach_carrier(&board, "phone.text", &number)?;
    let (sid, journey) = text_service(&board, &number, &from, &text.body);
    let journey = tokio::spawn(journey);
    if text.wait == Some(false) {
        return Ok(Json(json!({ "message": sid })));
    }
    let sent = journey.await.ok();
    Ok(Json(json!({ "message": sid, "webhook": sent })))
}

/// The number that the other side sees.
fn shown(number: &str, from: Option<&str>) -> Result<String, Refused> {
    let Some(from) = from else { return Ok(number.to_owned()) };
    parse_number(from).ok_or_else(|| Refused::bad(&format!("no phone number: {from}")))
}

fn reach_carrier(board: &Board, on: &str, number: &str) -> Result<(), Refused> {
    if !board.strike(on, number).contains(&Effect::Down) {
        return Ok(());
    }
    board.problem(number, About::Nothing, Level::Warning, 0, "the carrier is down");
    Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, "the carrier is down"))
}
