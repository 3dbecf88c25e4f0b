//! The calls that we placed: what their listener hears next, and what they key in.

mod ask;
mod incident;

use http::StatusCode;
use lucius_core::voice::{Prompt, Reply};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, say, webhook::verified};
use lucius_telephony::Twiml;

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
        Err(error @ (RunError::Taken(_) | RunError::Poisoned { .. } | RunError::NotRecorded(_))) => {
            tracing::error!(error = %error, "a key was not recorded");
            not_recorded(app, request)
        }
    }
}

/// What was keyed in is not recorded: say so, and take it again at the same address.
fn not_recorded<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let url = app.shell.carrier_url(&request.raw_path);
    let gather = lucius_telephony::twiml::Gather::new(url)
        .timeout_seconds(10)
        .action_on_empty()
        .digits(1)
        .finish_on_key(None)
        .say("That was not recorded. Please press the key again.");
    Response::twiml(&Twiml::new().gather(gather))
}
