//! Direct invocation: neither queue nor schedule nor event source is needed for a page.

use aws_sdk_lambda::{Client, error::DisplayErrorContext, primitives::Blob, types::InvocationType};
use lucius_core::actor::ActorId;
use lucius_shell::{
    aws::wake_message,
    ports::NotArranged,
    runtime::{Error, Started},
    sweep::Invoker,
};

/// Invokes the functions that wake actors.
#[derive(Debug)]
pub struct LambdaInvoker {
    client: Client,
    deadman: String,
    escalate: String,
}

impl LambdaInvoker {
    /// With the functions that the template names.
    ///
    /// # Errors
    /// It names none.
    pub fn new(started: &Started) -> Result<Self, Error> {
        let (deadman, escalate) = (started.deadman_function.clone(), started.escalate_function.clone());
        if deadman.is_empty() || escalate.is_empty() {
            return Err("environment variables DEADMAN_FUNCTION and ESCALATE_FUNCTION are needed".into());
        }
        Ok(Self { client: Client::new(&started.sdk), deadman, escalate })
    }
}

impl Invoker for LambdaInvoker {
    async fn invoke(&self, actors: &[ActorId]) -> Result<(), NotArranged> {
        let incidents = actors.iter().any(|actor| matches!(actor, ActorId::Incident(_)));
        let function = if incidents { &self.escalate } else { &self.deadman };
        let sent = self
            .client
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(wake_message(actors)))
            .send()
            .await;
        sent.map(|_| ()).map_err(|error| NotArranged(DisplayErrorContext(&error).to_string()))
    }
}
