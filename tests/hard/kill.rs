//! `escalate` is killed at any moment: the page comes, with at most one extra ring.

use lucius_tests::{Phone, Story, json, process, random, secs, tell, until};
use tokio::time::{Instant, sleep};

use crate::told_who_is_coming;

/// Between the request and what it would have written: the carrier has placed the call and holds its answer back, and tells
/// nothing else either.
#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn killed_between_the_request_and_its_record() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        story.may(&ben.phone, "text.received", "may be in trouble");
        ben.phone.behaves("no_answer").await;
        ben.phone.suffers("rest.call.create", json!({ "hold_after": 8 }), None).await;
        ben.phone.suffers("webhook.call_status", json!("lose"), None).await;
        ann.cries_for_help().await;
        let _ = ben.phone.expect_call().await;
        assert!(process::kill(&story.stack, "escalate") > 0, "there was nobody to kill");
        ben.phone.recovers().await;
        ben.phone.behaves("driven").await;
        let again = ben.phone.expect_call_within(secs(150)).await;
        again.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        assert_eq!(ben.phone.rings().await, 2, "one extra ring, no more");
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

/// Between the commit that decides to call and the request: the request is cut, unhandled, by the death itself.
#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn killed_between_the_commit_and_the_request() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        story.may(&ben.phone, "text.received", "may be in trouble");
        ben.phone.suffers("rest.call.create", json!("cut_before"), None).await;
        ben.phone.suffers("rest.text.create", json!({ "hold_before": 5 }), None).await;
        ann.cries_for_help().await;
        // It is in the middle of performing when its lease stands in the table and the text is under way.
        until("somebody to kill", secs(20), async || {
            let incident = ann.incidents().await.into_iter().next().unwrap_or_default();
            if incident.is_null() || process::of(&story.stack, "escalate").is_empty() {
                Err(incident)
            } else {
                Ok(())
            }
        })
        .await;
        let _ = process::kill(&story.stack, "escalate");
        ben.phone.recovers().await;
        let call = ben.phone.expect_call_within(secs(150)).await;
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        assert!(ben.phone.rings().await <= 2, "one extra ring, no more");
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

/// At random, again and again, while six incidents page: each is called, and nobody rings more than once per round and
/// death more than without.
#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn killed_at_random_while_many_are_paged() {
    tell(async |story: &Story| {
        let mut pairs = Vec::new();
        for _ in 0..6 {
            let (ann, ben) = story.user_with_contact().await;
            // Not answered before the killing is over; then at once.
            ben.phone.is(json!({ "behaviour": "no_answer" })).await;
            story.may_be_paged(&ben.phone);
            // By the time that the last is accepted, the first may have to be confirmed.
            story.may(&ben.phone, "text.received", "are you still helping");
            pairs.push((ann, ben.phone));
        }
        let end = Instant::now() + secs(12);
        let killing = async {
            let mut deaths = 0_usize;
            while Instant::now() < end {
                sleep(std::time::Duration::from_millis(100 + random::draw() % 900)).await;
                deaths += process::kill(&story.stack, "escalate");
            }
            deaths
        };
        let crying = futures::future::join_all(pairs.iter().map(|(ann, _)| ann.cries_for_help()));
        let (deaths, _) = tokio::join!(killing, crying);
        assert!(deaths > 3, "only {deaths} deaths");
        for (_, phone) in &pairs {
            phone.behaves("driven").await;
            phone.consume("call.placed").await;
        }
        futures::future::join_all(pairs.iter().map(|(ann, phone)| paged_and_accepted(ann, phone))).await;
    })
    .await;
}

async fn paged_and_accepted(ann: &lucius_tests::User, phone: &Phone) {
    let call = phone.expect_call_within(secs(150)).await;
    call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
    ann.phone.expect_text_within("Ben Test has accepted", secs(90)).await;
    let incident = ann.incident("accepted").await;
    let rounds = usize::try_from(incident["round"].as_u64().unwrap_or(1)).unwrap_or(1);
    let rings = phone.rings().await;
    assert!(rings <= 2 * rounds, "{rings} rings in {rounds} rounds: {incident}");
}
