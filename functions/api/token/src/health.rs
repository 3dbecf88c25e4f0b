//! `GET /health`

use lucius_shell::{Response, respond};

/// That this is answered says that functions start.
pub(crate) fn handle() -> Response {
    respond::done()
}
