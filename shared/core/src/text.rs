//! stub
use jiff::Timestamp; use crate::schedule::TimeZone;
/// w
pub fn write_time(_at: Timestamp, _z: &TimeZone) -> String { String::new() }
