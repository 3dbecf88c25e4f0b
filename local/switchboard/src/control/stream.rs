//! Events as they happen, for the page (server-sent events).

use crate::board::Board;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event as SseEvent, KeepAlive};
use futures::Stream;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Every event of every phone. An `event: reset` means that some were lost and the state must be read again.
pub(super) async fn stream(
    State(board): State<Arc<Board>>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let receiver = board.stream.subscribe();
    let events = futures::stream::unfold(receiver, async |mut receiver| {
        let event = match receiver.recv().await {
            Ok(event) => SseEvent::default().id(event.seq.to_string()).json_data(&*event).unwrap_or_default(),
            Err(RecvError::Lagged(_)) => SseEvent::default().event("reset").data("{}"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), receiver))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}
