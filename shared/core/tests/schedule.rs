//! Cron in local time: instants worked out by hand, and a minute-by-minute oracle around every kind of clock change.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use lucius_core::schedule::{CronExpression, CronRefused, TimeZone};
use proptest::prelude::*;

/// Zone, expression, after, and the next three instants.
type Row = (&'static str, &'static str, &'static str, [&'static str; 3]);

/// Written by hand from the published changes of each zone and checked with Python's zoneinfo on tzdata 2026.5, which is
/// tzdb 2026e. The comment behind each row is the local time.
#[rustfmt::skip]
const TABLE: [Row; 42] = [
    ("UTC", "0 18 * * 3", "2026-03-24T00:00:00Z", ["2026-03-25T18:00Z", "2026-04-01T18:00Z", "2026-04-08T18:00Z"]), // Wed 25 18:00+0000, Wed 01 18:00+0000, Wed 08 18:00+0000
    ("UTC", "0 9 29 2 *", "2027-01-01T00:00:00Z", ["2028-02-29T09:00Z", "2032-02-29T09:00Z", "2036-02-29T09:00Z"]), // Tue 29 09:00+0000, Sun 29 09:00+0000, Fri 29 09:00+0000
    ("Asia/Kolkata", "0 9 * * *", "2026-03-28T03:30:00Z", ["2026-03-29T03:30Z", "2026-03-30T03:30Z", "2026-03-31T03:30Z"]), // Sun 29 09:00+0530, Mon 30 09:00+0530, Tue 31 09:00+0530
    ("America/Sao_Paulo", "0 0 * * *", "2026-10-17T12:00:00Z", ["2026-10-18T03:00Z", "2026-10-19T03:00Z", "2026-10-20T03:00Z"]), // Sun 18 00:00-0300, Mon 19 00:00-0300, Tue 20 00:00-0300
    ("America/Sao_Paulo", "0 0 4 11 *", "2018-11-01T00:00:00Z", ["2018-11-04T03:00Z", "2019-11-04T03:00Z", "2020-11-04T03:00Z"]), // Sun 04 01:00-0200, Mon 04 00:00-0300, Wed 04 00:00-0300
    ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z", "2026-03-31T00:30Z"]), // Sun 29 03:00+0200, Mon 30 02:30+0200, Tue 31 02:30+0200
    ("Europe/Berlin", "30 2,14 * * *", "2026-03-28T14:00:00Z", ["2026-03-29T01:00Z", "2026-03-29T12:30Z", "2026-03-30T00:30Z"]), // Sun 29 03:00+0200, Sun 29 14:30+0200, Mon 30 02:30+0200
    ("Europe/Berlin", "*/15 2 * * *", "2026-03-29T00:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:00Z", "2026-03-30T00:15Z"]), // Sun 29 03:00+0200, Mon 30 02:00+0200, Mon 30 02:15+0200
    ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z", "2026-10-27T01:30Z"]), // Sun 25 02:30+0200, Mon 26 02:30+0100, Tue 27 02:30+0100
    ("Europe/Berlin", "*/30 2 * * *", "2026-10-24T22:00:00Z", ["2026-10-25T00:00Z", "2026-10-25T00:30Z", "2026-10-26T01:00Z"]), // Sun 25 02:00+0200, Sun 25 02:30+0200, Mon 26 02:00+0100
    ("Europe/Berlin", "0 * * * *", "2026-10-24T23:00:00Z", ["2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"]), // Sun 25 02:00+0200, Sun 25 02:00+0100, Sun 25 03:00+0100
    ("Europe/Berlin", "30 2 * * *", "2026-10-25T00:45:00Z", ["2026-10-26T01:30Z", "2026-10-27T01:30Z", "2026-10-28T01:30Z"]), // Mon 26 02:30+0100, Tue 27 02:30+0100, Wed 28 02:30+0100
    ("America/New_York", "30 2 8 3 *", "2026-03-01T00:00:00Z", ["2026-03-08T07:00Z", "2027-03-08T07:30Z", "2028-03-08T07:30Z"]), // Sun 08 03:00-0400, Mon 08 02:30-0500, Wed 08 02:30-0500
    ("America/New_York", "0 9 * * 1-5", "2026-03-06T15:00:00Z", ["2026-03-09T13:00Z", "2026-03-10T13:00Z", "2026-03-11T13:00Z"]), // Mon 09 09:00-0400, Tue 10 09:00-0400, Wed 11 09:00-0400
    ("America/New_York", "15 1 * * 7", "2026-10-31T12:00:00Z", ["2026-11-01T05:15Z", "2026-11-08T06:15Z", "2026-11-15T06:15Z"]), // Sun 01 01:15-0400, Sun 08 01:15-0500, Sun 15 01:15-0500
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:15Z", "2026-10-05T15:15Z"]), // Sun 04 02:30+1100, Mon 05 02:15+1100, Tue 06 02:15+1100
    ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z", "2026-04-06T15:15Z"]), // Sun 05 01:45+1100, Mon 06 01:45+1030, Tue 07 01:45+1030
    ("America/Santiago", "30 0 * * *", "2026-09-05T12:00:00Z", ["2026-09-06T04:00Z", "2026-09-07T03:30Z", "2026-09-08T03:30Z"]), // Sun 06 01:00-0300, Mon 07 00:30-0300, Tue 08 00:30-0300
    ("America/Santiago", "30 23 * * *", "2026-04-04T12:00:00Z", ["2026-04-05T02:30Z", "2026-04-06T03:30Z", "2026-04-07T03:30Z"]), // Sat 04 23:30-0300, Sun 05 23:30-0400, Mon 06 23:30-0400
    ("Africa/Casablanca", "30 2 * * *", "2026-02-14T12:00:00Z", ["2026-02-15T01:30Z", "2026-02-16T02:30Z", "2026-02-17T02:30Z"]), // Sun 15 02:30+0100, Mon 16 02:30+0000, Tue 17 02:30+0000
    ("Africa/Casablanca", "30 2 * * *", "2026-03-21T12:00:00Z", ["2026-03-22T02:00Z", "2026-03-23T01:30Z", "2026-03-24T01:30Z"]), // Sun 22 03:00+0100, Mon 23 02:30+0100, Tue 24 02:30+0100
    ("Asia/Tehran", "0 0 * * *", "2026-03-20T12:00:00Z", ["2026-03-20T20:30Z", "2026-03-21T20:30Z", "2026-03-22T20:30Z"]), // Sat 21 00:00+0330, Sun 22 00:00+0330, Mon 23 00:00+0330
    ("Asia/Tehran", "30 0 22 3 *", "2022-03-01T00:00:00Z", ["2022-03-21T20:30Z", "2023-03-21T21:00Z", "2024-03-21T21:00Z"]), // Tue 22 01:00+0430, Wed 22 00:30+0330, Fri 22 00:30+0330
    ("Pacific/Apia", "0 9 * * 5", "2011-12-28T00:00:00Z", ["2011-12-30T10:00Z", "2012-01-05T19:00Z", "2012-01-12T19:00Z"]), // Sat 31 00:00+1400, Fri 06 09:00+1400, Fri 13 09:00+1400
    ("Pacific/Apia", "0 9 * * *", "2011-12-28T12:00:00Z", ["2011-12-28T19:00Z", "2011-12-29T19:00Z", "2011-12-30T10:00Z"]), // Wed 28 09:00-1000, Thu 29 09:00-1000, Sat 31 00:00+1400
    ("Pacific/Chatham", "0 3 * * *", "2026-09-25T12:00:00Z", ["2026-09-25T14:15Z", "2026-09-26T14:00Z", "2026-09-27T13:15Z"]), // Sat 26 03:00+1245, Sun 27 03:45+1345, Mon 28 03:00+1345
    ("Pacific/Chatham", "0 3 * * *", "2026-04-03T12:00:00Z", ["2026-04-03T13:15Z", "2026-04-04T13:15Z", "2026-04-05T14:15Z"]), // Sat 04 03:00+1345, Sun 05 03:00+1345, Mon 06 03:00+1245
    ("America/St_Johns", "30 2 * * *", "2026-03-07T12:00:00Z", ["2026-03-08T05:30Z", "2026-03-09T05:00Z", "2026-03-10T05:00Z"]), // Sun 08 03:00-0230, Mon 09 02:30-0230, Tue 10 02:30-0230
    ("America/St_Johns", "1 0 * * *", "2010-03-13T12:00:00Z", ["2010-03-14T03:31Z", "2010-03-15T02:31Z", "2010-03-16T02:31Z"]), // Sun 14 01:01-0230, Mon 15 00:01-0230, Tue 16 00:01-0230
    ("Africa/Cairo", "30 0 * * 5", "2026-04-20T00:00:00Z", ["2026-04-23T22:00Z", "2026-04-30T21:30Z", "2026-05-07T21:30Z"]), // Fri 24 01:00+0300, Fri 01 00:30+0300, Fri 08 00:30+0300
    ("Africa/Cairo", "30 23 * * 4", "2026-10-26T00:00:00Z", ["2026-10-29T20:30Z", "2026-11-05T21:30Z", "2026-11-12T21:30Z"]), // Thu 29 23:30+0300, Thu 05 23:30+0200, Thu 12 23:30+0200
    ("Asia/Beirut", "0 0 * * *", "2026-03-27T12:00:00Z", ["2026-03-27T22:00Z", "2026-03-28T22:00Z", "2026-03-29T21:00Z"]), // Sat 28 00:00+0200, Sun 29 01:00+0300, Mon 30 00:00+0300
    ("Asia/Gaza", "30 2 * * *", "2026-03-27T12:00:00Z", ["2026-03-28T00:00Z", "2026-03-28T23:30Z", "2026-03-29T23:30Z"]), // Sat 28 03:00+0300, Sun 29 02:30+0300, Mon 30 02:30+0300
    ("Antarctica/Troll", "30 1 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-29T23:30Z", "2026-03-30T23:30Z"]), // Sun 29 03:00+0200, Mon 30 01:30+0200, Tue 31 01:30+0200
    ("Antarctica/Troll", "30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T02:30Z", "2026-10-27T02:30Z"]), // Sun 25 02:30+0200, Mon 26 02:30+0000, Tue 27 02:30+0000
    ("Europe/Dublin", "30 1 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z", "2026-03-31T00:30Z"]), // Sun 29 02:00+0100, Mon 30 01:30+0100, Tue 31 01:30+0100
    ("Europe/Dublin", "30 1 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z", "2026-10-27T01:30Z"]), // Sun 25 01:30+0100, Mon 26 01:30+0000, Tue 27 01:30+0000
    ("America/Scoresbysund", "30 23 * * *", "2026-03-27T12:00:00Z", ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]), // Fri 27 23:30-0200, Sun 29 00:00-0100, Sun 29 23:30-0100
    ("America/Nuuk", "30 23 * * 6", "2026-03-25T12:00:00Z", ["2026-03-29T01:00Z", "2026-04-05T00:30Z", "2026-04-12T00:30Z"]), // Sun 29 00:00-0100, Sat 04 23:30-0100, Sat 11 23:30-0100
    ("Asia/Kathmandu", "0 6 13 * 5", "2026-02-01T00:00:00Z", ["2026-02-06T00:15Z", "2026-02-13T00:15Z", "2026-02-20T00:15Z"]), // Fri 06 06:00+0545, Fri 13 06:00+0545, Fri 20 06:00+0545
    ("Pacific/Kiritimati", "0 0 1 1 *", "2026-06-01T00:00:00Z", ["2026-12-31T10:00Z", "2027-12-31T10:00Z", "2028-12-31T10:00Z"]), // Fri 01 00:00+1400, Sat 01 00:00+1400, Mon 01 00:00+1400
    ("Pacific/Kwajalein", "0 9 * * 6", "1993-08-18T00:00:00Z", ["1993-08-21T12:00Z", "1993-08-27T21:00Z", "1993-09-03T21:00Z"]), // Sun 22 00:00+1200, Sat 28 09:00+1200, Sat 04 09:00+1200
];

#[test]
fn instants_across_clock_changes() {
    for (zone, cron, after, expected) in TABLE {
        let zone = TimeZone::parse(zone).unwrap();
        let next = CronExpression::parse(cron).unwrap().next_n(&zone, after.parse().unwrap(), 3);
        let expected: Vec<Timestamp> = expected.map(|at| at.replace('Z', ":00Z").parse().unwrap()).into();
        assert_eq!(next, expected, "{cron} in {zone} after {after}");
    }
}

#[test]
fn a_question_due_now_is_not_asked_twice() {
    let (cron, zone) = (CronExpression::parse("0 9 * * *").unwrap(), TimeZone::utc());
    for (after, next) in [
        ("2026-03-01T08:59:59.999Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-01T09:00:00.001Z", "2026-03-02T09:00:00Z"),
    ] {
        assert_eq!(cron.next_after(&zone, after.parse().unwrap()), Some(next.parse().unwrap()), "{after}");
    }
}

#[test]
fn expressions_at_their_limits() {
    let padded = |length: usize| CronExpression::parse(&format!("{:<length$}", "0 9 * * *"));
    assert!(padded(256).is_ok());
    assert_eq!(padded(257), Err(CronRefused::TooLong));
    for outside in ["0 9 0-5 * *", "0 9 5-32 * *", "0 9 0 * *", "0 9 32 * *"] {
        let refused = CronExpression::parse(outside);
        assert!(matches!(refused, Err(CronRefused::OutOfRange { .. })), "{outside}: {refused:?}");
    }
}

/// In the second pass of a repeated stretch every time of it has been; the search goes through all of them.
#[test]
fn the_second_pass_of_a_repeated_stretch_is_searched_to_its_end() {
    for (zone, cron, after, next) in [
        ("Europe/Berlin", "*/15 2 * * *", "2026-10-25T01:00:30Z", "2026-10-26T01:00:00Z"),
        // Troll sets its clocks back by two hours: 120 minutes are there twice.
        ("Antarctica/Troll", "* 1-2 * * *", "2026-10-25T01:00:30Z", "2026-10-26T01:00:00Z"),
    ] {
        let zone = TimeZone::parse(zone).unwrap();
        let found = CronExpression::parse(cron).unwrap().next_after(&zone, after.parse().unwrap());
        assert_eq!(found, Some(next.parse().unwrap()), "{cron} in {zone}");
    }
}

#[test]
fn the_end_of_the_calendar_is_no_loop() {
    let (cron, zone) =
        (CronExpression::parse("0 9 * * *").unwrap(), TimeZone::parse("Europe/Berlin").unwrap());
    assert_eq!(cron.next_after(&zone, Timestamp::MAX), None);
}

#[test]
fn the_text_stays_as_entered() {
    let cron = CronExpression::parse(" 0 9  * * mon-FRI ").unwrap();
    assert_eq!(cron.as_str(), "0 9  * * mon-FRI");
    assert_eq!(cron.to_string(), "0 9  * * mon-FRI");
    assert_eq!(format!("{cron:?}"), "\"0 9  * * mon-FRI\"");
    let zone = TimeZone::parse("europe/berlin").unwrap();
    assert_eq!(
        (zone.to_string(), format!("{zone:?}")),
        ("Europe/Berlin".to_owned(), "Europe/Berlin".to_owned())
    );
}

/// An expression in the plain words of its manual page, sharing nothing with the code under test.
struct Oracle {
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    days: Option<BTreeSet<i8>>,
    months: BTreeSet<i8>,
    weekdays: Option<BTreeSet<i8>>,
}

impl Oracle {
    fn read(text: &str) -> Self {
        let fields: Vec<&str> = text.split(' ').collect();
        let restricted = |text: &str, set| (text != "*").then_some(set);
        Self {
            minutes: set(fields[0], 0, 59),
            hours: set(fields[1], 0, 23),
            days: restricted(fields[2], set(fields[2], 1, 31)),
            months: set(fields[3], 1, 12),
            weekdays: restricted(fields[4], set(fields[4], 0, 7).into_iter().map(|day| day % 7).collect()),
        }
    }

    fn names(&self, local: DateTime) -> bool {
        let day = self.days.as_ref().map(|days| days.contains(&local.day()));
        let weekday =
            self.weekdays.as_ref().map(|days| days.contains(&local.weekday().to_sunday_zero_offset()));
        let date = match (day, weekday) {
            (None, None) => true,
            (Some(one), None) | (None, Some(one)) => one,
            (Some(day), Some(weekday)) => day || weekday,
        };
        let time = self.minutes.contains(&local.minute()) && self.hours.contains(&local.hour());
        time && date && self.months.contains(&local.month())
    }

    /// Every instant in the minutes after `from`, up to `minutes` of them, found by looking at each.
    fn fires(&self, zone: &TimeZone, from: Timestamp, minutes: i64) -> Vec<Timestamp> {
        let minute = SignedDuration::from_mins(1);
        let local = |at: Timestamp| zone.rules().to_datetime(at);
        let hourly = self.hours.len() == 24;
        // A local time that was already passed comes again; start early enough to know it.
        let mut at = from - SignedDuration::from_hours(26);
        let mut latest = local(at);
        let mut fires = Vec::new();
        while at < from + SignedDuration::from_mins(minutes) {
            at += minute;
            let now = local(at);
            let again = now <= latest;
            let mut fire = self.names(now) && (hourly || !again);
            while latest + minute < now {
                latest += minute;
                fire |= self.names(latest);
            }
            latest = latest.max(now);
            if fire && at > from {
                fires.push(at);
            }
        }
        fires
    }
}

/// The numbers of one field.
fn set(text: &str, min: i8, max: i8) -> BTreeSet<i8> {
    let number = |text: &str| text.parse::<i8>().unwrap();
    let item = |item: &str| {
        let (range, step) = item.split_once('/').map_or((item, 1), |(range, step)| (range, number(step)));
        let (start, end) = match range.split_once('-') {
            _ if range == "*" => (min, max),
            Some((start, end)) => (number(start), number(end)),
            None => (number(range), number(range)),
        };
        (start..=end).step_by(usize::try_from(step).unwrap()).collect::<Vec<_>>()
    };
    text.split(',').flat_map(item).collect()
}

/// Places whose clocks change by 30, 60 or 120 minutes, at midnight, backwards in winter, for Ramadan, by a whole day, or
/// not at all.
const ZONES: [&str; 24] = [
    "UTC",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "America/Nuuk",
    "America/Scoresbysund",
    "America/Caracas",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Tehran",
    "Asia/Gaza",
    "Asia/Beirut",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Pacific/Chatham",
];

fn zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(ZONES.as_slice()).prop_map(|name| TimeZone::parse(name).unwrap())
}

fn field(min: u8, max: u8) -> impl Strategy<Value = String> {
    let value = min..=max;
    let item = prop_oneof![
        3 => value.clone().prop_map(|value| value.to_string()),
        1 => (value.clone(), value.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (value.clone(), value, 2..9_u8).prop_map(|(a, b, n)| format!("{}-{}/{n}", a.min(b), a.max(b))),
        1 => (2..9_u8).prop_map(|step| format!("*/{step}")),
    ];
    prop_oneof![
        1 => Just("*".to_owned()),
        2 => prop::collection::vec(item, 1..4).prop_map(|items| items.join(",")),
    ]
}

fn cron() -> impl Strategy<Value = String> {
    let early = prop_oneof![field(0, 23), field(0, 3)];
    let month = prop_oneof![2 => Just("*".to_owned()), 1 => field(1, 12)];
    (field(0, 59), early, field(1, 31), month, field(0, 7))
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

/// An instant between 1990 and 2045.
fn moment() -> impl Strategy<Value = Timestamp> {
    (631_152_000_i64..2_366_841_600).prop_map(|second| Timestamp::from_second(second).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn agrees_with_a_look_at_every_minute(
        zone in zone(), cron in cron(), moment in moment(), before in 0_i64..2_000, near_change: bool,
    ) {
        let Ok(expression) = CronExpression::parse(&cron) else { return Ok(()) };
        let change = zone.rules().following(moment).next().map(|change| change.timestamp());
        let from = match change {
            Some(change) if near_change => change - SignedDuration::from_mins(before),
            _ => moment.round(jiff::Unit::Minute).unwrap(),
        };
        let expected = Oracle::read(&cron).fires(&zone, from, 4_000);
        let found: Vec<Timestamp> = expression.next_n(&zone, from, expected.len());
        prop_assert_eq!(&found, &expected, "{} in {} from {}", cron, zone, from);
        let last = expected.last().copied().unwrap_or(from);
        let beyond = expression.next_after(&zone, last);
        prop_assert!(beyond.is_none_or(|at| at > from + SignedDuration::from_mins(4_000)), "{:?}", beyond);
    }

    #[test]
    fn goes_on_for_years(zone in zone(), cron in cron(), moment in moment()) {
        let Ok(expression) = CronExpression::parse(&cron) else { return Ok(()) };
        let oracle = Oracle::read(&cron);
        let mut last = moment;
        for _ in 0..60 {
            let next = expression.next_after(&zone, last);
            prop_assert!(next.is_some_and(|next| next > last), "{} in {} after {}", cron, zone, last);
            last = next.unwrap_or(Timestamp::MAX);
            let (local, before) =
                (zone.rules().to_datetime(last), zone.rules().to_datetime(last - SignedDuration::from_mins(1)));
            let ends_gap = local.duration_since(before) > SignedDuration::from_mins(1);
            prop_assert!(oracle.names(local) || ends_gap, "{} in {} at {}", cron, zone, last);
        }
    }

    #[test]
    fn no_text_panics(text in "[0-9*/,?LW#A-Za-z@ -]{0,20}|\\PC{0,20}") {
        if let Ok(expression) = CronExpression::parse(&text) {
            prop_assert!(expression.next_after(&TimeZone::utc(), Timestamp::UNIX_EPOCH).is_some(), "{}", text);
        }
    }
}
