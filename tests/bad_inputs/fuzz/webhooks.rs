//! Requests on every path, and what people text and key in.

use http::Method;
use lucius_bad_inputs::{PIN, Route, sms, voice};
use lucius_core::words::{Answer, ContactReply, contact_reply, read};
use lucius_shell::testing::{SERVICE_NUMBER, request};

use crate::scene::play;

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

/// A path that somebody makes up, unsigned and without a session: refused, whatever it is, and nothing changes. The first
/// byte chooses the method.
pub(crate) fn routes(bytes: &[u8]) {
    let Some((method, path)) = bytes.split_first() else { return };
    let method = METHODS[usize::from(*method) % METHODS.len()].clone();
    play(async |scene| {
        let path = scene.stage.told(&String::from_utf8_lossy(path));
        let path = format!("/{}", path.strip_prefix('/').unwrap_or(&path));
        let request = request(method, &path).json(&serde_json::json!({}));
        let response = scene.stage.answer(request).await;
        scene.expect_quiet(&response);
        let public = ["/health", "/jwks", "/inbound/answer"].iter().any(|public| path.starts_with(public));
        assert!(public || response.status.is_client_error(), "{path}: {response:?}");
        assert!(scene.stage.changes().await.is_empty(), "{path}");
    });
}

/// A text: answered in well-formed words or not at all. From Ann only what reads as a good answer, or her PIN, counts as
/// one; from Dan only his code accepts.
pub(crate) fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    play(async |scene| {
        let text = scene.stage.told(&text);
        let (ann, dan) = (scene.stage.number(scene.stage.ann).await, scene.stage.dan().await);
        let reading = read(&text);
        let response =
            scene.stage.answer(Route::new("/inbound/sms", sms(&ann, "SM1", &text)).genuine()).await;
        scene.expect_quiet(&response);
        let deadman = scene.stage.deadman(scene.stage.ann).await;
        let is_right = reading.digits.as_deref() == Some(PIN);
        let wrong = reading.digits.is_some() && !is_right;
        if deadman.last_check_in.is_some() {
            assert!(!wrong && (reading.answer == Answer::Good || is_right), "{text:?} checks in");
        }
        if deadman.incident.is_some() {
            assert_eq!(reading.answer, Answer::Bad, "{text:?} raises an alarm");
        }
        if reading.answer == Answer::Bad {
            assert!(deadman.incident.is_some(), "{text:?} is not heard");
        }
        let response =
            scene.stage.answer(Route::new("/inbound/sms", sms(&dan, "SM2", &text)).genuine()).await;
        scene.expect_quiet(&response);
        let accepts = contact_reply(&text) == ContactReply::Accept { code: Some(scene.stage.code.clone()) };
        assert_eq!(scene.stage.incident().await.acceptor().is_some(), accepts, "{text:?}");
    });
}

/// Keys, in every turn of every call: the call goes on or ends; only a 1 accepts, only the PIN lets in.
pub(crate) fn keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    play(async |scene| {
        let ann = scene.stage.number(scene.stage.ann).await;
        let dan = scene.stage.dan().await;
        let incident = scene.stage.told("/call/incident/{incident}/0/1/1");
        let ask = scene.stage.told("/call/ask/{ann}/{probe}/1/1");
        let turns = [
            ("/inbound/login", ann.as_str()),
            ("/inbound/account/1", &ann),
            ("/inbound/menu/1", &ann),
            ("/inbound/callback/0", &dan),
            (&ask, SERVICE_NUMBER),
            (&incident, SERVICE_NUMBER),
        ];
        for (path, from) in turns {
            for field in ["Digits", "SpeechResult"] {
                let fields = voice(from, &format!("CA-{field}-{path}"), &[(field, &text)]);
                let response = scene.stage.answer(Route::new(path, fields).genuine()).await;
                scene.expect_quiet(&response);
                assert!(
                    response.body.contains("<Gather") || response.body.contains("<Hangup"),
                    "{response:?}"
                );
                let lets_in = response.body.contains("Hello Annabel.");
                assert!(
                    !lets_in || lucius_core::words::spoken_digits(&text).as_deref() == Some(PIN),
                    "{text:?} lets in"
                );
            }
        }
        assert_eq!(scene.stage.incident().await.acceptor().is_some(), text == "1", "{text:?}");
    });
}
