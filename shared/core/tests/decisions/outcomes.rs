//! Outcomes and callbacks: twice, late, never, and out of order.

use jiff::SignedDuration;
use lucius_core::{
    decide::Event,
    effect::{CallProgress, Effect, NotSent, Outcome, Purpose, TextFailure},
    history::What,
    turn::Alarm,
    voice::Then,
};

use crate::{
    story::Story,
    world::{call, cancel, held, placed, poll, polled, t, text},
};

#[test]
fn a_placed_call_is_done_and_watched() {
    let story = Story::ringing();
    assert!(story.pending(&call(0)).is_none());
    assert_eq!(story.open().contacts[0].calls[0].settle_by, t("10:01:30"));
}

#[test]
fn the_callback_may_be_faster_than_the_reply() {
    let mut story = Story::incident();
    story.wake().told(&call(0), 1, "B1", CallProgress::Ringing);
    assert!(story.pending(&call(0)).is_none());
    story.late(&call(0), 1, &placed("B1"));
    assert_eq!(story.open().contacts[0].calls.len(), 1);
}

#[test]
fn a_call_can_be_over_before_the_reply_comes() {
    let mut story = Story::incident();
    story.wake().told(&call(0), 1, "B1", CallProgress::Busy);
    assert!(!story.is_called(0));
    story.late(&call(0), 1, &placed("B1"));
    assert!(story.open().contacts[0].calls.is_empty(), "it does not come back to life");
}

#[test]
fn initiated_after_completed_revives_nothing() {
    let mut story = Story::ringing();
    story.told(&call(0), 1, "B1", CallProgress::NoAnswer);
    let case = story.case.clone();
    story.told(&call(0), 1, "B1", CallProgress::Ringing).told(&call(0), 1, "B1", CallProgress::NoAnswer);
    assert_eq!(story.case, case, "a callback that adds nothing is answered without a write");
    assert!(story.last.rows.is_empty());
}

#[test]
fn a_callback_about_a_try_that_was_never_made_adds_nothing() {
    let mut story = Story::ringing();
    let case = story.case.clone();
    for progress in [CallProgress::Ringing, CallProgress::InProgress, CallProgress::NoAnswer] {
        story.told(&call(0), 999, "OTHER", progress).told(&text(0), 1, "OTHER", progress);
    }
    assert_eq!(story.case, case);
    assert!(story.last.rows.is_empty());
}

#[test]
fn the_end_of_a_call_nobody_knows_settles_nothing() {
    let mut story = Story::ringing();
    let case = story.case.clone();
    story.told(&call(0), 1, "OTHER", CallProgress::Completed);
    assert_eq!(story.case, case);
}

#[test]
fn an_unknown_call_is_dialled_again_once_in_a_round() {
    let mut story = Story::incident();
    story.wake().outcome(&call(0), &Outcome::Unknown);
    assert_eq!(story.pending(&call(0)).unwrap().not_before, t("10:00:01"));
    story.at("10:00:01").wake().outcome(&call(0), &Outcome::Unknown);
    assert!(!story.is_called(0), "then it counts as not reached");
    assert_eq!(story.next_round_at(), t("10:00:01"), "and the next tier need not wait");
}

#[test]
fn the_next_round_dials_an_unknown_call_again_too() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake().outcome(&call(0), &Outcome::Unknown);
    story.after(1).wake().outcome(&call(0), &Outcome::Unknown);
    story.at("10:01").wake().outcome(&call(0), &Outcome::Unknown);
    assert!(story.pending(&call(0)).is_some());
}

#[test]
fn a_performer_that_died_leaves_an_unknown_outcome() {
    let mut story = Story::incident();
    story.wake();
    assert!(story.is_quiet_until("10:00:29"));
    story.at("10:00:30").wake();
    assert_eq!(story.pending(&call(0)).unwrap().due_at(), t("10:00:31"));
    assert!(story.pending(&text(0)).is_none(), "an unknown text counts as sent");
}

#[test]
fn a_redial_keeps_its_own_contact_whatever_the_numbers() {
    // Place 1, try 1: an address in which the same number stands twice.
    let mut story = Story::with_contacts(&[("Bob", 2), ("Cas", 1)]);
    story.ann_mut().contacts.reverse();
    story.ann_mut().contacts[0].priority = 1;
    story.ann_mut().contacts[1].priority = 1;
    story.sos().wake().outcome(&call(1), &Outcome::Unknown);
    let pending = story.pending(&call(1)).unwrap();
    let Effect::Call { prompt, .. } = &pending.effect else { panic!() };
    let Then::Listen { path, .. } = &prompt.then else { panic!() };
    assert_eq!(*path, format!("/call/incident/{}/1/{}/1", story.open().id, pending.attempt));
}

#[test]
fn the_reply_to_an_older_try_only_records_its_call() {
    let mut story = Story::incident();
    story.wake();
    let first = story.attempt(&call(0));
    story.outcome(&call(0), &Outcome::Unknown).late(&call(0), first, &placed("B1"));
    assert_eq!(story.open().contacts[0].calls[0].sid, "B1");
    assert!(story.pending(&call(0)).is_some(), "a second ring beats none");
    story.late(&call(0), first, &held());
    assert_eq!(story.pending(&call(0)).unwrap().failures, 0);
}

#[test]
fn no_two_tries_of_a_contact_have_the_same_number() {
    let mut story = Story::incident();
    story.wake().outcome(&call(0), &held()).outcome(&text(0), &held()).after(5).wake();
    story.outcome(&call(0), &held()).outcome(&text(0), &held());
    let tries = [story.attempt(&call(0)), story.attempt(&text(0))];
    assert_ne!(tries[0], tries[1]);
    assert_eq!(story.open().contacts[0].attempts, *tries.iter().max().unwrap());
}

#[test]
fn what_was_not_sent_waits_longer_each_time_up_to_a_minute() {
    // A call comes back when there is a line for its kind, if that is earlier.
    for (id, expected) in [
        (call(0), [2, 4, 8, 16, 23, 19, 22, 18, 20, 32, 28, 39, 52]),
        (text(0), [2, 4, 8, 16, 23, 19, 22, 18, 25, 33, 34, 46, 59]),
    ] {
        let mut story = Story::incident();
        story.wake();
        let mut waits = Vec::new();
        for _ in 0..13 {
            story.outcome(&id, &Outcome::NotSent { why: NotSent::Throttled });
            let not_before = story.pending(&id).unwrap().not_before;
            waits.push(not_before.duration_since(story.now).as_secs());
            story.now = not_before;
            story.wake();
        }
        assert_eq!(waits, expected, "{id}");
    }
}

#[test]
fn the_timeline_says_once_that_the_carrier_is_away() {
    let mut story = Story::incident();
    story.wake().outcome(&call(0), &held());
    assert_eq!(story.lines(What::Attempt), 1);
    story.after(3).wake().outcome(&call(0), &held());
    assert_eq!(story.lines(What::Attempt), 0);
}

#[test]
fn an_account_error_rests_nobody_and_alarms_the_operator() {
    let mut story = Story::incident();
    story.wake().outcome(&call(0), &Outcome::Account { code: 20003 });
    assert!(story.alarmed(Alarm::CarrierAccount { code: 20003 }));
    assert_eq!(story.open().contacts[0].call.rests_until, None);
    assert_eq!(story.pending(&call(0)).unwrap().due_at(), t("10:00:02"));
}

#[test]
fn a_refusal_for_good_rests_the_channel_and_tries_the_other_even_if_not_chosen() {
    let mut story = Story::armed();
    story.ann_mut().contacts[0].by_sms = false;
    story.sos().wake().outcome(&call(0), &Outcome::Permanent { code: 21211 });
    assert_eq!(story.open().contacts[0].call.rests_until, Some(t("10:15")));
    assert!(story.pending(&text(0)).is_some());
    assert_eq!(story.lines(What::Attempt), 1);
    assert!(story.open().contacts[0].called_at.is_empty(), "it did not ring");
}

#[test]
fn no_error_takes_a_contact_out_of_the_rounds() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake().outcome(&call(0), &Outcome::Permanent { code: 21211 });
    story.outcome(&text(0), &Outcome::Permanent { code: 21211 });
    assert!(story.open().pending.is_empty());
    while story.open().pending.is_empty() {
        story.now = story.open().due().unwrap().at;
        story.wake();
    }
    assert!(story.now <= t("10:31"), "{}", story.now);
}

#[test]
fn a_call_that_tells_nothing_is_asked_after_once_and_given_up() {
    let mut story = Story::ringing();
    story.at("10:01:30").wake();
    assert!(story.pending(&poll(0, "B1")).is_some());
    story.outcome(&poll(0, "B1"), &polled(CallProgress::Ringing));
    assert_eq!(story.open().contacts[0].calls[0].settle_by, t("10:01:55"));
    story.at("10:01:55").wake();
    assert!(story.open().contacts[0].calls.is_empty());
    assert!(story.pending(&cancel(0, "B1")).is_some());
}

#[test]
fn a_poll_that_dies_is_given_up_as_well() {
    let mut story = Story::ringing();
    story.at("10:01:30").wake().at("10:02").wake().at("10:02:25").wake();
    assert!(story.open().contacts[0].calls.is_empty(), "{:?}", story.pendings());
}

#[test]
fn a_conversation_has_its_time() {
    let mut story = Story::ringing();
    story.at("10:01:30").wake().outcome(&poll(0, "B1"), &polled(CallProgress::InProgress));
    assert_eq!(story.open().contacts[0].calls[0].settle_by, t("10:04:30"));
    story.at("10:01:50").late(&poll(0, "B1"), 1, &polled(CallProgress::InProgress));
    assert_eq!(
        story.open().contacts[0].calls[0].settle_by,
        t("10:04:30"),
        "the same answer gives no more of it"
    );
}

#[test]
fn a_poll_that_finds_the_call_over_settles_it() {
    let mut story = Story::ringing();
    story.at("10:01:30").wake().outcome(&poll(0, "B1"), &polled(CallProgress::Completed));
    assert!(story.open().contacts[0].calls.is_empty());
    assert_eq!(story.status(), "escalating");
}

#[test]
fn a_queued_call_settles_after_its_time_in_the_queue() {
    let mut story = Story::incident();
    let queue = SignedDuration::from_mins(2);
    story.wake().outcome(&call(0), &Outcome::Placed { sid: "B1".to_owned(), queue });
    assert_eq!(story.open().contacts[0].calls[0].settle_by, t("10:03:30"));
    story.at("10:03:30").wake().outcome(&poll(0, "B1"), &polled(CallProgress::Queued));
    assert_eq!(story.open().contacts[0].calls[0].settle_by, t("10:13:30"));
    story.at("10:13:30").wake();
    assert!(story.pending(&cancel(0, "B1")).is_some() && story.open().contacts[0].calls.is_empty());
}

#[test]
fn a_carrier_that_names_an_absurd_queue_does_not_stop_the_rounds() {
    for seconds in [i64::MAX, -5_000] {
        let mut story = Story::incident();
        let queue = SignedDuration::from_secs(seconds);
        story.wake().outcome(&call(0), &Outcome::Placed { sid: "B1".to_owned(), queue });
        let settle_by = story.open().contacts[0].calls[0].settle_by;
        assert!((t("10:01:30")..=t("11:01:30")).contains(&settle_by), "{settle_by}");
    }
}

fn text_failed(story: &mut Story, attempt: u32) {
    text_failed_by(story, attempt, TextFailure::Number);
}

fn text_failed_by(story: &mut Story, attempt: u32, failure: TextFailure) {
    let event = Event::TextFailed { effect: text(0), attempt, code: 30005, failure };
    story.decide(&event).unwrap();
}

#[test]
fn a_text_that_failed_for_another_reason_rests_nobody_and_calls() {
    for failure in [TextFailure::Account, TextFailure::Passing] {
        let mut story = Story::armed();
        story.ann_mut().contacts[0].by_call = false;
        story.sos().wake();
        let attempt = story.attempt(&text(0));
        story.outcome(&text(0), &Outcome::Done);
        text_failed_by(&mut story, attempt, failure);
        assert!(story.is_called(0));
        assert_eq!(story.open().contacts[0].sms.rests_until, None);
        let alarmed = story.last.alarms.contains(&Alarm::CarrierAccount { code: 30005 });
        assert_eq!(alarmed, failure == TextFailure::Account);
    }
}

#[test]
fn a_text_that_failed_does_not_ring_a_phone_again_that_this_round_has_rung() {
    let mut story = Story::armed();
    story.sos().wake();
    let attempt = story.attempt(&text(0));
    story.outcome(&text(0), &Outcome::Done);
    story.outcome(&call(0), &Outcome::Permanent { code: 21214 });
    assert!(!story.is_called(0));
    text_failed(&mut story, attempt);
    assert!(!story.is_called(0), "this round has tried to call them");
}

#[test]
fn a_text_that_was_not_delivered_rests_texts_and_calls() {
    let mut story = Story::armed();
    story.ann_mut().contacts[0].by_call = false;
    story.sos().wake();
    let attempt = story.attempt(&text(0));
    story.outcome(&text(0), &Outcome::Done);
    text_failed(&mut story, attempt);
    assert!(story.is_called(0));
    assert_eq!(story.open().contacts[0].sms.rests_until, Some(t("10:15")));
    let case = story.case.clone();
    text_failed(&mut story, attempt);
    assert_eq!(story.case, case);
}

#[test]
fn a_failure_of_an_older_text_touches_no_newer_one() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake();
    let first = story.attempt(&text(0));
    story.outcome(&text(0), &Outcome::Done).at("10:01").wake();
    let second = story.attempt(&text(0));
    story.outcome(&text(0), &Outcome::Done).at("10:03").wake();
    let case = story.case.clone();
    text_failed(&mut story, first);
    assert_eq!(story.case, case);
    text_failed(&mut story, second);
    assert!(story.pending(&text(0)).is_some(), "the newer text goes out all the same");
}

#[test]
fn the_same_outcome_twice_changes_nothing() {
    for outcome in [placed("B1"), held(), Outcome::Unknown, Outcome::Permanent { code: 1 }, Outcome::Done] {
        let mut story = Story::incident();
        story.wake();
        let attempt = story.attempt(&call(0));
        story.late(&call(0), attempt, &outcome);
        let case = story.case.clone();
        story.late(&call(0), attempt, &outcome);
        assert_eq!(story.case, case, "{outcome:?}");
    }
}

#[test]
fn cancelling_is_tried_a_few_times_and_given_up() {
    let mut story = Story::accepted();
    let mut tries = 0;
    while story.pending(&cancel(1, "C1")).is_some() {
        story.now = story.pending(&cancel(1, "C1")).unwrap().due_at().max(story.now);
        story.wake().outcome(&cancel(1, "C1"), &Outcome::Unknown);
        tries += 1;
    }
    assert_eq!(tries, 6);
}

#[test]
fn a_call_in_hand_when_everything_was_withdrawn_still_counts() {
    let mut story = Story::incident();
    story.wake().code(0, "SM1");
    assert_eq!(story.open().contacts[0].called_at.len(), 1, "it may be ringing");
    assert!(story.open().pending.keys().all(|id| id.purpose != Purpose::Page));
}

#[test]
fn a_retried_call_says_how_things_stand_now() {
    let mut story = Story::incident();
    story.wake().good().outcome(&call(0), &held());
    let Effect::Call { prompt, .. } = &story.pending(&call(0)).unwrap().effect else { panic!() };
    assert!(prompt.say.join(" ").contains("without their PIN"));
}

#[test]
fn an_outcome_for_another_actor_is_not_ours() {
    let mut story = Story::incident();
    story.wake();
    story.case.incident.as_mut().unwrap().id = lucius_core::id::IncidentId::try_from(5).unwrap();
    let case = story.case.clone();
    let report = lucius_core::decide::Report {
        actor: "INCIDENT#20001".parse().unwrap(),
        effect: call(0),
        attempt: 1,
        outcome: placed("B1"),
    };
    story.decide(&Event::Settled(vec![report])).unwrap();
    assert_eq!(story.case.incident, case.incident);
}
