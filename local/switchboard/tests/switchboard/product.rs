//! A product with programmable answers that remembers what it was asked.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use url::form_urlencoded;

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) signature: String,
    pub(crate) token: String,
}

impl Seen {
    /// A field's value, or nothing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// An answer to give.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) location: Option<String>,
    pub(crate) after: Duration,
}

impl Reply {
    /// TwiML inside `<Response>`.
    pub(crate) fn twiml(inner: &str) -> Self {
        Self::xml(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>{inner}</Response>"))
    }

    /// Any body, as XML.
    pub(crate) fn xml(body: &str) -> Self {
        Self {
            status: 200,
            content_type: "text/xml; charset=utf-8",
            body: body.to_owned(),
            location: None,
            after: Duration::ZERO,
        }
    }

    /// Only a status.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::xml("") }
    }
}

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<Seen>,
    /// By path; the last answer stays.
    replies: HashMap<String, Vec<Reply>>,
}

/// The product.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    pub(crate) url: String,
    inner: Arc<Mutex<Inner>>,
    count: Arc<watch::Sender<usize>>,
}

impl Product {
    /// Starts one on a free port.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let product = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            inner: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
        };
        let router = Router::new().fallback(answer).with_state(product.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        product
    }

    /// Answers `path` like this from now on; several calls are answered one after the other.
    pub(crate) fn on(&self, path: &str, reply: Reply) {
        self.inner.lock().unwrap().replies.entry(path.to_owned()).or_default().push(reply);
    }

    /// What arrived at `path` so far.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.inner.lock().unwrap().seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }

    /// What arrived at `path`, once that is `count` requests.
    pub(crate) async fn wait(&self, path: &str, count: usize) -> Vec<Seen> {
        let mut changes = self.count.subscribe();
        let all = async {
            loop {
                let seen = self.seen(path);
                if seen.len() >= count {
                    return seen;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(20), all)
            .await
            .unwrap_or_else(|_| panic!("{count} requests to {path}, got {:#?}", self.seen(path)))
    }
}

async fn answer(
    State(product): State<Product>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let seen = Seen {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        fields: form_urlencoded::parse(&body).into_owned().collect(),
        signature: header("x-twilio-signature"),
        token: header("i-twilio-idempotency-token"),
    };
    let reply = {
        let mut inner = product.inner.lock().unwrap();
        inner.seen.push(seen);
        match inner.replies.get_mut(uri.path()) {
            Some(list) if list.len() > 1 => list.remove(0),
            Some(list) => list[0].clone(),
            None => Reply::twiml(""),
        }
    };
    product.count.send_modify(|count| *count = count.saturating_add(1));
    tokio::time::sleep(reply.after).await;
    let status = StatusCode::from_u16(reply.status).unwrap();
    let mut response = (status, [("content-type", reply.content_type)], reply.body).into_response();
    if let Some(location) = reply.location {
        response.headers_mut().insert("location", location.parse().unwrap());
    }
    response
}
