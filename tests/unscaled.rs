//! One story in real minutes, on a stack where a minute lasts 60 s: a schedule of EventBridge Scheduler carries the
//! question, and a good answer closes it.

use jiff::Timestamp;
use lucius_tests::{Stack, Story, json, secs, story::tell_on, until};

#[tokio::test]
#[ignore = "needs a deployed stack with real minutes: make test runs it"]
async fn a_real_schedule_asks_and_a_good_reply_closes_it() {
    let stack = Stack::named_by("LUCIUS_STACK_UNSCALED");
    assert!(
        (stack.minute_seconds - 60.0).abs() < f64::EPSILON,
        "this stack's minutes last {} s",
        stack.minute_seconds
    );
    tell_on(stack, async |story: &Story| {
        let (ann, _ben) = story.user_with_contact().await;
        // A minute that is between two and three minutes away: what is nearer goes by the queue.
        let ahead = Timestamp::now().as_second().saturating_add(185);
        let at = Timestamp::from_second(ahead.saturating_sub(ahead.rem_euclid(60))).expect("a time");
        let cron = at.strftime("%-M %-H * * *").to_string();
        let armed = ann.arms(json!({ "cron_expression": cron, "check_interval_minutes": null })).await;
        assert_eq!(
            armed["next_probe_times"][0].as_str().and_then(|text| text.parse().ok()),
            Some(at),
            "{armed}"
        );
        let mine = ann.id.to_string();
        until("a schedule with the user's id", secs(20), async || {
            let names = story.schedules().await;
            if names.iter().any(|name| name.contains(&mine)) { Ok(()) } else { Err(names.join(" ")) }
        })
        .await;
        ann.phone.expect_text_within("Are you okay Ann? (Y/N)", secs(260)).await;
        let late = Timestamp::now().duration_since(at);
        assert!(late.as_secs() >= 0, "asked {late} early");
        ann.phone.sends("Y").await.answered("Thank you, Ann. Your next check-in is").await;
        let probe = ann.probe("good").await;
        assert_eq!(probe["wait_time_in_minutes"], 5, "{probe}");
        // It deletes itself once it has fired; the next one, a day away, stands in its place.
        until("tomorrow's schedule instead", secs(60), async || {
            let names = story.schedules().await;
            let count = names.iter().filter(|name| name.contains(&mine)).count();
            if count == 1 { Ok(()) } else { Err(names.join(" ")) }
        })
        .await;
    })
    .await;
}
