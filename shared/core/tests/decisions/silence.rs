//! Who may silence: what can stop calls, and what only sounds as if it could. And a silent incident stays silent.

use lucius_core::{
    deadman::{CheckIn, Edit, Medium, Proof},
    decide::{Event, Rejected},
    effect::Party,
    incident::{EndedBy, Status},
    voice::Login,
    words::Answer,
};

use crate::{
    story::Story,
    world::{new_contact, pin},
};

#[test]
fn no_unproven_answer_by_any_medium_ends_an_incident() {
    for medium in [Medium::Sms, Medium::Phone, Medium::OwnCall, Medium::Api] {
        for answer in [Answer::Good, Answer::Unclear, Answer::Bad] {
            for proof in [Proof::None, pin("0000")] {
                let mut story = Story::ringing();
                story.check_in(CheckIn { answer, proof, medium, ..story.answer() });
                assert_eq!(story.status(), "escalating", "{medium:?} {answer:?}");
            }
        }
    }
}

#[test]
fn the_end_by_the_api_needs_the_pin() {
    let mut story = Story::ringing();
    let incident = story.open().id;
    let refused = story.edit(Edit::Resolve { incident, proof: Proof::None }).err();
    assert!(matches!(refused, Some(Rejected::Forbidden(_))));
    let refused = story.edit(Edit::Resolve { incident, proof: pin("9999") }).err();
    assert!(matches!(refused, Some(Rejected::Forbidden(_))));
    assert_eq!((story.ann().tries.wrong, story.status()), (1, "escalating"), "the wrong PIN is counted");
    story.edit(Edit::Resolve { incident, proof: pin("1234") }).unwrap();
    assert!(matches!(story.open().status, Status::Ended { ended: EndedBy::User, .. }));
}

#[test]
fn ending_twice_is_a_conflict_and_another_incident_is_unknown() {
    let mut story = Story::ringing();
    let incident = story.open().id;
    story.edit(Edit::Resolve { incident, proof: pin("1234") }).unwrap();
    let again = story.edit(Edit::Resolve { incident, proof: pin("1234") }).err();
    assert!(matches!(again, Some(Rejected::Conflict(_))));
    let other = lucius_core::id::IncidentId::try_from(1).unwrap();
    let unknown = story.edit(Edit::Resolve { incident: other, proof: pin("1234") }).err();
    assert_eq!(unknown, Some(Rejected::NotFound));
}

#[test]
fn a_number_added_during_an_incident_without_the_pin_is_paged_but_cannot_accept() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: new_contact("Eve", 300), proof: Proof::None }).unwrap();
    assert!(story.is_called(2));
    assert!(!story.texts_to(Party::Contact(2)).contains("only the code"));
    story.press(2, "E1", "1", "1");
    assert_eq!(story.status(), "escalating");
    story.code(2, "SM1");
    assert_eq!(story.status(), "escalating");
    assert!(story.reply().contains("keep calling"));
}

#[test]
fn what_was_added_without_the_pin_cannot_accept_in_the_next_incident_either() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: new_contact("Eve", 300), proof: Proof::None }).unwrap();
    story.good_with("1234").at("12:00").sos();
    let eve = story.open().contacts.iter().position(|contact| contact.name == "Eve").unwrap();
    story.press(eve, "E1", "1", "1");
    assert_eq!(story.status(), "escalating");
}

#[test]
fn a_number_added_with_the_pin_accepts() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: pin("1234") }).unwrap();
    story.press(2, "D1", "1", "1");
    assert_eq!(story.open().acceptor(), Some(2));
}

#[test]
fn a_locked_line_does_not_stop_a_page() {
    let mut story = Story::armed();
    for n in 0..12 {
        story.login(&format!("CA{n}"), "9999");
    }
    assert_eq!(story.login("CA-last", "1234"), Login::Locked);
    story.emergency("CA-e");
    assert!(story.is_called(0));
}

#[test]
fn deleting_the_user_waits_for_the_end_and_needs_the_pin() {
    let mut story = Story::ringing();
    let remove = |proof| Event::Remove { proof };
    assert!(matches!(story.decide(&remove(pin("1234"))).err(), Some(Rejected::Conflict(_))));
    story.good_with("1234");
    story.decide(&remove(pin("9999"))).unwrap();
    assert!(!story.last.removed && story.last.refused.is_some());
    assert_eq!(story.ann().tries.wrong, 1);
    story.decide(&remove(pin("1234"))).unwrap();
    assert!(story.last.removed);
}

#[test]
fn an_incident_outlives_its_user() {
    let mut story = Story::ringing();
    story.case.deadman = None;
    story.at("10:01").wake();
    assert!(story.is_called(1));
    story.press(1, "C1", "1", "1").press(1, "C1", "end2", "9");
    assert_eq!(story.status(), "ended");
}

/// A silent incident: the switch does not point to it, and nobody is to notice.
fn silent() -> Story {
    let mut story = Story::incident();
    let id = story.open().id;
    story.incident_mut().silent = true;
    story.incident_mut().pending.clear();
    story.ann_mut().incident = None;
    story.ann_mut().silent = Some(id);
    story.ann_mut().pending.clear();
    story
}

#[test]
fn a_silent_incident_sends_the_user_nothing_from_the_first_page_to_the_end() {
    let mut story = silent();
    story.at("10:01").wake().press(1, "C1", "1", "1");
    assert_eq!(story.status(), "accepted");
    assert_eq!(story.texts_to(Party::User), "");
    story.at("10:16").wake().at("10:21").wake().press(1, "C1", "2", "1").press(1, "C1", "end3", "9");
    assert_eq!((story.status(), story.texts_to(Party::User).as_str()), ("ended", ""));
}

#[test]
fn contacts_of_a_silent_incident_are_told_not_to_call_the_person() {
    let mut story = silent();
    story.at("10:01").wake();
    let text = story.texts_to(Party::Contact(1));
    assert!(text.contains("Do not call or text them") && !text.contains(&Story::anns_number()), "{text}");
}

#[test]
fn no_check_in_ends_a_silent_incident_or_betrays_it() {
    for proof in [Proof::None, pin("1234")] {
        let mut story = silent();
        story.at("10:30").answers(Answer::Good, proof);
        assert_eq!(story.status(), "escalating");
        assert!(!story.reply().contains("alert") && !story.reply().contains("contacts"), "{}", story.reply());
    }
}

#[test]
fn a_check_in_under_a_silent_incident_moves_the_schedule_as_ever() {
    let mut story = silent();
    story.at("10:30").good_with("1234");
    assert_eq!(story.ann_due().unwrap().at, crate::world::t("11:30"));
}

#[test]
fn a_silent_incident_is_unknown_to_the_api() {
    let mut story = silent();
    let incident = story.open().id;
    let refused = story.edit(Edit::Resolve { incident, proof: pin("1234") }).err();
    assert_eq!(refused, Some(Rejected::NotFound));
}
