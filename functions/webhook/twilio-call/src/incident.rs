//! `/call/incident/{incident}/{place}/{try}/{step}`: a contact listens to us.

use http::StatusCode;
use lucius_core::decide::{ContactAct, Event, Scope};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, run};
use lucius_telephony::{Form, Signed};
use lucius_twilio::webhook::VoiceRequest;

pub(crate) async fn turn<P: Ports>(
    app: &App<P>,
    request: &Request,
    form: &Signed<Form>,
    [incident, place, attempt, step]: [&str; 4],
) -> Response {
    let (Ok(incident), Ok(place), Ok(attempt)) = (incident.parse(), place.parse(), attempt.parse()) else {
        return Response::empty(StatusCode::NOT_FOUND);
    };
    let Ok(voice) = form.try_map(VoiceRequest::read) else {
        return Response::empty(StatusCode::BAD_REQUEST);
    };
    let VoiceRequest { call_sid, digits, .. } = voice.into_inner();
    let press = |digits| {
        let act = ContactAct::Press { attempt, sid: call_sid.clone(), step: step.to_owned(), digits };
        run(&app.shell, Scope::Incident(incident), Event::Contact { place, act })
    };
    let mut done = press(digits).await;
    if matches!(done, Err(RunError::Known)) {
        // What the key did is done, and what was said then is forgotten: whoever listens hears how things stand.
        done = press(None).await;
    }
    crate::answer(app, request, done.map(|done| done.reply))
}
