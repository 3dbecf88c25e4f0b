//! Who is not asked whether they still go, and who is left alone with an alert.

use lucius_core::{
    deadman::{CheckIn, Edit, Medium, ProfileChange, Proof},
    decide::Event,
    effect::{Channel, EffectId, Outcome, Party, Purpose},
    incident::Status,
    secret::Digest,
    words::Answer,
};
use lucius_invariants::{Act, Invariant};

use crate::{
    broken,
    support::{Story, text},
};

fn untold(party: Party) -> impl FnOnce(&mut Story) {
    move |story| {
        let pending = &mut story.inc().pending;
        let before = pending.len();
        pending.retain(|id, _| id.party != party || !matches!(id.purpose, Purpose::Tell(_)));
        assert!(pending.len() < before, "nobody was told");
    }
}

#[test]
fn who_goes_is_asked_whether_they_still_do() {
    let mut story = Story::ringing();
    story.press(0, "1", "1");
    story.pass(15 * 60).wake();
    for channel in [Channel::Call, Channel::Sms] {
        let unasked = |story: &mut Story| {
            let id = EffectId { party: Party::Contact(0), channel, purpose: Purpose::Confirm };
            assert!(story.inc().pending.remove(&id).is_some());
        };
        assert_eq!(broken(&story, &[], unasked), Some(Invariant::Told));
    }
}

#[test]
fn who_goes_on_is_asked_again() {
    let mut story = Story::ringing();
    story.press(0, "1", "1");
    story.pass(15 * 60).wake();
    let acts = story.press(0, "2", "1");
    let not_again = |story: &mut Story| {
        let Status::Accepted { asked, renewals: 1, .. } = &mut story.inc().status else {
            panic!("no renewal")
        };
        *asked = true;
    };
    assert_eq!(broken(&story, &acts, not_again), Some(Invariant::Told));
}

#[test]
fn whoever_was_alerted_hears_that_somebody_goes_and_that_it_is_over() {
    let mut story = Story::ringing();
    let acts = story.press_one(0);
    for party in [Party::Contact(1), Party::User] {
        assert_eq!(broken(&story, &acts, untold(party)), Some(Invariant::Told));
    }
    let acts = story.check_in_with_pin();
    for place in 0..2 {
        assert_eq!(broken(&story, &acts, untold(Party::Contact(place))), Some(Invariant::Told));
    }
}

#[test]
fn whoever_may_get_a_page_at_that_moment_is_told() {
    let mut story = Story::incident();
    story.wake();
    story.report_placed(0, "B1");
    story.report(&text(0), Outcome::Done);
    story.pass(60).wake();
    assert!(story.inc().pending[&text(1)].lease_until.is_some());
    let acts = story.press_one(0);
    assert_eq!(broken(&story, &acts, untold(Party::Contact(1))), Some(Invariant::Told));
    let forgets = |story: &mut Story| {
        untold(Party::Contact(1))(story);
        story.inc().contacts[1].alerted = false;
    };
    assert_eq!(broken(&story, &acts, forgets), Some(Invariant::Told));
}

#[test]
fn whoever_was_called_too_late_hears_of_it() {
    let mut story = Story::incident();
    // Bob is called and never texted.
    story.inc().contacts[0].by_sms = false;
    story.inc().pending.remove(&text(0));
    story.wake();
    story.check_in_with_pin();
    story.report_placed(0, "B1");
    let stops = EffectId {
        party: Party::Contact(0),
        channel: Channel::Call,
        purpose: Purpose::Cancel("B1".to_owned()),
    };
    assert!(story.inc().pending.contains_key(&stops));
    let forgets = |story: &mut Story| story.inc().contacts[0].alerted = false;
    assert_eq!(broken(&story, &[], forgets), Some(Invariant::Told));
}

/// Ann cries for help in her own words, while Bob and Cas have been paged.
fn writes() -> (Story, Vec<Act>) {
    let mut story = Story::ringing();
    story.goes(&Event::CheckIn(CheckIn {
        key: "SM-cellar".to_owned(),
        answer: Answer::Bad,
        sos: true,
        medium: Medium::Sms,
        arrived_at: story.now,
        proof: Proof::None,
        logged_in: false,
        unless: None,
        heard: None,
        words: Some("sos in the cellar".to_owned()),
        text: "sos in the cellar".to_owned(),
    }));
    (story, vec![Act::CriedForHelp])
}

#[test]
fn whoever_was_alerted_hears_what_is_new_of_them() {
    let (story, acts) = writes();
    let calm = |story: &mut Story| {
        // Bob's call is asked for anew, in a round that a cry of another kind has begun.
        story.inc().pending.retain(|id, _| id.party != Party::Contact(0));
    };
    assert_eq!(broken(&story, &acts, calm), Some(Invariant::Told));
}

#[test]
fn what_contacts_are_told_is_what_the_person_says_now() {
    for proof in [Proof::None, Proof::Pin(Digest::new([1; 32]))] {
        let mut story = Story::ringing();
        let message = Some(Some("I am in the \"red\" barn.".to_owned()));
        let change = Box::new(ProfileChange { message, ..ProfileChange::default() });
        story.edit(Edit::Profile { change, proof });
        let before = story.before.incident.clone();
        let keeps = |story: &mut Story| story.case.incident.clone_from(&before);
        let acts = [Act::Edited { proven: proof != Proof::None, number: false }];
        assert_eq!(broken(&story, &acts, keeps), Some(Invariant::Told));
    }
}
