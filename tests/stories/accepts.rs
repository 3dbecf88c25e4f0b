//! Accepting, confirming, backing up, ending, starting again.

use lucius_tests::{Story, json, secs, tell};

use crate::{rings, tells, told_that_somebody_goes, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn the_acceptor_has_it_ends_it_and_another_opens_it_again() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_in_tier("Ben", 1).await;
        let cara = ann.contact_in_tier("Cara", 1).await;
        story.knows(&ben.phone);
        story.knows(&cara.phone);
        story.may_be_alerted(&ben.phone);
        cara.phone.behaves("no_answer").await;
        story.may_be_paged(&cara.phone);
        ann.cries_for_help().await;
        ben.phone.expect_alert("not okay").await;
        let call = ben.accepts(&ann).await;
        told_who_is_coming(&ann.phone, "Ben").await;
        told_that_somebody_goes(&cara.phone, "Ben").await;
        call.presses("1").await.hears("You have it: you are going to Ann Test").await;
        assert_eq!(ann.incident("accepted").await["accepted_by"]["name"], "Ben Test");
        call.presses("9").await.hears("press 9 again").await.presses("9").await;
        call.ends("Everybody is told that it is over").await;
        ann.phone.expect_text("Ben Test says that it is over").await;
        ben.phone.expect_text("all clear").await;
        let clear = cara.phone.expect_text("If that is wrong, reply REOPEN").await;
        assert_eq!(ann.incident("ended").await["ended"]["who"], "Ben Test");
        let code = lucius_tests::phone::code_in(&clear).expect("the all-clear has Cara's code");
        cara.phone.sends(&format!("Reopen {code}")).await.answered("is open again").await;
        cara.phone.behaves("driven").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        told_that_somebody_goes(&cara.phone, "Ben").await;
        let incident = ann.incident("accepted").await;
        assert!(tells(&incident, "reopened", "Cara Test"), "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn an_accept_that_nobody_confirms_lapses_and_all_are_called_again() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_in_tier("Ben", 1).await;
        let cara = ann.contact_in_tier("Cara", 1).await;
        for contact in [&ben, &cara] {
            story.knows(&contact.phone);
            story.may_be_alerted(&contact.phone);
        }
        cara.phone.behaves("no_answer").await;
        story.may(&cara.phone, "call.placed", "");
        ann.cries_for_help().await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        told_that_somebody_goes(&cara.phone, "Ben").await;
        ben.phone.behaves("no_answer").await;
        let cara_before = cara.phone.rings().await;
        // Fifteen product minutes later he is asked, by call and by text; he does not answer.
        ben.phone.expect_text("are you still helping Ann Test?").await;
        ben.phone.expect_call().await.ends_as().await;
        ben.phone.behaves("driven").await;
        // Five later everybody is called again, himself included.
        let call = ben.phone.expect_call().await;
        call.hears("press 1").await;
        rings(&cara.phone, cara_before + 1, secs(30)).await;
        let incident = ann.incident("escalating").await;
        assert!(tells(&incident, "lapsed", ""), "{incident}");
        call.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        told_that_somebody_goes(&cara.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn a_confirmed_accept_stands() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        story.may_be_alerted(&ben.phone);
        ann.cries_for_help().await;
        let code = ben.phone.expect_alert("not okay").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        // The first time by key, the second by text.
        ben.phone.expect_text("are you still helping Ann Test?").await;
        let call = ben.phone.expect_call().await;
        call.hears("Press 1 if you are still on it")
            .await
            .presses("1")
            .await
            .hears("You have it")
            .await
            .hangs_up()
            .await;
        ann.incident_where("a renewed accept", |now| tells(now, "renewed", "Ben Test")).await;
        ben.phone.expect_text("are you still helping Ann Test?").await;
        ben.phone.sends(&format!("ok {code}")).await.answered("You have it").await;
        let call = ben.phone.expect_call().await;
        call.hears("Press 1 if you are still on it").await.presses("9").await;
        call.hears("press 9 again").await.presses("9").await.ends("it is over").await;
        ann.phone.expect_text("Ben Test says that it is over").await;
        ben.phone.expect_text("all clear").await;
        let incident = ann.incident("ended").await;
        assert!(!tells(&incident, "lapsed", ""), "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn two_press_one_in_the_same_second_and_one_of_them_is_back_up() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let ben = ann.contact_in_tier("Ben", 1).await;
        let cara = ann.contact_in_tier("Cara", 1).await;
        for contact in [&ben, &cara] {
            story.knows(&contact.phone);
            story.may_be_alerted(&contact.phone);
            story.may(&contact.phone, "text.received", "is going to Ann Test");
        }
        ann.cries_for_help().await;
        let (bens, caras) = tokio::join!(ben.phone.expect_call(), cara.phone.expect_call());
        tokio::join!(bens.hears("press 1"), caras.hears("press 1"));
        tokio::join!(bens.presses("1"), caras.presses("1"));
        tokio::join!(bens.hears("going to Ann Test"), caras.hears("going to Ann Test"));
        let incident = ann
            .incident_where("one acceptor and one back-up", |now| {
                now["accepted_by"]["backups"].as_array().is_some_and(|backups| backups.len() == 1)
            })
            .await;
        let names = [&incident["accepted_by"]["name"], &incident["accepted_by"]["backups"][0]];
        assert!(names.contains(&&json!("Ben Test")) && names.contains(&&json!("Cara Test")), "{incident}");
        let acceptor = if names[0] == "Ben Test" { "Ben" } else { "Cara" };
        told_who_is_coming(&ann.phone, acceptor).await;
        bens.hangs_up().await;
        caras.hangs_up().await;
        let accepted =
            incident["timeline"].as_array().into_iter().flatten().filter(|entry| entry["what"] == "accepted");
        assert_eq!(accepted.count(), 1, "{incident}");
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn who_comes_second_is_back_up_by_key_and_by_code() {
    tell(async |story: &Story| {
        let ann = story.user("Ann").await;
        let mut contacts = Vec::new();
        for name in ["Ben", "Cara", "Dan"] {
            let contact = ann.contact_in_tier(name, 1).await;
            story.knows(&contact.phone);
            story.may_be_alerted(&contact.phone);
            contacts.push(contact);
        }
        let [ben, cara, dan] = contacts.as_slice() else { unreachable!("three were made") };
        ann.cries_for_help().await;
        let caras = cara.phone.expect_call().await;
        caras.hears("press 1").await;
        let _ = dan.phone.expect_call().await.hears("press 1").await;
        let code = dan.phone.expect_alert("not okay").await;
        cara.phone.expect_alert("not okay").await;
        ben.phone.expect_alert("not okay").await;
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        told_that_somebody_goes(&cara.phone, "Ben").await;
        told_that_somebody_goes(&dan.phone, "Ben").await;
        caras
            .presses("1")
            .await
            .hears("Ben Test is going to Ann Test. You are noted as back-up")
            .await
            .hangs_up()
            .await;
        dan.phone.sends(&code).await.answered("You are noted as back-up").await;
        let incident = ann.incident("accepted").await;
        assert_eq!(incident["accepted_by"]["backups"], json!(["Cara Test", "Dan Test"]), "{incident}");
    })
    .await;
}
