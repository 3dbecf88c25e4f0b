//! A carrier that is slow, broken, or says everything twice.

use lucius_tests::{Story, json, secs, tell, until};

use crate::{ALARMED, ASKED, rings_on, tells, told_that_somebody_goes, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_call_held_by_the_carrier_while_another_accepts_is_cancelled() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_in_tier("Ben", 1).await;
        let cara = ann.contact_in_tier("Cara", 1).await;
        story.knows(&ben.phone);
        story.knows(&cara.phone);
        cara.phone.is(rings_on()).await;
        cara.phone.suffers("rest.call.create", json!({ "hold_before": 10 }), None).await;
        ann.cries_for_help().await;
        ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        cara.phone.expect_alert("not okay").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        story.may(&cara.phone, "text.received", "Ben Test is going");
        let call = cara.phone.expect_call().await;
        assert_eq!(call.ends_as().await, "canceled");
        ann.incident("accepted").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_call_held_by_the_carrier_and_answered_at_once_hears_who_is_going() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_in_tier("Ben", 1).await;
        let cara = ann.contact_in_tier("Cara", 1).await;
        story.knows(&ben.phone);
        story.knows(&cara.phone);
        cara.phone.suffers("rest.call.create", json!({ "hold_before": 10 }), None).await;
        // It is cancelled at once as well: they are to be faster.
        cara.phone.suffers("rest.call.update", json!({ "hold_before": 2 }), None).await;
        ann.cries_for_help().await;
        ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        cara.phone.expect_alert("not okay").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        story.may(&cara.phone, "text.received", "Ben Test is going");
        let call = cara.phone.expect_call().await;
        call.hears("press 1").await.presses("1").await;
        call.hears("Ben Test is going to Ann Test. You are noted as back-up").await.hangs_up().await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn requests_that_time_out_after_placing_ring_at_most_twice_in_a_round() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.behaves("no_answer").await;
        story.may_be_paged(&ben.phone);
        ben.phone.suffers("rest.call.create", json!({ "hold_after": 20 }), None).await;
        ben.phone.suffers("webhook.call_status", json!("lose"), None).await;
        ann.cries_for_help().await;
        // Two unknown outcomes are one round's, the fourth is the second's. Each takes the twelve seconds of a request.
        let rounds = until("four unknown outcomes", secs(150), async || {
            let incident = ann.incidents().await.into_iter().next().unwrap_or_default();
            let entries = incident["timeline"].as_array().into_iter().flatten();
            let unknown = entries.filter(|entry| entry.to_string().contains("unknown")).count();
            if unknown >= 4 { Ok(incident) } else { Err(incident) }
        })
        .await;
        for (round, rings) in
            rings_by_round(&ben.phone.events("call.placed").await, &rounds).into_iter().enumerate()
        {
            assert!(rings <= 2, "round {}: {rings} rings; {rounds}", round + 1);
        }
        assert!(tells(&rounds, "attempt", "unknown"), "{rounds}");
        ben.phone.recovers().await;
        ben.phone.consume("call.placed").await;
        ben.phone.behaves("driven").await;
        let call = ben.phone.expect_call_within(secs(90)).await;
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

/// How many calls were placed in each round of an incident.
fn rings_by_round(calls: &[lucius_tests::Value], incident: &lucius_tests::Value) -> Vec<usize> {
    let time =
        |value: &lucius_tests::Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let entries = incident["timeline"].as_array().into_iter().flatten();
    let mut begun: Vec<_> =
        entries.filter(|entry| entry["what"] == "round").filter_map(|entry| time(&entry["at"])).collect();
    begun.sort_unstable();
    let mut rings = vec![0; begun.len()];
    for at in calls.iter().filter_map(|call| time(&call["at"])) {
        let round = begun.iter().filter(|begin| **begin <= at).count().saturating_sub(1);
        if let Some(count) = rings.get_mut(round) {
            *count += 1;
        }
    }
    rings
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn an_account_error_for_ten_minutes_loses_nobody() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let mut contacts = Vec::new();
        for name in ["Ben", "Cara", "Dan"] {
            let contact = ann.contact(name).await;
            contact.phone.behaves("no_answer").await;
            contact
                .phone
                .suffers("rest.call.create", json!({ "error": { "code": 20003 } }), Some(10.0))
                .await;
            story.knows(&contact.phone);
            story.may_be_paged(&contact.phone);
            contacts.push(contact);
        }
        ann.cries_for_help().await;
        for contact in &contacts {
            let _ = contact.phone.expect_call_within(secs(90)).await;
        }
        let dan = contacts.last().expect("there are three");
        dan.phone.consume("call.placed").await;
        dan.phone.behaves("driven").await;
        let call = dan.phone.expect_call_within(secs(60)).await;
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Dan").await;
        for contact in contacts.iter().take(2) {
            told_that_somebody_goes(&contact.phone, "Dan").await;
        }
        let incident = ann.incident("accepted").await;
        assert!(tells(&incident, "attempt", "20003"), "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn who_wants_texts_is_called_when_no_text_gets_through() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_with("Ben", json!({ "channels": ["sms"] })).await;
        story.knows(&ben.phone);
        ben.phone.suffers("rest.text.create", json!({ "error": { "code": 21606 } }), None).await;
        ann.cries_for_help().await;
        let call = ben.phone.expect_call().await;
        ben.phone.recovers().await;
        story.may(&ben.phone, "text.received", "");
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn every_webhook_twice_at_once_changes_nothing_in_a_whole_story() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        for phone in [&ann.phone, &ben.phone] {
            phone.suffers("webhook", json!("twice_at_once"), None).await;
        }
        ann.arms(json!({ "max_retries": 1 })).await;
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        ann.phone.sends("hmm").await;
        // Each of the two deliveries is answered with the same words; a carrier sends both.
        story.may(&ann.phone, "text.received", "I did not understand that");
        ann.phone.expect_text_within("You good ??", ALARMED).await;
        ben.phone.expect_alert("could not be reached").await;
        story.may_be_alerted(&ben.phone);
        let call = ben.accepts(&ann).await;
        told_who_is_coming(&ann.phone, "Ben").await;
        call.presses("9").await.hears("press 9 again").await.presses("9").await;
        call.ends("Everybody is told that it is over").await;
        ann.phone.expect_text("Ben Test says that it is over").await;
        ben.phone.expect_text("all clear").await;
        let incident = ann.incident("ended").await;
        let count = |what: &str| {
            incident["timeline"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|entry| entry["what"] == what)
                .count()
        };
        assert_eq!((count("opened"), count("accepted"), count("ended")), (1, 1, 1), "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_check_in_while_the_incident_is_being_opened_leaves_nobody_ringing() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.is(rings_on()).await;
        // The request to place the call is under way for three seconds; the check-in comes within them.
        ben.phone.suffers("rest.call.create", json!({ "hold_before": 3 }), None).await;
        ann.cries_for_help().await;
        ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        ann.phone.sends(&format!("ok {}", ann.pin)).await.answered("The alert is over").await;
        ben.phone.expect_text("Ann Test has checked in with their PIN").await;
        let call = ben.phone.expect_call().await;
        assert_eq!(call.ends_as().await, "canceled");
        story.stays_quiet(secs(8)).await;
        ann.incident("ended").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_check_in_in_the_very_second_of_the_alarm_leaves_nobody_ringing() {
    tell(async |story: &Story| {
        futures::future::join_all([0_u64, 100, 200, 300, 450, 600].map(|after| in_the_second(story, after)))
            .await;
    })
    .await;
}

/// A check-in with PIN `after` milliseconds after the moment at which the alarm is due.
async fn in_the_second(story: &Story, after: u64) {
    let (ann, ben) = story.user_with_contact().await;
    ben.phone.is(rings_on()).await;
    story.may(&ben.phone, "text.received", "");
    story.may(&ben.phone, "call.placed", "");
    ann.arms(json!({})).await;
    ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
    let deadline: jiff::Timestamp =
        ann.probes().await[0]["deadline"].as_str().and_then(|text| text.parse().ok()).expect("a deadline");
    let due =
        deadline.saturating_add(jiff::SignedDuration::from_millis(4_950 + i64::try_from(after).unwrap_or(0)));
    let wait = due.expect("a time").duration_since(jiff::Timestamp::now());
    tokio::time::sleep(wait.try_into().unwrap_or_default()).await;
    ann.phone.sends(&format!("ok {}", ann.pin)).await.answered("Thank you, Ann").await;
    let open = ann.incidents().await.iter().any(|incident| incident["status"] != "ended");
    assert!(!open, "an incident is open after the check-in");
    until("no call rings", secs(40), async || {
        let path = format!("calls?number={}", ben.phone.number().trim_start_matches('+'));
        let calls = story.control.get(&path).await["calls"].clone();
        let live = calls.as_array().into_iter().flatten().any(|call| {
            matches!(call["status"].as_str(), Some("queued" | "initiated" | "ringing" | "in-progress"))
        });
        if live { Err(calls) } else { Ok(()) }
    })
    .await;
}
