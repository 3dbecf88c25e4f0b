//! Attempts, minutes and years.

use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use http::{Method, StatusCode};
use lucius_bad_inputs::{PIN, Stage};
use lucius_core::{actor::ActorId, deadman::State};
use lucius_shell::{ports::NotArranged, sweep::Invoker};
use serde_json::json;

use super::{api, minutes_pass, placed, woken};
use crate::row::{Answer, Playing};

pub(crate) fn every_minute(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let body = json!({ "cron_expression": "* * * * *", "pin": PIN });
        let changed = api(stage, Method::PUT, "/v1/users/{ann}/probe_settings", &body).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        stage.mark().await;
        // The question that is open stays the only one until its time is up.
        minutes_pass(stage, 30, ActorId::Deadman(stage.ann)).await;
        assert!(
            matches!(stage.deadman(stage.ann).await.state, State::Probing(probe) if probe.id == stage.probe)
        );
        Answer::Done
    })
}

pub(crate) fn attempt_from_the_future(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        let mut last = None;
        for attempt in ["3", "999", "4294967295"] {
            let call = format!("/receipt/call/incident/{{incident}}/c0-call-page/{attempt}");
            for status in [
                "ringing",
                "in-progress",
                "levitating",
                "completed",
                "no-answer",
                "busy",
                "failed",
                "canceled",
            ] {
                last = Some(placed(stage, &call, "CA1", &[("CallStatus", status)]).await);
            }
            let text = format!("/receipt/text/incident/{{incident}}/c0-sms-page/{attempt}");
            let fields = [("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30006")];
            let response = placed(stage, &text, "CA1", &fields).await;
            assert_eq!(response.status, StatusCode::NO_CONTENT);
        }
        for attempt in ["4294967296", "-1", "1e3", "", "x"] {
            let path = format!("/receipt/call/incident/{{incident}}/c0-call-page/{attempt}");
            let response = placed(stage, &path, "CA1", &[("CallStatus", "completed")]).await;
            assert_eq!(response.status, StatusCode::NOT_FOUND, "{path}");
        }
        Answer::Http(last.unwrap())
    })
}

/// Notes whom the sweep hands over.
#[derive(Default)]
struct Invoked(Mutex<Vec<ActorId>>);

impl Invoker for Invoked {
    async fn invoke(&self, actors: &[ActorId]) -> Result<(), NotArranged> {
        self.0.lock().unwrap().extend(actors);
        Ok(())
    }
}

/// Moves an actor in the index of what is due, by hand.
async fn due(stage: &Stage, actor: ActorId, millis: i64) {
    let mut item = stage.world.items().await.remove(&format!("{actor}|ACTOR")).unwrap();
    item.insert("due_at".to_owned(), AttributeValue::N(millis.to_string()));
    stage.world.write(item).await;
}

pub(crate) fn ends_of_the_calendar(stage: &mut Stage) -> Playing<'_> {
    Box::pin(async move {
        for past in ["1969-12-31T23:59:59Z", "-009998-01-01T00:00:00Z", "0000-01-01T00:00:00Z"] {
            let body = json!({ "paused_until": past, "pin": PIN });
            let refused = api(stage, Method::PUT, "/v1/users/{ann}/probe_settings", &body).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST);
            assert!(refused.body.contains("paused_until: this time has passed"), "{}", refused.body);
        }
        for no_time in ["10000-01-01T00:00:00Z", "9999-12-31", "NaN", ""] {
            let body = json!({ "paused_until": no_time, "pin": PIN });
            let refused = api(stage, Method::PUT, "/v1/users/{ann}/probe_settings", &body).await;
            assert!(refused.body.contains("paused_until: a time with its offset"), "{}", refused.body);
        }
        // Before the epoch is overdue; the year 9999 is not, whatever it was meant to be.
        let (ann, bob) = (ActorId::Deadman(stage.ann), ActorId::Deadman(stage.bob));
        due(stage, ann, -1).await;
        due(stage, bob, 253_402_300_799_999).await;
        stage.mark().await;
        let invoked = Invoked::default();
        let tick: sweep::Tick = serde_json::from_str("{}").unwrap();
        sweep::cycle(&stage.world.app, &invoked, &tick).await.unwrap();
        let found = std::mem::take(&mut *invoked.0.lock().unwrap());
        assert!(found.contains(&ann) && !found.contains(&bob), "{found:?}");
        woken(stage, ann).await;
        Answer::Done
    })
}
