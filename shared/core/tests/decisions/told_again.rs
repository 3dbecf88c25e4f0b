//! What the carrier has told of a call, kept by somebody and told again: minutes or months later, in any order.

use lucius_core::effect::{CallProgress, NotSent, Outcome};

use crate::{
    story::Story,
    world::{call, placed},
};

/// Eleven calls to one contact, each told of to its end; the last one is over too.
fn eleven_calls() -> (Story, Vec<(u32, String)>) {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.policy.calls_per_contact_hour = 100;
    story.sos();
    let mut calls = Vec::new();
    for n in 0..11 {
        story.after(16 * 60).wake();
        let (attempt, sid) = (story.attempt(&call(0)), format!("B{n}"));
        story.outcome(&call(0), &placed(&sid)).told(&call(0), attempt, &sid, CallProgress::NoAnswer);
        calls.push((attempt, sid));
    }
    (story, calls)
}

/// More of them than are remembered by name, told one after the other, would keep the line of a contact busy for ever.
#[test]
fn an_old_call_that_is_told_of_again_rings_nowhere() {
    let (mut story, calls) = eleven_calls();
    let case = story.case.clone();
    for (attempt, sid) in &calls {
        for progress in [CallProgress::Ringing, CallProgress::InProgress, CallProgress::Completed] {
            story.told(&call(0), *attempt, sid, progress);
        }
    }
    assert_eq!(story.case, case);
    story.after(16 * 60).wake();
    assert!(story.is_called(0), "and so the next call is placed");
}

/// "The line works" of an old call must not keep the text of a round back.
#[test]
fn an_old_call_that_is_told_of_again_says_nothing_of_the_line() {
    let mut story = Story::ringing();
    story.told(&call(0), 1, "B1", CallProgress::Failed);
    let case = story.case.clone();
    story.told(&call(0), 1, "B1", CallProgress::InProgress);
    assert_eq!(story.case, case);
}

/// The try whose outcome is unknown may still bring its one call, and no second one.
#[test]
fn an_unknown_try_brings_one_call() {
    let mut story = Story::incident();
    story.wake();
    let first = story.attempt(&call(0));
    story.outcome(&call(0), &Outcome::Unknown);
    story.told(&call(0), first, "B1", CallProgress::Ringing);
    assert_eq!(story.open().contacts[0].calls.len(), 1, "it was placed after all");
    story.told(&call(0), first, "B1", CallProgress::NoAnswer);
    let case = story.case.clone();
    story.told(&call(0), first, "OTHER", CallProgress::Ringing);
    assert_eq!(story.case, case);
}

/// A call that somebody's accept has overtaken is cancelled, by whomever we hear of it; told again, it is not cancelled again.
#[test]
fn a_withdrawn_try_brings_one_call_and_one_cancel() {
    let mut story = Story::incident();
    story.wake();
    let first = story.attempt(&call(0));
    story.code(1, "SM1");
    story.told(&call(0), first, "B1", CallProgress::Ringing);
    assert!(story.pending(&crate::world::cancel(0, "B1")).is_some());
    let case = story.case.clone();
    story.told(&call(0), first, "B1", CallProgress::Ringing).told(
        &call(0),
        first,
        "B2",
        CallProgress::Ringing,
    );
    assert_eq!(story.case, case);
}

/// Of a withdrawn try that the carrier did not take there is no call, whoever tells of one.
#[test]
fn a_withdrawn_try_that_was_not_taken_brings_no_call() {
    for outcome in [
        Outcome::NotSent { why: NotSent::Throttled },
        Outcome::Permanent { code: 21211 },
        Outcome::Account { code: 20003 },
    ] {
        let mut story = Story::incident();
        story.wake();
        let first = story.attempt(&call(0));
        story.code(1, "SM1");
        story.late(&call(0), first, &outcome);
        let case = story.case.clone();
        story.told(&call(0), first, "B1", CallProgress::Ringing);
        assert_eq!(story.case, case, "{outcome:?}");
    }
}
