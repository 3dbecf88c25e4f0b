//! What comes later than it is promised, goes to somebody else, or is left out.

use jiff::SignedDuration;
use lucius_core::{
    deadman::{Edit, Pause, ProbeChange, Proof, State},
    effect::Effect,
    incident::Status,
    policy::later,
};
use lucius_invariants::{Act, Invariant};

use crate::{
    broken,
    support::{Story, page, phone, text},
};

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[test]
fn what_was_not_taken_is_tried_again_soon() {
    let mut story = Story::incident();
    story.wake();
    let put_off = |story: &mut Story| {
        let not_before = later(story.now, minutes(2));
        let pending = story.inc().pending.get_mut(&page(0)).unwrap();
        (pending.not_before, pending.lease_until) = (not_before, None);
    };
    assert!(broken(&story, &[], put_off).is_some());
    let mut story = Story::asked();
    story.pass(3_605).wake();
    story.performs = false;
    let waits = |story: &mut Story| {
        let not_before = later(story.now, minutes(2));
        story.inc().pending.get_mut(&text(0)).unwrap().not_before = not_before;
    };
    assert!(broken(&story, &[], waits).is_some());
}

#[test]
fn a_page_goes_to_the_contact_it_is_for() {
    let mut story = Story::incident();
    story.wake();
    for id in [page(0), text(0)] {
        let astray = |story: &mut Story| match &mut story.inc().pending.get_mut(&id).unwrap().effect {
            Effect::Call { to, .. } | Effect::Text { to, .. } => *to = phone(100),
            Effect::Cancel { .. } | Effect::Poll { .. } => panic!("no page"),
        };
        assert_eq!(broken(&story, &[], astray), Some(Invariant::Rounds));
    }
}

#[test]
fn a_call_is_asked_after() {
    let mut story = Story::incident();
    story.wake();
    story.report_placed(0, "B1");
    let never = |story: &mut Story| {
        let settle_by = later(story.now, minutes(60));
        story.inc().contacts[0].calls[0].settle_by = settle_by;
    };
    assert!(broken(&story, &[], never).is_some());
}

#[test]
fn whose_phone_rings_counts_as_alerted() {
    let mut story = Story::incident();
    story.wake();
    story.report_placed(0, "B1");
    let unalerted = |story: &mut Story| story.inc().contacts[0].alerted = false;
    assert_eq!(broken(&story, &[], unalerted), Some(Invariant::Told));
}

#[test]
fn a_round_goes_through_all_tiers() {
    let mut story = Story::incident();
    story.wake();
    let leaves_out = |story: &mut Story| {
        let next_at = later(story.now, minutes(1));
        story.inc().status = Status::Escalating { tier: 0, next_at };
    };
    assert_eq!(broken(&story, &[], leaves_out), Some(Invariant::Rounds));
}

#[test]
fn the_first_question_waits_as_long_as_it_says() {
    let mut story = Story::armed();
    story.pass(3_600).wake();
    let longer = |story: &mut Story| {
        let State::Probing(probe) = &mut story.deadman().state else { panic!("not asked") };
        probe.deadline = later(probe.deadline, minutes(1));
    };
    assert_eq!(broken(&story, &[], longer), Some(Invariant::MissedIsPaged));
}

#[test]
fn an_accept_is_believed_for_twenty_minutes() {
    let mut story = Story::ringing();
    let acts = story.press_one(0);
    let longer = |story: &mut Story| {
        let Status::Accepted { confirm_by, .. } = &mut story.inc().status else { panic!("not accepted") };
        *confirm_by = later(*confirm_by, minutes(1));
    };
    assert_eq!(broken(&story, &acts, longer), Some(Invariant::Told));
}

#[test]
fn an_interval_counts_from_the_last_sign_of_life() {
    let mut story = Story::asked();
    let acts = story.check_in_with_pin();
    let longer = |story: &mut Story| {
        let State::Waiting { next_probe_at } = &mut story.deadman().state else { panic!("not armed") };
        *next_probe_at = later(*next_probe_at, minutes(1));
    };
    assert_eq!(broken(&story, &acts, longer), Some(Invariant::OnlyAuthentic));
}

#[test]
fn the_pin_is_not_dropped_from_the_reply_without_it() {
    let mut story = Story::armed();
    story.deadman().settings.pin_in_reply = true;
    let message = ProbeChange { wait_minutes: Some(30), ..ProbeChange::default() };
    story.edit(Edit::Probes { change: message, pause: Pause::Keep, proof: Proof::None });
    let acts = [Act::Edited { proven: false, number: false }];
    for quieter in [
        |story: &mut Story| story.deadman().settings.pin_in_reply = false,
        |story: &mut Story| {
            story.deadman().settings.by_sms = false;
        },
    ] {
        assert_eq!(broken(&story, &acts, quieter), Some(Invariant::OnlyAuthentic));
    }
}
