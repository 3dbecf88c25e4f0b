//! The Lambda function `deadman`.

use lucius_shell::runtime::{Error, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve(deadman::handle).await
}
