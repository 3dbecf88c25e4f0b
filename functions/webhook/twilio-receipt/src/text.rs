//! `/receipt/text/incident/{incident}/{effect}/{try}`: what became of a text to a contact.

use http::StatusCode;
use lucius_core::decide::{Event, Scope};
use lucius_shell::{App, Response, ports::Ports, run};
use lucius_telephony::{Form, Signed};
use lucius_twilio::webhook::{MessageStatus, MessageStatusCallback};

use crate::{About, answer};

pub(crate) async fn told<P: Ports>(app: &App<P>, form: &Signed<Form>, about: About) -> Response {
    let Ok(callback) = form.try_map(MessageStatusCallback::read) else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    let MessageStatusCallback { status, error_code, .. } = callback.into_inner();
    if !matches!(status, MessageStatus::Failed | MessageStatus::Undelivered) {
        // That a text was delivered says nothing about anybody having read it.
        return Response::empty(StatusCode::NO_CONTENT);
    }
    let code = error_code.unwrap_or_default();
    let event = Event::TextFailed { effect: about.effect, attempt: about.attempt, code };
    answer(run(&app.shell, Scope::IncidentAlone(about.incident), event).await)
}
