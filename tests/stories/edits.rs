//! Changes by the API while an incident is open.

use lucius_tests::{Story, json, tell};

use crate::{rings, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn neither_the_last_contact_nor_the_user_can_be_deleted_in_an_incident() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.behaves("no_answer").await;
        story.may_be_paged(&ben.phone);
        ann.arms(json!({ "wait_time_in_minutes": 120 })).await;
        ann.cries_for_help().await;
        let _ = ben.phone.expect_call().await;
        let pin = json!({ "pin": ann.pin });
        for (method, path) in [
            ("DELETE", format!("/v1/users/{{me}}/contacts/{}", ben.id)),
            ("DELETE", "/v1/users/{me}".to_owned()),
        ] {
            let answer = ann.asks(method, &path, Some(pin.clone())).await;
            assert_eq!(answer.status, 409, "{method} {path}: {answer:?}");
        }
        let off = json!({ "active": false, "pin": ann.pin });
        assert_eq!(ann.asks("PUT", "/v1/users/{me}/probe_settings", Some(off)).await.status, 409);
        let demoted = json!({ "is_emergency_contact": false, "pin": ann.pin });
        let path = format!("/v1/users/{{me}}/contacts/{}", ben.id);
        assert_eq!(ann.asks("PUT", &path, Some(demoted)).await.status, 409);
        // The rounds go on.
        let before = ben.phone.rings().await;
        rings(&ben.phone, before + 2, lucius_tests::secs(60)).await;
        ben.phone.consume("call.placed").await;
        ben.phone.behaves("driven").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_contact_added_in_an_incident_without_the_pin_is_paged_and_cannot_accept() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.behaves("no_answer").await;
        story.may_be_paged(&ben.phone);
        ann.arms(json!({ "wait_time_in_minutes": 120 })).await;
        ann.cries_for_help().await;
        let _ = ben.phone.expect_call().await;
        let mallory = ann.contact("Mallory").await;
        story.knows(&mallory.phone);
        ann.phone.expect_text("Mallory Test was added to your contacts").await;
        let call = mallory.phone.expect_call().await;
        let alert = mallory.phone.expect_text("may be in trouble").await;
        assert!(!alert.contains("reply"), "an untrusted number was given a code: {alert}");
        call.hears("press 1").await.presses("1").await;
        call.hears("We keep calling the others as well").await.presses("9").await;
        call.hears("press 1").await.hangs_up().await;
        story.may_be_paged(&mallory.phone);
        let incident = ann.incident("escalating").await;
        assert!(incident["accepted_by"].is_null(), "{incident}");
        ben.phone.consume("call.placed").await;
        ben.phone.behaves("driven").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        story.may(&mallory.phone, "text.received", "Ben Test is going");
        ann.incident("accepted").await;
    })
    .await;
}
