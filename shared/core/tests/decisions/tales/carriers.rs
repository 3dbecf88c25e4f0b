//! What the carrier can do to calls and texts, and what people get all the same.

use expect_test::expect_file;
use jiff::SignedDuration;
use lucius_core::{
    decide::Event,
    effect::{CallProgress, EffectId, NotSent, Outcome, TextFailure},
};

use crate::{
    story::Story,
    told::Told,
    world::{call, cancel, placed, poll, polled, text},
};

fn failed(story: &mut Story, effect: &EffectId, attempt: u32, code: u32, failure: TextFailure) {
    story.decide(&Event::TextFailed { effect: effect.clone(), attempt, code, failure }).unwrap();
}

#[test]
fn not_sent() {
    let mut told = Told::new("Calls and texts that could not be sent", Story::incident());
    told.wakes("Bob's call and text are in hand.");
    told.then("No line is free.", |story| {
        story.outcome(&call(0), &Outcome::NotSent { why: NotSent::NoSlot });
    });
    told.then("The account is in trouble.", |story| {
        story.outcome(&text(0), &Outcome::Account { code: 20003 });
    });
    told.at("10:00:02").wakes("Both are tried again.");
    told.then("Still no line; the carrier is busy.", |story| {
        story.outcome(&call(0), &Outcome::NotSent { why: NotSent::Throttled });
        story.outcome(&text(0), &Outcome::NotSent { why: NotSent::Throttled });
    });
    told.at("10:00:06").wakes("Both are tried again.");
    told.then("His number takes no texts.", |story| {
        story.outcome(&text(0), &Outcome::Permanent { code: 21614 });
    });
    told.then("His number takes no calls.", |story| {
        story.outcome(&call(0), &Outcome::Permanent { code: 13224 });
    });
    told.wakes("Cas need not wait.");
    told.then("The carrier cannot be reached.", |story| {
        story.outcome(&call(1), &Outcome::NotSent { why: NotSent::NoConnection });
        story.outcome(&text(1), &Outcome::NotSent { why: NotSent::NoConnection });
    });
    told.at("10:01:06").wakes("The round's pause is over; nobody was reached.");
    told.at("10:15:06").wakes("Bob's lines have rested.");
    expect_file!["not_sent.txt"].assert_eq(told.words());
}

#[test]
fn unknown() {
    let mut told = Told::new("Calls and texts that may have been sent", Story::incident());
    told.wakes("Bob's call and text are in hand.");
    told.at("10:00:30").wakes("Whoever had them died.");
    told.at("10:00:31").wakes("The call is dialled again.");
    told.then("Nobody knows whether it rings.", |story| {
        story.outcome(&call(0), &Outcome::Unknown);
    });
    told.wakes("Cas is next.");
    told.then("The late word comes: the first call had been placed.", |story| {
        story.late(&call(0), 1, &placed("B1"));
    });
    told.then("And its end, by a callback.", |story| {
        story.told(&call(0), 1, "B1", CallProgress::Busy);
    });
    told.then("Somebody presses 1 in a call of which we know nothing.", |story| {
        story.press(1, "C0", "1", "1");
    });
    told.then("The text to Cas had been in hand, and went out.", |story| {
        story.late(&text(1), 2, &Outcome::Done);
    });
    told.then("So had the call.", |story| {
        story.late(&call(1), 1, &placed("C1"));
    });
    told.then("The call cannot be cancelled just now.", |story| {
        story.outcome(&cancel(1, "C1"), &Outcome::Account { code: 20003 });
    });
    told.then("A late word about a call of Bob's that was never dialled.", |story| {
        story.told(&call(0), 40, "B9", CallProgress::Ringing);
    });
    expect_file!["unknown.txt"].assert_eq(told.words());
}

#[test]
fn silence() {
    let mut told = Told::new("Calls of which the carrier tells nothing", Story::incident());
    told.wakes("Bob's call is in hand.");
    told.then("It stands in the carrier's queue for half a minute.", |story| {
        story.outcome(
            &call(0),
            &Outcome::Placed { sid: "B1".to_owned(), queue: SignedDuration::from_secs(30) },
        );
        story.outcome(&text(0), &Outcome::Done);
    });
    told.at("10:01").wakes("Cas is called.");
    told.then("Cas's text went out, the call rings.", |story| {
        story.outcome(&text(1), &Outcome::Done).outcome(&call(1), &placed("C1"));
    });
    told.at("10:02").wakes("Bob's call is asked after; the next round begins.");
    told.then("It is still in the queue.", |story| {
        story.outcome(&poll(0, "B1"), &polled(CallProgress::Queued));
    });
    told.at("10:02:30").wakes("Cas's call is asked after.");
    told.then("Somebody talks to it.", |story| {
        story.outcome(&poll(1, "C1"), &polled(CallProgress::InProgress));
    });
    told.at("10:05:30").wakes("Cas's call has lasted too long.");
    told.at("10:12").wakes("Bob's call has been in the queue for too long.");
    told.then("It cannot be cancelled.", |story| {
        story.outcome(&cancel(0, "B1"), &Outcome::Unknown);
    });
    expect_file!["silence.txt"].assert_eq(told.words());
}

#[test]
fn polls() {
    let mut all = String::new();
    for (outcome, sentence) in [
        (polled(CallProgress::Failed), "It could not be connected."),
        (polled(CallProgress::Canceled), "It was cancelled."),
        (polled(CallProgress::Completed), "It is over."),
        (polled(CallProgress::Ringing), "It rings."),
        (Outcome::Account { code: 20003 }, "The account is in trouble."),
        (Outcome::Unknown, "No answer."),
    ] {
        let mut story = Story::ringing();
        story.at("10:01:30").wake();
        let mut told = Told::new("Bob's call is asked after", story);
        told.then(sentence, |story| {
            story.outcome(&poll(0, "B1"), &outcome);
        });
        all.push_str(told.words());
        all.push('\n');
    }
    expect_file!["polls.txt"].assert_eq(&all);
}

#[test]
fn not_delivered() {
    let mut told = Told::new("Texts that the carrier took and that did not arrive", Story::ringing());
    told.at("10:00:30")
        .then("Bob's phone is off.", |story| failed(story, &text(0), 2, 30003, TextFailure::Passing));
    told.then("The same again.", |story| failed(story, &text(0), 2, 30003, TextFailure::Passing));
    told.at("10:01").wakes("Cas is called.");
    told.then("Cas's text is taken.", |story| {
        story.outcome(&text(1), &Outcome::Done);
    });
    told.then("Our account may not send to Cas.", |story| {
        failed(story, &text(1), 2, 30034, TextFailure::Account);
    });
    told.then("Cas's call could not be placed.", |story| {
        story.outcome(&call(1), &Outcome::Permanent { code: 13224 });
    });
    told.then("Cas's number takes no texts.", |story| failed(story, &text(1), 2, 30006, TextFailure::Number));
    told.then("A text that nobody knows.", |story| failed(story, &text(1), 9, 30006, TextFailure::Number));
    told.then("Ann ends it.", |story| {
        story.good_with("1234");
    });
    told.then("A late word about Bob's text.", |story| {
        failed(story, &text(0), 2, 30005, TextFailure::Account);
    });
    expect_file!["not_delivered.txt"].assert_eq(told.words());
}

#[test]
fn the_cap() {
    let mut story = Story::ringing();
    story.policy.calls_per_contact_hour = 2;
    let mut told =
        Told::new("No more than two calls of one contact in an hour, as this operator has set", story);
    told.at("10:00:30").then("Nobody answers.", |story| {
        story.told(&call(0), 1, "B1", CallProgress::NoAnswer);
    });
    told.wakes("Cas is next.");
    told.at("10:01:30").wakes("The second round.");
    told.then("Bob's phone rings.", |story| {
        story.outcome(&call(0), &placed("B2")).told(&call(0), 3, "B2", CallProgress::NoAnswer);
    });
    told.then("His text goes out.", |story| {
        story.outcome(&text(0), &Outcome::Done);
    });
    told.at("10:02:30").wakes("Cas's turn.");
    told.at("10:04:30").wakes("The third round: Bob has had his two calls.");
    told.then("Bob rings us.", |story| {
        story.call_back(0, "CA1");
    });
    told.at("10:06:30").wakes("An hour has not passed.");
    told.at("11:00").wakes("An hour after the first.");
    expect_file!["the_cap.txt"].assert_eq(told.words());
}
