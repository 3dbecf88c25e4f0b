//! `/receipt/call/incident/{incident}/{effect}/{try}`: how a call to a contact stands.

use http::StatusCode;
use lucius_core::decide::{Event, Scope};
use lucius_shell::{App, Response, ports::Ports, progress, run};
use lucius_telephony::{Form, Signed};
use lucius_twilio::webhook::CallStatusCallback;

use crate::{About, answer};

pub(crate) async fn told<P: Ports>(app: &App<P>, form: &Signed<Form>, about: About) -> Response {
    let Ok(callback) = form.try_map(CallStatusCallback::read) else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    let CallStatusCallback { call_sid, status, .. } = callback.into_inner();
    let event = Event::CallTold {
        effect: about.effect,
        attempt: about.attempt,
        sid: call_sid,
        progress: progress(&status),
    };
    answer(run(&app.shell, Scope::IncidentAlone(about.incident), event).await)
}
