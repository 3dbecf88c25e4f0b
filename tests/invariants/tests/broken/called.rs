//! What somebody without the PIN must not do to who is called.

use lucius_core::{
    deadman::{ContactChange, Edit, NewContact, Proof},
    decide::Event,
    secret::Digest,
};
use lucius_invariants::{Act, Invariant};

use crate::{
    broken,
    edits::dee,
    support::{Story, phone},
};

const WITHOUT: [Act; 1] = [Act::Edited { proven: false, number: false }];

/// Bob's number was replaced without the PIN, and Dee was entered; the alert that follows.
fn next_alert() -> Story {
    let mut story = Story::ringing();
    let (id, phone) = (story.deadman().contacts[0].id, Some(phone(900)));
    let change = ContactChange { phone, ..ContactChange::default() };
    story.edit(Edit::ChangeContact { id, change, proof: Proof::None });
    let early = NewContact { priority: Some(0), ..dee() };
    story.edit(Edit::AddContact { contact: early, proof: Proof::None });
    story.check_in_with_pin();
    story.case.incident = None;
    story.pass(60).goes(&Event::Emergency { key: "F".to_owned() });
    assert_eq!(story.inc().contacts.len(), 4);
    story
}

#[test]
fn i5_the_number_that_was_there_before_is_called() {
    let found = broken(&next_alert(), &[Act::CriedForHelp], |story| {
        let bob = story.inc().contacts.iter().position(|copy| copy.trusted).unwrap();
        story.inc().contacts.remove(bob);
    });
    assert_eq!(found, Some(Invariant::NeverLost));
}

#[test]
fn i4_nobody_is_trusted_in_the_next_alert_for_whom_the_pin_was_not_given() {
    for place in [2, 3] {
        let trusts = |story: &mut Story| story.inc().contacts[place].trusted = true;
        assert_eq!(broken(&next_alert(), &[Act::CriedForHelp], trusts), Some(Invariant::OnlyAHumanStops));
    }
}

#[test]
fn i5_nobody_waits_for_those_who_came_without_the_pin() {
    let early = |story: &mut Story| story.inc().contacts[3].priority = 0;
    assert_eq!(broken(&next_alert(), &[Act::CriedForHelp], early), Some(Invariant::NeverLost));
}

#[test]
fn i8_it_is_not_forgotten_who_came_without_the_pin() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: dee(), proof: Proof::None });
    let name = ContactChange { first_name: Some("Robert".to_owned()), ..ContactChange::default() };
    let id = story.deadman().contacts[0].id;
    story.edit(Edit::ChangeContact { id, change: name, proof: Proof::None });
    let forgotten = |story: &mut Story| story.deadman().unproven.clear();
    assert_eq!(broken(&story, &WITHOUT, forgotten), Some(Invariant::OnlyAuthentic));
}

#[test]
fn i8_whoever_is_called_as_nobody_is_marked_is_not_called_less_without_the_pin() {
    let mut story = Story::armed();
    for contact in &mut story.deadman().contacts {
        contact.is_emergency_contact = false;
    }
    let id = story.deadman().contacts[0].id;
    let proof = Proof::Pin(Digest::new([1; 32]));
    for change in [
        ContactChange { by_call: Some(false), ..ContactChange::default() },
        ContactChange { by_sms: Some(false), ..ContactChange::default() },
        ContactChange { priority: Some(9), ..ContactChange::default() },
    ] {
        let mut story = story.clone();
        story.edit(Edit::ChangeContact { id, change, proof });
        assert_eq!(story.check(&[Act::Edited { proven: true, number: false }]), Ok(()));
        let found = story.check(&WITHOUT).err().map(|violation| violation.invariant);
        assert_eq!(found, Some(Invariant::OnlyAuthentic));
    }
}

#[test]
fn i5_no_channel_is_taken_away_in_an_alert() {
    let mut story = Story::ringing();
    story.pass(60).wake();
    let texted = |story: &mut Story| story.inc().contacts[0].by_call = false;
    assert_eq!(broken(&story, &[], texted), Some(Invariant::NeverLost));
    let later = |story: &mut Story| story.inc().contacts[0].priority = 9;
    assert_eq!(broken(&story, &[], later), Some(Invariant::NeverLost));
}
