//! Changes by the API: what weakens the alarm needs the PIN, is told, and waits while an incident is open.

use lucius_core::{
    deadman::{
        Contact, ContactChange, Edit, NewContact, Pause, ProbeChange, ProbeSettings, ProfileChange, Proof,
        State,
    },
    decide::Rejected,
    effect::Party,
    id::ContactId,
    schedule::TimeZone,
    turn::Pointer,
};

use crate::{
    story::Story,
    world::{digest, new_contact, phone, pin, schedule, settings, t},
};

pub(crate) fn bob() -> ContactId {
    ContactId::try_from(1).unwrap()
}

pub(crate) fn change(change: ContactChange, proof: Proof) -> Edit {
    Edit::ChangeContact { id: bob(), change, proof }
}

fn probes(change: impl Fn(&mut ProbeSettings), proof: Proof) -> Edit {
    let mut settings = settings(t("10:00"));
    change(&mut settings);
    Edit::Probes { change: settings.into(), pause: Pause::Keep, proof }
}

pub(crate) fn renumbered() -> ContactChange {
    ContactChange { phone: Some(phone(999)), ..ContactChange::default() }
}

/// What weakens the alarm of an armed user.
fn weakenings(proof: Proof) -> Vec<Edit> {
    let drop = ContactChange { is_emergency_contact: Some(false), ..ContactChange::default() };
    let new_pin = ProfileChange { pin: Some(digest("5678")), ..ProfileChange::default() };
    let new_password = ProfileChange { password: Some("another".to_owned()), ..ProfileChange::default() };
    let new_email = ProfileChange { email: Some("eve@example.org".to_owned()), ..ProfileChange::default() };
    let quieter = ContactChange { by_call: Some(false), ..ContactChange::default() };
    let later = ContactChange { priority: Some(200), ..ContactChange::default() };
    let pause = Edit::Probes { change: ProbeChange::default(), pause: Pause::Until(t("20:00")), proof };
    vec![
        Edit::RemoveContact { id: bob(), proof },
        change(drop, proof),
        change(quieter, proof),
        change(later, proof),
        probes(|settings| settings.active = false, proof),
        probes(|settings| settings.wait_minutes = 120, proof),
        probes(|settings| settings.max_retries = 6, proof),
        probes(|settings| settings.schedule = schedule(r#"{"cron":"0 18 * * 3"}"#), proof),
        pause,
        Edit::Profile { change: Box::new(new_pin), proof },
        Edit::Profile { change: Box::new(new_password), proof },
        Edit::Profile { change: Box::new(new_email), proof },
    ]
}

#[test]
fn what_weakens_the_alarm_needs_the_pin() {
    let entering = |proof| {
        vec![Edit::AddContact { contact: new_contact("Dee", 300), proof }, change(renumbered(), proof)]
    };
    for edit in weakenings(Proof::None).into_iter().chain(entering(Proof::None)) {
        let refused = Story::armed().edit(edit.clone()).err();
        assert!(matches!(refused, Some(Rejected::Forbidden(_))), "{edit:?}");
    }
    for edit in weakenings(pin("9999")).into_iter().chain(entering(pin("9999"))) {
        let mut story = Story::armed();
        assert!(matches!(story.edit(edit.clone()).err(), Some(Rejected::Forbidden(_))), "{edit:?}");
        assert_eq!(story.ann().tries.wrong, 1);
        let mut untouched = Story::armed();
        untouched.ann_mut().tries = story.ann().tries;
        assert_eq!(story.ann(), untouched.ann(), "only the count of tries survives: {edit:?}");
    }
    for edit in weakenings(pin("1234")).into_iter().chain(entering(pin("1234"))) {
        let mut story = Story::armed();
        story.edit(edit.clone()).unwrap();
        assert!(story.texts_to(Party::User).contains("If that was not you"), "{edit:?}");
    }
}

#[test]
fn what_weakens_the_alarm_waits_while_a_loud_incident_is_open() {
    for edit in weakenings(pin("1234")) {
        let refused = Story::incident().edit(edit.clone()).err();
        assert!(matches!(refused, Some(Rejected::Conflict(_))), "{edit:?}");
    }
}

#[test]
fn what_strengthens_it_needs_nothing() {
    let mut story = Story::armed();
    story.edit(probes(|settings| settings.wait_minutes = 5, Proof::None)).unwrap();
    story.edit(probes(|settings| settings.max_retries = 1, Proof::None)).err();
    let sooner = ContactChange { priority: Some(0), ..ContactChange::default() };
    story.edit(change(sooner, Proof::None)).unwrap();
}

#[test]
fn before_the_switch_is_armed_for_the_first_time_nothing_is_asked_for() {
    let mut story = Story::with_contacts(&[]);
    story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: Proof::None }).unwrap();
    assert_eq!(story.texts_to(Party::User), "");
}

#[test]
fn a_new_number_is_told_to_the_old_one() {
    let mut story = Story::armed();
    let change = ProfileChange { phone: Some(phone(777)), ..ProfileChange::default() };
    story.edit(Edit::Profile { change: Box::new(change), proof: pin("1234") }).unwrap();
    let told: Vec<_> = story.ann().pending.values().cloned().collect();
    assert!(matches!(&told[..], [only] if matches!(&only.effect,
        lucius_core::effect::Effect::Text { to, .. } if *to == crate::world::ann())));
    assert!(matches!(&story.last.pointers[..], [Pointer::UserPhone { .. }]));
    let id = story.ann().pending.keys().next().unwrap().clone();
    story.late(&id, 1, &lucius_core::effect::Outcome::Permanent { code: 21610 });
    assert!(!story.ann().text_stopped, "it is the old number that has stopped our texts");
}

#[test]
fn another_time_zone_can_put_off_the_question_and_needs_the_pin() {
    let mut story = Story::armed();
    let time_zone = TimeZone::parse("Asia/Tokyo").unwrap();
    let change = ProfileChange { time_zone: Some(time_zone), ..ProfileChange::default() };
    let edit = |proof| Edit::Profile { change: Box::new(change.clone()), proof };
    assert!(story.edit(edit(Proof::None)).is_err());
    story.edit(edit(pin("1234"))).unwrap();
}

#[test]
fn a_name_or_a_message_can_be_changed_by_any_session_even_in_an_incident() {
    let mut story = Story::incident();
    let message = Some(Some("The blue door".to_owned()));
    let change = ProfileChange { message, ..ProfileChange::default() };
    story.edit(Edit::Profile { change: Box::new(change), proof: Proof::None }).unwrap();
}

#[test]
fn two_edits_that_cross_both_count() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.edit(probes(|settings| settings.active = false, pin("1234"))).unwrap();
    let one = |change| Edit::Probes { change, pause: Pause::Keep, proof: pin("1234") };
    story.edit(one(ProbeChange { active: Some(true), ..ProbeChange::default() })).unwrap();
    story.edit(one(ProbeChange { by_call: Some(true), ..ProbeChange::default() })).unwrap();
    assert!(story.ann().settings.active && story.ann().settings.by_call);
}

#[test]
fn the_last_emergency_contact_of_an_armed_user_stays() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    let refused = story.edit(Edit::RemoveContact { id: bob(), proof: pin("1234") }).err();
    assert!(matches!(refused, Some(Rejected::Forbidden(_))));
    story.edit(probes(|settings| settings.active = false, pin("1234"))).unwrap();
    story.edit(Edit::RemoveContact { id: bob(), proof: pin("1234") }).unwrap();
    assert!(story.ann().contacts.is_empty());
}

#[test]
fn nobody_is_armed_without_an_emergency_contact() {
    let mut story = Story::with_contacts(&[]);
    let refused = story.edit(probes(|_| {}, Proof::None)).err();
    assert!(matches!(refused, Some(Rejected::Forbidden(_))));
    assert_eq!(story.ann().state, State::Off);
}

#[test]
fn disarming_withdraws_the_open_question() {
    let mut story = Story::armed();
    story.at("11:00").decide(&lucius_core::decide::Event::Wake).unwrap();
    story.edit(probes(|settings| settings.active = false, pin("1234"))).unwrap();
    assert_eq!(story.recorded(), Some(lucius_core::history::ProbeStatus::Cancelled));
    assert_eq!(story.ann().state, State::Off);
}

#[test]
fn a_changed_number_is_tried_beside_the_old_one() {
    let mut story = Story::ringing();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    assert!(story.is_called(2), "the new number");
    assert_eq!(story.open().contacts[2].phone, phone(999));
    story.code(2, "SM1");
    assert_eq!(story.status(), "escalating");
    story.code(0, "SM2");
    assert_eq!(story.open().acceptor(), Some(0), "the old number is as good as ever");
}

#[test]
fn a_number_changed_without_the_pin_does_not_take_the_old_ones_place_next_time() {
    let mut story = Story::ringing();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    story.good_with("1234").at("12:00").sos();
    let numbers: Vec<_> =
        story.open().contacts.iter().map(|contact| (contact.phone.clone(), contact.trusted)).collect();
    assert_eq!(numbers, [(phone(201), true), (phone(202), true), (phone(999), false)]);
    story.good_with("1234");
    let renamed = ContactChange { first_name: Some("Bobby".to_owned()), ..ContactChange::default() };
    story.edit(change(renamed, pin("1234"))).unwrap();
    assert_eq!(story.ann().unproven.len(), 1, "the PIN was sent with a name");
    story.edit(change(renumbered(), pin("1234"))).unwrap();
    story.at("13:00").sos();
    let numbers: Vec<_> =
        story.open().contacts.iter().map(|contact| (contact.phone.clone(), contact.trusted)).collect();
    assert_eq!(numbers, [(phone(999), true), (phone(202), true)], "once the PIN has spoken for it");
}

#[test]
fn a_number_changed_back_is_the_same_line_again() {
    let mut story = Story::ringing();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    let back = ContactChange { phone: Some(phone(201)), ..ContactChange::default() };
    story.edit(change(back, Proof::None)).unwrap();
    assert_eq!(story.open().contacts.len(), 3);
    assert!(story.ann().unproven.is_empty());
}

#[test]
fn a_contact_that_becomes_one_during_the_incident_is_called() {
    let mut story = Story::armed();
    story.ann_mut().contacts[0].is_emergency_contact = false;
    story.sos();
    assert_eq!(story.open().contacts.len(), 1);
    let chosen = ContactChange { is_emergency_contact: Some(true), ..ContactChange::default() };
    story.edit(change(chosen, pin("1234"))).unwrap();
    assert!(story.is_called(1) && story.open().contacts[1].trusted);
}

#[test]
fn numbers_are_unique_among_contacts_and_not_the_users_own() {
    for number in [100, 201] {
        let refused = Story::armed()
            .edit(Edit::AddContact { contact: new_contact("Dee", number), proof: pin("1234") })
            .err();
        assert!(matches!(refused, Some(Rejected::Invalid(_))));
    }
}

#[test]
fn an_incident_takes_no_more_than_twice_its_contacts() {
    let mut story = Story::ringing();
    for n in 0..60 {
        let contact = ContactChange { phone: Some(phone(300 + n)), ..ContactChange::default() };
        story.edit(change(contact, pin("1234"))).unwrap();
    }
    assert_eq!(story.open().contacts.len(), 40);
}

#[test]
fn an_interval_starts_when_the_switch_is_armed() {
    let mut story = Story::armed();
    story.edit(probes(|settings| settings.active = false, pin("1234"))).unwrap();
    story.at("15:00").edit(probes(|_| {}, Proof::None)).unwrap();
    assert_eq!(story.ann().next_probe_at(), Some(t("16:00")));
    let _: &Vec<Contact> = &story.ann().contacts;
}

pub(crate) fn add(name: &str, number: u64, emergency: bool, proof: Proof) -> Edit {
    let contact = NewContact { is_emergency_contact: emergency, ..new_contact(name, number) };
    Edit::AddContact { contact, proof }
}

#[test]
fn only_emergency_contacts_join_and_only_what_is_open() {
    let mut story = Story::incident();
    story.edit(add("Dee", 300, false, pin("1234"))).unwrap();
    let dee = story.ann().contacts[2].id;
    let moved = Edit::ChangeContact { id: dee, change: renumbered(), proof: pin("1234") };
    story.edit(moved).unwrap();
    assert_eq!(story.open().contacts.len(), 2, "Dee is not called in an emergency");
    let mut story = Story::incident();
    story.good_with("1234");
    story.edit(add("Dee", 300, true, pin("1234"))).unwrap();
    story.edit(change(renumbered(), pin("1234"))).unwrap();
    assert_eq!(story.open().contacts.len(), 2, "it is over");
}

#[test]
fn everybody_who_came_without_the_pin_is_remembered_with_their_first_number() {
    let mut story = Story::incident();
    story.edit(add("Dee", 300, true, Proof::None)).unwrap();
    story.edit(add("Eve", 301, true, Proof::None)).unwrap();
    story.edit(change(renumbered(), Proof::None)).unwrap();
    let again = ContactChange { phone: Some(phone(998)), ..ContactChange::default() };
    story.edit(change(again, Proof::None)).unwrap();
    let ids: Vec<_> = story.ann().contacts.iter().map(|contact| contact.id).collect();
    let known = |story: &Story| {
        let all = story.ann().unproven.iter();
        all.map(|known| (known.contact, known.former.clone())).collect::<Vec<_>>()
    };
    assert_eq!(known(&story), [(ids[2], None), (ids[3], None), (ids[0], Some(phone(201)))]);
    story.good_with("1234").edit(Edit::RemoveContact { id: ids[2], proof: pin("1234") }).unwrap();
    assert_eq!(known(&story), [(ids[3], None), (ids[0], Some(phone(201)))], "who is gone is forgotten");
    story.edit(Edit::RemoveContact { id: ids[1], proof: pin("1234") }).unwrap();
    assert_eq!(known(&story).len(), 2, "and nobody else");
}

#[test]
fn a_number_that_has_stopped_our_texts_has_until_it_is_another() {
    let mut story = Story::armed();
    story.ann_mut().contacts[0].text_stopped = true;
    let named = ContactChange { first_name: Some("Rob".to_owned()), ..ContactChange::default() };
    story.edit(change(named.clone(), Proof::None)).unwrap();
    assert!(story.ann().contacts[0].text_stopped);
    story.edit(change(renumbered(), pin("1234"))).unwrap();
    assert!(!story.ann().contacts[0].text_stopped);
    story.edit(change(named, Proof::None)).unwrap();
    assert!(!story.ann().contacts[0].text_stopped);
}
