//! The Lambda function `users`.

use lucius_shell::runtime::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http(|app, request| Box::pin(users::handle(app, request))).await
}
