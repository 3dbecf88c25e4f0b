//! Every check fails on a transition that breaks it. The honest transition stands beside each broken one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "the stories' own helpers fail as the tests do"
)]

mod called;
mod edits;
mod honoured;
mod in_hand;
mod rounds;
mod schedule;
mod soon;
mod support;
mod told;

use jiff::SignedDuration;
use lucius_core::{
    actor::ActorId,
    deadman::State,
    effect::{CallProgress, NotSent, Outcome, Purpose},
    incident::{Cause, EndedBy, Status},
    policy::{GRACE, later},
};
use lucius_invariants::{Act, Attempt, Invariant, attempt, leased, paged_by, placed};
use support::{Story, page, text};

/// Breaks what was decided last, and names what the checks find.
fn broken(story: &Story, acts: &[Act], breaks: impl FnOnce(&mut Story)) -> Option<Invariant> {
    assert_eq!(story.check(acts), Ok(()), "the honest transition is refused");
    let mut other = story.clone();
    breaks(&mut other);
    other.check(acts).err().map(|violation| violation.invariant)
}

#[test]
fn i1_a_missed_question_is_not_dropped() {
    let mut story = Story::asked();
    story.pass(3_605).wake();
    let found = broken(&story, &[], |story| {
        let next_probe_at = later(story.now, SignedDuration::from_hours(1));
        story.case.incident = None;
        let deadman = story.deadman();
        deadman.incident = None;
        deadman.state = State::Waiting { next_probe_at };
    });
    assert_eq!(found, Some(Invariant::MissedIsPaged));
}

#[test]
fn i1_a_deadline_is_not_put_off_for_nothing() {
    let mut story = Story::asked();
    story.pass(60).wake();
    let found = broken(&story, &[], |story| {
        let State::Probing(probe) = &mut story.deadman().state else { panic!("no probe") };
        probe.deadline += SignedDuration::from_mins(1);
        story.performs = false;
    });
    assert_eq!(found, Some(Invariant::MissedIsPaged));
}

#[test]
fn i1_somebody_is_called_by_then() {
    let story = Story::asked();
    let actor = ActorId::Deadman(story.case.deadman.as_ref().unwrap().id);
    let (missed, within) = (story.now, SignedDuration::from_secs(120));
    let after = |seconds| later(missed, SignedDuration::from_secs(seconds));
    assert_eq!(paged_by(actor, missed, None, after(120), within), Ok(()));
    assert_eq!(paged_by(actor, missed, Some(after(100)), after(500), within), Ok(()));
    for first_call in [None, Some(after(121))] {
        let found = paged_by(actor, missed, first_call, after(121), within).unwrap_err();
        assert_eq!(found.invariant, Invariant::MissedIsPaged);
    }
}

#[test]
fn i2_pages_are_dropped_when_somebody_accepts() {
    let mut story = Story::ringing();
    let acts = story.press_one(0);
    let found = broken(&story, &acts, |story| {
        let kept = story.before.incident.as_ref().unwrap().pending.get(&page(1)).cloned();
        story.inc().pending.insert(page(1), kept.unwrap());
    });
    assert_eq!(found, Some(Invariant::AcceptedIsQuiet));
}

#[test]
fn i2_ringing_phones_are_cancelled_when_somebody_accepts() {
    let mut story = Story::ringing();
    story.report_placed(1, "C1");
    let acts = story.press_one(0);
    let found = broken(&story, &acts, |story| {
        story.inc().pending.retain(|id, _| !matches!(id.purpose, Purpose::Cancel(_)));
    });
    assert_eq!(found, Some(Invariant::AcceptedIsQuiet));
}

#[test]
fn i2_a_call_that_comes_too_late_is_cancelled() {
    let mut story = Story::ringing();
    story.press_one(0);
    story.report_placed(1, "C1");
    let (before, mut after) = (story.before.incident.clone().unwrap(), story.case.incident.clone().unwrap());
    assert_eq!(story.check(&[]), Ok(()));
    assert_eq!(placed(&before, &after, 1, "C1"), Ok(()));
    let found = broken(&story, &[], |story| {
        story.inc().pending.retain(|id, _| !matches!(id.purpose, Purpose::Cancel(_)));
    });
    assert_eq!(found, Some(Invariant::AcceptedIsQuiet));
    after.contacts[1].over.clear();
    assert_eq!(placed(&before, &after, 1, "C1").unwrap_err().invariant, Invariant::AcceptedIsQuiet);
}

#[test]
fn i3_a_lease_that_runs_is_not_taken_again() {
    let mut story = Story::ringing();
    story.pass(10).wake();
    let found = broken(&story, &[], |story| {
        let until = later(story.now, SignedDuration::from_secs(30));
        story.inc().pending.get_mut(&page(1)).unwrap().lease_until = Some(until);
    });
    assert_eq!(found, Some(Invariant::OneLease));
}

#[test]
fn i3_two_functions_do_not_take_one_effect_at_one_instant() {
    let mut story = Story::incident();
    let free = story.inc().pending.clone();
    story.wake();
    let held = story.inc().pending.clone();
    let actor = ActorId::Incident(story.inc().id);
    assert_eq!(leased(actor, &free, &held, story.now), Ok(()));
    let found = leased(actor, &held, &held, story.now).unwrap_err();
    assert_eq!(found.invariant, Invariant::OneLease);
}

#[test]
fn i3_numbers_of_tries_do_not_repeat() {
    let mut story = Story::ringing();
    story.pass(31).wake();
    let before = story.before.incident.clone().unwrap();
    let old = before.pending[&page(1)].attempt;
    let reused = |story: &mut Story| {
        // Dialled again after its lease ran out, under the old number.
        assert!(story.inc().pending[&page(1)].attempt > old, "it was not dialled again");
        story.inc().pending.get_mut(&page(1)).unwrap().attempt = old;
    };
    assert_eq!(broken(&story, &[], reused), Some(Invariant::OneLease));
    let counted_anew = |story: &mut Story| story.inc().contacts[0].attempts = 0;
    assert_eq!(broken(&story, &[], counted_anew), Some(Invariant::OneLease));
    story.pass(1).wake();
    let shared = |story: &mut Story| {
        let twin = story.inc().pending[&page(1)].clone();
        story.inc().pending.insert(text(1), twin);
    };
    assert_eq!(broken(&story, &[], shared), Some(Invariant::OneLease));
}

#[test]
fn i3_nobody_is_called_beyond_the_cap() {
    let mut story = Story::ringing();
    story.pass(1).wake();
    let found = broken(&story, &[], |story| {
        let now = story.now;
        story.performs = false;
        story.inc().contacts[0].called_at = vec![now; 14];
    });
    assert_eq!(found, Some(Invariant::OneLease));
}

#[test]
fn i3_a_request_is_sent_by_who_has_leased_it() {
    let mut story = Story::incident();
    story.wake();
    let case = story.case.clone();
    let incident = case.incident.as_ref().unwrap();
    let mine = page(0);
    let honest = Attempt {
        actor: ActorId::Incident(incident.id),
        claimed: &case,
        current: &case,
        effect: &mine,
        attempt: incident.pending[&mine].attempt,
        now: story.now,
        policy: &story.policy,
        calls: &[],
        since_accept: 0,
    };
    assert_eq!(attempt(&honest), Ok(()));
    let late = later(story.now, SignedDuration::from_secs(18));
    let calls = [story.now; 13];
    for dishonest in [
        Attempt { attempt: honest.attempt + 1, ..honest },
        Attempt { claimed: &story.before, ..honest },
        Attempt { now: late, ..honest },
        Attempt { calls: &calls, ..honest },
    ] {
        assert_eq!(attempt(&dishonest).unwrap_err().invariant, Invariant::OneLease);
    }
}

#[test]
fn i2_only_what_was_claimed_before_the_accept_goes_out_and_once() {
    let mut story = Story::ringing();
    let claimed = story.case.clone();
    story.press_one(0);
    let effect = page(1);
    let incident = claimed.incident.as_ref().unwrap();
    let in_flight = Attempt {
        actor: ActorId::Incident(incident.id),
        claimed: &claimed,
        current: &story.case,
        effect: &effect,
        attempt: incident.pending[&effect].attempt,
        now: story.now,
        policy: &story.policy,
        calls: &[],
        since_accept: 0,
    };
    assert_eq!(attempt(&in_flight), Ok(()));
    let again = Attempt { since_accept: 1, ..in_flight };
    assert_eq!(attempt(&again).unwrap_err().invariant, Invariant::AcceptedIsQuiet);
}

#[test]
fn i4_only_a_human_accepts() {
    let mut story = Story::ringing();
    let acts = story.press_one(0);
    assert_eq!(story.check(&acts), Ok(()));
    assert_eq!(story.check(&[]).unwrap_err().invariant, Invariant::OnlyAHumanStops);
    let id = story.inc().id;
    let other = [Act::PressedOne { incident: id, place: 1 }];
    assert_eq!(story.check(&other).unwrap_err().invariant, Invariant::OnlyAHumanStops);
}

#[test]
fn i4_a_call_that_is_over_ends_nothing() {
    let mut story = Story::ringing();
    story.told(0, "B1", CallProgress::Completed);
    let found = broken(&story, &[], |story| {
        let at = story.now;
        story.inc().status = Status::Ended { ended: EndedBy::Contact { place: 0 }, at };
    });
    assert_eq!(found, Some(Invariant::OnlyAHumanStops));
}

#[test]
fn i4_an_accept_is_not_renewed_or_exchanged_by_itself() {
    let mut story = Story::ringing();
    story.press_one(0);
    story.pass(60).wake();
    for exchanged in [true, false] {
        let found = broken(&story, &[], |story| {
            if let Status::Accepted { by, confirm_by, .. } = &mut story.inc().status {
                if exchanged {
                    *by = 1;
                } else {
                    *confirm_by += SignedDuration::from_mins(1);
                }
            }
        });
        assert_eq!(found, Some(Invariant::OnlyAHumanStops));
    }
}

#[test]
fn i5_an_open_incident_does_not_vanish() {
    let mut story = Story::ringing();
    story.pass(1).wake();
    let gone = |story: &mut Story| {
        story.case.incident = None;
        story.deadman().incident = None;
    };
    assert_eq!(broken(&story, &[], gone), Some(Invariant::NeverLost));
    let forgotten = |story: &mut Story| {
        story.deadman().incident = None;
        story.deadman().look_at = None;
    };
    assert_eq!(broken(&story, &[], forgotten), Some(Invariant::NeverLost));
    let dropped = |story: &mut Story| {
        story.inc().contacts.pop();
    };
    assert_eq!(broken(&story, &[], dropped), Some(Invariant::NeverLost));
    let pardoned = |story: &mut Story| story.inc().causes.clear();
    assert_eq!(broken(&story, &[], pardoned), Some(Invariant::NeverLost));
}

#[test]
fn i5_everybody_who_is_to_be_called_is_copied() {
    let story = Story::incident();
    let found = broken(&story, &[Act::CriedForHelp], |story| {
        story.inc().contacts.pop();
    });
    assert_eq!(found, Some(Invariant::NeverLost));
}

#[test]
fn i6_an_armed_switch_has_a_clock() {
    let mut story = Story::asked();
    let acts = story.check_in(None);
    let disarmed = |story: &mut Story| story.deadman().state = State::Off;
    assert_eq!(broken(&story, &acts, disarmed), Some(Invariant::AlwaysAClock));
}

#[test]
fn i7_an_answer_in_time_leaves_no_cause() {
    let mut story = Story::asked();
    let in_time = later(story.now, SignedDuration::from_secs(3_599));
    story.pass(3_606).wake();
    let acts = story.check_in(Some(in_time));
    assert_eq!(story.check(&acts), Ok(()));
    let unheard = Story { case: story.before.clone(), ..story.clone() };
    assert_eq!(unheard.check(&acts).unwrap_err().invariant, Invariant::InTimeIsNoAlarm);
}

#[test]
fn i7_no_incident_before_the_deadline() {
    let mut story = Story::asked();
    story.pass(3_605).wake();
    assert_eq!(story.check(&[]), Ok(()));
    story.now = later(story.now, -GRACE);
    story.performs = false;
    assert_eq!(story.check(&[]).unwrap_err().invariant, Invariant::InTimeIsNoAlarm);
}

#[test]
fn i8_nobody_changes_the_switch_but_who_may() {
    let mut story = Story::asked();
    story.pass(1).wake();
    for (n, breaks) in [
        (|story: &mut Story| story.deadman().settings.wait_minutes = 120) as fn(&mut Story),
        |story| story.deadman().settings.active = false,
        |story| {
            story.deadman().contacts.pop();
        },
    ]
    .into_iter()
    .enumerate()
    {
        let story = Story { performs: false, ..story.clone() };
        let without_pin = [Act::Edited { proven: false, number: false }];
        for acts in [[].as_slice(), &without_pin] {
            let found = broken(&story, acts, breaks);
            assert_eq!(found, Some(Invariant::OnlyAuthentic), "{n} by {acts:?}");
        }
    }
}

#[test]
fn i8_a_pause_needs_the_pin() {
    let mut story = Story::armed();
    story.pass(1).wake();
    story.performs = false;
    let pause = |story: &mut Story| {
        let until = later(story.now, SignedDuration::from_hours(1));
        story.deadman().state = State::Paused { until };
    };
    assert_eq!(broken(&story, &[], pause), Some(Invariant::OnlyAuthentic));
    assert_eq!(
        broken(&story, &[Act::Edited { proven: false, number: false }], pause),
        Some(Invariant::OnlyAuthentic)
    );
    assert_eq!(broken(&story, &[Act::Edited { proven: true, number: false }], pause), None);
}

#[test]
fn i12_an_early_wake_changes_nothing() {
    let mut story = Story::ringing();
    story.pass(-120).wake();
    let moved = |story: &mut Story| story.inc().reached = true;
    assert_eq!(broken(&story, &[], moved), Some(Invariant::NothingLost));
    let moved = |story: &mut Story| story.deadman().told = 9;
    assert_eq!(broken(&story, &[], moved), Some(Invariant::NothingLost));
}

#[test]
fn i12_what_nobody_has_in_hand_is_not_lost() {
    let mut story = Story::incident();
    story.told(0, "B0", CallProgress::Ringing);
    let lost = |story: &mut Story| {
        story.inc().pending.remove(&text(0));
    };
    assert_eq!(broken(&story, &[], lost), Some(Invariant::NothingLost));
}

#[test]
fn i12_a_call_that_was_not_sent_is_not_lost() {
    let mut story = Story::incident();
    story.wake();
    story.report(&page(0), Outcome::NotSent { why: NotSent::Throttled });
    let lost = |story: &mut Story| {
        story.inc().pending.remove(&page(0));
    };
    assert_eq!(broken(&story, &[], lost), Some(Invariant::NothingLost));
}

#[test]
fn i12_a_cancel_is_not_lost() {
    let mut story = Story::ringing();
    story.report_placed(1, "C1");
    story.press_one(0);
    story.told(0, "B1", CallProgress::Completed);
    let lost = |story: &mut Story| {
        story.inc().pending.retain(|id, _| !matches!(id.purpose, Purpose::Cancel(_)));
    };
    assert_eq!(broken(&story, &[], lost), Some(Invariant::NothingLost));
}

#[test]
fn i13_what_is_due_is_leased() {
    let mut story = Story::incident();
    story.wake();
    let unleased = |story: &mut Story| {
        story.inc().pending.get_mut(&page(0)).unwrap().lease_until = None;
    };
    assert_eq!(broken(&story, &[], unleased), Some(Invariant::Progress));
    let again = |story: &mut Story| {
        let next_at = story.now;
        story.inc().status = Status::Escalating { tier: 1, next_at };
    };
    assert_eq!(broken(&story, &[], again), Some(Invariant::Progress));
}

#[test]
fn a_call_that_may_never_have_been_made_is_dialled_again() {
    let mut story = Story::ringing();
    story.pass(31).wake();
    let dropped = |story: &mut Story| {
        story.inc().pending.remove(&page(1));
    };
    assert_eq!(broken(&story, &[], dropped), Some(Invariant::NothingLost));
}

#[test]
fn nothing_is_asked_during_an_incident() {
    let mut story = Story::asked();
    story.pass(3_605).wake();
    let before = story.before.deadman.clone().unwrap();
    let found = broken(&story, &[], |story| story.deadman().state = before.state.clone());
    assert!(found.is_some());
    let mut story = Story::armed();
    story.pass(3_600).wake();
    let acts = story.check_in(None);
    let found = broken(&story, &acts, |story| {
        // In a performer's hands it may stay; but it is not to be asked again.
        let deadman = story.deadman();
        deadman.attempts += 1;
        for pending in deadman.pending.values_mut() {
            pending.attempt = deadman.attempts;
            pending.lease_until = None;
        }
    });
    assert_eq!(found, Some(Invariant::Questions));
}

#[test]
fn an_incident_needs_its_cause() {
    let story = Story::incident();
    let found = broken(&story, &[Act::CriedForHelp], |story| {
        let deadline = story.now;
        let probe = lucius_core::id::ProbeId::try_from(99).unwrap();
        story.inc().causes = vec![Cause::Unavailable { probe, deadline }];
    });
    assert_eq!(found, Some(Invariant::InTimeIsNoAlarm));
}

#[test]
fn a_violation_names_no_number() {
    let mut story = Story::ringing();
    story.press_one(0);
    let words = story.check(&[]).unwrap_err().to_string();
    assert!(words.starts_with("I4 is broken at INCIDENT#"), "{words}");
    assert!(!words.contains("+1") && !words.contains("Bob"), "{words}");
}
