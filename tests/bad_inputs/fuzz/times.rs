//! When to ask: cron, intervals, zones.

use jiff::{SignedDuration, Timestamp};
use lucius_core::schedule::{CronExpression, Schedule, TimeZone};

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// Where the clock does odd things.
const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"];

fn moments() -> [Timestamp; 4] {
    ["2026-03-29T00:59:30Z", "2011-12-29T10:00:00Z", "2026-10-25T00:30:00Z", "1970-01-01T00:00:00Z"]
        .map(|text| text.parse().unwrap())
}

/// Whatever is taken as cron fires, at whole minutes, later and later, and is written as it was.
pub(crate) fn cron(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let expression = match CronExpression::parse(&text) {
        Ok(expression) => expression,
        Err(why) => {
            assert!(!why.to_string().contains(char::is_control), "{why}");
            return;
        }
    };
    assert_eq!(CronExpression::parse(expression.as_str()).as_ref(), Ok(&expression));
    let json = serde_json::to_string(&expression).unwrap();
    assert_eq!(serde_json::from_str::<CronExpression>(&json).unwrap(), expression);
    for (zone, from) in ZONES.iter().zip(moments()) {
        let zone = TimeZone::parse(zone).unwrap();
        let mut last = from;
        let times = expression.next_n(&zone, from, 3);
        assert_eq!(times.len(), 3, "{expression} stops in {zone}");
        for time in times {
            assert!(
                time > last && time.as_second() % 60 == 0 && time.subsec_nanosecond() == 0,
                "{expression}: {time}"
            );
            last = time;
        }
    }
}

/// A stored schedule reads back as it was written, and no time of the calendar is too early or too late for it.
pub(crate) fn schedule(bytes: &[u8]) {
    let Ok(schedule) = serde_json::from_slice::<Schedule>(bytes) else { return };
    let json = serde_json::to_string(&schedule).unwrap();
    assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
    let [from, ..] = moments();
    for (last, now) in [(from, from), (Timestamp::MIN, from), (Timestamp::MAX, from), (from, Timestamp::MAX)]
    {
        let next = schedule.next_probe_at(&TimeZone::utc(), last, now, MINUTE);
        if let (Schedule::Interval { .. }, Some(next)) = (&schedule, next) {
            assert!(next > last);
        }
    }
}

/// A zone is one of the database, by its proper name.
pub(crate) fn zone(bytes: &[u8]) {
    let Ok(zone) = TimeZone::parse(&String::from_utf8_lossy(bytes)) else { return };
    assert_eq!(TimeZone::parse(zone.name()).as_ref(), Ok(&zone));
    assert_eq!(TimeZone::parse(&zone.name().to_lowercase()).as_ref(), Ok(&zone));
    assert!(!zone.name().contains("..") && !zone.name().starts_with('/'));
}
