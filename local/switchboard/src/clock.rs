//! Times as Twilio and the control API write them, and durations out of what people type.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use std::time::Duration;

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// `Tue, 06 Oct 2026 20:01:02 +0000`, as in the REST API and in status callbacks.
pub(crate) fn rfc_2822(at: Timestamp) -> String {
    rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default()
}

/// Whole seconds between two times, rounded up as Twilio bills them.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    let millis = to.as_millisecond().saturating_sub(from.as_millisecond()).max(0);
    millis.saturating_add(999).checked_div(1000).unwrap_or_default()
}

/// A duration from seconds that may be fractional; nonsense counts as none.
pub(crate) fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

/// The point in time that far ahead, or a day ahead if that cannot be represented.
pub(crate) fn after(wait: Duration) -> tokio::time::Instant {
    let now = tokio::time::Instant::now();
    now.checked_add(wait).or_else(|| now.checked_add(Duration::from_hours(24))).unwrap_or(now)
}
