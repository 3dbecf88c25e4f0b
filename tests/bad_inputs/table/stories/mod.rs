//! Inputs that take several steps.

pub(crate) mod calls;
pub(crate) mod forged;
pub(crate) mod numbers;
pub(crate) mod texts;
pub(crate) mod times;

use http::Method;
use jiff::SignedDuration;
use lucius_bad_inputs::{Route, Stage, sms, voice};
use lucius_core::{
    actor::ActorId,
    decide::{Event, Scope},
    incident::Status,
};
use lucius_shell::{
    Response, run,
    testing::{SERVICE_NUMBER, request},
};

/// A text from a user of the stage.
pub(crate) async fn text(stage: &Stage, from: &str, sid: &str, body: &str) -> Response {
    stage.answer(Route::new("/inbound/sms", sms(from, sid, body)).genuine()).await
}

/// A turn of a call to our number.
pub(crate) async fn turn(stage: &Stage, from: &str, sid: &str, path: &str, digits: &str) -> Response {
    let keys = [("Digits", digits)];
    stage.answer(Route::new(path, voice(from, sid, &keys)).genuine()).await
}

/// A turn of a call that we have placed to Dan, or a report on one.
pub(crate) async fn placed(stage: &Stage, path: &str, sid: &str, more: &[(&'static str, &str)]) -> Response {
    stage.answer(Route::new(stage.told(path), voice(SERVICE_NUMBER, sid, more)).genuine()).await
}

pub(crate) async fn api(stage: &Stage, method: Method, path: &str, body: &serde_json::Value) -> Response {
    let request = request(method, &stage.told(path)).json(body);
    stage.answer(request.bearer(&stage.world.token(stage.ann).await)).await
}

pub(crate) async fn woken(stage: &Stage, actor: ActorId) {
    run(&stage.world.app.shell, Scope::of(actor), Event::Wake).await.unwrap();
}

/// A minute passes, with a wake at its end, `minutes` times.
pub(crate) async fn minutes_pass(stage: &Stage, minutes: u32, actor: ActorId) {
    for _ in 0..minutes {
        stage.world.clock().advance(SignedDuration::from_mins(1));
        woken(stage, actor).await;
    }
}

pub(crate) async fn is_escalating(stage: &Stage) -> bool {
    matches!(stage.incident().await.status, Status::Escalating { .. })
}
