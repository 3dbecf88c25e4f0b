//! Messages that wake: whatever is in the queue, what was not worked off comes again, and nobody else with it.

use aws_lambda_events::event::sqs::SqsEvent;
use lucius_shell::wake::WakeMessage;
use serde_json::json;

use crate::scene::play;

/// A message, by the queue beside a good one, and as the payload of an invocation.
pub(crate) fn wake(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    play(async |scene| {
        let text = scene.stage.told(&text);
        let app = &scene.stage.world.app;
        let read = serde_json::from_str::<WakeMessage>(&text);
        if let Ok(message) = &read {
            let written = serde_json::to_string(message).unwrap();
            assert_eq!(serde_json::from_str::<WakeMessage>(&written).unwrap(), *message);
        }
        let is_known = read.as_ref().is_ok_and(|message| message.version == 1);
        let good = scene.stage.told(r#"{"version": 1, "actors": ["DEADMAN#{cleo}"]}"#);
        let record = |id: &str, body: &str| json!({ "messageId": id, "body": body, "attributes": {}, "messageAttributes": {} });
        let batch = json!({ "Records": [record("odd", &text), record("good", &good)] });
        let batch: SqsEvent = serde_json::from_value(batch).unwrap();
        let response = Box::pin(escalate::handle(app, escalate::Event::Queue(batch))).await.unwrap();
        let again: Vec<_> =
            response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
        assert_eq!(again, if is_known { vec![] } else { vec!["odd"] }, "{text}");
        // An invocation that is read as an empty batch would be dropped.
        if let Ok(event) = serde_json::from_str::<escalate::Event>(&text) {
            let records = match &event {
                escalate::Event::Direct(_) => None,
                escalate::Event::Queue(batch) => Some(batch.records.len()),
            };
            let done = Box::pin(escalate::handle(app, event)).await;
            match (records, done) {
                (None, done) => assert_eq!(done.is_ok(), is_known, "{text}"),
                (Some(records), done) => {
                    assert!(
                        text.contains("Records") && done.unwrap().batch_item_failures.len() <= records,
                        "{text}"
                    );
                }
            }
        }
        if let Ok(message) = read {
            assert_eq!(Box::pin(deadman::handle(app, message)).await.is_ok(), is_known, "{text}");
        }
        assert!(!scene.log.take().contains("panicked"));
    });
}
