//! Questions that come too late by the clock on the wall. Two computations that know nothing of each other agree on when they come.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{deadman::State, policy::later};
use lucius_invariants::{Act, Invariant};

use crate::{broken, support::Story};

const EDITED: [Act; 1] = [Act::Edited { proven: true, number: false }];

fn next(story: &mut Story) -> Timestamp {
    let State::Waiting { next_probe_at } = story.deadman().state else { panic!("not armed") };
    next_probe_at
}

#[test]
fn the_first_time_is_the_next() {
    for (zone, expression, now, first) in [
        // Half past two is skipped: at the end of the gap.
        ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "0 */2 * * *", "2026-03-28T23:30:00Z", "2026-03-29T01:00:00Z"),
        // It comes twice: the first time, and not again.
        ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        // Every hour, on such a day as well.
        ("Europe/Berlin", "30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"),
        ("UTC", "0 9 1 * 1", "2026-03-02T09:00:00Z", "2026-03-09T09:00:00Z"),
    ] {
        let mut story = Story::by_the_clock(zone, expression, now.parse().unwrap());
        assert_eq!(next(&mut story), first.parse().unwrap(), "{zone} {expression} {now}");
        for wrong in [60, 3_600, 86_400] {
            let late = |story: &mut Story| {
                let next_probe_at = later(next(story), SignedDuration::from_secs(wrong));
                story.deadman().state = State::Waiting { next_probe_at };
            };
            assert_eq!(broken(&story, &EDITED, late), Some(Invariant::OnlyAuthentic), "{zone} {expression}");
        }
    }
}

#[test]
fn both_computations_agree_all_year_round() {
    let zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Nuuk"];
    let expressions = [
        "30 2 * * *",
        "0 */2 * * *",
        "15,45 * * * *",
        "*/20 1-3 * * *",
        "0 0 * * 7",
        "5 23 1-7 * 1",
        "0 3 31 */2 *",
    ];
    for zone in zones {
        for expression in expressions {
            let mut now: Timestamp = "2026-01-01T00:00:07Z".parse().unwrap();
            for turn in 0..60 {
                let mut story = Story::by_the_clock(zone, expression, now);
                assert_eq!(story.check(&EDITED), Ok(()), "{zone} {expression} {now}");
                // Now the very instant, and now some time of another day.
                let far = SignedDuration::from_mins(7_001);
                now = if turn % 2 == 0 { next(&mut story) } else { later(now, far) };
            }
        }
    }
}

#[test]
fn i1_an_outage_is_not_waited_for_twice() {
    let mut story = Story::asked();
    story.deadman().settings.max_retries = 2;
    story.pass(3 * 3_600).wake();
    let found = broken(&story, &[], |story| {
        let full = later(story.now, SignedDuration::from_hours(1));
        let State::Probing(probe) = &mut story.deadman().state else { panic!("no probe") };
        (probe.deadline, probe.planned) = (full, None);
        story.performs = false;
    });
    assert_eq!(found, Some(Invariant::MissedIsPaged));
}
