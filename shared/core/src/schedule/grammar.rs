//! The grammar of unix cron, and what to say to somebody who writes something else.
//!
//! `croner` works out the calendar but reads much more than unix cron: a third Friday (`5#3`), empty lists, month names
//! among the minutes. Whoever writes such a thing by mistake would be asked at times that they did not mean, or never, so
//! it is refused here first.

use std::fmt;
use std::ops::RangeInclusive;

use thiserror::Error;

/// The longest expression that is read; the longest sensible one is half of this.
const MAX_LENGTH: usize = 256;
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// One of the five fields of a cron expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12 or JAN to DEC.
    Month,
    /// 0 to 7 or SUN to SAT; 0 and 7 are Sunday.
    DayOfWeek,
}

impl Field {
    /// The numbers the field takes.
    const fn range(self) -> RangeInclusive<u8> {
        match self {
            Self::Minute => 0..=59,
            Self::Hour => 0..=23,
            Self::DayOfMonth => 1..=31,
            Self::Month => 1..=12,
            Self::DayOfWeek => 0..=7,
        }
    }

    /// Reads a number or a name of this field. As the end of a range, Sunday is 7: `FRI-SUN` is a weekend.
    fn value(self, text: &str, ends_range: bool) -> Option<u8> {
        let named = |names: &[&str]| names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = match self {
            Self::Month => named(&MONTHS).map(|index| index.saturating_add(1)),
            Self::DayOfWeek => named(&WEEKDAYS).map(|index| if index == 0 && ends_range { 7 } else { index }),
            Self::Minute | Self::Hour | Self::DayOfMonth => None,
        };
        named.and_then(|index| u8::try_from(index).ok()).or_else(|| number(text))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day of month",
            Self::Month => "month",
            Self::DayOfWeek => "day of week",
        })
    }
}

/// Why a text is no cron expression that lucius follows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CronRefused {
    /// Longer than any sensible expression.
    #[error("the cron expression is too long")]
    TooLong,
    /// `@daily` and its like.
    #[error("write five fields instead of an @ name, such as 0 9 * * *")]
    Nickname,
    /// Not five fields.
    #[error(
        "a cron expression has five fields (minute, hour, day of month, month, day of week), this one has {0}"
    )]
    FieldCount(usize),
    /// `?`, `L`, `W`, `#` or another sign that other schedulers know.
    #[error("{field}: {sign:?} is not part of unix cron")]
    Sign {
        /// Where it stands.
        field: Field,
        /// The sign.
        sign: char,
    },
    /// Neither `*` nor a number, a range, a step or a list of them.
    #[error(
        "{field}: cannot read {item:?}; write *, a number, a-b, */n, a-b/n, or several with commas between"
    )]
    Item {
        /// Where it stands.
        field: Field,
        /// What was written.
        item: String,
    },
    /// A number that the field does not have.
    #[error("{field}: {item:?} is outside {min} to {max}")]
    OutOfRange {
        /// Where it stands.
        field: Field,
        /// What was written.
        item: String,
        /// The smallest number of the field.
        min: u8,
        /// The largest number of the field.
        max: u8,
    },
    /// A range whose end is before its start.
    #[error("{field}: the range {item:?} ends before it starts; write two ranges")]
    Backwards {
        /// Where it stands.
        field: Field,
        /// What was written.
        item: String,
    },
    /// A day that no month has, such as 30 February.
    #[error("this date never comes")]
    NeverFires,
}

/// Checks `text` and returns it as `croner` reads it: single spaces, and `*` for `*/1`, which `croner` would not take for
/// "any day" when it combines day of month and day of week.
pub(super) fn normalise(text: &str) -> Result<String, CronRefused> {
    if text.len() > MAX_LENGTH {
        return Err(CronRefused::TooLong);
    }
    if text.trim_start().starts_with('@') {
        return Err(CronRefused::Nickname);
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(CronRefused::FieldCount(fields.len()));
    };
    values(Field::Minute, minute)?;
    values(Field::Hour, hour)?;
    let (days, months) = (values(Field::DayOfMonth, day)?, values(Field::Month, month)?);
    values(Field::DayOfWeek, weekday)?;
    // A weekday beside the date would do instead of it; alone, the date must come in one of the months.
    let comes = months.iter().any(|month| days.iter().any(|day| *day <= longest(*month)));
    if !comes && plain(weekday) == "*" {
        return Err(CronRefused::NeverFires);
    }
    Ok([minute, hour, day, month, weekday].map(plain).join(" "))
}

/// The field as `croner` must see it.
fn plain(text: &str) -> &str {
    if text.split(',').any(is_every) { "*" } else { text }
}

/// How many days a month has in the years in which it has most.
const fn longest(month: u8) -> u8 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whether the item names every value of its field, as `*` does.
fn is_every(item: &str) -> bool {
    item == "*" || item.strip_prefix("*/").and_then(number) == Some(1)
}

/// Checks one field, a comma-separated list of items, and returns the numbers that it names.
fn values(field: Field, text: &str) -> Result<Vec<u8>, CronRefused> {
    let letters = matches!(field, Field::Month | Field::DayOfWeek);
    if let Some(sign) = text.chars().find(|sign| is_foreign(*sign, letters)) {
        return Err(CronRefused::Sign { field, sign });
    }
    let mut values = Vec::new();
    for item in text.split(',') {
        let (range, step) = read_item(field, item)?;
        values.extend(range.step_by(usize::from(step)));
    }
    Ok(values)
}

/// Signs of no unix cron field. `L` and `W` stand for themselves even where names are allowed.
fn is_foreign(sign: char, letters: bool) -> bool {
    !(sign.is_ascii_digit()
        || matches!(sign, '*' | '/' | ',' | '-')
        || (letters && sign.is_ascii_alphabetic()))
}

/// Reads `*`, `a`, `a-b`, `*/n` or `a-b/n` as a range and a step.
fn read_item(field: Field, item: &str) -> Result<(RangeInclusive<u8>, u8), CronRefused> {
    let unreadable = || CronRefused::Item { field, item: item.to_owned() };
    let (values, step) = match item.split_once('/') {
        Some((values, step)) => (values, Some(number(step).filter(|n| *n > 0).ok_or_else(unreadable)?)),
        None => (item, None),
    };
    let range = field.range();
    let out_of_range =
        || CronRefused::OutOfRange { field, item: item.to_owned(), min: *range.start(), max: *range.end() };
    if step.is_some_and(|step| step > range.end().saturating_add(1)) {
        return Err(out_of_range());
    }
    if values == "*" {
        return Ok((range, step.unwrap_or(1)));
    }
    let (start, end) = match values.split_once('-') {
        Some((start, end)) => (field.value(start, false), field.value(end, true)),
        // A step needs a range to step through; what 5/10 means differs between schedulers.
        None if step.is_some() => return Err(unreadable()),
        None => (field.value(values, false), field.value(values, false)),
    };
    let (start, end) = (start.ok_or_else(unreadable)?, end.ok_or_else(unreadable)?);
    if !range.contains(&start) || !range.contains(&end) {
        return Err(out_of_range());
    }
    if start > end {
        return Err(CronRefused::Backwards { field, item: item.to_owned() });
    }
    Ok((start..=end, step.unwrap_or(1)))
}

/// Reads one to three ASCII digits.
fn number(text: &str) -> Option<u8> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    // What is no u8 is no value of any field either; 255 is outside all of them.
    digits.then(|| text.parse().unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_cron_passes() {
        for (text, plain) in [
            ("* * * * *", "* * * * *"),
            ("0 18 * * 3", "0 18 * * 3"),
            ("  0\t9  *  * * ", "0 9 * * *"),
            ("*/1 * */1 * 1", "* * * * 1"),
            ("*/5,7 */2 1-10/3 JAN,jul-Sep mon-FRI", "*/5,7 */2 1-10/3 JAN,jul-Sep mon-FRI"),
            ("00 09 01 01 00", "00 09 01 01 00"),
            ("0 9 * * SAT-SUN", "0 9 * * SAT-SUN"),
            ("0 9 * * 5-7", "0 9 * * 5-7"),
            ("0 */24 * * *", "0 */24 * * *"),
        ] {
            assert_eq!(normalise(text).as_deref(), Ok(plain), "{text:?}");
        }
    }

    #[test]
    fn everything_else_says_why() {
        for (text, message) in [
            ("", "five fields (minute, hour, day of month, month, day of week), this one has 0"),
            ("* * * *", "has 4"),
            ("0 0 9 * * *", "has 6"),
            ("0 0 9 * * * 2026", "has 7"),
            ("@daily", "instead of an @ name"),
            ("0 9 ? * 1", "day of month: '?' is not part of unix cron"),
            ("0 9 L * *", "day of month: 'L'"),
            ("0 9 15W * *", "day of month: 'W'"),
            ("0 9 * * 5#3", "day of week: '#'"),
            ("0 9 * * 5L", "day of week: cannot read \"5L\""),
            ("0 9 * * L", "day of week: cannot read \"L\""),
            ("0 9 * * +1", "day of week: '+'"),
            ("H 9 * * *", "minute: 'H'"),
            ("MON * * * *", "minute: 'M'"),
            ("0 9 * MON *", "month: cannot read \"MON\""),
            ("0 9 * * JAN", "day of week: cannot read \"JAN\""),
            ("0 9 * * MONDAY", "day of week: cannot read \"MONDAY\""),
            ("60 * * * *", "minute: \"60\" is outside 0 to 59"),
            ("0 24 * * *", "hour: \"24\" is outside 0 to 23"),
            ("0 9 0 * *", "day of month: \"0\" is outside 1 to 31"),
            ("0 9 * 13 *", "month: \"13\" is outside"),
            ("0 9 * * 8", "day of week: \"8\" is outside 0 to 7"),
            ("999 * * * *", "minute: \"999\" is outside"),
            ("1,,2 * * * *", "minute: cannot read \"\""),
            (", * * * *", "minute: cannot read"),
            ("*/0 * * * *", "minute: cannot read"),
            ("*/90 * * * *", "minute: \"*/90\" is outside"),
            ("5/10 * * * *", "minute: cannot read \"5/10\""),
            ("/10 * * * *", "minute: cannot read"),
            ("1-2-3 * * * *", "minute: cannot read"),
            ("-5 * * * *", "minute: cannot read"),
            ("*-5 * * * *", "minute: cannot read"),
            ("** * * * *", "minute: cannot read"),
            ("50-10 * * * *", "minute: the range \"50-10\" ends before it starts"),
            ("0 9 * * FRI-MON", "day of week: the range"),
            ("0 9 * * \u{0661}", "is not part of unix cron"),
            ("0 9 * * 1;reboot", "';' is not part"),
            ("0 9 * * SU\u{212a}", "is not part"),
        ] {
            let error = normalise(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?}: {error}");
        }
        assert_eq!(normalise(&"1,".repeat(200)), Err(CronRefused::TooLong));
    }

    #[test]
    fn a_date_that_never_comes_is_refused() {
        for never in
            ["0 9 30 2 *", "0 9 31 2,4,6,9,11 *", "0 9 30-31 FEB *", "0 9 31 4 */1", "0 9 31 4-6/2 *"]
        {
            assert_eq!(normalise(never), Err(CronRefused::NeverFires), "{never}");
        }
        for rare in
            ["0 9 29 2 *", "0 9 28-31 2 *", "0 9 31 1-2 *", "0 9 31 2 1", "0 9 30 4 *", "0 9 */30 2 *"]
        {
            assert!(normalise(rare).is_ok(), "{rare}");
        }
    }
}
