//! What is not what it seems: wrong signatures, forged senders, machines that answer.

use lucius_tests::{Story, forge::Sign, tell};

use crate::{rings_on, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_wrong_signature_is_refused_on_every_webhook_and_changes_nothing() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.cries_for_help().await;
        let code = ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        // He listens, and does nothing yet.
        let call = ben.phone.expect_call().await;
        call.hears("press 1").await;
        let incident = ann
            .incident_where("a call that rings", |now| now["contacts"][0]["call"]["outcome"] == "ringing")
            .await;
        let id = incident["id"].to_string();
        let (sid, account) = (call.sid.as_str(), story.stack.account_sid.as_str());
        let params = [
            ("AccountSid", account),
            ("CallSid", sid),
            ("CallStatus", "completed"),
            ("From", ben.phone.number()),
            ("To", story.stack.service_number.as_str()),
            ("Digits", "1"),
            ("MessageSid", "SM00000000000000000000000000000001"),
            ("MessageStatus", "undelivered"),
            ("ErrorCode", "30003"),
            ("Body", code.as_str()),
        ];
        let mut stranger = params;
        stranger[0].1 = "AC00000000000000000000000000000000";
        let uid = ann.id;
        for path in [
            "/inbound/answer".to_owned(),
            "/inbound/answer/2".to_owned(),
            "/inbound/login".to_owned(),
            "/inbound/login/".to_owned(),
            "/inbound/login/1".to_owned(),
            "/inbound/account/1".to_owned(),
            "/inbound/menu/1".to_owned(),
            "/inbound/callback/0".to_owned(),
            "/inbound/sms".to_owned(),
            "/webhook/sms".to_owned(),
            format!("/call/incident/{id}/0/1/1"),
            format!("/call/incident/{id}/0/1/end"),
            format!("/call/ask/{uid}/1/1/1"),
            format!("/receipt/call/incident/{id}/c0-call-page/1"),
            format!("/receipt/text/incident/{id}/c0-sms-page/1"),
            format!("/receipt/call/user/{uid}/user-call-ask/1"),
        ] {
            let refused = if path == "/webhook/sms" { 401 } else { 403 };
            for sign in
                [Sign::Not, Sign::Text(""), Sign::Text("x"), Sign::With("0123456789abcdef0123456789abcdef")]
            {
                let (status, _) = story.posts(&path, &params, sign).await;
                assert_eq!(status, refused, "{path} {sign:?}");
            }
            // Another account's traffic, however well signed.
            let (status, _) = story.posts(&path, &stranger, Sign::Right).await;
            assert_eq!(status, refused, "{path} for another account");
        }
        let after = ann.incident("escalating").await;
        assert_eq!(after["contacts"][0]["call"]["outcome"], "ringing", "{after}");
        call.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn neither_an_echo_nor_a_get_nor_a_bare_ok_accepts() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ben.phone.is(rings_on()).await;
        ann.cries_for_help().await;
        let alert = ben.phone.expect_text("may be in trouble").await;
        let code = lucius_tests::phone::code_in(&alert).expect("the alert has a code");
        let call = ben.phone.expect_call().await;
        story.may(&ben.phone, "text.received", "reply with the six digits");
        story.may_be_paged(&ben.phone);
        // Machines that answer quote what they answer.
        for echo in [
            alert.clone(),
            format!("I am driving. You wrote: {alert}"),
            format!("Automatic reply: {code} ..."),
            format!("> {code}"),
            "OK".to_owned(),
            "yes".to_owned(),
            "1".to_owned(),
        ] {
            ben.phone.sends(&echo).await;
        }
        let id = ann.incident("escalating").await["id"].to_string();
        let (sid, account) = (&call.sid, &story.stack.account_sid);
        for path in [format!("/call/incident/{id}/0/1/1"), format!("/call/incident/{id}/0/2/1")] {
            let query = format!("{path}?AccountSid={account}&CallSid={sid}&Digits=1&CallStatus=in-progress");
            let (status, body) = story.gets_signed(&query).await;
            assert!(!body.contains("You have it"), "{status} {body}");
            let answer =
                story.client.get(format!("{}{query}", story.stack.api_url)).send().await.expect("an answer");
            assert_ne!(answer.status().as_u16(), 200, "an unsigned GET of a call");
        }
        let incident = ann.incident("escalating").await;
        assert!(incident["accepted_by"].is_null(), "{incident}");
        call.answers()
            .await
            .hears("press 1")
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
async fn ringing_back_with_a_forged_number_brings_a_call_to_the_real_phone_and_no_accept() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        let mallory = story.stranger("Mallory").await;
        ben.phone.behaves("no_answer").await;
        story.may_be_paged(&ben.phone);
        ann.cries_for_help().await;
        let code = ben.phone.expect_alert("not okay").await;
        story.may_be_alerted(&ben.phone);
        let _ = ben.phone.expect_call().await;
        let forged = mallory.calls_as(Some(&ben.phone)).await;
        forged.hears("A call was meant for this number").await.presses("123456#").await;
        forged.hears("That is not the code").await.presses("1#").await;
        // Ben's phone rings for the alert still: the call that was asked for comes behind that one.
        forged.ends("we call you again as soon as it is over").await;
        let _ = ben.phone.expect_call().await;
        assert_eq!(ann.incidents().await[0]["status"], "escalating");
        // With the code of our text, which only Ben's phone has, ringing back accepts.
        let call = ben.phone.calls().await;
        call.hears("enter its six digit code")
            .await
            .presses(&format!("{code}#"))
            .await
            .ends("You have it")
            .await;
        told_who_is_coming(&ann.phone, "Ben").await;
        assert_eq!(ann.incident("accepted").await["accepted_by"]["name"], "Ben Test");
    })
    .await;
}
