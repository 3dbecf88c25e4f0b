//! `/receipt/text/incident/{incident}/{effect}/{try}` and `/receipt/text/user/…`: what became of a text.

use http::StatusCode;
use lucius_core::{
    decide::{Event, Scope},
    effect::TextFailure,
};
use lucius_shell::{App, Response, alarm, ports::Ports, run};
use lucius_telephony::{Form, Signed};
use lucius_twilio::{
    codes::{self, Class},
    webhook::{MessageStatus, MessageStatusCallback},
};

use crate::{About, answer};

/// Of a text to a contact.
pub(crate) async fn told<P: Ports>(app: &App<P>, form: &Signed<Form>, about: About) -> Response {
    let code = match failed(form) {
        Ok(Some(code)) => code,
        // That a text was delivered says nothing about anybody having read it.
        Ok(None) => return Response::empty(StatusCode::NO_CONTENT),
        Err(refused) => return refused,
    };
    let event =
        Event::TextFailed { effect: about.effect, attempt: about.attempt, code, failure: failure(code) };
    answer(run(&app.shell, Scope::IncidentAlone(about.incident), event).await)
}

/// Of a text to the person at risk: the deadline runs whatever became of it, but the operator has to hear that none arrives.
pub(crate) fn told_of_user(form: &Signed<Form>) -> Response {
    match failed(form) {
        Ok(Some(code)) if failure(code) == TextFailure::Account => {
            alarm::operator("CarrierAccount", &format!("a text to a user was not delivered: {code}"));
            Response::empty(StatusCode::NO_CONTENT)
        }
        Ok(_) => Response::empty(StatusCode::NO_CONTENT),
        Err(refused) => refused,
    }
}

/// The error of a text that did not arrive.
fn failed(form: &Signed<Form>) -> Result<Option<u32>, Response> {
    let Ok(callback) = form.try_map(MessageStatusCallback::read) else {
        return Err(Response::empty(StatusCode::BAD_REQUEST));
    };
    let MessageStatusCallback { status, error_code, .. } = callback.into_inner();
    let failed = matches!(status, MessageStatus::Failed | MessageStatus::Undelivered);
    Ok(failed.then(|| error_code.unwrap_or_default()))
}

/// What kind of failure a code is. One that we do not know may pass.
fn failure(code: u32) -> TextFailure {
    match codes::advice(code).map(|advice| advice.class) {
        Some(Class::Permanent) => TextFailure::Number,
        Some(Class::Account) => TextFailure::Account,
        Some(Class::Later) | None => TextFailure::Passing,
    }
}
