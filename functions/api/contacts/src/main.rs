//! The Lambda function `contacts`.

use lucius_shell::runtime::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http(|app, request| Box::pin(contacts::handle(app, request))).await
}
