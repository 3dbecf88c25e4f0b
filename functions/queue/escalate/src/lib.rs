//! Wakes that come by the queue, or directly from the sweep: contacts are called until a human accepts.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lucius_shell::{
    App,
    ports::Ports,
    runtime::Error,
    wake::{WakeMessage, wake_all},
};
use serde::Deserialize;

/// What this function is invoked with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// By the sweep.
    Direct(WakeMessage),
    /// By the queue.
    Queue(SqsEvent),
}

/// Wakes the actors that `event` names. A message that was not worked off is named in the answer, and comes again.
///
/// # Errors
/// A direct invocation was not worked off.
pub async fn handle<P: Ports>(app: &App<P>, event: Event) -> Result<SqsBatchResponse, Error> {
    match event {
        Event::Direct(message) => {
            wake_all(&app.shell, &message).await?;
            Ok(SqsBatchResponse::default())
        }
        Event::Queue(batch) => Ok(queue(app, batch).await),
    }
}

async fn queue<P: Ports>(app: &App<P>, batch: SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for record in batch.records {
        let body = record.body.unwrap_or_default();
        let woken = match serde_json::from_str::<WakeMessage>(&body) {
            Ok(message) => wake_all(&app.shell, &message).await.map_err(|error| error.to_string()),
            Err(error) => Err(format!("a message is no wake message: {error}")),
        };
        if let Err(error) = woken {
            tracing::error!(error = %error, "a message comes again");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = record.message_id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}
