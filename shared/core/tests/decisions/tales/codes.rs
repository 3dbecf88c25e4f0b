//! Codes by text: right, wrong, too many, and out of date.

use expect_test::expect_file;
use lucius_core::incident::TextAnswer;

use crate::{
    story::Story,
    told::Told,
    world::{call, placed},
};

#[test]
fn wrong_codes() {
    let mut told = Told::new("Somebody guesses codes", Story::ringing());
    for n in 1..=5 {
        told.then(&format!("Wrong code {n} comes from Cas's number."), |story| {
            story.any_code(1, &format!("SM{n}"), "999999", TextAnswer::Accept);
        });
    }
    told.wakes("Cas is called.");
    told.at("10:00:10").then("The call finds nobody.", |story| {
        story.outcome(&call(1), &placed("C1"));
        story.told(&call(1), 1, "C1", lucius_core::effect::CallProgress::NoAnswer);
    });
    told.then("A sixth wrong code.", |story| {
        story.any_code(1, "SM6", "999999", TextAnswer::Accept);
    });
    told.then("The right code.", |story| {
        story.code(1, "SM7");
    });
    told.then("The right code again, while the call is about to be made.", |story| {
        story.code(1, "SM8");
    });
    expect_file!["wrong_codes.txt"].assert_eq(told.words());
}

#[test]
fn call_backs() {
    let mut told = Told::new("A contact rings us", Story::incident());
    told.then("Bob rings us before his own call was placed, and asks to be called.", |story| {
        story.call_back(0, "CA-1");
    });
    told.then("The same request comes again.", |story| {
        story.call_back(0, "CA-1");
    });
    told.at("10:00:04").wakes("Four seconds later.");
    told.then("Bob rings us again while his call is placed.", |story| {
        story.call_back(0, "CA-2");
    });
    told.then("The call cannot be placed for now.", |story| {
        story.outcome(&call(0), &crate::world::held());
    });
    told.then("Bob rings us once more.", |story| {
        story.call_back(0, "CA-3");
    });
    told.at("10:00:08").wakes("The next try.");
    told.then("It rings.", |story| {
        story.outcome(&call(0), &placed("B1"));
    });
    told.then("It is with his voicemail, and Bob rings us again.", |story| {
        story.call_back(0, "CA-4");
    });
    told.at("10:01:30").then("The call to his voicemail is over.", |story| {
        let attempt = story.open().contacts[0].attempts;
        story.told(&call(0), attempt, "B1", lucius_core::effect::CallProgress::Completed);
    });
    expect_file!["call_backs.txt"].assert_eq(told.words());
}

#[test]
fn an_older_alert() {
    let mut story = Story::ringing();
    story.good_with("1234");
    let old = story.case.incident.clone();
    story.at("12:00").sos();
    let newer = story.case.incident.clone();
    story.case.incident = old;
    let mut told = Told::new("Bob answers an alert that is over, while a newer one is open", story);
    told.then("He presses 5.", |story| {
        story.press(0, "B1", "1", "5");
    });
    told.then("He texts the code.", |story| {
        story.code(0, "SM1");
    });
    told.then("He asks to be called.", |story| {
        story.call_back(0, "CA1");
    });
    assert_ne!(told.story.case.incident, newer);
    told.story.ann_mut().incident = None;
    told.then("The newer one is over: he presses 5.", |story| {
        story.press(0, "B1", "2", "5");
    });
    told.then("A place that this alert does not have presses 1.", |story| {
        story.press(7, "X1", "1", "1");
    });
    expect_file!["an_older_alert.txt"].assert_eq(told.words());
}
