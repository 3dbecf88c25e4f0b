//! Codes, PINs, commands and STOP by text.

use lucius_tests::{Story, json, tell};

use crate::{ASKED, rings_on, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn the_code_alone_accepts_and_a_text_with_the_pin_ends() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.is(rings_on()).await;
        ann.cries_for_help().await;
        let code = ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        let call = ben.phone.expect_call().await;
        ben.phone.sends(&format!(" OK  {code}")).await.answered("You have it").await;
        // The call that rang meanwhile is cancelled.
        assert_eq!(call.ends_as().await, "canceled");
        told_who_is_coming(&ann.phone, "Ben").await;
        ann.incident("accepted").await;
        ann.phone.sends(&format!("ok {}", ann.pin)).await.answered("The alert is over").await;
        ben.phone.expect_text("Ann Test has checked in with their PIN").await;
        assert_eq!(ann.incident("ended").await["ended"]["by"], "user");
        // The code is worth nothing any more.
        ben.phone.sends(&code).await.answered("is over").await;
        assert_eq!(ann.incident("ended").await["ended"]["by"], "user");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_contact_who_stops_our_texts_is_called_and_the_user_hears_of_it() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_with("Ben", json!({ "channels": ["sms"] })).await;
        story.knows(&ben.phone);
        ben.phone.sends("Stop").await;
        ann.phone.expect_text("Ben Test has stopped our texts").await;
        ann.cries_for_help().await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_contact_who_stops_our_texts_in_an_incident_is_called_at_once() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_with("Ben", json!({ "channels": ["sms"] })).await;
        story.knows(&ben.phone);
        ann.cries_for_help().await;
        ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        ben.phone.sends("STOPALL").await;
        ann.phone.expect_text("Ben Test has stopped our texts").await;
        story.may_be_alerted(&ben.phone);
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_user_who_stops_our_texts_is_asked_by_call() {
    tell(async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        ann.arms(json!({ "wait_time_in_minutes": 120 })).await;
        ann.phone.sends("unsubscribe").await;
        let call = ann.phone.expect_call_within(ASKED).await;
        call.hears("Are you okay, Ann?").await.presses(&format!("{}#", ann.pin)).await;
        call.ends("Thank you, Ann.").await;
        ann.probe("good").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_command_by_text_postpones_nothing() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        let armed = ann.arms(json!({})).await;
        for command in ["probe -wait 120", "probe -in 120 -retries 6", "pause 2d"] {
            ann.phone.sends(command).await;
        }
        story.may(&ann.phone, "text.received", "");
        assert_eq!(ann.settings().await, armed);
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        let deadline = ann.probes().await[0]["deadline"].clone();
        for command in ["probe -wait 120", "pause", "probe -retries 6"] {
            ann.phone.sends(command).await;
        }
        assert_eq!(ann.probes().await[0]["deadline"], deadline);
        ben.phone.expect_alert("could not be reached").await;
        story.may_be_alerted(&ben.phone);
        ben.accepts(&ann).await.hangs_up().await;
    })
    .await;
}
