//! Attributes: to and from `DynamoDB`'s types.

use std::{collections::HashMap, str::FromStr};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// An item, or the part of it that was asked for.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// A string.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number.
pub(crate) fn n(number: impl ToString + Copy) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The string called `name`.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The number called `name`, where it fits.
pub(crate) fn number<T: FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The instant called `name`, stored in milliseconds.
pub(crate) fn instant(item: &Item, name: &str) -> Option<Timestamp> {
    Timestamp::from_millisecond(number(item, name)?).ok()
}

/// An instant in milliseconds of the Unix epoch, rounded up: whoever wakes then does not wake too early.
pub(crate) fn millis(at: Timestamp) -> i64 {
    let rest = at.as_nanosecond().rem_euclid(1_000_000);
    at.as_millisecond().saturating_add(i64::from(rest > 0 && at >= Timestamp::UNIX_EPOCH))
}

/// When `DynamoDB` may delete an item, in its unit: seconds of the Unix epoch, rounded up.
pub(crate) fn ttl(at: Timestamp) -> AttributeValue {
    n(at.as_second().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_rounded_up_to_the_millisecond() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(millis(at("1970-01-01T00:00:01Z")), 1000);
        assert_eq!(millis(at("1970-01-01T00:00:01.000000001Z")), 1001);
        assert_eq!(millis(at("1970-01-01T00:00:01.001Z")), 1001);
        assert_eq!(millis(Timestamp::MAX).to_string().len(), 15);
    }

    #[test]
    fn what_is_of_another_type_is_not_there() {
        let item = Item::from([("a".to_owned(), s("7")), ("b".to_owned(), n(7))]);
        assert_eq!((text(&item, "a"), text(&item, "b"), text(&item, "c")), (Some("7"), None, None));
        assert_eq!((number::<u8>(&item, "a"), number::<u8>(&item, "b")), (None, Some(7)));
        assert_eq!(number::<u8>(&Item::from([("b".to_owned(), n(300))]), "b"), None);
    }
}
