//! Many at once.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use lucius_tests::{Phone, Story, User, Value, json, marked, random, secs, tell, until};
use tokio::time::Instant;

/// How many miss the same minute.
const USERS: usize = 200;

/// How many requests are made side by side. Passwords are hashed: more would only wait for each other.
const AT_ONCE: usize = 8;

/// 200 people with one contact in common miss the same minute: for each of them the contact is called and texted.
#[tokio::test]
#[ignore = "needs a deployed stack: make test runs it"]
async fn two_hundred_who_share_a_contact_miss_the_same_minute() {
    tell(async |story: &Story| {
        let shared = story.stranger("Shared").await;
        // Whoever answers 200 calls says yes to each, and that it is over: an accept that nobody keeps would call again.
        let script = json!([{ "press": "1" }, { "press": "9" }, { "press": "9" }, "hang_up"]);
        shared.is(json!({ "behaviour": "answer", "script": script })).await;
        story.may_be_paged(&shared);
        story.may(&shared, "text.received", "");
        // On a machine with two processors a webhook may come too late for the carrier; he is called again then.
        story.may(&shared, "problem", "no answer in time");
        let began = Instant::now();
        let users: Vec<User> = stream::iter(0..USERS)
            .map(|_| async {
                let user = story.user(&format!("U{}", random::letters())).await;
                let entered = user.enters("Shared", &shared, json!({})).await;
                let _ = entered.data();
                story.may(&user.phone, "text.received", "");
                user
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        say(&format!("{USERS} users and their contacts were entered in {:.1?}", began.elapsed()));
        let minute = arm_for_one_minute(&users).await;
        say(&format!("all are armed for {minute}; it is {}", Timestamp::now()));
        let incidents = stream::iter(&users)
            .map(|user| paged(user, minute))
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<Value>>()
            .await;
        figures(&incidents);
        texts_name_everybody(&shared, &users).await;
        let text = marked::file(&story.stack);
        assert!(text.exists());
    })
    .await;
}

/// Arms all for the same minute of the clock, far enough ahead for all to be armed before; that minute.
async fn arm_for_one_minute(users: &[User]) -> Timestamp {
    // Two minutes and more: this is what schedules carry.
    let ahead = Timestamp::now().as_second() + 150;
    let minute = Timestamp::from_second(ahead - ahead.rem_euclid(60)).expect("a time");
    let cron = minute.strftime("%-M %-H * * *").to_string();
    let armed = stream::iter(users)
        .map(|user| user.arms(json!({ "cron_expression": cron, "check_interval_minutes": null })));
    let settings: Vec<Value> = armed.buffer_unordered(AT_ONCE).collect().await;
    for shown in settings {
        assert_eq!(
            shown["next_probe_times"][0].as_str().and_then(|at| at.parse().ok()),
            Some(minute),
            "{shown}"
        );
    }
    assert!(Timestamp::now() < minute, "arming took longer than the time that was left");
    minute
}

/// Waits for this user's incident to be accepted and ended; it, with the deadline of its probe.
async fn paged(user: &User, minute: Timestamp) -> Value {
    let left = minute.duration_since(Timestamp::now()).max(SignedDuration::ZERO);
    let limit = Duration::try_from(left).unwrap_or_default() + secs(240);
    let mut incident = until(&format!("{} has an incident that is over", user.name), limit, async || {
        tokio::time::sleep(secs(2)).await;
        let newest = user.listed("incidents").await.into_iter().next().unwrap_or_default();
        if newest["status"] == "ended" { Ok(newest) } else { Err(newest) }
    })
    .await;
    let mut entries = incident["timeline"].as_array().into_iter().flatten();
    assert!(entries.any(|entry| entry["what"] == "accepted"), "{incident}");
    incident["deadline"] = user.listed("probes").await[0]["deadline"].clone();
    incident
}

/// Deadline to first call placed, over all incidents.
fn figures(incidents: &[Value]) {
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let mut waits: Vec<f64> = incidents
        .iter()
        .map(|incident| {
            let deadline = time(&incident["deadline"]).expect("a probe has a deadline");
            let calls =
                incident["timeline"].as_array().into_iter().flatten().filter(|entry| entry["how"] == "call");
            let first = calls.filter_map(|entry| time(&entry["at"])).min().expect("somebody was called");
            first.duration_since(deadline).as_secs_f64()
        })
        .collect();
    waits.sort_unstable_by(f64::total_cmp);
    let at = |part: usize| waits[(waits.len() * part / 100).min(waits.len() - 1)];
    say(&format!(
        "deadline to first call placed, {} incidents (5 s of it are grace): p50 {:.1} s, p99 {:.1} s, max {:.1} s",
        waits.len(),
        at(50),
        at(99),
        at(100)
    ));
    assert!(at(100) < 155.0, "somebody waited {:.1} s", at(100));
}

/// The shared phone was texted for each of them.
async fn texts_name_everybody(shared: &Phone, users: &[User]) {
    let texts = shared.texts().await;
    let missing: Vec<_> = users
        .iter()
        .filter(|user| !texts.iter().any(|text| text.contains(&user.name)))
        .map(|user| &user.name)
        .collect();
    assert!(missing.is_empty(), "{} were not texted for: {missing:?}", missing.len());
}

#[expect(clippy::print_stderr, reason = "figures of the run")]
fn say(words: &str) {
    eprintln!("{words}");
}
