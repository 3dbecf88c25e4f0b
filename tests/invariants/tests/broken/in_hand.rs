//! What a performer has in hand, and what a carrier has: neither vanishes without a word.

use lucius_core::{
    actor::ActorId,
    decide::{ContactAct, Event, Report},
    effect::{CallProgress, Channel, Effect, EffectId, NotSent, Outcome, Party, Pending, Purpose},
    policy::{LEASE, later},
};
use lucius_invariants::Invariant;

use crate::{
    broken,
    support::{Story, page, text},
};

#[test]
fn a_lease_belongs_to_one_try() {
    let mut story = Story::incident();
    story.wake();
    story.report(&page(0), Outcome::NotSent { why: NotSent::Throttled });
    let kept = |story: &mut Story| {
        let lease = story.before.incident.as_ref().unwrap().pending[&page(0)].lease_until;
        story.inc().pending.get_mut(&page(0)).unwrap().lease_until = lease;
    };
    assert_eq!(broken(&story, &[], kept), Some(Invariant::OneLease));
}

/// Bob's call of the round before is unknown, and was dialled again in this one; his text is refused. One performer comes back with both.
#[test]
fn a_call_that_came_to_nothing_is_leased_again_with_the_report_of_the_text() {
    let mut story = Story::incident();
    let bob = &mut story.inc().contacts[0];
    (bob.redialled_in, bob.called_in) = (1, 0);
    story.wake();
    let actor = ActorId::Incident(story.inc().id);
    let reports = [(page(0), Outcome::Unknown), (text(0), Outcome::Permanent { code: 21610 })];
    let reports = reports.map(|(effect, outcome)| {
        let attempt = story.tries[&effect];
        Report { actor, effect, attempt, outcome }
    });
    story.goes(&Event::Settled(reports.into()));
    let until = later(story.now, LEASE);
    let lease = |story: &mut Story| story.inc().pending.get_mut(&page(0)).unwrap().lease_until = Some(until);
    assert_eq!(broken(&story, &[], lease), None);
    let works = |story: &mut Story| {
        lease(story);
        story.inc().contacts[0].call.works = true;
    };
    assert_eq!(broken(&story, &[], works), Some(Invariant::OneLease));
    // It may be another call that has worked, of whose end the same performer has heard.
    let mut polled = story.clone();
    lease(&mut polled);
    polled.inc().contacts[0].call.works = true;
    let poll = EffectId { purpose: Purpose::Poll("B0".to_owned()), ..page(0) };
    let asked = Pending::new(Effect::Poll { sid: "B0".to_owned() }, 1, story.now);
    polled.before.incident.as_mut().unwrap().pending.insert(poll.clone(), asked.clone());
    let still_asks = |story: &mut Story| {
        story.inc().pending.insert(poll, asked);
    };
    assert_eq!(broken(&polled, &[], still_asks), Some(Invariant::OneLease));
    let text_goes_on = |story: &mut Story| {
        lease(story);
        let before = story.before.incident.clone().unwrap();
        story.inc().pending.insert(text(0), before.pending[&text(0)].clone());
    };
    assert_eq!(broken(&story, &[], text_goes_on), Some(Invariant::OneLease));
}

#[test]
fn a_cancel_whose_performer_died_is_tried_again() {
    let mut story = Story::ringing();
    story.report_placed(1, "C1");
    story.press_one(0);
    story.wake();
    story.pass(31).wake();
    let lost = |story: &mut Story| {
        story.inc().pending.retain(|id, _| !matches!(id.purpose, Purpose::Cancel(_)));
    };
    assert_eq!(broken(&story, &[], lost), Some(Invariant::NothingLost));
}

#[test]
fn a_text_in_hand_goes_with_a_word_of_what_became_of_it() {
    let mut story = Story::incident();
    story.wake();
    story.pass(1);
    story.told(0, "B0", CallProgress::Ringing);
    let lost = |story: &mut Story| {
        assert!(story.inc().pending.remove(&text(0)).is_some());
    };
    assert_eq!(broken(&story, &[], lost), Some(Invariant::NothingLost));
    // One whose performer has died may have arrived.
    story.pass(31).wake();
    let not_alerted = |story: &mut Story| {
        let place = &mut story.inc().contacts[1];
        place.alerted = false;
        place.sms.last_at = None;
    };
    assert_eq!(broken(&story, &[], not_alerted), None);
    let mut story = Story::incident();
    story.wake();
    story.pass(31).wake();
    let not_alerted = |story: &mut Story| story.inc().contacts[0].alerted = false;
    assert_eq!(broken(&story, &[], not_alerted), Some(Invariant::NothingLost));
}

#[test]
fn of_two_calls_that_died_together_one_is_dialled_again() {
    let mut story = Story::ringing();
    story.press_one(0);
    story.told(0, "B1", CallProgress::Completed);
    // They go, and ring us; nobody places that call before they are asked whether they still go.
    let call_back = ContactAct::CallBack { key: "CA2".to_owned() };
    story.goes(&Event::Contact { place: 0, act: call_back });
    story.pass(15 * 60).wake();
    let confirm = EffectId { purpose: Purpose::Confirm, ..page(0) };
    assert!([&page(0), &confirm].iter().all(|id| story.inc().pending[id].lease_until.is_some()));
    story.pass(31).wake();
    assert_eq!(story.check(&[]), Ok(()));
    assert_eq!([&page(0), &confirm].map(|id| story.inc().pending.contains_key(id)), [true, false]);
    let both = |story: &mut Story| assert!(story.inc().pending.remove(&page(0)).is_some());
    assert_eq!(broken(&story, &[], both), Some(Invariant::NothingLost));
}

#[test]
fn a_question_by_call_that_may_not_have_been_asked_is_asked_again() {
    let mut story = Story::armed();
    story.deadman().settings.by_call = true;
    story.pass(3_600).wake();
    story.pass(31).wake();
    let lost = |story: &mut Story| {
        let ask = EffectId { party: Party::User, channel: Channel::Call, purpose: Purpose::Ask };
        assert!(story.deadman().pending.remove(&ask).is_some());
    };
    assert_eq!(broken(&story, &[], lost), Some(Invariant::NothingLost));
}

#[test]
fn a_call_that_rings_is_not_forgotten() {
    let mut story = Story::ringing();
    story.report_placed(1, "C1");
    story.told(0, "B1", CallProgress::NoAnswer);
    let forgotten = |story: &mut Story| story.inc().contacts[1].calls.clear();
    assert_eq!(broken(&story, &[], forgotten), Some(Invariant::NothingLost));
}
