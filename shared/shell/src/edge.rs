//! A request as it arrived at our edge, and what is answered.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use lambda_http::aws_lambda_events::{
    apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    encodings::Body,
};

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
    /// Takes over what the API gateway delivers, byte for byte. `now` stands in where it gives no time.
    ///
    /// No address is made of the path, the query, `Host` and `X-Forwarded-Proto`: they are the sender's words, and whoever
    /// parses them has to expect anything.
    #[must_use]
    pub fn from_gateway(event: ApiGatewayV2httpRequest, now: Timestamp) -> Self {
        let context = event.request_context;
        let arrived_at = Timestamp::from_millisecond(context.time_epoch).ok();
        let body = event.body.unwrap_or_default();
        let decoded = if event.is_base64_encoded { BASE64_STANDARD.decode(&body).ok() } else { None };
        Self {
            method: context.http.method,
            raw_path: event.raw_path.unwrap_or_default(),
            raw_query: event.raw_query_string.unwrap_or_default(),
            headers: event.headers,
            // Said to be base64, and it is not: as it came. Whether it is the carrier's, its signature tells.
            body: decoded.unwrap_or_else(|| body.into_bytes()),
            arrived_at: arrived_at.filter(|at| at.as_second() > 0).unwrap_or(now),
            source_ip: context.http.source_ip.unwrap_or_default(),
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

    /// As the API gateway takes it. Every response forbids guessing its type and insists on HTTPS.
    ///
    /// # Errors
    /// A header that is not text.
    pub fn into_gateway(self) -> Result<ApiGatewayV2httpResponse, http::Error> {
        let always = [
            ("content-type", self.content_type),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ];
        let further = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let mut response = ApiGatewayV2httpResponse::default();
        for (name, value) in always.into_iter().chain(further) {
            response.headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        response.status_code = self.status.as_u16().into();
        response.body = Some(Body::Text(self.body));
        Ok(response)
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

    fn delivered(change: impl FnOnce(&mut serde_json::Value)) -> Request {
        let mut event = serde_json::json!({
            "version": "2.0", "rawPath": "/inbound/sms", "rawQueryString": "a=1",
            "headers": { "host": "lucius.example", "x-forwarded-proto": "https" },
            "requestContext": {
                "stage": "$default", "timeEpoch": 1_772_539_200_000_i64,
                "http": { "method": "POST", "path": "/inbound/sms", "sourceIp": "192.0.2.1" },
            },
            "body": "Qm9keT1Z", "isBase64Encoded": true,
        });
        change(&mut event);
        Request::from_gateway(serde_json::from_value(event).unwrap(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn what_the_gateway_delivers_is_taken_over() {
        let request = delivered(|_| ());
        assert_eq!((&request.method, request.raw_path.as_str()), (&Method::POST, "/inbound/sms"));
        assert_eq!((request.raw_query.as_str(), request.body.as_slice()), ("a=1", &b"Body=Y"[..]));
        assert_eq!(request.header("host"), Some("lucius.example"));
        assert_eq!(request.arrived_at.to_string(), "2026-03-03T12:00:00Z");
        assert_eq!(request.source_ip, "192.0.2.1");
        assert_eq!(delivered(|event| event["isBase64Encoded"] = false.into()).body, b"Qm9keT1Z");
        assert_eq!(delivered(|event| event["body"] = serde_json::Value::Null).body, b"");
        let timeless = delivered(|event| event["requestContext"]["timeEpoch"] = 0.into());
        assert_eq!(timeless.arrived_at, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn no_words_of_the_sender_break_the_reading() {
        for odd in
            ["a=\"b\"", "<script>", "a b", "\u{1}", "é", "#", "", ":", "http,https", "[::", "evil:x", "%"]
        {
            let request = delivered(|event| {
                event["rawQueryString"] = odd.into();
                event["rawPath"] = format!("/{odd}").into();
                event["body"] = odd.into();
                if HeaderValue::from_str(odd).is_ok() {
                    event["headers"] = serde_json::json!({ "host": odd, "x-forwarded-proto": odd });
                }
            });
            assert_eq!((request.raw_query.as_str(), request.raw_path), (odd, format!("/{odd}")), "{odd:?}");
            assert_eq!(request.body, odd.as_bytes());
        }
        let long = "a".repeat(100_000);
        assert_eq!(delivered(|event| event["rawQueryString"] = long.clone().into()).raw_query, long);
    }

    #[test]
    fn a_response_is_as_the_gateway_reads_it() {
        let response = Response::new(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "x".to_owned());
        let response = serde_json::to_value(response.with("allow", "GET").into_gateway().unwrap()).unwrap();
        assert_eq!(
            response,
            serde_json::json!({
                "statusCode": 405, "body": "x", "isBase64Encoded": false, "cookies": [], "multiValueHeaders": {},
                "headers": {
                    "content-type": "text/plain", "x-content-type-options": "nosniff", "cache-control": "no-store",
                    "strict-transport-security": "max-age=63072000; includeSubDomains", "allow": "GET",
                },
            })
        );
        assert!(Response::empty(StatusCode::OK).with("allow", "\n").into_gateway().is_err());
    }
}
