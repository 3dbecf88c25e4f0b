//! Answers: what they are worth, and what they end.

use lucius_core::{
    deadman::{CheckIn, Medium, Proof, State},
    effect::{Channel, Outcome, Party},
    history::{ProbeStatus, What},
    incident::{Cause, EndedBy, Status},
    ivr::Offered,
    voice::{Login, Reply},
    words::Answer,
};

use crate::{
    story::Story,
    world::{digest, pin, question, t},
};

/// Ann was asked at 11:00 for the last time; nobody calls for help before 12:00:05.
fn asked() -> Story {
    let mut story = Story::armed();
    story.ann_mut().settings.max_retries = 0;
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Done);
    story
}

/// Ann did not answer: at 12:00:05 help was called.
fn missed() -> Story {
    let mut story = asked();
    story.at("12:00:05").wake();
    story
}

#[test]
fn a_good_answer_closes_the_question_and_the_hour_starts_again() {
    let mut story = asked();
    story.at("11:20").good();
    assert_eq!(story.recorded(), Some(ProbeStatus::Good));
    assert_eq!(story.ann_due().unwrap().at, t("12:20"));
    assert!(story.reply().contains("Thank you, Ann."));
}

#[test]
fn an_answer_between_deadline_and_alarm_is_an_answer() {
    let mut story = asked();
    story.at("12:00:03").good();
    assert_eq!(story.recorded(), Some(ProbeStatus::Good));
    story.at("12:00:05").wake();
    assert!(story.case.incident.is_none());
}

#[test]
fn a_pin_alone_is_a_check_in() {
    let mut story = asked();
    story.answers(Answer::Unclear, pin("1234"));
    assert_eq!(story.recorded(), Some(ProbeStatus::Good));
}

#[test]
fn a_wrong_pin_changes_nothing_and_is_counted() {
    let mut story = asked();
    story.good_with("9999");
    assert!(story.probing());
    assert_eq!(story.ann().tries.wrong, 1);
}

#[test]
fn ten_wrong_pins_lock_the_account_for_a_day_and_never_the_call_for_help() {
    let mut story = asked();
    for _ in 0..10 {
        story.good_with("9999");
    }
    assert!(story.good_with("1234").reply().contains("Too many wrong PINs"));
    story.sos();
    assert_eq!(story.status(), "escalating");
    assert!(story.good_with("1234").reply().contains("Too many"));
    assert_eq!(story.status(), "escalating");
    story.at("1d 11:00").good_with("1234");
    assert_eq!(story.status(), "ended");
}

#[test]
fn a_call_to_the_users_own_number_has_a_count_of_its_own() {
    let mut story = asked();
    for n in 0..10 {
        assert_eq!(story.login(&format!("CA{n}"), "9999"), Login::Wrong);
    }
    assert_eq!(story.login("CA10", "1234"), Login::Locked);
    let answer =
        CheckIn { key: "CA11-1".to_owned(), medium: Medium::OwnCall, proof: pin("1234"), ..story.answer() };
    assert!(story.check_in(answer).reply().contains("Thank you"));
    assert!(!story.probing());
}

/// In a call that we placed, what is said next depends on what the PIN was worth.
#[test]
fn a_pin_in_our_call_counts_with_the_answer_it_is_for() {
    let keyed = |story: &mut Story, turn: u32, digits: &str| {
        let (key, proof) = (format!("CA-{turn}-{digits}"), pin(digits));
        let answer = CheckIn { key, medium: Medium::OwnCall, proof, ..story.answer() };
        story.check_in(answer).reply()
    };
    let mut story = asked();
    assert_eq!(keyed(&mut story, 1, "9999"), "Wrong");
    assert!(story.probing());
    assert!(
        keyed(&mut story, 1, "1234").contains("Thank you"),
        "another PIN in the same turn is another answer"
    );
    assert!(!story.probing());
    let mut story = asked();
    for turn in 0..10 {
        assert_eq!(keyed(&mut story, turn, "9999"), "Wrong");
    }
    assert_eq!(keyed(&mut story, 11, "1234"), "Locked");
    assert!(story.probing());
}

/// Two keys in one turn of a call, of which the first was held up.
#[test]
fn a_cry_for_help_stands_against_what_was_keyed_in_before_it() {
    let mut story = asked();
    let (medium, proof) = (Medium::OwnCall, pin("1234"));
    let cry = CheckIn { key: "CA-1-9".to_owned(), answer: Answer::Bad, sos: true, medium, ..story.answer() };
    let said = story.check_in(cry).reply();
    let okay = CheckIn { key: "CA-1-1234".to_owned(), medium, proof, ..story.answer() };
    let held_up = CheckIn { unless: Some("CA-1-9".to_owned()), ..okay.clone() };
    assert_eq!(story.check_in(held_up.clone()).reply(), said);
    assert_eq!(story.status(), "escalating");
    // It is decided by that: a copy that comes when the cry is one of the things of long ago is known by itself.
    let alone = CheckIn { unless: None, ..held_up };
    assert_eq!(story.check_in(alone).reply(), said);
    assert_eq!(story.status(), "escalating");
    let of_another_turn = CheckIn { key: "CA-2-1234".to_owned(), unless: Some("CA-2-9".to_owned()), ..okay };
    story.check_in(of_another_turn);
    assert_eq!(story.status(), "ended");
}

/// They were told that it was not recorded, and it was; they cry for help then. A copy of the first hears what became of that.
#[test]
fn a_cry_for_help_stands_against_what_was_recorded_before_it() {
    let mut story = asked();
    let (medium, proof) = (Medium::OwnCall, pin("1234"));
    let unless = Some("CA-1-9".to_owned());
    let okay = CheckIn { key: "CA-1-1234".to_owned(), medium, proof, unless, ..story.answer() };
    assert!(story.check_in(okay.clone()).reply().contains("Thank you"));
    let cry = CheckIn { key: "CA-1-9".to_owned(), answer: Answer::Bad, sos: true, medium, ..story.answer() };
    let said = story.check_in(cry).reply();
    let case = story.case.clone();
    assert_eq!(story.check_in(okay).reply(), said);
    assert_eq!(story.case, case);
}

#[test]
fn the_right_pin_forgets_the_wrong_ones() {
    let mut story = asked();
    story.login("CA1", "9999");
    assert_eq!(story.login("CA2", "1234"), Login::Right);
    assert_eq!(story.ann().tries.wrong, 0);
}

#[test]
fn a_message_that_comes_twice_gets_its_reply_again_and_changes_nothing() {
    let mut story = asked();
    story.at("11:20");
    let answer = CheckIn { key: "SM-a".to_owned(), ..story.answer() };
    story.check_in(answer.clone());
    let (reply, case) = (story.last.reply.clone(), story.case.clone());
    story.at("11:50").check_in(answer);
    assert_eq!((&story.last.reply, &story.case), (&reply, &case));
    assert!(story.last.rows.is_empty());
}

#[test]
fn a_wrong_pin_that_comes_twice_is_counted_once() {
    let mut story = asked();
    story.login("CA1", "9999");
    story.login("CA1", "9999");
    assert_eq!(story.ann().tries.wrong, 1);
}

#[test]
fn an_unclear_answer_is_kept_and_explained_once() {
    let mut story = asked();
    let text = "no but I can in 2 hours".to_owned();
    story.check_in(CheckIn { answer: Answer::Unclear, text: text.clone(), ..story.answer() });
    assert!(story.reply().contains("Y or N"));
    assert_eq!(story.ann().probe().unwrap().last_response, text);
    story.answers(Answer::Unclear, Proof::None);
    assert_eq!(story.last.reply, Reply::Silence, "two machines must not answer each other for ever");
    assert!(story.probing());
}

#[test]
fn a_bad_answer_calls_for_help_at_once_without_any_pin() {
    let mut story = asked();
    story.answers(Answer::Bad, pin("9999"));
    assert_eq!((story.status(), story.recorded()), ("escalating", Some(ProbeStatus::Bad)));
    assert!(matches!(story.open().causes[..], [Cause::Bad { probe: Some(_) }]));
    assert!(story.is_called(0));
}

#[test]
fn no_without_a_question_is_no_call_for_help_but_sos_is_one_at_any_time() {
    let mut story = Story::armed();
    story.answers(Answer::Bad, Proof::None);
    assert!(story.case.incident.is_none());
    assert!(story.reply().contains("SOS"));
    story.sos();
    assert_eq!(story.status(), "escalating");
}

#[test]
fn a_call_for_help_without_contacts_says_so_and_alarms_the_operator() {
    let mut story = Story::with_contacts(&[]);
    story.sos();
    assert!(story.reply().contains("police"));
    assert!(story.alarmed(lucius_core::turn::Alarm::NobodyToCall));
    assert!(story.open().due().is_some());
}

#[test]
fn the_pin_ends_the_incident_and_everybody_alerted_is_told() {
    let mut story = Story::ringing();
    story.at("10:05").good_with("1234");
    assert_eq!(story.status(), "ended");
    assert!(matches!(story.open().status, Status::Ended { ended: EndedBy::User, .. }));
    assert!(story.texts_to(Party::Contact(0)).contains("all clear"));
    assert!(story.texts_to(Party::Contact(1)).is_empty(), "Cas never heard of it");
    assert_eq!(story.ann_due().unwrap().at, t("11:05"), "asking goes on");
}

#[test]
fn an_answer_without_the_pin_ends_nothing_and_is_passed_on() {
    let mut story = Story::ringing();
    story.good();
    assert_eq!((story.status(), story.lines(What::Note)), ("escalating", 1));
    assert!(story.reply().contains("PIN"), "the user is told what ends it");
    story.at("10:01").wake();
    assert!(story.texts_to(Party::Contact(1)).contains("says that they are okay, without their PIN"));
    story.good();
    assert_eq!(story.lines(What::Note), 0, "the timeline says it once");
}

#[test]
fn an_answer_that_had_arrived_in_time_voids_its_cause_and_the_incident_with_it() {
    let mut story = missed();
    story.at("12:00:30");
    story.check_in(CheckIn { arrived_at: t("12:00"), ..story.answer() });
    assert!(matches!(story.open().status, Status::Ended { ended: EndedBy::AnsweredInTime, .. }));
    assert!(story.ann().incident.is_none());
}

#[test]
fn an_answer_one_second_late_voids_nothing() {
    let mut story = missed();
    story.at("12:00:30");
    story.check_in(CheckIn { arrived_at: t("12:00:01"), ..story.answer() });
    assert_eq!((story.status(), story.open().causes.len()), ("escalating", 1));
}

#[test]
fn an_answer_in_time_does_not_end_what_has_another_cause() {
    let mut story = missed();
    story.sos().at("12:00:30");
    story.check_in(CheckIn { arrived_at: t("11:59"), ..story.answer() });
    assert_eq!(story.status(), "escalating");
    assert!(matches!(story.open().causes[..], [Cause::Bad { .. }]));
}

#[test]
fn where_a_pin_is_wanted_in_the_reply_one_without_it_answers_nothing() {
    let mut story = asked();
    story.ann_mut().settings.pin_in_reply = true;
    story.good();
    assert!(story.probing() && story.reply().contains("PIN"));
    story.at("12:00:05").wake().at("12:00:30");
    story.check_in(CheckIn { arrived_at: t("11:59"), ..story.answer() });
    assert_eq!((story.status(), story.open().causes.len()), ("escalating", 1), "and voids nothing");
}

#[test]
fn a_pin_in_the_reply_is_not_wanted_of_somebody_who_has_none() {
    let mut story = asked();
    story.ann_mut().settings.pin_in_reply = true;
    story.ann_mut().profile.pin = None;
    story.good();
    assert_eq!(story.recorded(), Some(ProbeStatus::Good));
}

#[test]
fn an_unasked_answer_moves_nothing_without_the_pin() {
    let mut story = Story::armed();
    story.at("10:30").good();
    assert_eq!(story.ann_due().unwrap().at, t("11:00"));
    story.good_with("1234");
    assert_eq!(story.ann_due().unwrap().at, t("11:30"));
}

#[test]
fn a_check_in_does_not_end_a_pause() {
    let mut story = Story::armed();
    story.ann_mut().state = State::Paused { until: t("20:00") };
    story.good_with("1234");
    assert!(matches!(story.ann().state, State::Paused { .. }));
}

#[test]
fn a_caller_who_has_just_logged_in_needs_no_further_pin() {
    let medium = Medium::Phone;
    for mut story in [Story::ringing(), Story::armed()] {
        let said = story.check_in(CheckIn { medium, logged_in: true, ..story.answer() }).reply();
        assert!(said.starts_with("You are checked in. It is ") && said.contains("Thank you, Ann."), "{said}");
    }
}

#[test]
fn a_caller_ends_no_alert_that_they_have_not_heard_of() {
    let mut story = Story::ringing();
    let this = story.open().id;
    let caller = CheckIn { medium: Medium::Phone, logged_in: true, ..story.answer() };
    let earlier = Offered::End(1.try_into().unwrap());
    for (key, heard) in [("CA-1", Offered::Start), ("CA-2", earlier)] {
        let told =
            story.check_in(CheckIn { key: key.to_owned(), heard: Some(heard), ..caller.clone() }).reply();
        assert!(told.contains("An emergency has begun since you were asked"), "{told}");
        assert_eq!(story.status(), "escalating");
    }
    story.check_in(CheckIn { heard: Some(Offered::End(this)), ..caller });
    assert_eq!(story.status(), "ended");
}

#[test]
fn a_second_cause_joins_and_calls_again_if_somebody_had_accepted() {
    let mut story = Story::accepted();
    story.at("10:10").emergency("CA-9");
    assert_eq!((story.status(), story.open().causes.len()), ("escalating", 2));
    assert!(story.is_called(0), "at once, and who had accepted too");
    assert_eq!(story.ann().incident, Some(story.open().id));
}

#[test]
fn the_same_emergency_twice_joins_once() {
    let mut story = Story::armed();
    story.emergency("CA-9").press(0, "B1", "1", "1");
    story.emergency("CA-9");
    assert_eq!(story.status(), "accepted", "a repeated delivery is no new reason");
}

#[test]
fn joining_an_incident_that_is_over_opens_a_new_one() {
    let mut story = Story::ringing();
    let first = story.open().id;
    story.good_with("1234").at("10:10").sos();
    assert_ne!(story.open().id, first);
    assert_eq!(story.status(), "escalating");
    assert_eq!(story.ann().incident, Some(story.open().id));
}

#[test]
fn a_new_pin_is_compared_whole() {
    let mut story = Story::ringing();
    story.ann_mut().profile.pin = Some(digest("123456"));
    assert_eq!(story.good_with("1234").status(), "escalating");
    assert_eq!(story.good_with("123456").status(), "ended");
}
