//! Texts that take several steps.

use futures::future::join;
use http::StatusCode;
use lucius_bad_inputs::Stage;
use lucius_core::effect::{Channel, Effect};

use super::{is_escalating, text};
use crate::row::{Answer, Playing};

pub(crate) fn long_texts(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        let pages = [
            ("\u{202E}".repeat(1_599) + "?"),
            "🙃".repeat(1_600),
            "1 ".repeat(800),
            "lorem ipsum ".repeat(134),
        ];
        for (nth, page) in pages.iter().enumerate() {
            let response = text(stage, &ann, &format!("SM{nth}"), page).await;
            assert_eq!(response.status, StatusCode::OK);
            let deadman = stage.deadman(stage.ann).await;
            assert!(deadman.probe().unwrap().last_response.chars().count() <= 320);
            // Explained once only: two machines must not answer each other for ever.
            assert_eq!(response.body.contains("I did not understand that."), nth == 0);
        }
        let mut other = Stage::new().await;
        other.mark().await;
        std::mem::swap(stage, &mut other);
        Answer::Http(text(stage, &ann, "SM9", &pages[3]).await)
    })
}

pub(crate) fn carriers_words(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        let mut sid = 0;
        for word in ["STOP", " stop ", "StopAll", "UNSUBSCRIBE", "cancel", "END", "quit", "REVOKE", "OPTOUT"]
        {
            sid += 1;
            let response = text(stage, &ann, &format!("SM{sid}"), word).await;
            assert!(!response.body.contains("<Message"), "{word}: {}", response.body);
            let deadman = stage.deadman(stage.ann).await;
            assert!(
                deadman.text_stopped && deadman.probe().is_some() && deadman.incident.is_none(),
                "{word}"
            );
            // The question goes by call instead.
            assert!(deadman.pending.keys().any(|effect| effect.channel == Channel::Call), "{word}");
        }
        for word in ["START", "unstop"] {
            sid += 1;
            let response = text(stage, &ann, &format!("SM{sid}"), word).await;
            assert_eq!(response.status, StatusCode::OK);
            let deadman = stage.deadman(stage.ann).await;
            assert!(
                !deadman.text_stopped && deadman.probe().is_some() && deadman.incident.is_none(),
                "{word}"
            );
        }
        text(stage, &ann, "SM90", "STOP").await;
        stage.mark().await;
        Answer::Http(text(stage, &ann, "SM91", "INFO").await)
    })
}

pub(crate) fn echo(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let (ann, dan) = (stage.number(stage.ann).await, stage.dan().await);
        let incident = stage.incident().await;
        let pages = incident.pending.values().filter_map(|pending| match &pending.effect {
            Effect::Text { body, .. } => Some(body.clone()),
            Effect::Call { .. } | Effect::Cancel { .. } | Effect::Poll { .. } => None,
        });
        let pages: Vec<_> = pages.collect();
        assert!(pages.iter().any(|page| page.contains(&stage.code)), "no page was found");
        for (nth, page) in pages.iter().enumerate() {
            for (way, echo) in
                [page.clone(), format!("> {page}"), format!("Auto-reply to: {page}")].iter().enumerate()
            {
                let response = text(stage, &dan, &format!("SM{nth}{way}"), echo).await;
                assert!(!response.body.contains("<Message"), "two machines talk: {}", response.body);
                assert!(is_escalating(stage).await, "an echo accepts");
            }
        }
        let question =
            stage.deadman(stage.ann).await.pending.into_values().find_map(|pending| match pending.effect {
                Effect::Text { body, .. } => Some(body),
                Effect::Call { .. } | Effect::Cancel { .. } | Effect::Poll { .. } => None,
            });
        Answer::Http(text(stage, &ann, "SM9", &question.unwrap()).await)
    })
}

pub(crate) fn two_words_at_once(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let ann = stage.number(stage.ann).await;
        let (yes, no) = join(text(stage, &ann, "SM1", "Y"), text(stage, &ann, "SM2", "N")).await;
        let deadman = stage.deadman(stage.ann).await;
        // One came first. Either the alarm is raised and the other does not end it, or nothing was open any more.
        let raised = deadman.incident.is_some();
        assert_eq!(no.body.contains("We are calling your contacts now"), raised, "{}", no.body);
        assert_eq!(yes.body.contains("Thank you"), !raised, "{}", yes.body);
        assert!(deadman.probe().is_none());
        Answer::Http(no)
    })
}
