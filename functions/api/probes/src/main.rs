//! The Lambda function `probes`.

use lucius_shell::runtime::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http(|app, request| Box::pin(probes::handle(app, request))).await
}
