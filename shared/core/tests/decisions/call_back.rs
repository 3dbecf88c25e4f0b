//! Who rings us is called back, and hears what becomes of it.

use lucius_core::{
    effect::{CallProgress, Effect, Outcome},
    incident::TextAnswer,
};

use crate::{
    story::Story,
    world::{call, cancel, held, placed, t},
};

#[test]
fn whoever_rings_us_while_somebody_is_going_is_called_and_hears_so() {
    let mut story = Story::accepted();
    story.incident_mut().pending.clear();
    story.call_back(1, "CA-7").after(5).wake();
    let Some(Effect::Call { prompt, .. }) = story.pending(&call(1)).map(|pending| &pending.effect) else {
        panic!()
    };
    assert!(prompt.say.join(" ").contains("Bob is going"));
    story.outcome(&call(1), &placed("C2"));
    assert!(story.pending(&cancel(1, "C2")).is_none());
}

#[test]
fn a_call_back_waits_until_they_have_hung_up() {
    let mut story = Story::ringing();
    story.call_back(1, "CA-7");
    assert_eq!(story.pending(&call(1)).unwrap().not_before, t("10:00:04"));
    let case = story.case.clone();
    story.call_back(1, "CA-7");
    assert_eq!(story.case, case);
}

/// Bob's voicemail has our call when he sees it on his screen and rings back: the call that he waits for comes behind that one.
#[test]
fn who_rings_back_while_a_call_is_under_way_is_called_when_it_is_over() {
    let mut story = Story::ringing();
    story.at("10:00:20").call_back(0, "CA-7");
    assert!(story.reply().contains("as soon as it is over"), "{}", story.reply());
    assert!(story.pending(&call(0)).is_none());
    story.at("10:02").told(&call(0), 1, "B1", CallProgress::Completed);
    assert_eq!(story.pending(&call(0)).unwrap().not_before, t("10:02:04"));
    // That one was wanted; when it is over too, nobody has asked for another.
    story.at("10:02:05").wake().outcome(&call(0), &placed("B2"));
    let attempt = story.open().contacts[0].attempts;
    story.told(&call(0), attempt, "B2", CallProgress::Completed);
    assert!(story.pending(&call(0)).is_none());
}

/// Of such a number only a call is believed: it is called for the right code, too.
#[test]
fn who_can_accept_by_call_only_is_called_when_the_call_under_way_is_over() {
    let mut story = Story::ringing();
    for n in 0..5 {
        story.any_code(0, &format!("SM{n}"), "000000", TextAnswer::Accept);
    }
    assert!(story.pending(&call(0)).is_none());
    story.told(&call(0), 1, "B1", CallProgress::Completed);
    assert!(story.pending(&call(0)).is_some());
}

#[test]
fn who_rings_back_is_not_called_for_it_once_another_goes_or_the_hour_is_used_up() {
    let mut story = Story::ringing();
    story.call_back(0, "CA-7").at("10:01").wake().outcome(&call(1), &placed("C1"));
    story.press(1, "C1", "1", "1").told(&call(0), 1, "B1", CallProgress::Completed);
    assert!(story.pending(&call(0)).is_none() && !story.open().contacts[0].wants_call);
    let mut story = Story::ringing();
    story.policy.calls_per_contact_hour = 1;
    story.call_back(0, "CA-7");
    assert!(story.reply().contains("cannot call you again just now"), "{}", story.reply());
    story.told(&call(0), 1, "B1", CallProgress::Completed);
    assert!(story.pending(&call(0)).is_none());
}

/// Bob rings us while a performer places his call: he may be with us still when it comes.
#[test]
fn who_rings_back_while_a_call_is_placed_is_called_when_it_is_over() {
    let mut story = Story::incident();
    story.wake().call_back(0, "CA-7");
    assert!(story.reply().contains("still under way"), "{}", story.reply());
    story.outcome(&call(0), &placed("B1")).at("10:00:20").told(&call(0), 1, "B1", CallProgress::Busy);
    assert_eq!(story.pending(&call(0)).unwrap().not_before, t("10:00:24"));
    assert!(!story.open().contacts[0].wants_call);
}

/// What is tried again serves the wish, with the time to hang up; a number that refuses calls is promised none.
#[test]
fn who_rings_back_while_a_call_is_tried_in_vain_is_called_with_the_next_try() {
    let begun = || {
        let mut story = Story::incident();
        story.wake().call_back(0, "CA-7");
        story
    };
    for outcome in [held(), Outcome::Unknown] {
        let mut story = begun();
        story.at("10:00:20").outcome(&call(0), &outcome);
        assert_eq!(story.pending(&call(0)).unwrap().not_before, t("10:00:24"), "{outcome:?}");
        assert!(!story.open().contacts[0].wants_call);
    }
    let mut story = begun();
    story.outcome(&call(0), &Outcome::Permanent { code: 21_211 });
    assert!(story.pending(&call(0)).is_none() && !story.open().contacts[0].wants_call);
    // A wait for a line is not cut short.
    let mut story = Story::incident();
    story.wake();
    for _ in 0..6 {
        story.outcome(&call(0), &held());
    }
    let waits = story.pending(&call(0)).unwrap().not_before;
    assert!(waits > t("10:00:04"));
    story.call_back(0, "CA-7");
    assert_eq!(story.pending(&call(0)).unwrap().not_before, waits);
    assert!(story.reply().contains("in a moment"), "{}", story.reply());
}

/// A try of before of which nothing was known rings after all, and the one behind it is refused: the call that rings may be with his voicemail.
#[test]
fn a_refused_try_takes_no_call_from_who_was_promised_one_behind_another() {
    let mut story = Story::incident();
    story.wake().outcome(&call(0), &Outcome::Unknown);
    story.after(1).wake().told(&call(0), 1, "B1", CallProgress::Ringing);
    story.call_back(0, "CA-7");
    story.outcome(&call(0), &Outcome::Permanent { code: 21_211 });
    assert!(story.open().contacts[0].wants_call);
    story.told(&call(0), 1, "B1", CallProgress::Completed);
    assert!(story.pending(&call(0)).is_some());
}
