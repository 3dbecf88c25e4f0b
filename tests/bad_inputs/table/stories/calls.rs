//! Calls that take several steps.

use std::collections::BTreeSet;

use futures::future::join_all;
use http::StatusCode;
use lucius_bad_inputs::{PIN, PIN_OF_BOB, Stage};
use lucius_core::actor::ActorId;

use super::{is_escalating, minutes_pass, placed, text, turn};
use crate::row::{Answer, Playing};

pub(crate) fn silence_in_every_turn(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        for (nth, path) in ["/inbound/login", "/inbound/account/1", "/inbound/menu/1", "/inbound/callback/0"]
            .iter()
            .enumerate()
        {
            let sid = format!("CA{nth}");
            for _ in 0..4 {
                let response = turn(stage, &ann, &sid, path, "").await;
                assert!(
                    response.body.contains("<Gather") || response.body.contains("Goodbye"),
                    "{}",
                    response.body
                );
            }
        }
        let changes = stage.changes().await;
        assert_eq!(changes, BTreeSet::from(["call".to_owned()]));
        stage.mark().await;
        let asked = placed(stage, "/call/ask/{ann}/{probe}/1/1", "CA8", &[("Digits", "")]).await;
        assert!(asked.body.contains("Are you okay, Annabel?"), "{}", asked.body);
        Answer::Http(placed(stage, "/call/incident/{incident}/0/1/1", "CA9", &[("Digits", "")]).await)
    })
}

/// Keys that nobody has asked for, in every turn of every call: none accepts, checks in, or raises anything.
async fn keyed_everywhere(stage: &mut Stage, digits: &str) -> Answer {
    let (ann, dan) = (stage.number(stage.ann).await, stage.dan().await);
    let turns = [
        (&ann, "/inbound/account/1"),
        (&ann, "/inbound/menu/1"),
        (&dan, "/inbound/callback/0"),
        (&dan, "/inbound/login"),
    ];
    for (nth, (from, path)) in turns.into_iter().enumerate() {
        let response = turn(stage, from, &format!("CA{nth}"), path, digits).await;
        assert!(response.body.contains("<Gather"), "{path}: {}", response.body);
    }
    let asked = placed(stage, "/call/ask/{ann}/{probe}/1/1", "CA8", &[("Digits", digits)]).await;
    assert!(asked.body.contains("That PIN is not right."), "{}", asked.body);
    let called = placed(stage, "/call/incident/{incident}/0/1/1", "CA9", &[("Digits", digits)]).await;
    assert!(called.body.contains("press 1"), "{}", called.body);
    // The line that we call ourselves has tries of its own. Dan's are no codes: nothing of the alert changes.
    let counted = ["ann.own_tries", "ann.seen", "call"];
    assert_eq!(stage.changes().await, BTreeSet::from(counted.map(str::to_owned)));
    stage.mark().await;
    Answer::Http(turn(stage, &ann, "CA10", "/inbound/login", digits).await)
}

pub(crate) fn pound_only(stage: &mut Stage) -> Playing<'_> {
    Box::pin(keyed_everywhere(stage, "#"))
}

pub(crate) fn twelve_digits(stage: &mut Stage) -> Playing<'_> {
    Box::pin(keyed_everywhere(stage, "123456789012"))
}

pub(crate) fn digits_after_the_end(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let bob = stage.number(stage.bob).await;
        text(stage, &bob, "SM1", &format!("OK {PIN_OF_BOB}")).await;
        assert!(!stage.incident().await.is_open());
        stage.mark().await;
        let more = [("Digits", "1"), ("CallStatus", "completed")];
        Answer::Http(placed(stage, "/call/incident/{incident}/0/1/2", "CA1", &more).await)
    })
}

pub(crate) fn voicemail_plays_tones(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        for (nth, tones) in ["0", "2", "5", "9", "*", "#", "99", "11", "1111", "A", "1#"].iter().enumerate() {
            placed(stage, "/call/incident/{incident}/0/1/1", &format!("CA{nth}"), &[("Digits", tones)]).await;
            assert!(is_escalating(stage).await, "{tones} accepts");
        }
        // A machine that plays a 1 cannot be told from a human; but it does not answer when it is asked again.
        placed(stage, "/call/incident/{incident}/0/1/1", "CA20", &[("Digits", "1")]).await;
        assert!(!is_escalating(stage).await);
        minutes_pass(stage, 21, ActorId::Incident(stage.incident)).await;
        assert!(is_escalating(stage).await, "an accept that nobody confirms stands for ever");
        stage.mark().await;
        Answer::Http(placed(stage, "/call/incident/{incident}/0/1/1", "CA21", &[("Digits", "7")]).await)
    })
}

pub(crate) fn another_call(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        let menu = turn(stage, &ann, "CA1", "/inbound/login", PIN).await;
        assert!(menu.body.contains("Hello Annabel."), "{}", menu.body);
        stage.mark().await;
        // Who is logged in is remembered for that call and no other.
        Answer::Http(turn(stage, &ann, "CA2", "/inbound/menu/1", "1").await)
    })
}

pub(crate) fn spoofed(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let bob = stage.number(stage.bob).await;
        let asked = turn(stage, &bob, "CA1", "/inbound/menu/1", "9").await;
        assert!(asked.body.contains("Please enter or say your PIN"), "{}", asked.body);
        stage.mark().await;
        let response = text(stage, &bob, "SM1", "I am ok").await;
        assert!(is_escalating(stage).await);
        Answer::Http(response)
    })
}

pub(crate) fn fifty_guess(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        let stage: &Stage = stage;
        let guesses = (0..50).map(|nth| {
            let (ann, sid, pin) = (ann.clone(), format!("CA{nth}"), format!("{}", 500_000 + nth));
            async move { turn(stage, &ann, &sid, "/inbound/login", &pin).await }
        });
        for guessed in join_all(guesses).await {
            assert_eq!(guessed.status, StatusCode::OK);
            assert!(!guessed.body.contains("Hello"), "{}", guessed.body);
        }
        // What was not recorded at once was not checked either: the rest of the tries is used up one by one.
        for nth in 50..60 {
            turn(stage, &ann, &format!("CA{nth}"), "/inbound/login", "999999").await;
        }
        let limit = stage.world.app.shell.policy.pin_tries_per_day;
        assert_eq!(stage.deadman(stage.ann).await.tries.wrong, limit, "no more tries than that");
        Answer::Http(turn(stage, &ann, "CA99", "/inbound/login", PIN).await)
    })
}

pub(crate) fn completed_before_ringing(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let path = "/receipt/call/incident/{incident}/c0-call-page/1";
        let first = placed(stage, path, "CA1", &[("CallStatus", "completed")]).await;
        assert_eq!(first.status, StatusCode::NO_CONTENT);
        assert!(is_escalating(stage).await, "a completed call accepts");
        stage.mark().await;
        let mut last = None;
        for status in ["ringing", "in-progress", "initiated", "queued", "completed"] {
            last = Some(placed(stage, path, "CA1", &[("CallStatus", status)]).await);
        }
        Answer::Http(last.unwrap())
    })
}
