//! Rounds: who is called when, without end while nobody has accepted.

use jiff::SignedDuration;
use lucius_core::{
    actor::Rank,
    deadman::{Edit, NewContact, Proof},
    decide::Event,
    effect::{CallProgress, Effect, EffectId, NotSent, Outcome, Party, TextFailure, claim},
    history::What,
    incident::Status,
    policy::{SLOT_WINDOW_SECONDS, later},
    turn::Alarm,
};

use crate::{
    story::Story,
    world::{call, held, new_contact, phone, pin, placed, t, text},
};

#[test]
fn the_first_contact_is_called_and_texted_in_the_commit_that_opens() {
    let story = Story::incident();
    assert!(story.pending(&call(0)).is_some() && story.pending(&text(0)).is_some());
    assert!(!story.is_called(1));
    assert_eq!((story.lines(What::Opened), story.lines(What::Round)), (1, 1));
}

#[test]
fn equals_are_called_together() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1), ("Dee", 5)]);
    story.sos();
    assert!(story.is_called(0) && story.is_called(1) && !story.is_called(2));
}

#[test]
fn until_a_call_is_placed_every_call_of_an_incident_goes_first() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 2), ("Dee", 3)]);
    story.sos();
    story.wake().outcome(&call(0), &held());
    assert_eq!(story.goes_first(0), Some(true), "it waits for a line, and nobody has been called");
    story.at("10:01").wake();
    assert_eq!(story.goes_first(1), Some(true));
    story.outcome(&call(1), &placed("C1")).outcome(&call(0), &held()).at("10:02").wake();
    assert_eq!(story.goes_first(2), Some(false));
    assert_eq!(story.goes_first(0), Some(false), "somebody has been called meanwhile");
}

/// First calls come back in the first half of each window, in which lines are theirs; all others in the second.
#[test]
fn a_call_that_waits_comes_back_among_its_kind() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1)]);
    story.sos();
    for _ in 0..3 {
        story.wake().outcome(&call(0), &held()).outcome(&call(1), &held()).after(20);
    }
    let second_half = |story: &Story| {
        let at = story.pending(&call(1)).unwrap().not_before.as_second().rem_euclid(SLOT_WINDOW_SECONDS);
        at >= SLOT_WINDOW_SECONDS / 2
    };
    story.wake().outcome(&call(1), &held());
    assert!(!second_half(&story), "nobody has been called");
    story.after(20).wake().outcome(&call(0), &placed("B1")).outcome(&call(1), &held());
    assert!(second_half(&story), "Bob has been called: Cas comes after the first calls of others");
}

#[test]
fn of_calls_that_are_claimed_together_one_goes_first() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1), ("Dee", 1)]);
    story.sos();
    let mut waiting = story.open().pending.clone();
    for pending in waiting.values_mut() {
        pending.lease_until = None;
    }
    let first: Vec<_> = claim(&mut waiting, t("10:05"), t("10:06"))
        .into_iter()
        .filter(|(_, pending)| matches!(pending.effect, Effect::Call { first: true, .. }))
        .map(|(id, _)| id)
        .collect();
    assert_eq!(first, [call(0)]);
    let kept = waiting.values().filter(|pending| matches!(pending.effect, Effect::Call { first: true, .. }));
    assert_eq!(kept.count(), 3, "whoever is left over may be the one that goes first the next time");
}

#[test]
fn the_next_tier_comes_a_minute_later() {
    let mut story = Story::ringing();
    assert!(story.is_quiet_until("10:00:59"));
    story.at("10:01").wake();
    assert!(story.is_called(1));
}

#[test]
fn the_next_tier_need_not_wait_for_a_tier_that_came_to_nothing() {
    let mut story = Story::ringing();
    story.at("10:00:20").told(&call(0), 1, "B1", CallProgress::NoAnswer);
    assert_eq!(story.next_round_at(), t("10:00:20"));
    story.wake();
    assert!(story.is_called(1));
}

#[test]
fn a_tier_with_a_call_under_way_is_not_hurried() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 1), ("Dee", 2)]);
    story.sos().wake().outcome(&call(0), &placed("B1")).outcome(&call(1), &placed("C1"));
    story.told(&call(0), 1, "B1", CallProgress::Busy);
    assert_eq!(story.next_round_at(), t("10:01"));
}

#[test]
fn a_round_that_came_to_nothing_does_not_hurry_the_next_one() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake().outcome(&call(0), &placed("B1")).told(&call(0), 1, "B1", CallProgress::NoAnswer);
    assert_eq!(story.next_round_at(), t("10:01"), "a pause of one minute after the first round");
}

#[test]
fn rounds_repeat_for_ever_with_a_pause_that_grows_to_fifteen_minutes() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos();
    let mut pauses = Vec::new();
    for _ in 0..200 {
        pauses.push(story.next_round_at().duration_since(story.now).as_mins());
        story.now = story.next_round_at();
        story.wake();
        story.case.incident.as_mut().unwrap().pending.clear();
    }
    assert_eq!(pauses[..6], [1, 2, 4, 8, 15, 15]);
    assert!(pauses[5..].iter().all(|pause| *pause == 15));
    assert_eq!(story.open().round, 201);
}

/// Whoever misses the one call of a new danger is not left alone for a quarter of an hour because the alert is an old one.
#[test]
fn pauses_grow_anew_when_everybody_is_called_again() {
    let pauses = |story: &mut Story| {
        let pause = |_| {
            let pause = story.next_round_at().duration_since(story.now).as_mins();
            story.now = story.next_round_at();
            story.wake();
            story.case.incident.as_mut().unwrap().pending.clear();
            pause
        };
        (0..7).map(pause).collect::<Vec<_>>()
    };
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos();
    assert_eq!(pauses(&mut story), [1, 2, 4, 8, 15, 15, 15]);
    story.sos();
    assert_eq!(pauses(&mut story), [15; 7], "the same again is no new danger");
    story.emergency("CA1");
    assert_eq!(pauses(&mut story), [1, 2, 4, 8, 15, 15, 15], "a cry of another kind");
    story.code(0, "SM1").after(20 * 60).wake();
    assert_eq!(pauses(&mut story), [1, 2, 4, 8, 15, 15, 15], "who accepted does not come");
}

/// Bob has been called in this round for another reason: he is called in a minute after its end.
#[test]
fn a_new_danger_in_the_middle_of_a_round_brings_the_next_one_soon() {
    let mut story = Story::with_contacts(&[("Bob", 1), ("Cas", 2)]);
    story.sos();
    let goes_on = |story: &mut Story| {
        story.now = story.next_round_at();
        story.wake();
        story.case.incident.as_mut().unwrap().pending.clear();
    };
    for _ in 0..12 {
        goes_on(&mut story);
    }
    assert_eq!(story.open().status, Status::Escalating { tier: 1, next_at: story.next_round_at() });
    story.emergency("CA1");
    goes_on(&mut story);
    assert_eq!(story.next_round_at(), later(story.now, SignedDuration::from_mins(1)));
}

#[test]
fn a_round_that_finds_an_effect_under_way_leaves_it() {
    let mut story = Story::incident();
    story.wake().outcome(&call(0), &held());
    let attempt = story.attempt(&call(0));
    for time in ["10:01", "10:02", "10:04"] {
        story.at(time).decide(&Event::Wake).unwrap();
    }
    assert_eq!(story.attempt(&call(0)), attempt);
}

#[test]
fn a_round_does_not_call_a_phone_that_is_ringing() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake().outcome(&call(0), &placed("B1")).outcome(&text(0), &Outcome::Done);
    story.at("10:01").wake();
    assert!(story.pending(&call(0)).is_none());
    assert!(story.pending(&text(0)).is_some(), "the text of the round goes out");
}

/// Bob's phone has been called twelve times within the hour.
fn capped() -> Story {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos();
    story.incident_mut().pending.clear();
    story.incident_mut().contacts[0].called_at = vec![t("10:00"); 12];
    story
}

#[test]
fn the_cap_of_calls_stops_calls_but_no_text() {
    let mut story = capped();
    story.at("10:01").wake();
    assert!(story.pending(&call(0)).is_none() && story.pending(&text(0)).is_some());
}

#[test]
fn whoever_wants_calls_only_is_texted_while_the_cap_holds() {
    let mut story = capped();
    story.incident_mut().contacts[0].by_sms = false;
    story.at("10:01").wake();
    assert!(story.pending(&text(0)).is_some());
}

#[test]
fn the_cap_never_stops_later_calls() {
    let mut story = capped();
    story.at("11:01").wake();
    assert!(story.pending(&call(0)).is_some());
}

#[test]
fn calls_that_are_never_answered_stay_below_the_cap() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos();
    let mut dialled = Vec::new();
    for _ in 0..400 {
        story.wake();
        if story.pending(&call(0)).is_some_and(|pending| pending.lease_until.is_some()) {
            dialled.push(story.now);
            story.outcome(&call(0), &Outcome::Unknown);
        }
        story.now = story.open().due().unwrap().at;
    }
    for first in &dialled {
        let hour = dialled.iter().filter(|at| (0..3600).contains(&at.duration_since(*first).as_secs()));
        assert!(hour.count() <= 12, "{dialled:?}");
    }
    assert!(dialled.len() > 30);
}

#[test]
fn a_call_that_was_only_decided_does_not_use_up_the_hour() {
    let mut story = Story::incident();
    assert_eq!(story.open().contacts[0].called_at.len(), 1);
    story.code(0, "SM1");
    assert!(story.open().contacts[0].called_at.is_empty(), "nobody had it in hand when Bob accepted");
}

#[test]
fn an_incident_with_nobody_to_call_stays_open_and_tells_the_operator() {
    let mut story = Story::with_contacts(&[]);
    story.sos();
    for _ in 0..5 {
        story.now = story.open().due().unwrap().at;
        story.wake();
        assert!(story.alarmed(Alarm::NobodyToCall));
    }
}

#[test]
fn a_contact_added_to_an_incident_with_nobody_begins_the_first_round() {
    let mut story = Story::with_contacts(&[]);
    story.sos().at("10:07");
    story.edit(Edit::AddContact { contact: new_contact("Dee", 300), proof: Proof::None }).unwrap();
    assert!(story.is_called(0));
    assert_eq!((story.open().round, story.next_round_at()), (1, t("10:08")));
}

#[test]
fn a_round_that_reached_no_phone_alarms_the_operator() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake().outcome(&call(0), &placed("B1")).outcome(&text(0), &Outcome::Done);
    story.told(&call(0), 1, "B1", CallProgress::Failed).at("10:01").wake();
    assert!(story.alarmed(Alarm::RoundReachedNobody), "a text that the carrier took has woken nobody");
}

#[test]
fn a_round_that_rang_in_vain_has_reached_a_phone() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.sos().wake().outcome(&call(0), &placed("B1")).told(&call(0), 1, "B1", CallProgress::NoAnswer);
    story.at("10:01").wake();
    assert!(!story.alarmed(Alarm::RoundReachedNobody));
}

#[test]
fn rank_0_lasts_until_a_call_is_placed() {
    let mut story = Story::incident();
    assert_eq!(story.open().due().unwrap().rank, Rank::FirstPage);
    story.wake().outcome(&call(0), &Outcome::Unknown);
    assert_eq!(story.open().due().unwrap().rank, Rank::FirstPage, "it may never have been placed");
    story.after(2).wake().outcome(&call(0), &placed("B1"));
    assert_eq!(story.open().due().unwrap().rank, Rank::Work);
}

#[test]
fn of_more_than_twenty_contacts_the_first_by_priority_are_called() {
    let many: Vec<_> = (0..30).map(|n| ("Someone", 40 - n)).collect();
    let mut story = Story::with_contacts(&many);
    story.sos();
    let priorities: Vec<_> = story.open().contacts.iter().map(|contact| contact.priority).collect();
    assert_eq!(priorities, (11..31).collect::<Vec<_>>());
}

#[test]
fn whoever_stops_our_texts_is_called_at_once() {
    let mut story = Story::incident();
    story.incident_mut().contacts[0].by_call = false;
    story.incident_mut().contacts[0].called_in = 0;
    story.incident_mut().pending.remove(&call(0));
    let stopped = Event::TextsStopped { key: "SM1".to_owned(), phone: phone(201), stopped: true };
    story.decide(&stopped).unwrap();
    assert!(story.pending(&text(0)).is_none() && story.pending(&call(0)).is_some());
    assert!(
        story.texts_to(Party::User).contains("Bob has stopped our texts"),
        "the user hears of it at once"
    );
    let case = story.case.clone();
    story.decide(&stopped).unwrap();
    assert_eq!(story.case, case);
}

#[test]
fn who_is_at_risk_and_stops_our_texts_gets_no_more_of_them() {
    let mut story = Story::accepted();
    let told = |story: &Story| story.open().pending.keys().any(|id| id.party == Party::User);
    assert!(told(&story), "they are to hear who is going");
    let stopped = Event::TextsStopped { key: "SM1".to_owned(), phone: phone(100), stopped: true };
    story.decide(&stopped).unwrap();
    assert!(!told(&story));
}

#[test]
fn a_round_that_was_cut_short_raises_no_alarm() {
    let mut story = Story::accepted();
    story.incident_mut().reached = false;
    while story.open().round == 1 {
        story.after(60).wake();
    }
    assert!(!story.alarmed(Alarm::RoundReachedNobody), "somebody had accepted");
}

#[test]
fn a_contact_who_chose_texts_is_only_texted() {
    let mut story = Story::armed();
    story.ann_mut().contacts[0].by_call = false;
    story.sos();
    assert!(story.pending(&text(0)).is_some() && story.pending(&call(0)).is_none());
}

#[test]
fn a_contact_of_one_channel_is_paged_by_both_once_a_round_has_not_got_through() {
    for (by_call, fails) in [(false, text(0)), (true, call(0))] {
        for outcome in
            [Outcome::Account { code: 21606 }, Outcome::NotSent { why: NotSent::Throttled }, Outcome::Unknown]
        {
            let mut story = Story::with_contacts(&[("Bob", 1)]);
            story.ann_mut().contacts[0].by_call = by_call;
            story.ann_mut().contacts[0].by_sms = !by_call;
            story.sos().wake();
            let (first, other) = if by_call { (call(0), text(0)) } else { (text(0), call(0)) };
            assert!(story.pending(&first).is_some() && story.pending(&other).is_none());
            while story.open().round < 2 {
                if story.pending(&fails).is_some_and(|pending| pending.lease_until.is_some()) {
                    story.outcome(&fails, &outcome);
                }
                story.after(30).wake();
            }
            assert!(story.pending(&other).is_some(), "{outcome:?}: {:?}", story.open().contacts[0]);
        }
    }
}

#[test]
fn a_contact_of_one_channel_that_gets_through_is_left_with_it() {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].by_call = false;
    story.sos().wake();
    story.outcome(&text(0), &Outcome::Done);
    story.now = story.next_round_at();
    story.wake();
    assert!(story.open().round == 2 && story.pending(&call(0)).is_none());
}

/// Time passes until `done`: each text is sent, and each call rings in vain; Bob's phone rings for long in the second round. Returns
/// how often Cas was called.
fn goes_on(story: &mut Story, done: impl Fn(&Story) -> bool) -> usize {
    let in_hand =
        |story: &Story, id: &EffectId| story.pending(id).is_some_and(|pending| pending.lease_until.is_some());
    let mut rings = 0;
    while !done(story) {
        story.wake();
        for place in 0..2 {
            if in_hand(story, &text(place)) {
                story.outcome(&text(place), &Outcome::Done);
            }
            if in_hand(story, &call(place)) {
                let (attempt, sid) = (story.attempt(&call(place)), format!("B{place}-{}", story.now));
                story.outcome(&call(place), &placed(&sid));
                if place == 1 || story.open().round != 2 {
                    story.told(&call(place), attempt, &sid, CallProgress::NoAnswer);
                }
                rings += place;
            }
        }
        story.after(5);
        assert!(story.open().round < 9, "it never comes to this: {:?}", story.open());
    }
    rings
}

#[test]
fn who_was_called_before_their_turn_is_not_called_in_it() {
    let failed = |story: &Story| Event::TextFailed {
        effect: text(1),
        attempt: story.open().contacts[1].sms.last_try.unwrap(),
        code: 30005,
        failure: TextFailure::Passing,
    };
    let stopped = |_: &Story| Event::TextsStopped { key: "SM1".to_owned(), phone: phone(202), stopped: true };
    for early in [&failed as &dyn Fn(&Story) -> Event, &stopped] {
        let mut story = Story::incident();
        let first = goes_on(&mut story, |story| story.open().round == 2);
        assert_eq!((first, story.is_called(1)), (1, false), "their turn comes later");
        story.decide(&early(&story)).unwrap();
        assert!(story.is_called(1), "at once");
        let second = goes_on(&mut story, |story| story.open().round == 3);
        assert_eq!(second, 1, "once in a round");
        let third = goes_on(&mut story, |story| story.open().round == 4);
        assert_eq!(third, 1, "and in the next one in their turn");
    }
}

#[test]
fn a_cry_for_help_ends_the_pause_between_two_rounds_once() {
    let mut story = Story::ringing();
    story.told(&call(0), 1, "B1", CallProgress::NoAnswer);
    let incident = story.incident_mut();
    incident.round = 5;
    incident.status = Status::Escalating { tier: 0, next_at: t("10:20") };
    story.at("10:06").emergency("E9");
    assert_eq!(story.open().round, 6);
    assert!(story.is_called(0), "the next round would be a quarter of an hour away");
    story.incident_mut().status = Status::Escalating { tier: 0, next_at: t("10:22") };
    story.at("10:07").emergency("E10");
    assert_eq!(story.open().round, 6, "the hour's calls are not used up by who asks again and again");
}

#[test]
fn whose_turn_it_is_stays_whose_turn_it_is_when_a_tier_comes_before() {
    let mut story = Story::with_contacts(&[("Bob", 5), ("Cas", 9)]);
    story.sos();
    assert!(matches!(story.open().status, Status::Escalating { tier: 1, .. }));
    let contact = NewContact { priority: Some(1), ..new_contact("Dee", 300) };
    story.edit(Edit::AddContact { contact, proof: pin("1234") }).unwrap();
    assert!(matches!(story.open().status, Status::Escalating { tier: 2, .. }));
    assert!(story.is_called(2) && !story.is_called(1));
    story.at("10:01").wake();
    assert!(story.is_called(1), "Cas's minute is over");
}

#[test]
fn whose_turn_it_is_does_not_move_for_somebody_beside_or_after() {
    for priority in [5, 7, 9, 20] {
        let mut story = Story::with_contacts(&[("Bob", 5), ("Cas", 9)]);
        story.sos();
        let contact = NewContact { priority: Some(priority), ..new_contact("Dee", 300) };
        story.edit(Edit::AddContact { contact, proof: pin("1234") }).unwrap();
        assert!(matches!(story.open().status, Status::Escalating { tier: 1, .. }), "{priority}");
        assert!(story.is_called(2), "{priority}");
    }
}
