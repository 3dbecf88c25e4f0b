//! Only a human accepts; an accept lapses; an end can be taken back.

use lucius_core::{
    effect::{CallProgress, Channel, Outcome, Party, Purpose},
    history::What,
    incident::{EndedBy, Status, TextAnswer},
    turn::Pointer,
};

use crate::{
    story::Story,
    world::{call, cancel, confirm, effect, held, placed, t, text},
};

#[test]
fn a_key_in_our_call_accepts_and_stops_everything_else() {
    let story = Story::accepted();
    assert_eq!((story.status(), story.open().acceptor()), ("accepted", Some(0)));
    assert!(story.pending(&cancel(1, "C1")).is_some(), "Cas's phone stops ringing");
    assert!(story.pending(&cancel(0, "B1")).is_none(), "Bob is still talking to us");
    assert!(story.open().pending.keys().all(|id| id.purpose != Purpose::Page));
    assert!(story.texts_to(Party::Contact(1)).contains("Bob is going to Ann Lee"));
    assert!(story.texts_to(Party::User).contains("Bob has accepted"));
}

#[test]
fn the_code_accepts() {
    let mut story = Story::ringing();
    story.code(0, "SM1");
    assert_eq!(story.status(), "accepted");
    assert!(story.pending(&cancel(0, "B1")).is_some(), "who has answered by text needs no call");
}

#[test]
fn voicemail_a_completed_call_and_a_sent_text_never_accept() {
    let mut story = Story::ringing();
    for step in ["1", "2", "3"] {
        story.press(0, "B1", step, "");
    }
    assert!(story.reply().contains("We will try again"));
    story.told(&call(0), 1, "B1", CallProgress::Completed);
    assert_eq!(story.status(), "escalating");
}

#[test]
fn no_other_key_accepts() {
    let mut story = Story::ringing();
    for digits in ["0", "2", "5", "9", "11", "*", "#"] {
        story.press(0, "B1", "1", digits);
        assert_eq!(story.status(), "escalating", "{digits}");
    }
}

#[test]
fn the_message_comes_in_the_second_turn() {
    let mut story = Story::ringing();
    assert!(story.press(0, "B1", "1", "").reply().contains("I am in trouble"));
}

#[test]
fn a_call_placed_after_the_accept_is_cancelled() {
    let mut story = Story::ringing();
    story.at("10:01").wake();
    let attempt = story.attempt(&call(1));
    story.press(0, "B1", "1", "1").late(&call(1), attempt, &placed("C1"));
    assert!(story.pending(&cancel(1, "C1")).is_some());
    assert!(story.open().contacts[1].calls.is_empty());
}

#[test]
fn a_call_that_the_carrier_tells_of_after_the_accept_is_cancelled() {
    let mut story = Story::ringing();
    story.at("10:01").wake();
    let attempt = story.attempt(&call(1));
    story.press(0, "B1", "1", "1").told(&call(1), attempt, "C1", CallProgress::Ringing);
    assert!(story.pending(&cancel(1, "C1")).is_some());
    story.incident_mut().pending.clear();
    story.late(&call(1), attempt, &placed("C1"));
    assert!(story.pending(&cancel(1, "C1")).is_none(), "once is enough");
}

/// A page that a performer has in hand may go out all the same, and nobody may ever report it.
#[test]
fn a_text_that_may_go_out_after_the_accept_is_followed_by_the_news() {
    let mut story = Story::ringing();
    story.at("10:01").wake();
    let attempt = story.attempt(&text(1));
    story.press(0, "B1", "1", "1");
    assert!(story.texts_to(Party::Contact(1)).contains("Bob is going"), "at once");
    story.late(&text(1), attempt, &Outcome::Done);
    assert_eq!(story.texts_to(Party::Contact(1)).lines().count(), 1, "and once");
}

#[test]
fn who_was_to_get_a_text_that_nobody_has_in_hand_has_no_news_to_hear() {
    let mut story = Story::incident();
    assert!(story.pending(&text(0)).is_some_and(|page| page.lease_until.is_none()));
    story.press(1, "C9", "1", "1");
    assert_eq!(story.texts_to(Party::Contact(0)), "");
}

#[test]
fn a_text_that_went_out_after_the_end_is_followed_by_the_all_clear() {
    let mut story = Story::ringing();
    story.at("10:01").wake();
    let attempt = story.attempt(&text(1));
    story.good_with("1234").late(&text(1), attempt, &Outcome::Done);
    assert!(story.texts_to(Party::Contact(1)).contains("all clear"));
}

#[test]
fn a_call_that_came_as_late_as_the_text_leaves_nobody_without_the_news() {
    let mut story = Story::ringing();
    story.at("10:01").wake();
    let (called, texted) = (story.attempt(&call(1)), story.attempt(&text(1)));
    story.good_with("1234").late(&call(1), called, &placed("C1")).late(&text(1), texted, &Outcome::Done);
    assert!(story.pending(&cancel(1, "C1")).is_some());
    assert!(story.texts_to(Party::Contact(1)).contains("all clear"));
}

#[test]
fn a_key_can_be_faster_than_the_carriers_word_that_the_call_was_placed() {
    let mut story = Story::incident();
    story.wake();
    let attempt = story.attempt(&call(0));
    story.press(0, "B1", "1", "1");
    assert_eq!(story.status(), "accepted");
    story.late(&call(0), attempt, &placed("B1"));
    assert!(story.pending(&cancel(0, "B1")).is_none(), "it is the acceptor's own call");
}

#[test]
fn the_first_accept_wins_and_the_second_is_back_up() {
    let mut story = Story::accepted();
    story.press(1, "C1", "1", "1");
    assert_eq!(story.open().acceptor(), Some(0));
    assert!(story.reply().contains("Bob is going") && story.reply().contains("back-up"));
    assert_eq!(story.lines(What::Backup), 1);
    story.press(1, "C1", "2", "1");
    assert_eq!(story.lines(What::Backup), 0);
}

#[test]
fn the_acceptors_repeated_key_always_answers_you_have_it() {
    let mut story = Story::accepted();
    for step in ["2", "3", "4"] {
        assert!(story.press(0, "B1", step, "1").reply().contains("You have it"));
    }
    assert_eq!(story.open().acceptor(), Some(0));
}

#[test]
fn the_same_key_delivered_again_after_a_new_cause_silences_nothing() {
    let mut story = Story::accepted();
    let reply = story.last.reply.clone();
    story.emergency("CA-1").press(0, "B1", "1", "1");
    assert_eq!((story.status(), &story.last.reply), ("escalating", &reply));
    story.press(0, "B1", "2", "1");
    assert_eq!(story.status(), "accepted", "a new key is a new word");
}

/// Nor does it take the place of what is remembered of others.
#[test]
fn silence_that_comes_again_hears_how_things_stand() {
    let mut story = Story::ringing();
    let before = story.open().seen.clone();
    let asked = story.press(0, "B1", "1", "").reply();
    assert!(asked.contains("press 1"), "{asked}");
    assert_eq!(story.open().seen, before);
    story.code(1, "SM-c");
    let again = story.press(0, "B1", "1", "").reply();
    assert!(again != asked && again.contains("Cas"), "{again}");
}

#[test]
fn turns_of_a_call_have_addresses_of_their_own() {
    let mut story = Story::accepted();
    let mut paths = Vec::new();
    for (step, digits) in [("2", ""), ("2", "7"), ("2", "9"), ("end3", ""), ("end3", "7")] {
        story.press(0, "B1", step, digits);
        let json = serde_json::to_value(&story.last.reply).unwrap();
        paths.push(
            json["with"]["then"]["path"].as_str().unwrap_or("goodbye").rsplit('/').next().unwrap().to_owned(),
        );
    }
    assert_eq!(paths, ["3", "3", "end3", "goodbye", "goodbye"]);
}

#[test]
fn the_acceptor_is_called_and_texted_five_minutes_before_it_lapses() {
    let mut story = Story::accepted();
    story.incident_mut().contacts[0].calls.clear();
    story.incident_mut().pending.clear();
    assert!(story.is_quiet_until("10:15:59"));
    story.at("10:16").wake();
    assert!(story.pending(&confirm(0)).is_some());
    assert!(story.pending(&effect(Party::Contact(0), Channel::Sms, Purpose::Confirm)).is_some());
    assert_ne!(
        story.attempt(&confirm(0)),
        story.attempt(&effect(Party::Contact(0), Channel::Sms, Purpose::Confirm))
    );
}

#[test]
fn an_accept_that_nobody_confirms_lapses_and_everybody_is_called_at_once() {
    let mut story = Story::accepted();
    story.at("10:16").wake().outcome(&confirm(0), &placed("B2"));
    story.told(&confirm(0), 9, "B2", CallProgress::NoAnswer).at("10:21").wake();
    assert_eq!((story.status(), story.lines(What::Lapsed), story.lines(What::Round)), ("escalating", 1, 1));
    assert!(story.is_called(0), "who accepted included");
    assert!(story.open().pending.keys().all(|id| id.purpose != Purpose::Confirm));
}

#[test]
fn news_of_an_accept_that_has_lapsed_is_not_sent_any_more() {
    let mut story = Story::accepted();
    story.at("10:21").wake();
    assert!(!story.texts_to(Party::Contact(1)).contains("Bob is going"));
}

#[test]
fn a_renewal_lasts_another_twenty_minutes_and_the_third_calls_everybody_again() {
    let mut story = Story::accepted();
    for (time, key) in [("10:17", "SM1"), ("10:33", "SM2")] {
        story.at(time).wake().code(0, key);
        assert_eq!((story.status(), story.lines(What::Renewed)), ("accepted", 1));
    }
    let Status::Accepted { confirm_by, .. } = story.open().status else { panic!() };
    assert_eq!(confirm_by, t("10:53"));
    story.at("10:50").wake().code(0, "SM3");
    assert_eq!((story.status(), story.is_called(0)), ("escalating", true));
}

#[test]
fn saying_it_early_renews_nothing() {
    let mut story = Story::accepted();
    story.at("10:10").code(0, "SM1");
    let Status::Accepted { confirm_by, renewals, .. } = story.open().status else { panic!() };
    assert_eq!((confirm_by, renewals), (t("10:21"), 0));
}

#[test]
fn nine_twice_by_the_acceptor_ends_and_all_are_told() {
    let mut story = Story::accepted();
    story.press(0, "B1", "2", "9");
    assert_eq!(story.status(), "accepted", "once is not enough");
    story.press(0, "B1", "end3", "9");
    assert!(matches!(story.open().status, Status::Ended { ended: EndedBy::Contact { place: 0 }, .. }));
    assert!(story.texts_to(Party::Contact(1)).contains("REOPEN"));
    assert!(story.texts_to(Party::User).contains("Bob says that it is over"));
    assert!(story.ann().incident.is_none(), "probing resumes in the same commit");
    assert!(story.pending(&cancel(0, "B1")).is_none(), "we still say goodbye to Bob");
}

#[test]
fn nine_twice_by_anybody_else_ends_nothing() {
    let mut story = Story::accepted();
    story.press(1, "C1", "1", "9").press(1, "C1", "end2", "9");
    assert_eq!(story.status(), "accepted");
    let mut story = Story::ringing();
    story.press(0, "B1", "1", "9").press(0, "B1", "end2", "9");
    assert_eq!(story.status(), "escalating", "who has not accepted cannot end");
}

#[test]
fn anyone_alerted_opens_it_again_with_one_key() {
    let mut story = Story::accepted();
    story.press(0, "B1", "end2", "9").press(1, "C1", "1", "5");
    assert_eq!((story.status(), story.lines(What::Reopened)), ("escalating", 1));
    assert!(story.is_called(0));
    assert_eq!(story.ann().incident, Some(story.open().id), "nothing is asked meanwhile");
    assert!(!story.texts_to(Party::Contact(1)).contains("all clear"), "which is not true any more");
}

#[test]
fn an_end_by_pin_can_be_taken_back_too() {
    let mut story = Story::ringing();
    story.good_with("1234");
    let code = story.open().contacts[0].code.clone();
    story.any_code(0, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(story.status(), "escalating", "the person may have been made to check in");
    let kept = |pointer: &Pointer| matches!(pointer, Pointer::CodeUntil { until: None, .. });
    assert_eq!(story.last.pointers.iter().filter(|pointer| kept(pointer)).count(), 2);
}

#[test]
fn an_alert_that_is_over_is_not_opened_beside_a_newer_one() {
    let mut story = Story::ringing();
    story.good_with("1234");
    let over = story.case.incident.clone();
    story.sos();
    story.case.incident = over;
    let code = story.open().contacts[0].code.clone();
    story.any_code(0, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(story.status(), "ended");
    assert!(story.reply().contains("newer alert"));
}

#[test]
fn nobody_is_called_after_an_end() {
    let mut story = Story::ringing();
    story.good_with("1234").wake();
    assert!(
        story.open().pending.keys().all(|id| matches!(id.purpose, Purpose::Tell(_) | Purpose::Cancel(_)))
    );
    story.outcome(&cancel(0, "B1"), &Outcome::Done);
    for id in story.open().pending.keys().cloned().collect::<Vec<_>>() {
        story.outcome(&id, &Outcome::Done);
    }
    assert_eq!(story.open().due(), None);
    story.at("20:00").call_back(0, "CA-1").wake();
    assert_eq!(story.open().due(), None);
}

#[test]
fn what_informs_is_given_up_after_a_day() {
    let mut story = Story::ringing();
    story.good_with("1234").wake();
    // Ann's own next question is another story.
    story.case.deadman = None;
    for _ in 0..2_000 {
        for id in story.open().pending.keys().cloned().collect::<Vec<_>>() {
            story.outcome(&id, &held());
        }
        let Some(due) = story.open().due() else { break };
        story.now = due.at;
        story.wake();
    }
    assert_eq!(story.open().due(), None);
    assert!(story.now < t("1d 10:02"));
}

#[test]
fn after_five_wrong_codes_only_a_call_accepts_and_the_right_code_brings_one() {
    let mut story = Story::ringing();
    story.ann_mut().contacts[0].by_call = false;
    for n in 0..5 {
        story.any_code(0, &format!("SM{n}"), "000000", TextAnswer::Accept);
    }
    story.incident_mut().contacts[0].calls.clear();
    story.incident_mut().pending.remove(&call(0));
    story.any_code(0, "SM5", "000001", TextAnswer::Accept);
    assert!(story.pending(&call(0)).is_none(), "who guesses does not use up the calls");
    story.code(0, "SM6");
    assert_eq!(story.status(), "escalating");
    assert!(story.pending(&call(0)).is_some(), "who has the code is called");
}

#[test]
fn whoever_takes_no_codes_is_called_in_every_round_even_if_they_only_want_texts() {
    let mut story = Story::ringing();
    story.incident_mut().pending.clear();
    for contact in &mut story.incident_mut().contacts {
        contact.by_call = false;
        contact.wrong_codes = if contact.name.starts_with("Bob") { 5 } else { 0 };
        contact.calls.clear();
    }
    story.now = story.next_round_at();
    story.wake();
    let round = story.open().round;
    let called: Vec<_> = story.open().contacts.iter().map(|contact| contact.called_in == round).collect();
    assert_eq!(called[..2], [true, false]);
}

#[test]
fn another_key_in_the_same_turn_is_another_act() {
    // "That was not recorded. Please press the key again": they press another, and the first was recorded meanwhile.
    let mut story = Story::ringing();
    story.press(0, "B1", "1", "5");
    assert_eq!(story.status(), "escalating");
    story.press(0, "B1", "1", "1");
    assert_eq!(story.status(), "accepted");
    let case = story.case.clone();
    story.press(0, "B1", "1", "5").press(0, "B1", "1", "1");
    assert_eq!(story.case, case, "neither counts again");
}
