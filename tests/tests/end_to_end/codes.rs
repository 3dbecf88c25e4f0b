//! Codes and call-backs: what proves that a contact answers, and what does not.

use futures::future::join_all;
use serde_json::json;

use crate::support::{Phone, Story, together};

/// The six digits of an alert.
fn code_of(text: &str) -> String {
    text.split(|letter: char| !letter.is_ascii_digit())
        .find(|word| word.len() == 6)
        .expect("a code")
        .to_owned()
}

async fn alerted(story: &Story) -> (Phone, String) {
    story.ana.phone.sends("SOS").await;
    let ben = story.contacts[0].clone();
    ben.is("no_answer").await;
    let code = code_of(&ben.expect_text("not okay").await);
    (ben, code)
}

async fn end(story: Story, ben: &Phone) {
    ben.accept_all().await;
    story.ana.phone.accept_all().await;
    story.finish().await;
}

#[tokio::test]
async fn the_code_alone_accepts_and_an_echo_does_not() {
    let _house = together().await;
    let story = Story::new(1).await;
    let (ben, code) = alerted(&story).await;
    for text in [
        format!("Automatic reply: \"... reply {code} (only the code)\""),
        format!("{code} {code}"),
        "OK".to_owned(),
    ] {
        ben.sends(&text).await;
        assert_eq!(story.incident("escalating").await["status"], "escalating", "{text}");
    }
    let said = ben.sends(&format!("ok {code}")).await;
    assert!(said[0].contains("You have it"), "{said:?}");
    story.incident("accepted").await;
    let said = ben.sends(&code).await;
    assert!(said[0].contains("You have it"), "{said:?}");
    end(story, &ben).await;
}

#[tokio::test]
async fn ringing_back_proves_nothing_but_brings_a_call_of_ours() {
    let _house = together().await;
    let story = Story::new(1).await;
    let (ben, code) = alerted(&story).await;
    ben.is("driven").await;
    // Somebody forges Ben's number: all they get is that Ben is called.
    let mut call = ben.calls().await;
    call.hears("A call was meant for this number").await.press("1#").await;
    call.ends_with("we call you").await;
    let incident = story.incident("escalating").await;
    assert_eq!(incident["status"], "escalating");
    let mut ours = loop {
        let mut call = ben.expect_call().await;
        if call.rings_through().await {
            break call;
        }
    };
    ours.hangs_up().await;
    // With the code of the text it is Ben.
    let mut call = ben.calls().await;
    call.hears("six digit code").await.press(&format!("{code}#")).await;
    call.ends_with("You have it").await;
    story.incident("accepted").await;
    end(story, &ben).await;
}

#[tokio::test]
async fn wrong_codes_from_a_forged_sender_silence_nothing() {
    let _house = together().await;
    let story = Story::new(1).await;
    let (ben, code) = alerted(&story).await;
    let number = ben.number.clone();
    for batch in 0..30 {
        let tries = (0..10).map(|n| {
            let guess = format!("{:06}", batch * 10 + n);
            let params = json!({
                "MessageSid": format!("SM{batch:016x}{n:016x}"), "From": number, "Body": guess, "NumMedia": "0",
            });
            let stack = story.stack.clone();
            async move { stack.forge("POST", "/inbound/sms", &params, "valid").await.0 }
        });
        for status in join_all(tries).await {
            assert_eq!(status, 200);
        }
    }
    // Not even the right one accepts from this number any more; the phone does.
    let said = ben.sends(&code).await;
    assert!(said[0].contains("no more codes"), "{said:?}");
    assert_eq!(story.incident("escalating").await["status"], "escalating");
    ben.is("driven").await;
    loop {
        let mut call = ben.expect_call().await;
        if call.rings_through().await {
            call.press("1").await.hears("You have it").await.hangs_up().await;
            break;
        }
    }
    story.incident("accepted").await;
    end(story, &ben).await;
}

#[tokio::test]
async fn a_contact_re_opens_what_the_acceptor_has_ended() {
    let _house = together().await;
    let story = Story::new(2).await;
    story.contacts[0].is("no_answer").await;
    story.ana.phone.sends("SOS").await;
    let (ben, carla) = (&story.contacts[0], &story.contacts[1]);
    let code = code_of(&ben.expect_text("not okay").await);
    let mut call = carla.expect_call().await;
    call.press("1").await.hears("You have it").await.press("9").await.hears("again").await.press("9").await;
    call.ends_with("Everybody is told").await;
    story.incident("ended").await;
    let said = ben.sends(&format!("reopen {code}")).await;
    assert!(said[0].contains("open again"), "{said:?}");
    story.incident("escalating").await;
    carla.accept_all().await;
    let ben = ben.clone();
    end(story, &ben).await;
}

#[tokio::test]
async fn a_command_of_the_user_moves_nothing() {
    let _house = together().await;
    let story = Story::new(1).await;
    story.miss().await;
    story.ana.phone.sends("probe -wait 120").await;
    let ben = &story.contacts[0];
    ben.expect_text("could not be reached").await;
    ben.expect_call_within(40).await.press("1").await.hears("You have it").await.hangs_up().await;
    story.ana.phone.accept_all().await;
    story.finish().await;
}
