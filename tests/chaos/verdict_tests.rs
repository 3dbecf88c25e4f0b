//! Each check of [`crate::verdict`] fails for what it is there to find, and for nothing beside it.

use jiff::{SignedDuration, Timestamp};
use lucius_tests::{Value, json};

use crate::{
    ledger::{Case, ContactCase, Request},
    troubles::{Harm, Kill, Outage},
    verdict::{Broken, judge},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
}

fn line(seconds: i64, what: &str, more: Value) -> Value {
    let mut line = more;
    line["at"] = json!(at(seconds));
    line["what"] = json!(what);
    line
}

fn request(seconds: i64, attempt: u32) -> Request {
    let effect = "c0-call-page".to_owned();
    Request { at: at(seconds), effect, attempt, status: Some(201), placed: true, seconds: 0.01 }
}

/// Missed at 0, called at 10, accepted at 12, ended at 14.
fn good() -> Case {
    let timeline = json!([
        line(6, "opened", json!({})),
        line(6, "round", json!({})),
        line(10, "attempt", json!({ "contact_id": 7, "how": "call", "attempt": 1, "outcome": "pressed 1" })),
        line(12, "accepted", json!({ "contact_id": 7 })),
        line(14, "ended", json!({})),
    ]);
    let ben = ContactCase {
        id: 7,
        name: "Ben".to_owned(),
        requests: vec![request(10, 1)],
        rings: vec![at(10)],
        heard: true,
    };
    Case {
        name: "Ann".to_owned(),
        since: Some(at(0)),
        contacts: vec![ben],
        incidents: vec![json!({ "status": "ended", "timeline": timeline })],
        ..Case::default()
    }
}

/// Another ring, because the outcome of the first is called unknown.
fn rang_twice() -> Case {
    let mut case = good();
    let told = json!({ "contact_id": 7, "how": "call", "attempt": 1, "outcome": "unknown: no answer" });
    case.incidents[0]["timeline"].as_array_mut().expect("lines").push(line(41, "attempt", told));
    case.incidents[0]["timeline"][3]["at"] = json!(at(50));
    case.incidents[0]["timeline"][4]["at"] = json!(at(52));
    case.contacts[0].requests.push(request(45, 2));
    case.contacts[0].rings.push(at(45));
    case
}

fn found(case: Case, harm: &Harm) -> Vec<Broken> {
    judge(&[case], harm).wrong.into_iter().map(|(_, broken)| broken).collect()
}

fn kill(seconds: i64, package: &str) -> Harm {
    let kill = Kill { at: at(seconds), package: package.to_owned(), at_work: true };
    Harm { kills: vec![kill], ..Harm::default() }
}

#[test]
fn all_is_well() {
    assert_eq!(found(good(), &Harm::default()), []);
}

#[test]
fn a_lost_page_is_found() {
    let case = Case { incidents: Vec::new(), ..good() };
    assert_eq!(found(case, &Harm::default())[0], Broken::Lost);
    let mut silent = good();
    silent.contacts[0].rings.clear();
    assert_eq!(found(silent, &Harm::default())[0], Broken::NeverRang);
}

#[test]
fn a_human_must_have_accepted_and_been_told() {
    let mut case = good();
    case.contacts[0].heard = false;
    assert_eq!(found(case, &Harm::default()), [Broken::NotReached]);
    let mut case = good();
    case.incidents[0]["timeline"][3]["what"] = json!("note");
    assert_eq!(found(case, &Harm::default()), [Broken::NotReached]);
    let mut case = good();
    case.incidents[0]["status"] = json!("accepted");
    assert_eq!(found(case, &Harm::default()), [Broken::NotOver]);
    let mut case = good();
    case.incidents.push(json!({ "status": "ended", "timeline": [] }));
    assert_eq!(found(case, &Harm::default()), [Broken::Again(2)]);
}

#[test]
fn a_late_ring_is_excused_by_what_the_troubles_cost_and_no_more() {
    let late = |seconds: i64| {
        let mut case = good();
        case.since = Some(at(10 - seconds));
        case
    };
    assert_eq!(found(late(149), &Harm::default()), []);
    assert_eq!(found(late(151), &Harm::default()), [Broken::TooLate(151.0, 150.0)]);
    let outage = |of_the_carrier| {
        let what = "x".to_owned();
        let outages = vec![Outage { what, from: at(-20), to: at(0), struck: 1, of_the_carrier }];
        Harm { outages, ..Harm::default() }
    };
    assert_eq!(found(late(229), &outage(true)), []);
    assert_eq!(found(late(231), &outage(true)), [Broken::TooLate(231.0, 230.0)]);
    assert_eq!(found(late(151), &outage(false)), [Broken::TooLate(151.0, 150.0)]);
    assert_eq!(found(late(209), &kill(-30, "sweep")), []);
    assert_eq!(found(late(209), &kill(-30, "users")), [Broken::TooLate(209.0, 150.0)]);
}

#[test]
fn a_cloud_that_does_not_answer_excuses_its_time_and_one_cycle_of_the_sweep() {
    let gap = Harm { gaps: vec![(at(-20), at(0))], ..Harm::default() };
    let late = |seconds: i64| Case { since: Some(at(10 - seconds)), ..good() };
    assert_eq!(found(late(229), &gap), []);
    assert_eq!(found(late(231), &gap), [Broken::TooLate(231.0, 230.0)]);
    let over = Harm { gaps: vec![(at(-300), at(-280))], ..Harm::default() };
    assert_eq!(found(late(151), &over), [Broken::TooLate(151.0, 150.0)]);
}

#[test]
fn an_outcome_may_be_lost_in_a_cloud_that_does_not_answer() {
    let gap = |from, to| Harm { gaps: vec![(at(from), at(to))], ..Harm::default() };
    assert_eq!(found(rang_twice(), &gap(12, 20)), []);
    assert!(!found(rang_twice(), &gap(30, 39)).is_empty());
}

#[test]
fn one_try_is_made_once() {
    let mut case = good();
    case.contacts[0].requests.push(Request { placed: false, ..request(11, 1) });
    assert_eq!(found(case, &Harm::default()), [Broken::TwiceOneTry("Ben".to_owned(), 1)]);
}

#[test]
fn a_ring_too_many_needs_a_death_or_a_request_without_an_answer() {
    assert_eq!(found(rang_twice(), &kill(11, "escalate")), []);
    let too_many =
        |rings, unknown| Broken::TooManyRings { contact: "Ben".to_owned(), rings, asked: 1, unknown };
    for nobody in [Harm::default(), kill(11, "users"), kill(40, "escalate"), kill(-10, "deadman")] {
        let wrong = [Broken::NoReason("Ben".to_owned(), 1), too_many(2, 0)];
        assert_eq!(found(rang_twice(), &nobody), wrong, "{nobody:?}");
    }
    for status in [None, Some(500)] {
        let mut case = rang_twice();
        case.contacts[0].requests[0].status = status;
        assert_eq!(found(case, &Harm::default()), []);
    }
    // One for each, and no more.
    let mut case = rang_twice();
    case.contacts[0].requests.push(request(47, 3));
    case.contacts[0].rings.push(at(47));
    assert_eq!(found(case, &kill(11, "escalate")), [too_many(3, 1)]);
}

#[test]
fn who_accepted_may_be_asked_once_for_each_accept() {
    let confirm =
        |seconds, attempt| Request { effect: "c0-call-confirm".to_owned(), ..request(seconds, attempt) };
    let mut case = good();
    case.contacts[0].requests.push(confirm(30, 2));
    case.contacts[0].rings.push(at(30));
    assert_eq!(found(case.clone(), &Harm::default()), []);
    case.contacts[0].requests.push(confirm(31, 3));
    case.contacts[0].rings.push(at(31));
    let wrong = Broken::TooManyRings { contact: "Ben".to_owned(), rings: 3, asked: 1, unknown: 0 };
    assert_eq!(found(case, &Harm::default()), [wrong]);
}

#[test]
fn after_the_accept_only_what_was_on_its_way_rings() {
    let with_gaps = |times: &[i64], gaps: &[(i64, i64)]| {
        let mut case = good();
        let lines = case.incidents[0]["timeline"].as_array_mut().expect("lines");
        for round in 7..9 {
            lines.push(line(round, "round", json!({})));
        }
        let eve = ContactCase {
            id: 8,
            name: "Eve".to_owned(),
            requests: times.iter().zip(1..).map(|(seconds, attempt)| request(*seconds, attempt)).collect(),
            rings: times.iter().map(|seconds| at(*seconds)).collect(),
            heard: false,
        };
        case.contacts.push(eve);
        let gaps = gaps.iter().map(|(from, to)| (at(*from), at(*to))).collect();
        found(case, &Harm { gaps, ..Harm::default() })
    };
    let with = |times: &[i64]| with_gaps(times, &[]);
    assert_eq!(with(&[11, 13]), []);
    assert_eq!(with(&[13, 15]), [Broken::RangAfterwards("Eve".to_owned(), 2)]);
    assert_eq!(with(&[11, 40]), [Broken::RangAfterwards("Eve".to_owned(), 1)]);
    assert_eq!(with_gaps(&[11, 40], &[(15, 30)]), []);
    assert_eq!(with_gaps(&[11, 50], &[(15, 30)]), [Broken::RangAfterwards("Eve".to_owned(), 1)]);
}

#[test]
fn the_carriers_log_is_read() {
    let events = [
        json!({ "kind": "request", "request": "rest.call.create", "at": at(30), "seconds": 14.0, "status": null,
            "done": false, "callback": "http://x/receipt/call/incident/5/c0-call-page/3#ct=2000" }),
        json!({ "kind": "request", "request": "rest.text.create", "at": at(30), "seconds": 0.0, "status": 201,
            "done": true, "callback": "http://x/receipt/text/incident/5/c0-sms-page/4" }),
        json!({ "kind": "call.placed", "at": at(40) }),
        json!({ "kind": "call.ended", "at": at(41), "heard": ["Thank you. You have it: go."] }),
    ];
    let ben = ContactCase::new(7, "Ben", &events);
    let [request] = ben.requests.as_slice() else { panic!("{ben:?}") };
    assert_eq!(
        (request.at, request.attempt, request.pages()),
        (at(30) - SignedDuration::from_secs(14), 3, true)
    );
    assert!(request.is_unknown() && !request.placed && ben.heard);
    assert_eq!(ben.rings, [at(40)]);
}
