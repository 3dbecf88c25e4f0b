//! The question, and what becomes of the answer.

use lucius_tests::{Story, json, secs, tell};

use crate::{ALARMED, ASKED, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_good_reply_closes_the_probe_and_nobody_is_paged() {
    tell(async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        ann.arms(json!({})).await;
        ann.phone.expect_text_within("Are you okay Ann? (Y/N)", ASKED).await;
        ann.phone.sends(" yEs ").await.answered("Thank you, Ann. Your next check-in is").await;
        let probe = ann.probe("good").await;
        assert_eq!(probe["retry_count"], 0, "{probe}");
        // Past the deadline and its grace.
        story.stays_quiet(secs(14)).await;
        assert!(ann.incidents().await.is_empty());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_bad_reply_pages_at_once_and_the_api_ends_it_with_the_pin() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.arms(json!({ "wait_time_in_minutes": 120 })).await;
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        ann.phone.sends("Nope").await.answered("We are calling your contacts now").await;
        ben.phone.expect_alert("answered that they are not okay").await;
        story.may_be_alerted(&ben.phone);
        let call = ben.phone.expect_call().await;
        call.hears("Ann Test answered that they are not okay").await;
        call.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        let incident = ann.incident("accepted").await;
        assert_eq!(incident["accepted_by"]["name"], "Ben Test", "{incident}");
        assert_eq!(incident["causes"], json!(["bad"]));
        assert_eq!(ann.probe("bad").await["last_response"], "Nope");
        let without = ann.resolves(None).await;
        assert_eq!((without.status, without.why().contains("PIN")), (403, true), "{without:?}");
        assert_eq!(ann.resolves(Some("0000000000")).await.status, 403);
        assert_eq!(ann.incident("accepted").await["id"], incident["id"]);
        let ended = ann.resolves(Some(&ann.pin)).await.data();
        assert_eq!(ended["ended"]["by"], "user", "{ended}");
        ben.phone.expect_text("all clear").await;
        assert_eq!(ann.resolves(Some(&ann.pin)).await.status, 409);
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn no_reply_is_asked_again_and_then_the_contact_is_paged() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.arms(json!({ "max_retries": 2 })).await;
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        ann.phone.expect_text_within("You good ??", ALARMED).await;
        ann.phone.expect_text_within("You good ??", ALARMED).await;
        assert!(ann.incidents().await.is_empty());
        let call = ben.phone.expect_call_within(ALARMED).await;
        call.hears("Ann Test could not be reached").await;
        ben.phone.expect_alert("could not be reached").await;
        story.may_be_alerted(&ben.phone);
        let probe = ann.probe("unavailable").await;
        assert_eq!(probe["retry_count"], 2, "{probe}");
        call.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        // A good answer without the PIN, and too late, is passed on; it ends nothing.
        ann.phone.sends("yes").await.answered("To end it, reply OK and your PIN").await;
        let incident = ann.incident("accepted").await;
        assert_eq!(incident["causes"], json!(["unavailable"]), "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_question_by_call_takes_only_the_right_pin() {
    tell(async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        ann.arms(json!({ "channels": ["call"], "wait_time_in_minutes": 120 })).await;
        let call = ann.phone.expect_call_within(ASKED).await;
        call.hears("Are you okay, Ann?").await.presses("4710#").await;
        call.hears("That PIN is not right").await.presses(&format!("{}#", ann.pin)).await;
        call.ends("Thank you, Ann.").await;
        ann.probe("good").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn whoever_holds_the_phone_without_the_pin_does_not_stop_the_page() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.arms(json!({ "channels": ["call"] })).await;
        let call = ann.phone.expect_call_within(ASKED).await;
        call.hears("Are you okay, Ann?").await.presses("1#").await;
        call.hears("That PIN is not right").await.presses("4711#").await;
        call.hears("That PIN is not right").await.presses("123456#").await;
        call.ends("If we do not hear from you, we call your contacts. Goodbye.").await;
        ben.phone.expect_alert("could not be reached").await;
        story.may_be_alerted(&ben.phone);
        let call = ben.phone.expect_call_within(ALARMED).await;
        call.hears("could not be reached")
            .await
            .presses("1")
            .await
            .hears("You have it")
            .await
            .hangs_up()
            .await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn nine_in_a_question_by_call_calls_for_help() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.arms(json!({ "channels": ["call"] })).await;
        let call = ann.phone.expect_call_within(ASKED).await;
        call.hears("If you need help, press 9").await.presses("9#").await;
        call.ends("We are calling your contacts now").await;
        ben.phone.expect_alert("answered that they are not okay").await;
        story.may_be_alerted(&ben.phone);
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn an_unclear_reply_is_kept_and_explained_once_and_is_no_answer() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.arms(json!({})).await;
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        ann.phone.sends("no but I can in 2 hours").await.answered("I did not understand that").await;
        ann.phone.sends("what?").await.in_silence();
        ben.phone.expect_alert("could not be reached").await;
        story.may_be_alerted(&ben.phone);
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        assert_eq!(ann.probe("unavailable").await["last_response"], "what?");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_question_by_text_and_by_call_is_asked_both_ways() {
    tell(async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        ann.arms(json!({ "channels": ["call", "sms"] })).await;
        ann.phone.expect_text_within("Are you okay Ann? (Y/N)", ASKED).await;
        let call = ann.phone.expect_call().await;
        call.hears("Are you okay").await.presses(&format!("{}#", ann.pin)).await;
        call.ends("Thank you, Ann.").await;
        ann.probe("good").await;
    })
    .await;
}
