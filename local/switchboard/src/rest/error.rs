//! Errors in Twilio's words.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An error reply: `{"code", "message", "more_info", "status"}`.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: u16,
    code: u32,
    message: String,
}

impl ApiError {
    /// The error with this code and its usual HTTP status.
    pub(crate) fn of(code: u32, message: &str) -> Self {
        let status = match code {
            20_003 => 401,
            20_404 => 404,
            20_429 => 429,
            20_500 => 500,
            20_503 => 503,
            _ => 400,
        };
        Self { status, code, message: message.to_owned() }
    }

    /// Wrong or no credentials.
    pub(crate) fn unauthorised() -> Self {
        Self::of(20_003, "Authenticate")
    }

    /// No such resource.
    pub(crate) fn not_found(path: &str) -> Self {
        Self::of(20_404, &format!("The requested resource {path} was not found"))
    }

    /// An HTTP status that a fault asks for, with the code that Twilio uses for it.
    pub(crate) fn plain(status: u16) -> Self {
        let (code, message) = match status {
            401 => (20_003, "Authenticate"),
            404 => (20_404, "The requested resource was not found"),
            429 => (20_429, "Too Many Requests"),
            503 => (20_503, "Service Unavailable"),
            _ => (20_500, "An internal server error has occurred"),
        };
        Self { status, code, message: message.to_owned() }
    }

    /// A code that a fault asks for.
    pub(crate) fn chosen(code: u32, status: Option<u16>) -> Self {
        let mut error = Self::of(code, message_of(code));
        if let Some(status) = status {
            error.status = status;
        }
        error
    }
}

/// What Twilio says, roughly, for the codes that clients handle.
fn message_of(code: u32) -> &'static str {
    match code {
        20_003 => "Authenticate",
        20_404 => "The requested resource was not found",
        20_429 => "Too Many Requests",
        21_210 => "The source phone number provided is not yet verified for your account",
        21_211 => "The 'To' number is not a valid phone number",
        21_214 => "The 'To' phone number provided cannot be reached by the carrier",
        21_215 => "Account not authorized to call this number. Please check international permissions",
        21_216 => "Account not allowed to call this number",
        21_408 => "Permission to send an SMS has not been enabled for the region",
        21_606 => "The 'From' phone number provided is not a valid message-capable Twilio phone number",
        21_610 => "Attempt to send to unsubscribed recipient",
        21_611 => "This 'From' number has exceeded the maximum number of queued messages",
        21_612 => "The 'To' phone number is not currently reachable using the 'From' phone number",
        21_614 => "The 'To' number is not a valid mobile number",
        22_005 => "Call queue is full: the wait would exceed 24 hours",
        _ => "An error that was asked for",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status,
        });
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED
            && let Ok(value) = "Basic realm=\"Twilio API\"".parse()
        {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
