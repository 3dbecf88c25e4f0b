//! What is kept of a call: whether it rings, counts and got through.

use lucius_core::{
    effect::{CallProgress, Effect, Outcome},
    turn::Alarm,
};

use crate::{
    story::Story,
    world::{call, cancel, held, placed, poll, polled, t, text},
};

/// Only Bob, who is called and not texted, so that his call is his first and last try.
fn only_called() -> Story {
    let mut story = Story::with_contacts(&[("Bob", 1)]);
    story.ann_mut().contacts[0].by_sms = false;
    story.sos().wake();
    story
}

#[test]
fn the_carriers_word_may_come_before_our_answer() {
    let mut story = only_called();
    story.told(&call(0), 1, "B1", CallProgress::Ringing);
    assert_eq!(story.open().contacts[0].calls.len(), 1);
    let mut story = only_called();
    story.told(&call(0), 2, "B1", CallProgress::Ringing);
    assert!(story.open().contacts[0].calls.is_empty(), "a try that was never made");
}

#[test]
fn whether_calls_get_through() {
    for (progress, before, works) in [
        (CallProgress::InProgress, false, true),
        (CallProgress::Completed, false, true),
        (CallProgress::Busy, false, true),
        (CallProgress::NoAnswer, false, true),
        (CallProgress::Failed, true, false),
        (CallProgress::Queued, false, false),
        (CallProgress::Ringing, false, false),
        (CallProgress::Canceled, true, true),
    ] {
        let mut story = only_called();
        story.outcome(&call(0), &placed("B1"));
        story.incident_mut().contacts[0].call.works = before;
        story.told(&call(0), 1, "B1", progress);
        assert_eq!(story.open().contacts[0].call.works, works, "told {progress:?}");
        let mut story = only_called();
        story.outcome(&call(0), &placed("B1")).at("10:01:30").wake();
        story.incident_mut().contacts[0].call.works = before;
        story.outcome(&poll(0, "B1"), &polled(progress));
        let works = if progress.is_over() { works } else { before };
        assert_eq!(story.open().contacts[0].call.works, works, "polled {progress:?}");
    }
}

#[test]
fn whether_a_phone_was_reached() {
    for (progress, reached) in [
        (CallProgress::Completed, true),
        (CallProgress::Busy, true),
        (CallProgress::NoAnswer, true),
        (CallProgress::Failed, false),
        (CallProgress::Canceled, false),
    ] {
        let mut story = only_called();
        story.outcome(&call(0), &placed("B1")).told(&call(0), 1, "B1", progress);
        assert_eq!(story.open().reached, reached, "{progress:?}");
        story.now = story.next_round_at();
        story.wake();
        assert_eq!(story.alarmed(Alarm::RoundReachedNobody), !reached, "{progress:?}");
    }
}

#[test]
fn an_unknown_call_counts_from_when_it_may_have_rung() {
    let mut story = only_called();
    assert_eq!(story.open().contacts[0].called_at, [t("10:00")]);
    story.at("10:20").outcome(&call(0), &Outcome::Unknown);
    assert_eq!(story.open().contacts[0].called_at, [t("10:20"), t("10:20")], "itself, and the one after it");
}

/// Whoever wants calls only is texted as well in the next round.
#[test]
fn a_line_whose_last_call_is_unknown_does_not_work() {
    let mut story = only_called();
    story.incident_mut().contacts[0].call.works = true;
    story.outcome(&call(0), &Outcome::Unknown);
    assert!(!story.open().contacts[0].call.works);
}

#[test]
fn a_call_counts_from_when_it_was_placed() {
    let mut story = only_called();
    story.at("10:00:20").outcome(&call(0), &placed("B1"));
    assert_eq!(story.open().contacts[0].called_at, [t("10:00:20")]);
}

#[test]
fn a_call_that_was_not_made_does_not_count() {
    let mut story = only_called();
    story.outcome(&call(0), &Outcome::Permanent { code: 13_224 });
    assert!(story.open().contacts[0].called_at.is_empty());
    let mut story = Story::incident();
    story.good_with("1234");
    assert!(story.open().contacts[0].called_at.is_empty(), "withdrawn before anybody had it in hand");
    let mut story = Story::incident();
    story.wake().good_with("1234");
    assert_eq!(story.open().contacts[0].called_at, [t("10:00")], "somebody had it in hand");
}

/// Whoever presses a key in a call that we do not know speaks to us, and is not cut off.
#[test]
fn an_unknown_call_is_not_cancelled_while_somebody_speaks_in_it() {
    let mut story = Story::accepted();
    story.press(1, "C9", "1", "1");
    assert!(story.pending(&cancel(1, "C9")).is_none());
}

#[test]
fn what_is_sent_again_says_how_things_stand() {
    let mut story = Story::incident();
    story.wake().good().outcome(&text(0), &held()).outcome(&call(0), &held());
    let Effect::Text { body, .. } = &story.pending(&text(0)).unwrap().effect else { panic!() };
    assert!(body.contains("says that they are okay"), "{body}");
    let Effect::Call { prompt, .. } = &story.pending(&call(0)).unwrap().effect else { panic!() };
    assert!(prompt.say.join(" ").contains("says that they are okay"), "{prompt:?}");
}
