//! The Lambda function `twilio-voice`.

use lucius_shell::runtime::{Error, serve_http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_http(|app, request| Box::pin(twilio_voice::handle(app, request))).await
}
