//! Codes: what finds an incident by number, how long, and how many guesses there are.

use lucius_core::{
    effect::{CallProgress, Effect, Party},
    incident::{TextAnswer, WRONG_CODES_MAX},
    turn::Pointer,
};

use crate::{
    story::Story,
    world::{call, phone, t, text},
};

#[test]
fn each_contact_gets_a_code_of_their_own_by_their_number() {
    let story = Story::incident();
    let put = |pointer: &Pointer| {
        let Pointer::Code { phone, code, incident, place } = pointer else { panic!("{pointer:?}") };
        (phone.clone(), code.clone(), *incident, *place)
    };
    let pointers: Vec<_> = story.last.pointers.iter().map(put).collect();
    let id = story.open().id;
    let codes = |place: usize| story.open().contacts[place].code.clone();
    assert_eq!(pointers, [(phone(201), codes(0), id, 0), (phone(202), codes(1), id, 1)]);
    assert_ne!(codes(0), codes(1));
}

#[test]
fn the_text_carries_the_code_and_the_number() {
    let story = Story::incident();
    let Effect::Text { to, body, .. } = &story.pending(&text(0)).unwrap().effect else { panic!() };
    assert_eq!(*to, phone(201));
    assert!(body.contains(&story.open().contacts[0].code), "{body}");
    assert!(body.contains(&Story::anns_number()) && body.contains("I am in trouble"));
}

#[test]
fn codes_live_a_day_longer_than_the_incident() {
    let mut story = Story::incident();
    story.good_with("1234");
    let life = |pointer: &Pointer| {
        let Pointer::CodeUntil { until, .. } = pointer else { panic!("{pointer:?}") };
        *until
    };
    let until: Vec<_> = story.last.pointers.iter().map(life).collect();
    assert_eq!(until, [Some(t("1d 10:00")); 2]);
}

#[test]
fn a_wrong_code_accepts_nothing_and_is_counted() {
    let mut story = Story::ringing();
    story.any_code(0, "SM1", "999999", TextAnswer::Accept);
    assert_eq!((story.status(), story.open().contacts[0].wrong_codes), ("escalating", 1));
}

#[test]
fn another_contacts_code_is_a_wrong_one() {
    let mut story = Story::ringing();
    let code = story.open().contacts[1].code.clone();
    story.any_code(0, "SM1", &code, TextAnswer::Accept);
    assert_eq!(story.status(), "escalating");
}

#[test]
fn a_wrong_code_that_comes_twice_is_counted_once() {
    let mut story = Story::ringing();
    story.any_code(0, "SM1", "999999", TextAnswer::Accept).any_code(0, "SM1", "999999", TextAnswer::Accept);
    assert_eq!(story.open().contacts[0].wrong_codes, 1);
}

/// Five wrong codes have come from Cas's number.
fn guessed() -> Story {
    let mut story = Story::ringing();
    for n in 0..WRONG_CODES_MAX {
        story.any_code(1, &format!("SM{n}"), "999999", TextAnswer::Accept);
    }
    story
}

#[test]
fn after_five_wrong_codes_a_number_is_called_and_its_codes_are_not_taken() {
    let mut story = guessed();
    assert!(story.pending(&call(1)).is_some());
    let case = story.case.clone();
    story.code(1, "SM-right");
    assert_eq!((story.status(), &story.case), ("escalating", &case));
    assert!(story.reply().contains("press 1"));
}

#[test]
fn after_five_wrong_codes_the_key_in_our_call_still_accepts() {
    let mut story = guessed();
    story.press(1, "C1", "1", "1");
    assert_eq!(story.open().acceptor(), Some(1));
}

#[test]
fn guesses_from_one_number_do_not_silence_another() {
    let mut story = guessed();
    story.code(0, "SM-bob");
    assert_eq!(story.open().acceptor(), Some(0));
}

#[test]
fn the_same_text_again_is_the_same_accept() {
    let mut story = Story::ringing();
    story.code(0, "SM1").emergency("CA-1").code(0, "SM1");
    assert_eq!(story.status(), "escalating", "a new cause was not answered by an old text");
}

#[test]
fn a_contact_without_a_drawn_code_gets_one_all_the_same() {
    let mut story = Story::armed();
    let event = lucius_core::decide::Event::Emergency { key: "CA".to_owned() };
    let fresh = lucius_core::turn::Fresh { codes: Vec::new(), ..crate::world::fresh(3) };
    let decision =
        lucius_core::decide::decide(&story.case, &event, story.now, &story.policy, &fresh).unwrap();
    story.case = decision.case;
    for contact in &story.open().contacts {
        assert!(contact.code.len() == 6 && contact.code.bytes().all(|byte| byte.is_ascii_digit()));
    }
}

#[test]
fn a_very_long_message_is_cut_in_texts_so_that_the_incident_can_be_stored() {
    let many: Vec<_> = (0..20).map(|_| ("Someone", 1)).collect();
    let mut story = Story::with_contacts(&many);
    story.ann_mut().profile.message = Some("\u{1F198}".repeat(4_096));
    story.sos();
    assert!(serde_json::to_vec(story.open()).unwrap().len() < 350_000);
    assert!(story.texts_to(Party::Contact(0)).contains("\u{1F198}"));
}

/// Who knows that it is not over is heard, whatever somebody has guessed from their number.
#[test]
fn the_right_code_opens_again_after_five_wrong_ones() {
    let mut story = Story::ringing();
    for n in 0..5 {
        story.any_code(0, &format!("SM{n}"), "000000", TextAnswer::Accept);
    }
    let code = story.open().contacts[0].code.clone();
    story.any_code(0, "SM5", &code, TextAnswer::Reopen);
    assert!(story.reply().contains("press 1 in that call"), "{}", story.reply());
    story.good_with("1234");
    assert_eq!(story.status(), "ended");
    for (key, code, answer) in [
        ("SM6", "000000", TextAnswer::Reopen),
        ("SM7", "000000", TextAnswer::Accept),
        ("SM8", code.as_str(), TextAnswer::Accept),
    ] {
        story.any_code(0, key, code, answer);
        assert_eq!(story.status(), "ended");
        assert!(story.reply().contains("over, and nobody is being called"), "{}", story.reply());
    }
    story.any_code(0, "SM9", &code, TextAnswer::Reopen);
    let opened = story.open().clone();
    assert_eq!(story.status(), "escalating");
    for _ in 0..2 {
        assert!(story.reply().contains("open again"), "{}", story.reply());
        story.any_code(0, "SM9", &code, TextAnswer::Reopen);
        assert_eq!(*story.open(), opened);
    }
}

/// No code, and no call in this hour: they are not sent in a circle.
#[test]
fn who_has_used_up_codes_and_calls_hears_so() {
    let mut story = Story::ringing();
    story.policy.calls_per_contact_hour = 1;
    for n in 0..5 {
        story.any_code(0, &format!("SM{n}"), "000000", TextAnswer::Accept);
    }
    story.code(0, "SM5");
    assert!(story.reply().contains("We call it instead"), "{}", story.reply());
    story.told(&call(0), 1, "B1", CallProgress::Completed).code(0, "SM6");
    assert!(story.reply().contains("Call us"), "{}", story.reply());
    story.call_back(0, "CA-7");
    assert!(story.reply().contains("all calls of this hour"), "{}", story.reply());
}
