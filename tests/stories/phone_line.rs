//! People who call our number.

use lucius_tests::{Story, json, secs, tell};

use crate::{ASKED, told_who_is_coming};

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn calling_in_with_the_pin_before_the_deadline_prevents_the_page() {
    tell(async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        ann.arms(json!({ "wait_time_in_minutes": 15 })).await;
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        let call = ann.phone.calls().await;
        call.hears("Please enter or say your PIN").await.presses(&format!("{}#", ann.pin)).await;
        call.hears("Hello Ann.").await.presses("1").await;
        call.hears("You are checked in").await.presses("#").await;
        call.ends("Goodbye").await;
        ann.probe("good").await;
        // Past the deadline and its grace.
        story.stays_quiet(secs(24)).await;
        assert!(ann.incidents().await.is_empty());
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn three_wrong_pins_end_the_call_and_change_nothing() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        ann.arms(json!({ "wait_time_in_minutes": 15 })).await;
        ann.phone.expect_text_within("Are you okay Ann?", ASKED).await;
        let call = ann.phone.calls().await;
        for wrong in ["1111#", "2222#", "3333#"] {
            call.hears("Please enter or say your PIN").await.presses(wrong).await;
        }
        call.ends("Too many attempts. Goodbye.").await;
        assert_eq!(ann.probes().await[0]["status"], "pending");
        ben.phone.expect_alert("could not be reached").await;
        story.may_be_alerted(&ben.phone);
        ben.accepts(&ann).await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn an_emergency_starts_by_phone_and_ends_only_with_the_pin() {
    tell(async |story: &Story| {
        let (ann, ben) = story.user_with_contact().await;
        let call = ann.phone.calls().await;
        call.hears("Please enter or say your PIN").await.says(&spoken(&ann.pin)).await;
        call.hears("To start an emergency, press 9").await.presses("9").await;
        call.hears("We are calling your contacts now").await.hangs_up().await;
        let alert = ben.phone.expect_call().await;
        alert.hears("Ann Test started an emergency").await;
        ben.phone.expect_alert("started an emergency").await;
        story.may_be_alerted(&ben.phone);
        // Her number without her PIN ends nothing: not by text, not on the line.
        ann.phone.sends("I'm ok").await.answered("Your contacts are being called").await;
        ann.phone.sends("ok 4711").await.answered("That PIN is not right").await;
        let call = ann.phone.calls().await;
        call.hears("Please enter or say your PIN").await.presses("4711#").await;
        call.hears("That is not right").await.hangs_up().await;
        assert_eq!(ann.incident("escalating").await["causes"], json!(["emergency"]));
        alert.presses("1").await.hears("You have it").await.hangs_up().await;
        told_who_is_coming(&ann.phone, "Ben").await;
        let call = ann.phone.calls().await;
        call.hears("Please enter or say your PIN").await.presses(&format!("{}#", ann.pin)).await;
        call.hears("To end the emergency, press 9").await.presses("9").await;
        call.hears("The alert is over").await.hangs_up().await;
        ben.phone.expect_text("Ann Test has checked in with their PIN").await;
        ann.incident("ended").await;
    })
    .await;
}

/// Digits as a person says them.
fn spoken(pin: &str) -> String {
    let names = ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let digits = pin.chars().filter_map(|digit| names.get(usize::try_from(digit.to_digit(10)?).ok()?));
    digits.copied().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn from_another_phone_the_account_is_asked_for_afterwards() {
    tell(async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        let borrowed = story.stranger("Borrowed").await;
        let call = borrowed.calls().await;
        call.hears("Please enter or say your PIN").await.presses(&format!("{}#", ann.pin)).await;
        call.hears("Please enter the phone number of your account").await;
        call.presses(&format!("{}#", ann.phone.number().trim_start_matches('+'))).await;
        call.hears("Hello Ann.").await.presses("1").await;
        call.hears("You are checked in").await.hangs_up().await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn silence_hangs_up_after_three_rounds_and_a_browser_sees_the_first_page() {
    tell(async |story: &Story| {
        let stranger = story.stranger("Silent").await;
        let call = stranger.calls().await;
        for _ in 0..3 {
            call.hears("Please enter or say your PIN").await.keeps_silent().await;
        }
        call.ends("I did not hear anything. Goodbye.").await;
        let url = format!("{}/inbound/answer", story.stack.api_url);
        let page = story.client.get(&url).send().await.expect("it answers").text().await.unwrap_or_default();
        assert!(page.contains("I am Lucius. Here to help.") && page.contains("<Gather"), "{page}");
    })
    .await;
}
