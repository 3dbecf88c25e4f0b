//! At the very second, and at the very number, where something changes.

use jiff::SignedDuration;
use lucius_core::{
    deadman::{
        CheckIn, Contact, ContactChange, Edit, NewContact, Pause, ProbeChange, ProfileChange, Proof, State,
    },
    decide::Event,
    effect::{CallProgress, Channel, Outcome, Party, Purpose},
    id::ContactId,
    schedule::TimeZone,
};

use crate::{
    story::Story,
    world::{call, cancel, contact, effect, new_contact, phone, pin, placed, question, schedule, t, text},
};

#[test]
fn news_are_worth_a_day_and_no_second_longer() {
    let mut story = Story::armed();
    story.decide(&Event::TextsStopped { key: "SM1".to_owned(), phone: phone(201), stopped: true }).unwrap();
    let of_the_switch = effect(Party::User, Channel::Sms, Purpose::Tell(1));
    assert!(story.pending(&of_the_switch).is_some());
    for (time, there) in [("1d 09:59:59", true), ("1d 10:00", false)] {
        story.at(time).decide(&Event::Wake).unwrap();
        assert_eq!(story.ann().pending.contains_key(&of_the_switch), there, "{time}");
    }
    let mut story = Story::ringing();
    story.good_with("1234");
    let of_the_incident = effect(Party::Contact(0), Channel::Sms, Purpose::Tell(1));
    for (time, there) in [("1d 09:59:59", true), ("1d 10:00", false)] {
        story.at(time).decide(&Event::Wake).unwrap();
        assert_eq!(story.pending(&of_the_incident).is_some(), there, "{time}");
    }
}

/// What is being sent is not given up: its outcome is to come.
#[test]
fn news_in_a_performers_hands_are_not_given_up() {
    let mut story = Story::ringing();
    story.good_with("1234");
    let of_the_incident = effect(Party::Contact(0), Channel::Sms, Purpose::Tell(1));
    story.at("1d 09:59:59").wake();
    story.at("1d 10:00").decide(&Event::Wake).unwrap();
    assert!(story.pending(&of_the_incident).is_some());
}

#[test]
fn an_answer_that_voids_nothing_is_no_sign_of_life() {
    let mut story = Story::ringing();
    let before = story.ann().last_check_in;
    story.at("10:05").good();
    assert_eq!(story.ann().last_check_in, before);
    let mut story = Story::armed();
    story.ann_mut().settings.max_retries = 0;
    story.at("11:00").wake().at("12:00:05").wake().sos().at("12:01");
    story.check_in(CheckIn { arrived_at: t("12:00"), ..story.answer() });
    assert_eq!(story.ann().last_check_in, Some(t("12:01")), "one cause of two is void");
}

#[test]
fn another_time_zone_leaves_the_open_question_open() {
    let mut story = Story::armed();
    story.at("11:00").wake();
    let time_zone = TimeZone::parse("Asia/Tokyo").unwrap();
    let change = ProfileChange { time_zone: Some(time_zone), ..ProfileChange::default() };
    story.edit(Edit::Profile { change: Box::new(change), proof: pin("1234") }).unwrap();
    assert!(story.probing());
    let mut story = Story::armed();
    story.ann_mut().state = State::Paused { until: t("20:00") };
    let change = ProfileChange { first_name: Some("Anna".to_owned()), ..ProfileChange::default() };
    story.edit(Edit::Profile { change: Box::new(change), proof: Proof::None }).unwrap();
    assert_eq!(story.ann().state, State::Paused { until: t("20:00") });
}

/// A name does not move the next question, whatever the schedule would say now.
#[test]
fn another_name_moves_nothing() {
    let mut story = Story::armed();
    story.ann_mut().state = State::Waiting { next_probe_at: t("10:30") };
    let change = ProfileChange { last_name: Some("Li".to_owned()), ..ProfileChange::default() };
    story.edit(Edit::Profile { change: Box::new(change), proof: Proof::None }).unwrap();
    assert_eq!(story.ann().state, State::Waiting { next_probe_at: t("10:30") });
    let zone = TimeZone::parse("Asia/Tokyo").unwrap();
    let change = ProfileChange { time_zone: Some(zone), ..ProfileChange::default() };
    story.ann_mut().settings.schedule = schedule(r#"{"cron":"0 22 * * *"}"#);
    story.edit(Edit::Profile { change: Box::new(change), proof: pin("1234") }).unwrap();
    assert_eq!(story.ann().state, State::Waiting { next_probe_at: t("13:00") }, "ten at night in Tokyo");
}

#[test]
fn only_another_schedule_moves_the_next_question() {
    let mut story = Story::armed();
    story.ann_mut().state = State::Waiting { next_probe_at: t("10:30") };
    let change = ProbeChange { wait_minutes: Some(5), ..ProbeChange::default() };
    story.edit(Edit::Probes { change, pause: Pause::Keep, proof: Proof::None }).unwrap();
    assert_eq!(story.ann().state, State::Waiting { next_probe_at: t("10:30") });
    let change =
        ProbeChange { schedule: Some(schedule(r#"{"cron":"0 22 * * *"}"#)), ..ProbeChange::default() };
    story.edit(Edit::Probes { change, pause: Pause::Keep, proof: pin("1234") }).unwrap();
    assert_eq!(story.ann().state, State::Waiting { next_probe_at: t("22:00") });
}

#[test]
fn a_quarter_of_an_hour_late_is_not_yet_our_fault() {
    for (time, called) in [("12:15:05", true), ("12:15:06", false)] {
        let mut story = Story::armed();
        story.ann_mut().settings.max_retries = 0;
        story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Done);
        story.at(time).wake();
        assert_eq!(story.case.incident.is_some(), called, "{time}");
    }
}

#[test]
fn a_line_that_refused_for_good_rests_a_quarter_of_an_hour() {
    for (time, tried) in [("10:14:59", false), ("10:15", true)] {
        for (id, code) in [(call(0), 13_224), (text(0), 21_614)] {
            let mut story = Story::with_contacts(&[("Bob", 1)]);
            story.sos().wake().outcome(&id, &Outcome::Permanent { code });
            story.incident_mut().pending.clear();
            story.incident_mut().contacts[0].calls.clear();
            story.incident_mut().status =
                lucius_core::incident::Status::Escalating { tier: 0, next_at: t(time) };
            story.at(time).decide(&Event::Wake).unwrap();
            assert_eq!(story.pending(&id).is_some(), tried, "{id} at {time}");
        }
    }
}

/// A call that is refused is followed by a text at once, if a text can be sent.
#[test]
fn the_other_line_is_tried_as_soon_as_it_has_rested() {
    for (time, tried) in [("10:14:59", false), ("10:15", true)] {
        let mut story = Story::with_contacts(&[("Bob", 1)]);
        story.sos().wake().outcome(&text(0), &Outcome::Permanent { code: 21_614 });
        story.at(time).outcome(&call(0), &Outcome::Permanent { code: 13_224 });
        assert_eq!(story.pending(&text(0)).is_some(), tried, "{time}");
    }
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].text_stopped = true;
    story.sos().wake().outcome(&call(0), &Outcome::Permanent { code: 13_224 });
    assert!(story.pending(&text(0)).is_none(), "they have stopped our texts");
}

#[test]
fn a_cancel_is_tried_six_times() {
    let mut story = Story::accepted();
    let id = cancel(1, "C1");
    for _ in 0..5 {
        story.outcome(&id, &Outcome::Unknown);
    }
    assert_eq!(story.pending(&id).map(|pending| pending.failures), Some(5));
    story.outcome(&id, &Outcome::Unknown);
    assert!(story.pending(&id).is_none());
}

#[test]
fn a_call_is_asked_after_at_a_minute_and_a_half() {
    let asked = effect(Party::Contact(0), Channel::Call, Purpose::Poll("B1".to_owned()));
    for (time, there) in [("10:01:29", false), ("10:01:30", true)] {
        let mut story = Story::ringing();
        story.at(time).decide(&Event::Wake).unwrap();
        assert_eq!(story.pending(&asked).is_some(), there, "{time}");
    }
}

#[test]
fn the_cap_is_of_an_hour() {
    for (time, called) in [("10:59:59", false), ("11:00", true)] {
        let mut story = Story::ringing();
        story.policy.calls_per_contact_hour = 1;
        story.told(&call(0), 1, "B1", CallProgress::NoAnswer);
        story.at(time).call_back(0, "CA1");
        assert_eq!(story.is_called(0), called, "{time}");
    }
}

/// Who wants calls only is texted all the same where no call can be made, or where calls have not got through for a round.
#[test]
fn who_wants_calls_only_is_texted_if_calls_do_not_help() {
    let only_called = |calls: u32| {
        let mut story = Story::with_contacts(&[("Bob", 1)]);
        story.ann_mut().contacts[0].by_sms = false;
        story.policy.calls_per_contact_hour = calls;
        story.sos();
        story
    };
    assert!(only_called(0).pending(&text(0)).is_some(), "the hour's calls are used up");
    let mut story = only_called(12);
    assert!(story.pending(&text(0)).is_none());
    story.wake().outcome(&call(0), &placed("B1")).told(&call(0), 1, "B1", CallProgress::Failed);
    story.now = story.next_round_at();
    story.wake();
    assert!(story.pending(&text(0)).is_some() && story.is_called(0), "calls have not got through");
}

/// A late word may say that calls get through while the line still rests: somebody has to hear of it all the same.
#[test]
fn whose_only_line_rests_is_paged_by_the_other() {
    for (by_call, by_sms, other) in [(true, false, text(0)), (false, true, call(0))] {
        let mut story = Story::with_contacts(&[("Bob", 1)]);
        story.ann_mut().contacts[0].by_call = by_call;
        story.ann_mut().contacts[0].by_sms = by_sms;
        story.sos();
        story.incident_mut().pending.clear();
        let bob = &mut story.incident_mut().contacts[0];
        let line = if by_call { &mut bob.call } else { &mut bob.sms };
        line.rests_until = Some(t("12:00"));
        line.works = true;
        story.now = story.next_round_at();
        story.decide(&Event::Wake).unwrap();
        assert_eq!(story.pendings(), [other.to_string()]);
    }
}

/// No such contact can be entered; one that stands there all the same is called.
#[test]
fn who_wants_neither_is_called() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].by_sms = false;
    story.ann_mut().contacts[0].by_call = false;
    story.sos();
    assert!(story.is_called(0));
}

#[test]
fn eight_calls_that_are_over_are_remembered() {
    let mut story = Story::incident();
    story.policy.calls_per_contact_hour = 100;
    for n in 0..9 {
        story.late(&call(0), 1, &placed(&format!("B{n}")));
        story.told(&call(0), 1, &format!("B{n}"), CallProgress::NoAnswer);
    }
    let over = &story.open().contacts[0].over;
    assert_eq!((over.len(), over[0].as_str(), over[7].as_str()), (8, "B1", "B8"));
}

fn nth(n: u64, emergency: bool) -> Contact {
    Contact { is_emergency_contact: emergency, ..contact("Someone", n, 1, t("10:00")) }
}

#[test]
fn twenty_emergency_contacts_and_fifty_in_all() {
    let add = |emergency: bool| Edit::AddContact {
        contact: NewContact { is_emergency_contact: emergency, ..new_contact("Dee", 900) },
        proof: pin("1234"),
    };
    for (emergencies, others, emergency, taken) in [
        (19, 0, true, true),
        (20, 0, true, false),
        (20, 0, false, true),
        (20, 29, false, true),
        (20, 30, false, false),
    ] {
        let mut story = Story::armed();
        let all = (1..=emergencies + others).map(|n| nth(n, n <= emergencies));
        story.ann_mut().contacts = all.collect();
        let added = story.edit(add(emergency));
        assert_eq!(added.is_ok(), taken, "{emergencies} and {others}: {:?}", added.err());
    }
    // Where the list is full, those who stand in it can still change.
    let mut story = Story::armed();
    story.ann_mut().contacts = (1..=50).map(|n| nth(n, n <= 20)).collect();
    for (id, emergency, taken) in [(20, true, true), (21, false, true), (21, true, false)] {
        let id = ContactId::try_from(id).unwrap();
        let change = ContactChange { is_emergency_contact: Some(emergency), ..ContactChange::default() };
        let changed = story.edit(Edit::ChangeContact { id, change, proof: pin("1234") });
        assert_eq!(changed.is_ok(), taken, "{:?}", changed.err());
    }
}

#[test]
fn a_contact_added_without_a_priority_comes_after_all_others() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 7)]);
    let contact = NewContact { priority: None, ..new_contact("Dee", 900) };
    story.edit(Edit::AddContact { contact, proof: pin("1234") }).unwrap();
    assert_eq!(story.ann().contacts[2].priority, 8);
}

#[test]
fn a_pause_lasts_ninety_days_at_most() {
    let pause = |until| Edit::Probes {
        change: ProbeChange::default(),
        pause: Pause::Until(until),
        proof: pin("1234"),
    };
    let mut story = Story::armed();
    let longest = t("90d 10:00");
    for (until, paused) in
        [(t("90d 09:59:59"), t("90d 09:59:59")), (longest, longest), (t("91d 10:00"), longest)]
    {
        story.edit(pause(until)).unwrap();
        assert_eq!(story.ann().state, State::Paused { until: paused });
    }
}

#[test]
fn a_locked_account_opens_after_a_day() {
    let mut story = Story::armed();
    for n in 0..10 {
        story.login(&format!("CA{n}"), "9999");
    }
    for (time, login) in
        [("1d 09:59:59", lucius_core::voice::Login::Locked), ("1d 10:00", lucius_core::voice::Login::Right)]
    {
        assert_eq!(story.at(time).login(time, "1234"), login, "{time}");
    }
    assert_eq!(story.policy.days(1), SignedDuration::from_hours(24));
}
