//! The Lambda function `token`.

use lucius_shell::runtime::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http(|app, request| Box::pin(token::handle(app, request))).await
}
