//! Requests that somebody has altered after they were signed.

use lucius_shell::Request;
use lucius_twilio::signature::HEADER;

/// A header is missing.
pub(crate) fn without(mut request: Request, name: &str) -> Request {
    request.headers.remove(name);
    request
}

/// It is signed twice.
pub(crate) fn twice(mut request: Request) -> Request {
    let signature = request.headers[HEADER].clone();
    request.headers.append(HEADER, signature);
    request
}

/// Bytes that are changed after they were signed.
pub(crate) trait Then {
    fn then(self, change: impl FnOnce(&str) -> String) -> Self;
}

impl Then for Request {
    fn then(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.body = change(str::from_utf8(&self.body).unwrap()).into_bytes();
        self
    }
}
