//! The calls that we placed: what their listener hears next, and what they key in.

mod ask;
mod incident;

use http::StatusCode;
use lucius_core::voice::{Prompt, Reply};
use lucius_shell::{App, Request, Response, RunError, alarm, ports::Ports, say, webhook::verified};

/// Answers one turn of a call.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let form = match verified(app, request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    match request.segments().as_slice() {
        ["call", "incident", incident, place, attempt, step] => {
            incident::turn(app, request, &form, [incident, place, attempt, step]).await
        }
        ["call", "ask", user, probe, attempt, turn] => {
            ask::turn(app, request, &form, [user, probe, attempt, turn]).await
        }
        _ => Response::empty(StatusCode::NOT_FOUND),
    }
}

/// What the listener hears: never nothing.
fn answer<P: Ports>(app: &App<P>, request: &Request, result: Result<Reply, RunError>) -> Response {
    match result {
        Ok(Reply::Prompt(prompt)) => Response::twiml(&say::twiml(&app.shell, &prompt)),
        Ok(Reply::Words(words)) => Response::twiml(&say::twiml(&app.shell, &Prompt::goodbye(words))),
        Ok(Reply::Silence | Reply::Login(_)) | Err(RunError::Rejected(_)) => {
            let words = vec!["This call is out of date. Goodbye.".to_owned()];
            Response::twiml(&say::twiml(&app.shell, &Prompt::goodbye(words)))
        }
        Err(RunError::Known) => {
            let words = vec!["We have that already. Goodbye.".to_owned()];
            Response::twiml(&say::twiml(&app.shell, &Prompt::goodbye(words)))
        }
        Err(error @ (RunError::Taken(_) | RunError::Poisoned { .. } | RunError::NotRecorded(_))) => {
            tracing::error!(error = %error, "a key was not recorded");
            alarm::operator("NotRecorded", "a key in a call that we placed was not recorded");
            Response::twiml(&say::twiml(&app.shell, &not_recorded(request)))
        }
    }
}

/// What was keyed in is not recorded: say so, and take the same kind of input again at the same address.
fn not_recorded(request: &Request) -> Prompt {
    let path = request.raw_path.clone();
    match request.segments().as_slice() {
        // A PIN has many digits.
        ["call", "ask", ..] => {
            let words = "That was not recorded. Please enter it again, then the pound key.";
            Prompt::digits(vec![words.to_owned()], path)
        }
        _ => Prompt::key(vec!["That was not recorded. Please press the key again.".to_owned()], path),
    }
}
