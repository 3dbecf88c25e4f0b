//! Acts that are thanked for and do not work.

use jiff::SignedDuration;
use lucius_core::ivr::Offered;
use lucius_core::{
    decide::Event,
    incident::{Cause, EndedBy, Status},
    policy::later,
};
use lucius_invariants::{Act, Invariant, Knows};

use crate::{broken, support::Story};

/// The incident goes on as if nothing had been said, but for a mark that something was.
fn unheard(story: &mut Story) {
    story.case.incident.clone_from(&story.before.incident);
    story.inc().told += 1;
}

/// The switch goes on as if nothing had been said, but for when it was.
fn unheard_by_switch(story: &mut Story) {
    let now = story.now;
    story.case.deadman.clone_from(&story.before.deadman);
    story.deadman().last_check_in = Some(now);
}

#[test]
fn a_cry_for_help_is_heard_though_somebody_goes() {
    let mut story = Story::ringing();
    story.press(0, "1", "1");
    story.goes(&Event::Emergency { key: "E2".to_owned() });
    assert_eq!(broken(&story, &[Act::CriedForHelp], unheard), Some(Invariant::Honoured));
}

#[test]
fn a_cry_for_help_of_another_kind_ends_the_pause_between_two_rounds() {
    let mut story = Story::ringing();
    story.inc().causes = vec![Cause::Bad { probe: None }];
    let next_at = later(story.now, SignedDuration::from_mins(15));
    story.inc().status = Status::Escalating { tier: 0, next_at };
    story.goes(&Event::Emergency { key: "E2".to_owned() });
    let waits = |story: &mut Story| {
        unheard(story);
        story.inc().causes.push(Cause::Emergency);
    };
    assert_eq!(broken(&story, &[Act::CriedForHelp], waits), Some(Invariant::Honoured));
}

#[test]
fn who_goes_has_accepted() {
    let mut story = Story::ringing();
    let acts = story.press_one(0);
    assert_eq!(broken(&story, &acts, unheard), Some(Invariant::Honoured));
}

#[test]
fn who_goes_and_presses_nine_twice_has_ended_it() {
    let mut story = Story::ringing();
    story.press(0, "1", "1");
    let incident = story.inc().id;
    story.press(0, "end3", "9");
    let acts = [Act::PressedNineTwice { incident, place: 0 }];
    let goes_on = |story: &mut Story| {
        story.case.deadman.clone_from(&story.before.deadman);
        unheard(story);
    };
    assert_eq!(broken(&story, &acts, goes_on), Some(Invariant::Honoured));
}

#[test]
fn the_right_pin_ends_it() {
    let mut story = Story::ringing();
    let acts = story.check_in_with_pin();
    let goes_on = |story: &mut Story| {
        unheard_by_switch(story);
        unheard(story);
    };
    assert_eq!(broken(&story, &acts, goes_on), Some(Invariant::Honoured));
    assert_eq!(broken(&story, &[Act::Resolved], goes_on), Some(Invariant::Honoured));
}

#[test]
fn a_caller_ends_the_alert_of_which_they_were_told_and_no_other() {
    let ringing = Story::ringing();
    let this = ringing.clone().inc().id;
    let (mut aware, mut unaware) = (ringing.clone(), ringing);
    let knowing = aware.check_in_by_menu(Offered::End(this));
    let unknowing = unaware.check_in_by_menu(Offered::Start);
    let goes_on = |story: &mut Story| story.case = unaware.case.clone();
    assert_eq!(broken(&aware, &knowing, goes_on), Some(Invariant::Honoured));
    let ends = |story: &mut Story| story.case = aware.case.clone();
    assert_eq!(broken(&unaware, &unknowing, ends), Some(Invariant::OnlyAHumanStops));
}

#[test]
fn an_answer_closes_the_question() {
    for with_pin in [false, true] {
        let mut story = Story::asked();
        let acts = if with_pin { story.check_in_with_pin() } else { story.check_in(None) };
        assert_eq!(broken(&story, &acts, unheard_by_switch), Some(Invariant::Honoured));
    }
}

#[test]
fn who_says_that_it_is_not_over_opens_it_again() {
    let mut story = Story::ringing();
    story.check_in_with_pin();
    let incident = story.inc().id;
    story.press(0, "2", "5");
    let acts = [Act::AskedToReopen { incident, place: 0 }];
    let stays_over = |story: &mut Story| {
        story.case.deadman.clone_from(&story.before.deadman);
        unheard(story);
    };
    assert_eq!(broken(&story, &acts, stays_over), Some(Invariant::Honoured));
}

#[test]
fn an_unproven_word_does_not_end_what_a_contact_has_opened_again() {
    let mut story = Story::asked();
    let in_time = story.now;
    story.pass(3_605).wake();
    story.check_in(Some(in_time));
    assert!(!story.inc().is_open() && story.inc().causes.is_empty());
    story.press(0, "2", "5");
    let acts = story.check_in(Some(in_time));
    let ends = |story: &mut Story| {
        let at = story.now;
        story.inc().status = Status::Ended { ended: EndedBy::AnsweredInTime, at };
    };
    assert_eq!(broken(&story, &acts, ends), Some(Invariant::OnlyAHumanStops));
}

#[test]
fn an_incident_that_is_over_says_nothing_of_the_newer_one() {
    let mut story = Story::ringing();
    story.check_in_with_pin();
    let old = story.case.incident.clone();
    story.goes(&Event::Emergency { key: "E2".to_owned() });
    story.case.incident = old;
    let acts = story.press_one(0);
    let forgets = |story: &mut Story| {
        story.deadman().incident = None;
        story.deadman().look_at = None;
    };
    assert_eq!(broken(&story, &acts, forgets), Some(Invariant::NeverLost));
}

#[test]
fn who_takes_no_texts_is_called_in_the_next_incident() {
    let mut story = Story::armed();
    story.deadman().contacts[1].by_call = false;
    story.deadman().contacts[1].text_stopped = true;
    story.goes(&Event::Emergency { key: "E".to_owned() });
    let left_out = |story: &mut Story| {
        story.inc().contacts.pop();
    };
    assert_eq!(broken(&story, &[Act::CriedForHelp], left_out), Some(Invariant::NeverLost));
}

/// The carrier takes YES for START: what that says of texts is a commit of its own, before the answer's.
#[test]
fn i7_an_answer_in_time_may_come_behind_a_word_about_texts() {
    let mut story = Story::asked();
    let in_time = later(story.now, SignedDuration::from_secs(3_599));
    story.pass(3_606).wake();
    story.performs = false;
    let phone = story.deadman().profile.phone.clone();
    story.goes(&Event::TextsStopped { key: "SM1-stop".to_owned(), phone, stopped: false });
    let answer = Act::CheckedIn { arrived_at: in_time, proven: false, knows: Knows::All };
    // Whatever else has changed, and it is not the word's commit.
    let goes_on = |story: &mut Story| story.inc().told += 1;
    assert_eq!(broken(&story, &[Act::TextsStopped, answer], goes_on), Some(Invariant::InTimeIsNoAlarm));
    let asked_again = |story: &mut Story| story.deadman().attempts += 1;
    assert_eq!(broken(&story, &[Act::TextsStopped, answer], asked_again), Some(Invariant::InTimeIsNoAlarm));
    assert_eq!(story.check(&[answer]).unwrap_err().invariant, Invariant::InTimeIsNoAlarm);
    // And the commit of the answer itself.
    let acts = story.check_in(Some(in_time));
    let acts = [acts, vec![Act::TextsStopped]].concat();
    let unheard = |story: &mut Story| {
        story.case.incident.clone_from(&story.before.incident);
        unheard_by_switch(story);
    };
    assert_eq!(broken(&story, &acts, unheard), Some(Invariant::InTimeIsNoAlarm));
}
