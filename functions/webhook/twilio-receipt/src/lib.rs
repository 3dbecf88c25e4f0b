//! What the carrier tells of the calls and texts that we placed.

mod call;
mod text;

use http::StatusCode;
use lucius_core::{effect::EffectId, id::IncidentId};
use lucius_shell::{App, Request, Response, RunError, ports::Ports, webhook::verified};

/// Answers a status callback. One that adds nothing is answered without a write.
pub async fn handle<P: Ports>(app: &App<P>, request: &Request) -> Response {
    let form = match verified(app, request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    match request.segments().as_slice() {
        // What becomes of a question to the user changes nothing: the deadline runs.
        ["receipt", "call", "user", ..] => Response::empty(StatusCode::NO_CONTENT),
        ["receipt", "text", "user", ..] => text::told_of_user(&form),
        ["receipt", kind @ ("call" | "text"), "incident", incident, effect, attempt] => {
            let Some(about) = About::read(incident, effect, attempt) else {
                return Response::empty(StatusCode::NOT_FOUND);
            };
            if *kind == "call" {
                call::told(app, &form, about).await
            } else {
                text::told(app, &form, about).await
            }
        }
        _ => Response::empty(StatusCode::NOT_FOUND),
    }
}

/// Which try of which effect a callback is about: its address says so.
struct About {
    incident: IncidentId,
    effect: EffectId,
    attempt: u32,
}

impl About {
    fn read(incident: &str, effect: &str, attempt: &str) -> Option<Self> {
        Some(Self {
            incident: incident.parse().ok()?,
            effect: effect.parse().ok()?,
            attempt: attempt.parse().ok()?,
        })
    }
}

/// The answer to the carrier: what was not recorded has to be told again.
fn answer<T>(result: Result<T, RunError>) -> Response {
    match result {
        Ok(_) | Err(RunError::Known) => Response::empty(StatusCode::NO_CONTENT),
        Err(RunError::Rejected(_)) => Response::empty(StatusCode::NOT_FOUND),
        Err(error @ (RunError::Taken(_) | RunError::Poisoned { .. } | RunError::NotRecorded(_))) => {
            tracing::error!(error = %error, "a callback was not recorded");
            Response::empty(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
