//! Who is left out of a round, and rounds that end.

use jiff::SignedDuration;
use lucius_core::{
    decide::{ContactAct, Event},
    effect::{CallProgress, NotSent, Outcome, TextFailure},
    incident::Status,
    policy::later,
};
use lucius_invariants::{Act, Invariant};

use crate::{
    broken,
    support::{Story, page, text},
};

#[test]
fn rounds_leave_nobody_out() {
    let mut story = Story::ringing();
    story.told(0, "B1", CallProgress::NoAnswer);
    story.pass(120).wake();
    let left_out = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(0)).is_some(), "the second round does not call c0");
        story.inc().contacts[0].called_in = 1;
    };
    assert_eq!(broken(&story, &[], left_out), Some(Invariant::Rounds));
    let not_really = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(0)).is_some());
        story.inc().contacts[0].called_in = story.inc().round;
    };
    assert_eq!(broken(&story, &[], not_really), Some(Invariant::Rounds));
    let never_again = |story: &mut Story| {
        let next_at = later(story.now, SignedDuration::from_hours(1));
        story.inc().status = Status::Escalating { tier: 1, next_at };
    };
    assert_eq!(broken(&story, &[], never_again), Some(Invariant::Rounds));
    let rests = |story: &mut Story| {
        let until = later(story.now, SignedDuration::from_hours(1));
        story.inc().contacts[0].sms.rests_until = Some(until);
    };
    assert_eq!(broken(&story, &[], rests), Some(Invariant::Rounds));
}

#[test]
fn who_stops_our_texts_is_called() {
    let mut story = Story::incident();
    story.inc().contacts[1].by_call = false;
    story.wake();
    story.pass(60).wake();
    story.report(&text(1), Outcome::Done);
    let (key, phone) = ("STOP1".to_owned(), story.inc().contacts[1].phone.clone());
    story.goes(&Event::TextsStopped { key, phone, stopped: true });
    let not_called = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(1)).is_some());
        story.inc().contacts[1].called_in = 0;
    };
    assert_eq!(broken(&story, &[Act::TextsStopped], not_called), Some(Invariant::Rounds));
}

/// Bob rings us while the call `B1` is with his voicemail.
#[test]
fn who_asks_to_be_called_is_called_behind_the_call_under_way() {
    let mut story = Story::ringing();
    let incident = story.inc().id;
    story.report(&page(1), Outcome::Permanent { code: 21_211 });
    let act = ContactAct::CallBack { key: "CA7-1".to_owned() };
    story.goes(&Event::Contact { place: 0, act });
    let asked = [Act::AskedToBeCalled { incident, place: 0 }];
    let forgotten = |story: &mut Story| story.inc().contacts[0].wants_call = false;
    assert_eq!(broken(&story, &asked, forgotten), Some(Invariant::Honoured));
    let of_nothing = |story: &mut Story| story.inc().contacts[1].wants_call = true;
    assert_eq!(broken(&story, &asked, of_nothing), Some(Invariant::Rounds));
    let mut accepted = story.clone();
    accepted.press_one(0);
    story.told(0, "B1", CallProgress::Completed);
    let not_called = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(0)).is_some());
        story.inc().contacts[0].called_in = story.before.incident.as_ref().unwrap().contacts[0].called_in;
    };
    assert_eq!(broken(&story, &[], not_called), Some(Invariant::Rounds));
    // Who goes needs no other call; and nobody calls them on their own account.
    let acts = [Act::PressedOne { incident, place: 0 }];
    assert_eq!(accepted.check(&acts), Ok(()));
    accepted.told(0, "B1", CallProgress::Completed);
    assert_eq!(accepted.check(&[]), Ok(()));
    assert!(!accepted.inc().pending.contains_key(&page(0)));
}

/// Carla rings us while a performer has a call to her in hand: she may not hear that one.
#[test]
fn who_asks_to_be_called_is_called_behind_the_call_that_is_being_placed() {
    let mut story = Story::ringing();
    let incident = story.inc().id;
    let act = ContactAct::CallBack { key: "CA7-1".to_owned() };
    story.goes(&Event::Contact { place: 1, act });
    let asked = [Act::AskedToBeCalled { incident, place: 1 }];
    assert_eq!(story.check(&asked), Ok(()));
    let forgotten = |story: &mut Story| story.inc().contacts[1].wants_call = false;
    assert_eq!(broken(&story, &asked, forgotten), Some(Invariant::Honoured));
    let serves = |outcome: Outcome, called: bool| {
        let mut story = story.clone();
        story.report(&page(1), outcome);
        assert_eq!(story.check(&[]), Ok(()));
        assert!(!story.inc().contacts[1].wants_call);
        let pending = story.inc().pending.get(&page(1)).cloned();
        assert_eq!(pending.is_some(), called);
        assert!(
            pending
                .is_none_or(|pending| pending.not_before >= later(story.now, SignedDuration::from_secs(4)))
        );
    };
    serves(Outcome::NotSent { why: NotSent::NoSlot }, true);
    serves(Outcome::Account { code: 20_003 }, true);
    serves(Outcome::Unknown, true);
    serves(Outcome::Permanent { code: 21_211 }, false);
    story.report_placed(1, "C1");
    assert!(story.inc().contacts[1].wants_call);
    assert_eq!(story.check(&[]), Ok(()));
    story.told(1, "C1", CallProgress::Busy);
    assert_eq!(story.check(&[]), Ok(()));
    assert!(story.inc().pending.contains_key(&page(1)));
}

type Happens<'a> = &'a dyn Fn(&mut Story);

/// Each of the ways in which the record tells that a text may not have arrived.
#[test]
fn whom_texts_do_not_reach_is_called() {
    let failed =
        |failure: TextFailure| Event::TextFailed { effect: text(1), attempt: 1, code: 30_003, failure };
    let in_vain: [(&str, Happens<'_>); 5] = [
        ("unknown", &|story| story.report(&text(1), Outcome::Unknown)),
        ("refused", &|story| story.report(&text(1), Outcome::Permanent { code: 21_211 })),
        ("trying again", &|story| story.report(&text(1), Outcome::NotSent { why: NotSent::NoConnection })),
        ("not delivered, passing", &|story| {
            story.report(&text(1), Outcome::Done);
            story.goes(&failed(TextFailure::Passing));
        }),
        ("not delivered, number", &|story| {
            story.report(&text(1), Outcome::Done);
            story.goes(&failed(TextFailure::Number));
        }),
    ];
    for (what, comes_to_nothing) in in_vain {
        let mut story = Story::incident();
        story.inc().contacts[1].by_call = false;
        story.wake();
        story.pass(60).wake();
        comes_to_nothing(&mut story);
        // Whose texts cannot arrive is called in this round already.
        if story.inc().pending.contains_key(&page(1)) {
            story.wake();
            story.report_placed(1, "B2");
            story.told(1, "B2", CallProgress::NoAnswer);
        }
        story.pass(120).wake();
        // What is tried again is tried again in vain.
        if story.inc().pending.contains_key(&text(1)) {
            comes_to_nothing(&mut story);
        }
        story.pass(60).wake();
        assert_eq!(story.inc().round, 2, "{what}");
        assert_eq!(story.check(&[]), Ok(()), "{what}");
        let not_called = |story: &mut Story| {
            assert!(
                story.inc().pending.remove(&page(1)).is_some(),
                "{what}: c1 is called in the second round"
            );
            story.inc().contacts[1].called_in = 0;
        };
        assert_eq!(broken(&story, &[], not_called), Some(Invariant::Rounds), "{what}");
    }
}

#[test]
fn whom_calls_do_not_reach_is_texted() {
    let mut story = Story::incident();
    story.inc().contacts[1].by_sms = false;
    story.wake();
    story.pass(60).wake();
    story.report_placed(1, "B2");
    story.told(1, "B2", CallProgress::Failed);
    second_round(&mut story);
    let not_texted = |story: &mut Story| {
        assert!(story.inc().pending.remove(&text(1)).is_some(), "c1 is texted in the second round");
    };
    assert_eq!(broken(&story, &[], not_texted), Some(Invariant::Rounds));
}

/// Until it is the second contact's turn again.
fn second_round(story: &mut Story) {
    story.pass(120).wake();
    story.pass(60).wake();
    assert_eq!(story.inc().round, 2);
}

#[test]
fn pauses_are_as_long_as_they_should_be() {
    let mut story = Story::incident();
    story.wake();
    story.pass(60).wake();
    for seconds in [30, 61, 120] {
        let other = |story: &mut Story| {
            let next_at = later(story.now, SignedDuration::from_secs(seconds));
            story.inc().status = Status::Escalating { tier: 0, next_at };
        };
        assert_eq!(broken(&story, &[], other), Some(Invariant::Rounds), "{seconds} s");
    }
}

#[test]
fn a_number_rests_once_for_one_try() {
    let mut story = Story::ringing();
    let attempt = story.tries[&text(0)];
    let failed = Event::TextFailed { effect: text(0), attempt, code: 30_006, failure: TextFailure::Number };
    story.goes(&failed);
    assert_eq!(story.check(&[]), Ok(()));
    story.pass(60).goes(&failed);
    let longer = |story: &mut Story| {
        let until = later(story.now, story.policy.rest());
        story.inc().contacts[0].sms.rests_until = Some(until);
    };
    assert_eq!(broken(&story, &[], longer), Some(Invariant::Rounds));
}

#[test]
fn pauses_grow_anew_only_for_a_new_reason() {
    let mut story = Story::ringing();
    let acts = story.press_one(0);
    story.check(&acts).unwrap();
    story.pass(20 * 60).wake();
    assert_eq!(story.inc().paced_from, 1);
    let old = |story: &mut Story| story.inc().paced_from = 0;
    assert_eq!(broken(&story, &[], old), Some(Invariant::Rounds));
    story.pass(60).wake();
    let again = |story: &mut Story| story.inc().paced_from = story.inc().round;
    assert_eq!(broken(&story, &[], again), Some(Invariant::Rounds));
}
