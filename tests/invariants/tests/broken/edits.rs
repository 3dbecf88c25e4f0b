//! Changes by the API that go further than they may.

use jiff::SignedDuration;
use lucius_core::{
    deadman::{ContactChange, Edit, NewContact, Pause, ProbeChange, Proof, State, Unproven},
    decide::{ContactAct, Event},
    incident::TextAnswer,
    policy::later,
    secret::Digest,
};
use lucius_invariants::{Act, Invariant};

use crate::{
    broken,
    support::{Story, page, phone, text},
};

const WITHOUT: [Act; 1] = [Act::Edited { proven: false, number: true }];
const WITH: [Act; 1] = [Act::Edited { proven: true, number: true }];

fn pin() -> Proof {
    Proof::Pin(Digest::new([1; 32]))
}

pub(crate) fn dee() -> NewContact {
    NewContact {
        first_name: "Dee".to_owned(),
        last_name: String::new(),
        phone: phone(300),
        email: None,
        is_emergency_contact: true,
        priority: None,
        by_call: true,
        by_sms: true,
        language: None,
        consented: true,
    }
}

fn settings(change: ProbeChange, proof: Proof) -> Edit {
    Edit::Probes { change, pause: Pause::Keep, proof }
}

#[test]
fn i4_only_the_pin_makes_a_newcomer_trusted() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: dee(), proof: Proof::None });
    let trusts = |story: &mut Story| story.inc().contacts[2].trusted = true;
    assert_eq!(broken(&story, &WITHOUT, trusts), Some(Invariant::OnlyAHumanStops));
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: dee(), proof: pin() });
    assert_eq!(story.check(&WITH), Ok(()));
    let found = story.check(&WITHOUT).err().map(|violation| violation.invariant);
    assert_eq!(found, Some(Invariant::OnlyAHumanStops));
}

#[test]
fn i4_the_pin_beside_another_change_says_nothing_of_a_number() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: dee(), proof: Proof::None });
    let id = story.deadman().contacts[2].id;
    let change = ContactChange { first_name: Some("Deirdre".to_owned()), ..ContactChange::default() };
    story.edit(Edit::ChangeContact { id, change, proof: pin() });
    let beside = [Act::Edited { proven: true, number: false }];
    let vouches = |story: &mut Story| story.deadman().unproven.clear();
    assert_eq!(broken(&story, &beside, vouches), Some(Invariant::OnlyAHumanStops));
    assert_eq!(broken(&story, &WITH, vouches), None);
}

#[test]
fn i5_whoever_comes_to_an_alert_is_called_at_once() {
    let mut story = Story::ringing();
    story.edit(Edit::AddContact { contact: dee(), proof: Proof::None });
    let waits = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(2)).is_some());
        assert!(story.inc().pending.remove(&text(2)).is_some());
        story.inc().contacts[2].called_in = 0;
    };
    assert_eq!(broken(&story, &WITHOUT, waits), Some(Invariant::NeverLost));
}

#[test]
fn i5_a_new_number_is_called_in_the_alert_that_is_open() {
    let mut story = Story::ringing();
    let (id, change) = (
        story.deadman().contacts[1].id,
        ContactChange { phone: Some(phone(300)), ..ContactChange::default() },
    );
    story.edit(Edit::ChangeContact { id, change, proof: pin() });
    let forgotten = |story: &mut Story| {
        story.case.incident = story.before.incident.clone();
    };
    assert_eq!(broken(&story, &WITH, forgotten), Some(Invariant::NeverLost));
}

#[test]
fn i5_a_channel_that_is_chosen_in_an_alert_is_used_in_it() {
    let mut story = Story::ringing();
    let id = story.deadman().contacts[1].id;
    story.deadman().contacts[1].by_sms = false;
    story.inc().contacts[1].by_sms = false;
    story.before = story.case.clone();
    let change = ContactChange { by_sms: Some(true), ..ContactChange::default() };
    story.edit(Edit::ChangeContact { id, change, proof: Proof::None });
    let forgotten = |story: &mut Story| story.inc().contacts[1].by_sms = false;
    assert_eq!(broken(&story, &WITHOUT, forgotten), Some(Invariant::NeverLost));
}

/// Somebody else has or had that number, and the alert has it with that channel: whoever has it is called in their turn.
#[test]
fn a_channel_with_which_the_alert_has_the_number_is_nothing_new() {
    let mut story = Story::ringing();
    let id = story.deadman().contacts[1].id;
    story.deadman().contacts[1].by_sms = false;
    story.before = story.case.clone();
    let change = ContactChange { by_sms: Some(true), ..ContactChange::default() };
    story.edit(Edit::ChangeContact { id, change, proof: Proof::None });
    assert!(!story.inc().pending.contains_key(&text(1)), "it is not Cas's turn");
    assert_eq!(story.check(&WITHOUT), Ok(()));
}

#[test]
fn i5_whoever_came_after_the_end_is_called_when_it_is_opened_again() {
    let mut story = Story::ringing();
    story.check_in_with_pin();
    story.edit(Edit::AddContact { contact: dee(), proof: pin() });
    let (incident, code) = (story.inc().id, story.inc().contacts[1].code.clone());
    let act = ContactAct::Code { key: "SM9".to_owned(), code, answer: TextAnswer::Reopen };
    story.goes(&Event::Contact { place: 1, act });
    let asked = [Act::AskedToReopen { incident, place: 1 }];
    assert_eq!(story.check(&asked), Ok(()));
    let waits = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(2)).is_some());
        assert!(story.inc().pending.remove(&text(2)).is_some());
        story.inc().contacts[2].called_in = 0;
    };
    assert_eq!(broken(&story, &asked, waits), Some(Invariant::NeverLost));
    let unknown = |story: &mut Story| {
        waits(story);
        story.inc().contacts.truncate(2);
    };
    assert_eq!(broken(&story, &asked, unknown), Some(Invariant::NeverLost));
    // Had Dee come without the PIN, her word would count for nothing.
    let doubted = Unproven { contact: story.inc().contacts[2].id, former: None, chosen: true };
    story.deadman().unproven.push(doubted.clone());
    story.before.deadman.as_mut().unwrap().unproven.push(doubted);
    let found = story.check(&asked).err().map(|violation| violation.invariant);
    assert_eq!(found, Some(Invariant::OnlyAHumanStops));
}

#[test]
fn i1_a_change_of_something_else_leaves_the_next_question_alone() {
    let mut story = Story::armed();
    story.pass(3_605).edit(settings(ProbeChange { by_call: Some(true), ..ProbeChange::default() }, pin()));
    let skips = |story: &mut Story| {
        let next_probe_at = later(story.now, SignedDuration::from_hours(1));
        story.deadman().state = State::Waiting { next_probe_at };
    };
    assert_eq!(broken(&story, &WITH, skips), Some(Invariant::MissedIsPaged));
}

#[test]
fn i1_an_open_question_is_not_closed_by_a_change() {
    let mut story = Story::asked();
    story.edit(settings(ProbeChange { wait_minutes: Some(30), ..ProbeChange::default() }, Proof::None));
    let rearms = |story: &mut Story| {
        let next_probe_at = later(story.now, SignedDuration::from_hours(1));
        story.deadman().state = State::Waiting { next_probe_at };
    };
    assert_eq!(broken(&story, &WITHOUT, rearms), Some(Invariant::MissedIsPaged));
    let mut story = Story::asked();
    story.edit(settings(ProbeChange { active: Some(false), ..ProbeChange::default() }, pin()));
    assert_eq!(story.check(&WITH), Ok(()));
    assert!(story.check(&WITHOUT).is_err(), "switched off without the PIN");
}
