//! STOP and START.

use expect_test::expect_file;
use lucius_core::{
    decide::Event,
    effect::{Channel, Outcome},
};

use crate::{
    story::Story,
    told::Told,
    world::{ann, call, phone, placed, question, text},
};

fn stop(key: &str, phone: lucius_core::phone::PhoneNumber, stopped: bool) -> Event {
    Event::TextsStopped { key: key.to_owned(), phone, stopped }
}

#[test]
fn a_contact_stops_texts() {
    let mut story = Story::armed();
    story.ann_mut().contacts[0].by_call = false;
    let mut told = Told::new("A contact who wanted texts only stops them", story);
    told.then("Bob texts STOP on a quiet day.", |story| {
        story.decide(&stop("SM1", phone(201), true)).unwrap();
    });
    told.then("The same STOP comes again.", |story| {
        story.decide(&stop("SM1", phone(201), true)).unwrap();
    });
    told.then("Bob texts START.", |story| {
        story.decide(&stop("SM2", phone(201), false)).unwrap();
    });
    told.then("A stranger texts STOP.", |story| {
        story.decide(&stop("SM3", phone(900), true)).unwrap();
    });
    told.then("Ann calls for help.", |story| {
        story.sos();
    });
    told.then("Bob texts STOP before his text has gone out.", |story| {
        story.decide(&stop("SM4", phone(201), true)).unwrap();
    });
    told.wakes("He is called.");
    told.at("10:00:30").then("Bob accepts in the call.", |story| {
        story.outcome(&call(0), &placed("B1")).press(0, "B1", "1", "1");
    });
    told.then("Cas, who was not called, texts STOP while Bob is going.", |story| {
        story.decide(&stop("SM5", phone(202), true)).unwrap();
    });
    told.then("Ann herself texts STOP.", |story| {
        story.decide(&stop("SM6", ann(), true)).unwrap();
    });
    told.then("Cas texts START: Ann cannot be told.", |story| {
        story.decide(&stop("SM7", phone(202), false)).unwrap();
    });
    expect_file!["a_contact_stops_texts.txt"].assert_eq(told.words());
}

#[test]
fn the_user_stops_texts() {
    let mut told = Told::new("Ann stops our texts", Story::armed());
    told.at("11:00").wakes("Ann is asked.");
    told.then("The carrier says that she has stopped our texts.", |story| {
        story.outcome(&question(Channel::Sms), &Outcome::Permanent { code: 21610 });
    });
    told.wakes("She is called.");
    told.then("Her phone rings.", |story| {
        story.outcome(&question(Channel::Call), &placed("A1"));
    });
    told.then("Ann texts START.", |story| {
        story.decide(&stop("SM1", ann(), false)).unwrap();
    });
    told.then("Ann texts STOP.", |story| {
        story.decide(&stop("SM2", ann(), true)).unwrap();
    });
    told.at("12:00:05").wakes("She is asked again.");
    told.then("The call is refused for good.", |story| {
        story.outcome(&question(Channel::Call), &Outcome::Permanent { code: 13224 });
    });
    told.then("Ann texts START.", |story| {
        story.decide(&stop("SM3", ann(), false)).unwrap();
    });
    told.at("13:00:10").wakes("She is asked by text again.");
    told.then("The text is refused: it is no number for texts.", |story| {
        story.outcome(&question(Channel::Sms), &Outcome::Permanent { code: 21614 });
    });
    told.then("Ann texts STOP before she was called.", |story| {
        story.decide(&stop("SM4", ann(), true)).unwrap();
    });
    expect_file!["the_user_stops_texts.txt"].assert_eq(told.words());
}

#[test]
fn a_stop_in_a_performer_s_hands() {
    let mut told =
        Told::new("A contact stops our texts while one is being sent, then all are told", Story::incident());
    told.wakes("Bob's call and text are in hand.");
    told.then("Bob texts STOP.", |story| {
        story.decide(&stop("SM1", phone(201), true)).unwrap();
    });
    told.then("The text had gone out.", |story| {
        story.outcome(&text(0), &Outcome::Done);
    });
    told.at("10:01").wakes("Cas is called and texted.");
    told.then("Cas accepts.", |story| {
        story.outcome(&text(1), &Outcome::Done).outcome(&call(1), &placed("C1")).press(1, "C1", "1", "1");
    });
    expect_file!["a_stop_in_hand.txt"].assert_eq(told.words());
}
