//! A request as it arrived at our edge, and what is answered.

use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use lambda_http::{Body, RequestExt as _, request::RequestContext};

/// The largest body that is read, in bytes. Nothing that we take comes near it.
pub const BODY_MAX: usize = 64 * 1024;

/// A request, raw where signatures need it raw.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as received, still encoded.
    pub raw_path: String,
    /// The query as received, still encoded, without `?`.
    pub raw_query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// When it reached the API gateway.
    pub arrived_at: Timestamp,
    /// Where it came from.
    pub source_ip: String,
}

impl Request {
    /// Takes over what Lambda delivers. `now` stands in where the gateway gives no time.
    #[must_use]
    pub fn from_lambda(event: lambda_http::Request, now: Timestamp) -> Self {
        let raw_path = event.raw_http_path().to_owned();
        let raw_query = event.uri().query().unwrap_or_default().to_owned();
        let (arrived_at, source_ip) = match event.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => (
                Timestamp::from_millisecond(context.time_epoch)
                    .ok()
                    .filter(|at| at.as_second() > 0)
                    .unwrap_or(now),
                context.http.source_ip.clone().unwrap_or_default(),
            ),
            Some(_) | None => (now, String::new()),
        };
        let (parts, body) = event.into_parts();
        let body = match body {
            Body::Text(text) => text.into_bytes(),
            Body::Binary(bytes) => bytes,
            Body::Empty | _ => Vec::new(),
        };
        Self {
            method: parts.method,
            raw_path,
            raw_query,
            headers: parts.headers,
            body,
            arrived_at,
            source_ip,
        }
    }

    /// The parts of the path: one slash at the end makes no difference. A part may be empty, and no route has such a part:
    /// `//login` would pass the throttle of `/login` by.
    #[must_use]
    pub fn segments(&self) -> Vec<&str> {
        let path = self.raw_path.strip_prefix('/').unwrap_or(&self.raw_path);
        path.strip_suffix('/').unwrap_or(path).split('/').collect()
    }

    /// The only value of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body is larger than anything that we take.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.body.len() > BODY_MAX
    }
}

impl std::fmt::Debug for Request {
    /// Shows neither query, headers nor body: they hold numbers, codes and tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Response {
    /// A response without further headers.
    #[must_use]
    pub fn new(status: StatusCode, content_type: &'static str, body: String) -> Self {
        Self { status, content_type, body, headers: Vec::new() }
    }

    /// Nothing to say.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self::new(status, "text/plain; charset=utf-8", String::new())
    }

    /// A document for the carrier.
    #[must_use]
    pub fn twiml(twiml: &lucius_telephony::Twiml) -> Self {
        Self::new(StatusCode::OK, "text/xml; charset=utf-8", twiml.render())
    }

    /// With another header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As Lambda takes it. Every response forbids guessing its type and insists on HTTPS.
    ///
    /// # Errors
    /// A header value that is not text.
    pub fn into_lambda(self) -> Result<lambda_http::Response<Body>, http::Error> {
        let mut builder = lambda_http::Response::builder()
            .status(self.status)
            .header("content-type", self.content_type)
            .header("x-content-type-options", "nosniff")
            .header("cache-control", "no-store")
            .header("strict-transport-security", "max-age=63072000; includeSubDomains");
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        builder.body(Body::Text(self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_slash_at_the_end_is_forgiven() {
        let parts = |path: &str| {
            let request = Request {
                method: Method::POST,
                raw_path: path.to_owned(),
                raw_query: String::new(),
                headers: HeaderMap::new(),
                body: Vec::new(),
                arrived_at: Timestamp::UNIX_EPOCH,
                source_ip: String::new(),
            };
            request.segments().join("|")
        };
        for path in ["/login", "/login/"] {
            assert_eq!(parts(path), "login", "{path}");
        }
        for path in ["//login", "/login//", "///login", "/./login", "//", "/"] {
            assert_ne!(parts(path), "login", "{path}");
        }
        assert_eq!(parts("/call/ask/1/"), "call|ask|1");
        assert_eq!(parts("/call//ask"), "call||ask");
    }
}
