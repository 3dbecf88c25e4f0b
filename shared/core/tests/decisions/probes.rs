//! Asking: when, how often, by which channel, and what follows from silence.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::Rank,
    deadman::{Edit, Pause, ProbeChange, Proof, State},
    effect::{Channel, Effect, Outcome},
    history::ProbeStatus,
    incident::Cause,
    turn::Alarm,
};

use crate::{
    story::Story,
    world::{held, pin, placed, question, schedule, settings, t},
};

#[test]
fn the_probe_exists_before_its_question_is_sent() {
    let mut story = Story::armed();
    story.at("11:00").wake();
    assert!(story.probing());
    assert_eq!(story.recorded(), Some(ProbeStatus::Pending));
    assert!(story.pending(&question(Channel::Sms)).unwrap().lease_until.is_some());
}

#[test]
fn a_schedule_waits_with_rank_2_and_a_deadline_with_rank_1() {
    let mut story = Story::armed();
    let due = story.ann_due().unwrap();
    assert_eq!((due.at, due.rank), (t("11:00"), Rank::Schedule));
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Done);
    let due = story.ann_due().unwrap();
    assert_eq!((due.at, due.rank), (t("12:00:05"), Rank::Work));
}

#[test]
fn an_early_wake_does_nothing() {
    assert!(Story::armed().is_quiet_until("10:59:59"));
    let mut story = Story::armed();
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Done);
    assert!(story.is_quiet_until("12:00:04"));
}

#[test]
fn a_wake_that_comes_twice_asks_once() {
    let mut story = Story::armed();
    story.at("11:00").wake();
    assert!(story.is_quiet_until("11:00:01"));
}

#[test]
fn silence_is_asked_again_so_often_and_then_calls_for_help() {
    let mut story = Story::armed();
    for (time, deadline) in [("11:00", "12:00:05"), ("12:00:05", "13:00:10"), ("13:00:10", "14:00:15")] {
        story.at(time).wake().outcome(&question(Channel::Sms), &Outcome::Done);
        assert_eq!(story.ann_due().unwrap().at, t(deadline));
    }
    story.at("14:00:15").wake().outcome(&question(Channel::Sms), &Outcome::Done);
    assert!(story.case.incident.is_none(), "the third follow-up has its time too");
    story.at("15:00:20").wake();
    assert_eq!(story.status(), "escalating");
    assert_eq!(story.recorded(), Some(ProbeStatus::Unavailable));
    assert!(matches!(story.open().causes[..], [Cause::Unavailable { .. }]));
    assert!(story.is_called(0), "the first contact is called in the same commit");
}

/// Ann has been asked for the last time; her time is up at `deadline` + 5 s.
fn last_question(time: &str) -> Story {
    let mut story = Story::armed();
    story.ann_mut().settings.max_retries = 0;
    story.at(time).wake().outcome(&question(Channel::Sms), &Outcome::Done);
    story
}

#[test]
fn the_alarm_waits_five_seconds_for_an_answer_on_its_way() {
    let mut story = last_question("11:00");
    assert!(story.is_quiet_until("12:00:04"));
    story.at("12:00:05").wake();
    assert_eq!(story.status(), "escalating");
}

#[test]
fn a_carrier_that_fails_does_not_stop_the_deadline() {
    let mut story = Story::armed();
    story.ann_mut().settings.max_retries = 0;
    story.at("11:00").wake();
    for _ in 0..70 {
        story.outcome(&question(Channel::Sms), &held());
        story.after(61).wake();
        if story.case.incident.is_some() {
            break;
        }
    }
    assert_eq!(story.status(), "escalating");
    assert!(story.pending(&question(Channel::Sms)).is_none());
}

#[test]
fn a_deadline_looked_at_much_too_late_asks_once_more_with_five_minutes() {
    let mut story = last_question("11:00");
    story.at("12:15:06").wake();
    assert!(story.probing() && story.case.incident.is_none());
    assert!(story.alarmed(Alarm::DeadlineLate));
    assert!(story.pending(&question(Channel::Sms)).is_some());
    assert_eq!(story.ann().probe().unwrap().deadline, t("12:20:06"));
}

#[test]
fn the_second_time_it_alarms_however_late() {
    let mut story = last_question("11:00");
    story.at("12:15:06").wake().outcome(&question(Channel::Sms), &Outcome::Done);
    story.at("3d 12:00").wake();
    assert_eq!(story.status(), "escalating");
}

#[test]
fn fifteen_minutes_late_is_still_on_time() {
    let mut story = last_question("11:00");
    story.at("12:15:05").wake();
    assert_eq!(story.status(), "escalating");
}

#[test]
fn whoever_has_stopped_our_texts_is_asked_by_call() {
    let mut story = Story::armed();
    story.ann_mut().text_stopped = true;
    story.at("11:00").wake();
    assert!(story.pending(&question(Channel::Sms)).is_none());
    let Some(Effect::Call { prompt, .. }) = story.pending(&question(Channel::Call)).map(|p| &p.effect) else {
        panic!("no call")
    };
    assert!(prompt.say.join(" ").contains("PIN"), "whoever holds the phone cannot answer");
}

#[test]
fn a_question_refused_by_text_goes_by_call_and_no_further() {
    let mut story = Story::armed();
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Permanent { code: 21610 });
    assert!(story.ann().text_stopped, "21610 means that the person has said STOP");
    story.wake().outcome(&question(Channel::Call), &Outcome::Permanent { code: 13224 });
    assert!(story.pending(&question(Channel::Sms)).is_none());
    assert!(story.pending(&question(Channel::Call)).is_none());
    assert_eq!(story.ann_due().unwrap().at, t("12:00:05"), "the deadline does the rest");
}

#[test]
fn an_unknown_text_counts_as_sent_and_an_unknown_call_is_dialled_once_more() {
    let mut story = Story::armed();
    story.ann_mut().settings.by_call = true;
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Unknown);
    assert!(story.pending(&question(Channel::Sms)).is_none());
    story.outcome(&question(Channel::Call), &Outcome::Unknown).after(3).wake();
    story.outcome(&question(Channel::Call), &Outcome::Unknown);
    assert!(story.pending(&question(Channel::Call)).is_none());
}

#[test]
fn a_lease_that_ran_out_is_an_unknown_outcome() {
    let mut story = Story::armed();
    story.at("11:00").wake();
    assert!(story.is_quiet_until("11:00:29"), "nobody touches what another performer has in hand");
    story.at("11:00:30").wake();
    assert!(story.pending(&question(Channel::Sms)).is_none());
    assert!(story.probing());
}

#[test]
fn a_question_that_was_answered_meanwhile_is_not_put_back() {
    let mut story = Story::armed();
    story.at("11:00").wake().good().outcome(&question(Channel::Sms), &held());
    assert!(story.pending(&question(Channel::Sms)).is_none());
}

#[test]
fn no_two_tries_of_a_question_have_the_same_number() {
    let mut story = Story::armed();
    story.ann_mut().settings.by_call = true;
    story.at("11:00").wake().outcome(&question(Channel::Sms), &held());
    story.outcome(&question(Channel::Call), &held());
    assert_ne!(story.attempt(&question(Channel::Sms)), story.attempt(&question(Channel::Call)));
}

#[test]
fn an_account_error_alarms_and_the_question_stays() {
    let mut story = Story::armed();
    story.at("11:00").wake().outcome(&question(Channel::Sms), &Outcome::Account { code: 20003 });
    assert!(story.alarmed(Alarm::CarrierAccount { code: 20003 }));
    assert_eq!(story.pending(&question(Channel::Sms)).unwrap().not_before, t("11:00:02"));
}

#[test]
fn a_pause_ends_by_itself_and_then_asks() {
    let mut story = Story::armed();
    let until = Pause::Until(t("14:00"));
    story
        .edit(Edit::Probes { change: settings(story.now).into(), pause: until, proof: pin("1234") })
        .unwrap();
    story.ann_mut().pending.clear();
    assert_eq!(story.ann_due().unwrap().at, t("14:00"));
    story.at("13:59:59").wake();
    assert!(!story.probing());
    story.at("14:00").wake();
    assert!(story.probing(), "the hour since the last check-in is long over");
}

/// Anybody with a session can send it, so it must not put off what is due: by a daily schedule that would be for a day.
#[test]
fn the_end_of_a_pause_that_there_is_none_of_skips_no_question() {
    let mut story = Story::armed();
    let daily =
        ProbeChange { schedule: Some(schedule(r#"{"cron":"0 11 * * *"}"#)), ..ProbeChange::default() };
    let change = |change, pause, proof| Edit::Probes { change, pause, proof };
    story.edit(change(daily, Pause::Keep, pin("1234"))).unwrap();
    assert_eq!(story.ann().next_probe_at(), Some(t("11:00")));
    story.at("11:00:01").edit(change(ProbeChange::default(), Pause::End, Proof::None)).unwrap();
    story.wake();
    assert!(story.probing(), "eleven o'clock was skipped");
}

/// A weekly question that is skipped is a week without anybody who asks.
#[test]
fn what_is_due_at_the_end_of_a_pause_or_since_is_asked_however_late_somebody_looks() {
    for (until, looked) in [("11:00", "11:00"), ("11:00", "11:02"), ("10:59", "11:00:01"), ("10:30", "15:00")]
    {
        for by_hand in [false, true] {
            let mut story = Story::armed();
            let daily = ProbeChange {
                schedule: Some(schedule(r#"{"cron":"0 11 * * *"}"#)),
                ..ProbeChange::default()
            };
            let pause = Pause::Until(t(until));
            story.edit(Edit::Probes { change: daily, pause, proof: pin("1234") }).unwrap();
            story.at(looked);
            if by_hand {
                let change = ProbeChange::default();
                story.edit(Edit::Probes { change, pause: Pause::End, proof: Proof::None }).unwrap();
            }
            story.wake();
            assert!(story.probing(), "a pause until {until}, looked at {looked}: eleven o'clock was skipped");
        }
    }
}

/// With three more questions to come it would be hours until contacts are called, after all the hours that we were away.
#[test]
fn an_outage_is_not_waited_for_again_by_the_questions_that_follow() {
    let mut story = Story::armed();
    story.ann_mut().settings.max_retries = 3;
    story.at("11:00").wake();
    // The second question would have run out at 13:00, the third at 14:00, the fourth at 15:00.
    for (looked, runs_out) in [("14:40", "14:45"), ("14:45:05", "14:50:05"), ("14:50:10", "15:00")] {
        story.at(looked).wake();
        assert_eq!(story.ann().probe().unwrap().deadline, t(runs_out), "{looked}");
    }
    story.at("15:00:05").wake();
    assert_eq!(story.status(), "escalating");
}

#[test]
fn a_question_that_follows_a_little_late_has_its_full_time() {
    let mut story = Story::armed();
    story.at("11:00").wake();
    story.at("12:15").wake();
    assert_eq!(story.ann().probe().unwrap().deadline, t("13:15"));
    let mut story = Story::armed();
    story.at("11:00").wake();
    story.at("12:15:01").wake();
    assert_eq!(story.ann().probe().unwrap().deadline, t("13:00"));
}

#[test]
fn what_was_due_in_a_pause_is_not_asked() {
    let mut story = Story::armed();
    let daily =
        ProbeChange { schedule: Some(schedule(r#"{"cron":"0 11 * * *"}"#)), ..ProbeChange::default() };
    let pause = Pause::Until(t("11:00:01"));
    story.edit(Edit::Probes { change: daily, pause, proof: pin("1234") }).unwrap();
    story.at("11:05").wake();
    assert_eq!(story.ann().next_probe_at(), Some(t("1d 11:00")));
}

#[test]
fn a_pause_that_ends_while_an_incident_is_open_asks_nothing() {
    let mut story = Story::incident();
    story.ann_mut().state = State::Paused { until: t("10:30") };
    story.at("11:30").wake();
    assert!(!story.probing());
    assert!(matches!(story.ann().state, State::Waiting { .. }));
}

#[test]
fn nothing_is_asked_while_an_incident_is_open() {
    let mut story = Story::incident();
    for hour in 11..16 {
        story.at(&format!("{hour}:00")).wake();
        assert!(!story.probing());
    }
}

#[test]
fn an_emergency_while_a_question_is_open_withdraws_the_question() {
    let mut story = Story::armed();
    story.at("11:00");
    story.decide(&lucius_core::decide::Event::Wake).unwrap();
    story.emergency("CA-1");
    assert_eq!(story.recorded(), Some(ProbeStatus::Cancelled));
    assert!(!story.probing());
    assert!(story.pending(&question(Channel::Sms)).is_none());
}

#[test]
fn an_open_incident_is_looked_at_every_hour() {
    let mut story = Story::incident();
    assert_eq!(story.ann_due().unwrap().at, t("11:00"));
    story.at("11:00").wake();
    assert_eq!(story.ann_due().unwrap().at, t("12:00"));
}

#[test]
fn a_lost_end_cannot_stop_the_questions_for_ever() {
    let mut story = Story::incident();
    story.case.incident = None;
    story.at("11:00").wake();
    assert!(story.ann().incident.is_none());
    assert_eq!(story.ann_due().unwrap().at, t("12:00"), "an interval starts anew");
}

#[test]
fn after_the_end_the_next_question_is_computed_anew() {
    let mut story = Story::armed();
    story.ann_mut().settings.schedule = schedule(r#"{"cron":"0 18 * * *"}"#);
    story.sos().at("3d 19:30").good_with("1234");
    assert_eq!(story.status(), "ended");
    assert_eq!(story.ann_due().unwrap().at, t("4d 18:00"));
}

#[test]
fn only_off_without_incident_and_effects_has_no_alarm_clock() {
    let mut story = Story::armed();
    let off = lucius_core::deadman::ProbeSettings { active: false, ..settings(story.now) };
    story.edit(Edit::Probes { change: off.into(), pause: Pause::Keep, proof: pin("1234") }).unwrap();
    assert!(story.ann_due().is_some(), "the notice of it is still to be sent");
    story.ann_mut().pending.clear();
    assert_eq!(story.ann_due(), None);
    story.emergency("CA-1");
    assert!(story.ann_due().is_some());
}

#[test]
fn a_call_that_was_placed_needs_nothing_further() {
    let mut story = Story::armed();
    story.ann_mut().settings.by_sms = false;
    story.at("11:00").wake().outcome(&question(Channel::Call), &placed("CA1"));
    assert!(story.ann().pending.is_empty());
}

#[test]
fn at_the_end_of_the_calendar_the_next_question_is_a_day_away() {
    let mut story = Story::armed();
    story.ann_mut().settings.schedule = schedule(r#"{"cron":"0 9 29 2 *"}"#);
    story.now = Timestamp::MAX - SignedDuration::from_hours(72);
    story.good_with("1234");
    assert_eq!(story.ann().next_probe_at(), Some(story.now + SignedDuration::from_hours(24)));
}
