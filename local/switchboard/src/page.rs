//! The web page with the phones.

use crate::board::Board;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// The page and its parts.
pub(crate) fn routes() -> Router<Arc<Board>> {
    Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", include_str!("../assets/index.html"))))
        .route("/assets/style.css", get(async || asset("text/css", include_str!("../assets/style.css"))))
        .route("/assets/app.js", get(async || asset("text/javascript", include_str!("../assets/app.js"))))
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], text).into_response()
}
