//! The Lambda function `sweep`.

use lucius_shell::runtime::{Error, serve_aws};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    serve_aws(sweep::start, sweep::handle).await
}
