//! Rounds: on and on, until a human accepts.

use lucius_tests::{Story, secs, tell};

use crate::{rings, tells, told_that_somebody_goes, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn voicemail_and_busy_accept_nothing_and_the_third_does() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact("Ben").await;
        let cara = ann.contact("Cara").await;
        let dan = ann.contact("Dan").await;
        ben.phone.behaves("voicemail").await;
        cara.phone.behaves("busy").await;
        for contact in [&ben, &cara, &dan] {
            story.knows(&contact.phone);
        }
        ann.cries_for_help().await;
        ben.phone.expect_call().await.ends("press 1").await;
        assert_eq!(cara.phone.expect_call().await.ends_as().await, "busy");
        story.may_be_paged(&ben.phone);
        story.may_be_paged(&cara.phone);
        dan.phone.expect_alert("not okay").await;
        story.may_be_alerted(&dan.phone);
        // The carrier's word on Cara may be slower than Dan, who would have her call cancelled.
        ann.incident_where("Cara's line is busy", |now| tells(now, "attempt", "busy")).await;
        dan.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Dan").await;
        told_that_somebody_goes(&ben.phone, "Dan").await;
        told_that_somebody_goes(&cara.phone, "Dan").await;
        let incident = ann
            .incident_where("Dan's accept in the timeline", |now| tells(now, "accepted", "Dan Test"))
            .await;
        assert!(tells(&incident, "attempt", "busy") && tells(&incident, "attempt", "Ben Test"), "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn after_more_than_fifty_attempts_the_next_one_still_comes() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let mut contacts = Vec::new();
        for name in ["Ben", "Cara", "Dan", "Eve", "Fred", "Gus", "Hal", "Ida", "Jim", "Kim"] {
            let contact = ann.contact_in_tier(name, 1).await;
            contact.phone.behaves("no_answer").await;
            story.knows(&contact.phone);
            story.may_be_paged(&contact.phone);
            contacts.push(contact);
        }
        ann.cries_for_help().await;
        for contact in &contacts {
            rings(&contact.phone, 6, secs(150)).await;
        }
        // Sixty calls and as many texts have come to nothing. Somebody wakes up.
        let last = contacts.last().expect("there are ten");
        last.phone.consume("call.placed").await;
        last.phone.behaves("driven").await;
        let call = last.phone.expect_call_within(secs(60)).await;
        call.hears("press 1").await.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Kim").await;
        for contact in contacts.iter().take(9) {
            told_that_somebody_goes(&contact.phone, "Kim").await;
            // The hour's cap: nobody is called more than twelve times.
            assert!(contact.phone.rings().await <= 24, "the cap of an hour does not hold");
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_landline_and_an_unreachable_phone_are_tried_the_other_way() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_with("Ben", lucius_tests::json!({ "channels": ["sms"] })).await;
        story.knows(&ben.phone);
        ben.phone.is(lucius_tests::json!({ "texts": "landline" })).await;
        story.may(&ben.phone, "text.failed", "");
        ann.cries_for_help().await;
        // He wanted texts; his phone cannot take them: he is called.
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}
