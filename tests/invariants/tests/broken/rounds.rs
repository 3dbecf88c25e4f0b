//! Who is left out of a round, and rounds that end.

use jiff::SignedDuration;
use lucius_core::{effect::CallProgress, incident::Status, policy::later};
use lucius_invariants::Invariant;

use crate::{
    broken,
    support::{Story, page},
};

#[test]
fn rounds_leave_nobody_out() {
    let mut story = Story::ringing();
    story.told(0, "B1", CallProgress::NoAnswer);
    story.pass(120).wake();
    let left_out = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(0)).is_some(), "the second round does not call c0");
        story.inc().contacts[0].called_in = 1;
    };
    assert_eq!(broken(&story, &[], left_out), Some(Invariant::Rounds));
    let not_really = |story: &mut Story| {
        assert!(story.inc().pending.remove(&page(0)).is_some());
        story.inc().contacts[0].called_in = story.inc().round;
    };
    assert_eq!(broken(&story, &[], not_really), Some(Invariant::Rounds));
    let never_again = |story: &mut Story| {
        let next_at = later(story.now, SignedDuration::from_hours(1));
        story.inc().status = Status::Escalating { tier: 1, next_at };
    };
    assert_eq!(broken(&story, &[], never_again), Some(Invariant::Rounds));
    let rests = |story: &mut Story| {
        let until = later(story.now, SignedDuration::from_hours(1));
        story.inc().contacts[0].sms.rests_until = Some(until);
    };
    assert_eq!(broken(&story, &[], rests), Some(Invariant::Rounds));
}
