//! What stands in the table: states and sessions that another release has written, or nobody.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use lucius_bad_inputs::{Route, voice};
use lucius_core::actor::ActorId;
use lucius_shell::wake::{WakeMessage, wake_all};
use lucius_store::{Store as _, StoreError};

use crate::scene::{Scene, play};

/// Ann's switch with this state.
pub(crate) fn deadman(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    play(async |scene| {
        let actor = ActorId::Deadman(scene.stage.ann);
        state(scene, actor, &text).await;
    });
}

/// Bob's incident with this state.
pub(crate) fn incident(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    play(async |scene| {
        let actor = ActorId::Incident(scene.stage.incident);
        state(scene, actor, &text).await;
    });
}

/// A state reads as what is written again as the same, or is no state of ours; it is woken without a panic, and one that
/// cannot be read waits as it is.
async fn state(scene: &mut Scene, actor: ActorId, json: &str) {
    let json = scene.stage.told(json);
    let key = format!("{actor}|ACTOR");
    let mut item = scene.stage.world.items().await.remove(&key).unwrap();
    item.insert("state".to_owned(), AttributeValue::S(json.clone()));
    item.insert("due_at".to_owned(), AttributeValue::N("1".to_owned()));
    scene.stage.world.write(item).await;
    let store = scene.stage.world.store();
    let read = match actor {
        ActorId::Deadman(id) => store.load_deadman(id).await.map(|read| {
            let read = read.unwrap().state;
            let written = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<lucius_core::deadman::Deadman>(&written).unwrap(), read);
        }),
        ActorId::Incident(id) => store.load_incident(id).await.map(|read| {
            let read = read.unwrap().state;
            let written = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<lucius_core::incident::Incident>(&written).unwrap(), read);
        }),
    };
    let message = WakeMessage { version: 1, actors: vec![actor] };
    let woken = wake_all(&scene.stage.world.app.shell, &message).await;
    let log = scene.log.take();
    assert!(!log.contains("panicked"), "{log}");
    let secrets: Vec<_> = scene.stage.leaks(&log).collect();
    assert!(secrets.is_empty(), "it logs {secrets:?}: {log}");
    match read {
        Ok(()) => {}
        Err(StoreError::Undecodable { .. }) => {
            woken.unwrap();
            let after = scene.stage.world.items().await.remove(&key).unwrap();
            assert_eq!(after["state"], AttributeValue::S(json), "what could not be read was written over");
            assert_eq!(after["fails"], AttributeValue::N("1".to_owned()));
            assert_ne!(after["due_at"], AttributeValue::N("1".to_owned()), "it would be woken again at once");
        }
        Err(error @ (StoreError::Temporary(_) | StoreError::Permanent(_))) => panic!("{error}"),
    }
}

/// A call whose session is this: it goes on or ends, and lets nobody in.
pub(crate) fn session(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    play(async |scene| {
        let body = scene.stage.told(&text);
        let names_somebody =
            serde_json::from_str::<lucius_core::ivr::Session>(&body).is_ok_and(|read| read.user.is_some());
        // From her own number the 9 would be a cry for help, wherever it is pressed.
        let stranger = "+12025559999";
        for (nth, step) in ["login", "account", "menu", "callback"].iter().enumerate() {
            let sid = format!("CA{nth}");
            let text = |text: &str| AttributeValue::S(text.to_owned());
            scene
                .stage
                .world
                .write(HashMap::from([
                    ("pk".to_owned(), text(&format!("CALL#{sid}"))),
                    ("sk".to_owned(), text("SESSION")),
                    ("version".to_owned(), AttributeValue::N("1".to_owned())),
                    ("body".to_owned(), text(&body)),
                    ("expires_at".to_owned(), AttributeValue::N("4102444800000".to_owned())),
                ]))
                .await;
            let fields = voice(stranger, &sid, &[("Digits", "9")]);
            let response =
                scene.stage.answer(Route::new(format!("/inbound/{step}/1"), fields).genuine()).await;
            assert!(response.status.is_success(), "{response:?}");
            assert!(response.body.contains("<Response>"), "{response:?}");
            let log = scene.log.take();
            assert!(!log.contains("panicked"), "{log}");
        }
        if !names_somebody {
            assert!(
                scene.stage.deadman(scene.stage.ann).await.incident.is_none(),
                "a stranger raises an alarm"
            );
        }
    });
}
