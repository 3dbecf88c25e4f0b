//! Lambda's runtime and nothing else: the floor below every start.

use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(async |_: LambdaEvent<serde_json::Value>| Ok::<_, Error>(()))).await
}
