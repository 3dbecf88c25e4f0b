//! Contacts who come, go and change while an alert is open, or after it: who is called, in this one and the next, and whose word counts.

use lucius_core::{
    deadman::{ContactChange, Edit, NewContact, ProfileChange, Proof},
    decide::Rejected,
    effect::Party,
    incident::TextAnswer,
    phone::PhoneNumber,
};

use crate::{
    edits::{add, bob, change, renumbered},
    story::Story,
    world::{call, new_contact, phone, pin, text},
};

/// The numbers in the alert, and whether their word counts.
fn numbers(story: &Story) -> Vec<(PhoneNumber, bool)> {
    story.open().contacts.iter().map(|contact| (contact.phone.clone(), contact.trusted)).collect()
}

fn with(change: impl Fn(&mut ContactChange)) -> ContactChange {
    let mut changed = ContactChange::default();
    change(&mut changed);
    changed
}

fn number(number: u64) -> ContactChange {
    with(|change| change.phone = Some(phone(number)))
}

fn marked() -> ContactChange {
    with(|change| change.is_emergency_contact = Some(true))
}

/// Bob and Cas are contacts, and neither is marked. An alert is open.
fn unmarked() -> Story {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 2)]);
    for contact in &mut story.ann_mut().contacts {
        contact.is_emergency_contact = false;
    }
    story.sos();
    story
}

/// The next alert.
fn next(story: &mut Story) -> Vec<(PhoneNumber, bool)> {
    story.good_with("1234").at("12:00").sos();
    numbers(story)
}

#[test]
fn a_number_that_is_entered_for_a_stranger_is_called_all_the_same_next_time() {
    for marked in [true, false] {
        let mut story = Story::ringing();
        story.edit(change(renumbered(), Proof::None)).unwrap();
        story.edit(add("Eve", 201, marked, Proof::None)).unwrap();
        assert_eq!(next(&mut story), [(phone(201), true), (phone(202), true), (phone(999), false)]);
        assert_eq!(story.open().contacts[0].name, "Bob");
    }
}

#[test]
fn whoever_is_renumbered_and_marked_without_the_pin_calls_nobody_off() {
    let everybody = [(phone(202), true), (phone(201), false), (phone(999), false)];
    let both = ContactChange { is_emergency_contact: Some(true), ..number(999) };
    let mut story = unmarked();
    story.edit(change(both, Proof::None)).unwrap();
    assert_eq!(next(&mut story), everybody);
    let mut story = unmarked();
    story.edit(change(marked(), Proof::None)).unwrap();
    story.edit(change(number(999), Proof::None)).unwrap();
    assert_eq!(next(&mut story), everybody);
    let mut story = unmarked();
    story.edit(change(number(999), Proof::None)).unwrap();
    story.edit(change(marked(), Proof::None)).unwrap();
    story.edit(change(number(201), Proof::None)).unwrap();
    assert_eq!(next(&mut story), [(phone(202), true), (phone(201), false)]);
    // The PIN speaks for who is to be called.
    story.good_with("1234").edit(change(marked(), pin("1234"))).unwrap();
    assert!(story.ann().unproven.is_empty());
    assert_eq!(next(&mut story), [(phone(201), true)]);
}

#[test]
fn the_pin_for_a_mark_does_not_speak_for_the_number() {
    let mut story = unmarked();
    let both = ContactChange { is_emergency_contact: Some(true), ..number(999) };
    story.edit(change(both, Proof::None)).unwrap();
    story.good_with("1234").edit(change(marked(), pin("1234"))).unwrap();
    assert_eq!(next(&mut story), [(phone(201), true), (phone(999), false)]);
    let mut story = unmarked();
    story.edit(add("Eve", 300, true, Proof::None)).unwrap();
    let eve = story.ann().contacts[2].id;
    story.good_with("1234");
    story.edit(Edit::ChangeContact { id: eve, change: marked(), proof: pin("1234") }).unwrap();
    assert_eq!(next(&mut story), [(phone(201), true), (phone(202), true), (phone(300), false)]);
}

#[test]
fn strangers_take_nobodys_place_and_hold_nobody_up() {
    let mut story = unmarked();
    for n in 0..10 {
        let early = NewContact { priority: Some(0), ..new_contact("Eve", 300 + n) };
        let eve = NewContact { is_emergency_contact: n % 2 == 0, ..early };
        story.edit(Edit::AddContact { contact: eve, proof: Proof::None }).unwrap();
    }
    let tiers = |story: &Story| story.open().contacts.iter().map(|copy| copy.priority).collect::<Vec<_>>();
    assert_eq!(tiers(&story)[2..], [1; 10]);
    assert_eq!(numbers(&story)[..2], [(phone(201), true), (phone(202), true)]);
    let one_more = story.edit(add("Eve", 400, true, Proof::None)).err();
    assert!(matches!(one_more, Some(Rejected::Forbidden(_))), "{one_more:?}");
    story.edit(add("Dee", 500, true, pin("1234"))).unwrap();
    assert!(story.is_called(12) && story.open().contacts[12].trusted);
    let later = ContactChange { priority: Some(3), ..number(998) };
    assert!(story.edit(change(later, Proof::None)).is_err());
}

#[test]
fn one_contact_takes_no_more_places_than_strangers_have() {
    let mut story = Story::ringing();
    for n in 0..10 {
        story.edit(change(number(300 + n), Proof::None)).unwrap();
    }
    assert!(story.edit(change(number(400), Proof::None)).is_err());
    story.edit(change(number(400), pin("1234"))).unwrap();
    assert_eq!(story.open().contacts.len(), 13);
}

#[test]
fn whoever_came_without_the_pin_is_called_with_those_before_them() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 5)]);
    story.sos();
    for (n, priority) in [(300, 0), (301, 3), (302, 9)] {
        let eve = NewContact { priority: Some(priority), ..new_contact("Eve", n) };
        story.edit(Edit::AddContact { contact: eve, proof: Proof::None }).unwrap();
    }
    let tiers: Vec<_> = story.open().contacts[2..].iter().map(|copy| copy.priority).collect();
    assert_eq!(tiers, [1, 1, 5]);
}

#[test]
fn whoever_is_called_because_nobody_is_marked_is_not_weakened_without_the_pin() {
    let quieter = with(|change| change.by_call = Some(false));
    let later = with(|change| change.priority = Some(9));
    let mut story = unmarked();
    let refused = story.edit(change(quieter.clone(), pin("1234"))).err();
    assert!(matches!(refused, Some(Rejected::Conflict(_))), "{refused:?}");
    story.good_with("1234");
    for less in [quieter, later] {
        let refused = story.edit(change(less.clone(), Proof::None)).err();
        assert!(matches!(refused, Some(Rejected::Forbidden(_))), "{refused:?}");
        story.edit(change(less, pin("1234"))).unwrap();
    }
}

#[test]
fn the_pin_for_a_number_counts_in_the_open_alert() {
    let mut story = Story::ringing();
    story.edit(change(number(999), Proof::None)).unwrap();
    assert!(!story.open().contacts[2].trusted);
    story.edit(change(number(999), pin("1234"))).unwrap();
    assert_eq!(numbers(&story), [(phone(201), true), (phone(202), true), (phone(999), true)]);
    story.code(2, "SM1");
    assert_eq!(story.open().acceptor(), Some(2));
}

#[test]
fn a_number_that_was_replaced_with_the_pin_says_nothing_any_more() {
    let mut story = Story::ringing();
    story.good_with("1234").edit(change(number(999), pin("1234"))).unwrap();
    let code = story.open().contacts[0].code.clone();
    story.any_code(0, "SM1", &code, TextAnswer::Reopen).any_code(0, "SM2", &code, TextAnswer::Accept);
    assert_eq!((story.status(), story.is_called(0)), ("escalating", true));
    assert_eq!(numbers(&story), [(phone(201), false), (phone(202), true), (phone(999), true)]);
}

#[test]
fn a_stranger_does_not_give_a_number_another_name() {
    let mut story = Story::ringing();
    story.edit(change(number(999), pin("1234"))).unwrap();
    story.edit(add("Eve", 201, true, Proof::None)).unwrap();
    assert_eq!((story.open().contacts.len(), story.open().contacts[0].name.as_str()), (3, "Bob"));
}

#[test]
fn one_number_is_called_by_each_way_that_was_chosen_for_it() {
    for by_call in [true, false] {
        let mut story = Story::ringing();
        (story.ann_mut().contacts[0].by_call, story.ann_mut().contacts[0].by_sms) = (by_call, !by_call);
        story.edit(change(renumbered(), Proof::None)).unwrap();
        let eve = NewContact { by_call: !by_call, by_sms: by_call, ..new_contact("Eve", 201) };
        story.edit(Edit::AddContact { contact: eve, proof: Proof::None }).unwrap();
        next(&mut story);
        let copy = &story.open().contacts[0];
        assert_eq!((&copy.phone, copy.by_call, copy.by_sms), (&phone(201), true, true));
    }
}

#[test]
fn where_no_pin_is_set_whoever_is_entered_in_an_alert_can_accept() {
    let mut story = Story::ringing();
    story.ann_mut().profile.pin = None;
    story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: Proof::None }).unwrap();
    assert!(story.open().contacts[2].trusted && story.is_called(2));
    assert!(story.ann().unproven.is_empty());
}

#[test]
fn who_came_after_the_end_is_called_when_the_alert_is_opened_again() {
    let mut story = Story::ringing();
    story.good_with("1234");
    story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: pin("1234") }).unwrap();
    story.edit(change(renumbered(), pin("1234"))).unwrap();
    assert_eq!(story.open().contacts.len(), 2, "what is over stays as it was");
    let code = story.open().contacts[1].code.clone();
    story.any_code(1, "SM1", &code, TextAnswer::Reopen);
    let came: Vec<_> = story.open().contacts[2..].iter().map(|c| (c.phone.clone(), c.trusted)).collect();
    assert_eq!(came, [(phone(999), true), (phone(300), true)]);
    assert!(story.is_called(2) && story.is_called(3), "{:?}", story.pendings());
    // Ended and opened once more: everybody is in it already.
    story.good_with("1234");
    story.any_code(1, "SM2", &code, TextAnswer::Reopen);
    assert_eq!((story.status(), story.open().contacts.len()), ("escalating", 4));
}

#[test]
fn the_number_that_they_have_since_the_end_is_told_when_it_is_opened_again() {
    let mut story = Story::ringing();
    story.good_with("1234");
    let moves = Box::new(ProfileChange { phone: Some(phone(777)), ..ProfileChange::default() });
    story.edit(Edit::Profile { change: moves, proof: pin("1234") }).unwrap();
    let code = story.open().contacts[0].code.clone();
    story.any_code(0, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(story.open().subject.phone, phone(777));
    let words = story.texts_to(Party::Contact(0));
    assert!(words.contains(phone(777).as_str()), "{words}");
}

#[test]
fn who_came_without_the_pin_and_after_the_end_is_called_and_cannot_accept() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: Proof::None }).unwrap();
    story.good_with("1234");
    let code = story.open().contacts[0].code.clone();
    // Known to the switch, and not to this alert.
    story.incident_mut().contacts.truncate(2);
    story.any_code(0, "SM1", &code, TextAnswer::Reopen);
    assert!(!story.open().contacts[2].trusted && story.is_called(2));
}

#[test]
fn where_nobody_is_marked_whoever_is_entered_in_an_alert_is_called() {
    let mut story = Story::with_contacts(&[]);
    story.sos();
    assert!(story.reply().contains("You have no contacts"), "{}", story.reply());
    let dee = NewContact { is_emergency_contact: false, ..new_contact("Dee", 300) };
    story.edit(Edit::AddContact { contact: dee, proof: pin("1234") }).unwrap();
    assert!(story.is_called(0), "{:?}", story.pendings());
    story.sos();
    assert!(story.reply().contains("We are calling"), "{}", story.reply());
}

#[test]
fn where_nobody_is_marked_a_new_number_is_called_in_the_alert() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].is_emergency_contact = false;
    story.sos();
    story.edit(change(renumbered(), pin("1234"))).unwrap();
    assert_eq!(story.open().contacts.iter().filter(|contact| contact.phone == phone(999)).count(), 1);
    assert!(story.is_called(1));
}

#[test]
fn whoever_was_marked_without_the_pin_calls_nobody_off() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1)]);
    for contact in &mut story.ann_mut().contacts {
        contact.is_emergency_contact = false;
    }
    story.sos();
    story.edit(Edit::AddContact { contact: new_contact("Eve", 300), proof: Proof::None }).unwrap();
    story.good_with("1234").sos();
    let called: Vec<_> = story.open().contacts.iter().map(|c| (c.name.as_str(), c.trusted)).collect();
    assert_eq!(called, [("Bob", true), ("Cas", true), ("Eve", false)]);
}

#[test]
fn whoever_is_marked_beyond_doubt_is_called_alone_whatever_is_unproven_beside_them() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1)]);
    story.ann_mut().contacts[1].is_emergency_contact = false;
    story.sos();
    let eve = NewContact { is_emergency_contact: false, ..new_contact("Eve", 300) };
    story.edit(Edit::AddContact { contact: eve, proof: Proof::None }).unwrap();
    story.good_with("1234").sos();
    let phones: Vec<_> = story.open().contacts.iter().map(|contact| contact.phone.clone()).collect();
    assert_eq!(phones, [story.ann().contacts[0].phone.clone()]);
    // Their number before is beyond doubt, and is called beside the new one.
    let before = phones[0].clone();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    story.good_with("1234").sos();
    let phones: Vec<_> = story.open().contacts.iter().map(|contact| contact.phone.clone()).collect();
    assert_eq!(phones, [before, phone(999)]);
}

#[test]
fn whoever_is_no_contact_any_more_is_called_and_does_not_say_who_goes() {
    let mut story = Story::ringing();
    story.good_with("1234");
    story.edit(Edit::RemoveContact { id: bob(), proof: pin("1234") }).unwrap();
    let code = story.open().contacts[0].code.clone();
    story.any_code(0, "SM1", &code, TextAnswer::Reopen).any_code(0, "SM2", &code, TextAnswer::Accept);
    assert_eq!((story.status(), story.is_called(0)), ("escalating", true));
    assert!(story.open().contacts[1].trusted);
}

#[test]
fn one_number_is_called_once_whoever_it_belongs_to() {
    let mut story = Story::ringing();
    story.good_with("1234");
    let (phone, code) = (story.open().contacts[0].phone.clone(), story.open().contacts[1].code.clone());
    story.edit(Edit::RemoveContact { id: bob(), proof: pin("1234") }).unwrap();
    let back = NewContact { phone, ..new_contact("Bobby", 300) };
    story.edit(Edit::AddContact { contact: back, proof: pin("1234") }).unwrap();
    story.any_code(1, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(story.open().contacts.len(), 2);
    let copy = &story.open().contacts[0];
    assert_eq!((copy.name.as_str(), copy.id, copy.trusted), ("Bobby", story.ann().contacts[1].id, true));
}

#[test]
fn a_number_that_comes_back_before_its_turn_is_called_at_once() {
    let mut story = Story::with_contacts(&[("Bob", 2), ("Cas", 1)]);
    let was = story.ann().contacts[0].phone.clone();
    story.sos();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    let place = story.open().contacts.iter().position(|contact| contact.phone == was).unwrap();
    assert!(!story.is_called(place), "it is Cas's turn");
    story.edit(change(with(|change| change.phone = Some(was.clone())), Proof::None)).unwrap();
    assert!(story.is_called(place), "{:?}", story.pendings());
}

#[test]
fn a_channel_that_is_chosen_in_an_alert_is_used_at_once() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].by_call = false;
    story.sos();
    assert!(!story.is_called(0));
    let louder = ContactChange { by_call: Some(true), ..ContactChange::default() };
    story.edit(change(louder, Proof::None)).unwrap();
    assert!(story.is_called(0), "{:?}", story.pendings());
    assert!(story.open().contacts[0].by_sms && story.ann().unproven.is_empty());
}

#[test]
fn a_louder_channel_vouches_for_nobody() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].by_call = false;
    story.sos();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    let louder = ContactChange { by_call: Some(true), ..ContactChange::default() };
    story.edit(change(louder, Proof::None)).unwrap();
    assert!(story.is_called(1) && !story.open().contacts[1].trusted);
}

#[test]
fn a_channel_that_was_chosen_after_the_end_is_used_when_the_alert_is_opened_again() {
    for by_call in [true, false] {
        let mut story = Story::with_contacts(&[("Bob", 1)]);
        (story.ann_mut().contacts[0].by_call, story.ann_mut().contacts[0].by_sms) = (!by_call, by_call);
        story.sos().good_with("1234");
        let louder = ContactChange { by_call: Some(true), by_sms: Some(true), ..ContactChange::default() };
        story.edit(change(louder, pin("1234"))).unwrap();
        let code = story.open().contacts[0].code.clone();
        story.any_code(0, "SM1", &code, TextAnswer::Reopen);
        let copy = &story.open().contacts[0];
        assert!(copy.by_call && copy.by_sms);
        assert!(story.pending(&call(0)).is_some() && story.pending(&text(0)).is_some(), "in this round");
    }
}

#[test]
fn whoever_is_a_contact_still_and_marked_no_more_is_believed_when_it_is_opened_again() {
    let mut story = Story::ringing();
    story.good_with("1234");
    story.edit(change(with(|change| change.is_emergency_contact = Some(false)), pin("1234"))).unwrap();
    let code = story.open().contacts[1].code.clone();
    story.any_code(1, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(numbers(&story), [(phone(201), true), (phone(202), true)]);
}

#[test]
fn the_number_before_is_believed_when_it_is_opened_again_and_the_one_without_the_pin_is_not() {
    let mut story = Story::ringing();
    story.edit(change(number(999), Proof::None)).unwrap();
    story.good_with("1234");
    // Bob is called no more in a new alert, with any number.
    story.edit(change(with(|change| change.is_emergency_contact = Some(false)), pin("1234"))).unwrap();
    let code = story.open().contacts[1].code.clone();
    story.any_code(1, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(numbers(&story), [(phone(201), true), (phone(202), true), (phone(999), false)]);
}

#[test]
fn whoever_was_marked_without_the_pin_is_not_believed_when_it_is_opened_again() {
    let mut story = unmarked();
    story.edit(change(marked(), Proof::None)).unwrap();
    story.good_with("1234");
    let code = story.open().contacts[1].code.clone();
    story.any_code(1, "SM1", &code, TextAnswer::Reopen);
    assert_eq!(numbers(&story), [(phone(201), false), (phone(202), true)]);
}

#[test]
fn a_number_that_changed_hands_with_the_pin_has_another_name() {
    let mut story = Story::ringing();
    story.edit(change(renumbered(), pin("1234"))).unwrap();
    story.edit(add("Dee", 201, true, pin("1234"))).unwrap();
    assert_eq!((story.open().contacts.len(), story.open().contacts[0].name.as_str()), (3, "Dee"));
}
