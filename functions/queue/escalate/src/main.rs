//! The Lambda function `escalate`.

use lucius_shell::runtime::{Error, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(escalate::handle).await
}
