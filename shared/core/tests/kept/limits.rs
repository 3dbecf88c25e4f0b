//! The operator's parameters, as they are and where a minute is shorter.

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    policy::{BACKOFF_MAX, GRACE, LEASE, Policy, Texts, earlier, fill, later},
    schedule::IntervalMinutes,
};

/// What a policy makes of its parameters, in seconds.
fn seconds(policy: &Policy) -> [(&'static str, f64); 17] {
    [
        ("minutes 7", policy.minutes(7)),
        ("days 90", policy.days(90)),
        ("ring", policy.ring()),
        ("call_limit", policy.call_limit()),
        ("settle", policy.settle()),
        ("queue_limit", policy.queue_limit()),
        ("tier_gap", policy.tier_gap()),
        ("round_pause 1", policy.round_pause(1)),
        ("round_pause 4", policy.round_pause(4)),
        ("round_pause 5", policy.round_pause(5)),
        ("we_were_down", policy.we_were_down()),
        ("rest", policy.rest()),
        ("hour", policy.hour()),
        ("accept", policy.accept()),
        ("confirm_ahead", policy.confirm_ahead()),
        ("inform_for", policy.inform_for()),
        ("pin_fresh", policy.pin_fresh()),
    ]
    .map(|(name, length)| (name, length.as_secs_f64()))
}

#[test]
fn as_they_are() {
    let expected = [
        ("minutes 7", 420.0),
        ("days 90", 7_776_000.0),
        ("ring", 25.0),
        ("call_limit", 180.0),
        ("settle", 90.0),
        ("queue_limit", 600.0),
        ("tier_gap", 60.0),
        ("round_pause 1", 60.0),
        ("round_pause 4", 480.0),
        ("round_pause 5", 900.0),
        ("we_were_down", 900.0),
        ("rest", 900.0),
        ("hour", 3_600.0),
        ("accept", 1_200.0),
        ("confirm_ahead", 300.0),
        ("inform_for", 86_400.0),
        ("pin_fresh", 120.0),
    ];
    assert_eq!(seconds(&Policy::default()), expected);
    let policy = Policy::default();
    assert_eq!((policy.calls_per_contact_hour, policy.pin_tries_per_day), (12, 10));
    assert_eq!([GRACE, LEASE].map(|length| length.as_secs()), [5, 30]);
    assert_eq!(BACKOFF_MAX, 23..=59, "seconds");
}

#[test]
fn where_a_minute_lasts_half_a_second() {
    let policy = Policy { minute: SignedDuration::from_millis(500), ..Policy::default() };
    let expected = [
        ("minutes 7", 3.5),
        ("days 90", 64_800.0),
        ("ring", 5.0),
        ("call_limit", 60.0),
        ("settle", 20.0),
        ("queue_limit", 60.0),
        ("tier_gap", 1.0),
        ("round_pause 1", 1.0),
        ("round_pause 4", 4.0),
        ("round_pause 5", 7.5),
        ("we_were_down", 150.0),
        ("rest", 7.5),
        ("hour", 30.0),
        ("accept", 10.0),
        ("confirm_ahead", 2.5),
        ("inform_for", 720.0),
        ("pin_fresh", 120.0),
    ];
    assert_eq!(seconds(&policy), expected);
    assert_eq!(policy.seconds(90), SignedDuration::from_millis(750));
    let tiny = Policy { minute: SignedDuration::from_millis(100), ..Policy::default() };
    assert_eq!(tiny.inform_for().as_secs(), 600, "a text is worth sending for ten minutes at least");
}

#[test]
fn an_operator_s_own() {
    let policy = Policy { accept_minutes: 8, round_pause_max_minutes: 0, ..Policy::default() };
    assert_eq!(policy.confirm_ahead().as_mins(), 4, "half of a short accept");
    assert_eq!(policy.round_pause(9).as_mins(), 1, "never without a pause");
    assert_eq!(Policy { accept_minutes: 10, ..Policy::default() }.confirm_ahead().as_mins(), 5);
}

#[test]
fn time_has_ends() {
    let second = SignedDuration::from_secs(1);
    assert_eq!(
        (later(Timestamp::MAX, second), earlier(Timestamp::MIN, second)),
        (Timestamp::MAX, Timestamp::MIN)
    );
    assert_eq!(later(earlier(Timestamp::UNIX_EPOCH, second), second), Timestamp::UNIX_EPOCH);
}

#[test]
fn an_interval_is_its_minutes() {
    let interval = IntervalMinutes::new(1_440);
    assert_eq!(interval.map(|interval| (interval.get(), u32::from(interval))), Ok((1_440, 1_440)));
}

#[test]
fn an_operator_s_words_are_filled() {
    for (template, filled) in [
        ("{name}", "Ann"),
        ("a{name}b{name}", "aAnnbAnn"),
        ("{x} {name", "{x} {name"),
        ("{{name}}", "{Ann}"),
        ("}{name}{", "}Ann{"),
        ("", ""),
    ] {
        assert_eq!(fill(template, &[("name", "Ann")]), filled, "{template}");
    }
    let texts = Texts::default();
    for text in [texts.ask, texts.alert, texts.all_clear, texts.accepted] {
        assert!(text.contains("{name}"), "{text}");
    }
}
