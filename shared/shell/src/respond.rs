//! Answers of the REST API: one envelope for success and failure, and one mapping from errors to statuses.

use http::StatusCode;
use lucius_core::decide::Rejected;
use lucius_store::{StoreError, Taken};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    edge::{Request, Response},
    run::RunError,
};

const JSON: &str = "application/json; charset=utf-8";

/// `{"success": true, "data": …}`
#[must_use]
pub fn ok(data: impl Serialize) -> Response {
    with_status(StatusCode::OK, data)
}

/// `{"success": true}`
#[must_use]
pub fn done() -> Response {
    Response::new(StatusCode::OK, JSON, json!({ "success": true }).to_string())
}

/// `{"success": true, "data": …}` with another status than 200.
#[must_use]
pub fn with_status(status: StatusCode, data: impl Serialize) -> Response {
    match serde_json::to_value(data) {
        Ok(data) => Response::new(status, JSON, json!({ "success": true, "data": data }).to_string()),
        Err(error) => internal(&error),
    }
}

/// `{"success": true, "data": […], "paging": {"total", "page", "pages"}}`
#[must_use]
pub fn page(data: impl Serialize, total: u64, page: u32, per_page: u32) -> Response {
    let pages = total.div_ceil(u64::from(per_page.max(1)));
    match serde_json::to_value(data) {
        Ok(data) => {
            let paging = json!({ "total": total, "page": page, "pages": pages });
            let body = json!({ "success": true, "data": data, "paging": paging });
            Response::new(StatusCode::OK, JSON, body.to_string())
        }
        Err(error) => internal(&error),
    }
}

/// `{"success": false, "errors": [why]}`
#[must_use]
pub fn fail(status: StatusCode, why: impl Into<String>) -> Response {
    let errors = Value::from(vec![why.into()]);
    Response::new(status, JSON, json!({ "success": false, "errors": errors }).to_string())
}

/// 400.
#[must_use]
pub fn bad_request(why: impl Into<String>) -> Response {
    fail(StatusCode::BAD_REQUEST, why)
}

/// 404.
#[must_use]
pub fn not_found() -> Response {
    fail(StatusCode::NOT_FOUND, "not found")
}

/// 405, naming what would be right.
#[must_use]
pub fn method_not_allowed(allowed: &str) -> Response {
    fail(StatusCode::METHOD_NOT_ALLOWED, format!("this path takes {allowed}")).with("allow", allowed)
}

fn internal(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(error = %error, "an answer could not be written");
    fail(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal error: nothing is known to have changed; please try again",
    )
}

/// Reads a JSON body. Unknown fields and wrong types are refused by the target type itself.
///
/// # Errors
/// The response that says what is wrong.
pub fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Response> {
    if request.is_too_large() {
        let why = format!("the body is larger than {} bytes", crate::edge::BODY_MAX);
        return Err(fail(StatusCode::PAYLOAD_TOO_LARGE, why));
    }
    if request.body.is_empty() {
        return Err(bad_request("the body is missing: send a JSON object"));
    }
    // An array of values in the right order would do for serde; nobody should come to rely on that.
    if request.body.trim_ascii_start().first() != Some(&b'{') {
        return Err(bad_request("the body is not a JSON object"));
    }
    let invalid =
        |why: &serde_json::Error| bad_request(format!("the body is not valid: {}", without_value(why)));
    let mut json = serde_json::Deserializer::from_slice(&request.body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        let why = error.into_inner();
        // No field: the body as a whole, or where it broke off.
        if matches!(field.as_str(), "." | "?") {
            invalid(&why)
        } else {
            bad_request(format!("{field}: {}", without_value(&why)))
        }
    })?;
    json.end().map_err(|why| invalid(&why))?;
    Ok(value)
}

/// What is wrong with a value, without the value: it may be a PIN or a password, and answers are logged by whoever gets them.
fn without_value(why: &serde_json::Error) -> String {
    let why = why.to_string();
    // Written by serde: `invalid type: integer `271828`, expected a string at line 1 column 14`.
    let kinds = ["invalid type", "invalid value", "invalid length", "unknown variant"];
    let kind = kinds.into_iter().find(|kind| why.starts_with(kind));
    match (kind, why.rsplit_once(", expected ")) {
        (Some(kind), Some((_, expected))) => format!("{kind}, expected {expected}"),
        (Some(_) | None, _) => why,
    }
}

/// Reads a JSON body where one may be left out.
///
/// # Errors
/// The response that says what is wrong.
pub fn optional_body<T: DeserializeOwned + Default>(request: &Request) -> Result<T, Response> {
    if request.body.is_empty() { Ok(T::default()) } else { body(request) }
}

/// The answer for an event that led to nothing.
#[must_use]
pub fn failure(error: &RunError) -> Response {
    match error {
        RunError::Rejected(Rejected::NotFound) => not_found(),
        RunError::Rejected(Rejected::Invalid(why)) => bad_request(why.clone()),
        RunError::Rejected(Rejected::Forbidden(why)) => fail(StatusCode::FORBIDDEN, why.clone()),
        RunError::Rejected(Rejected::Conflict(why)) => fail(StatusCode::CONFLICT, why.clone()),
        RunError::Taken(Taken::UserPhone) => {
            bad_request("phone_number: another user has this number already")
        }
        RunError::Taken(Taken::UserEmail) => bad_request("email: another user has this address already"),
        RunError::Poisoned { actor, why, .. } => {
            crate::alarm::operator("PoisonedActor", &format!("{actor}: {why}"));
            unavailable("not recorded: please send it again")
        }
        // Nothing that the API takes has a name of this kind.
        RunError::Known => fail(StatusCode::CONFLICT, "this was done before"),
        RunError::NotRecorded(why) => {
            tracing::error!(error = %why, "a request was not recorded");
            unavailable("not recorded: please send it again")
        }
    }
}

/// The answer when storage cannot be read.
#[must_use]
pub fn storage(error: &StoreError) -> Response {
    tracing::error!(error = %error, "storage failed");
    unavailable("not available just now: please try again")
}

fn unavailable(why: &str) -> Response {
    fail(StatusCode::SERVICE_UNAVAILABLE, why).with("retry-after", "1")
}
