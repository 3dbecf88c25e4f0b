//! Lists: filters by time, pages.

use super::Form;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Puts the page that was asked for into Twilio's envelope. `all` is newest first.
pub(super) fn page(account: &str, what: &str, all: &[Value], form: &Form) -> Value {
    let size = form.get("PageSize").and_then(|text| text.parse().ok()).unwrap_or(50_usize).clamp(1, 1_000);
    let page = form.get("Page").and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    let start = page.saturating_mul(size);
    let items: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
    let end = start.saturating_add(items.len());
    let file = if what == "calls" { "Calls" } else { "Messages" };
    let uri = |page: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &form.0 {
            if !matches!(name.as_str(), "Page" | "PageSize" | "PageToken") {
                query.append_pair(name, value);
            }
        }
        query.append_pair("PageSize", &size.to_string()).append_pair("Page", &page.to_string());
        format!("/2010-04-01/Accounts/{account}/{file}.json?{}", query.finish())
    };
    let mut body = json!({
        "first_page_uri": uri(0),
        "previous_page_uri": page.checked_sub(1).map(uri),
        "next_page_uri": (end < all.len()).then(|| uri(page.saturating_add(1))),
        "uri": uri(page),
        "page": page,
        "page_size": size,
        "start": start,
        "end": end.saturating_sub(1).max(start),
    });
    if let Some(object) = body.as_object_mut() {
        object.insert(what.to_owned(), Value::Array(items));
    }
    body
}

/// Whether a time meets the filters `name`, `name<` and `name>`, each a date or a time, all inclusive as at Twilio.
pub(super) fn in_time(form: &Form, name: &str, at: Option<Timestamp>) -> bool {
    let bound = |suffix: &str| form.get(&format!("{name}{suffix}")).and_then(moment);
    let within = |test: &dyn Fn(Timestamp) -> bool| at.is_some_and(test);
    if let Some((from, to)) = bound("")
        && !within(&|at| at >= from && at < to)
    {
        return false;
    }
    if let Some((_, to)) = bound("<")
        && !within(&|at| at < to)
    {
        return false;
    }
    if let Some((from, _)) = bound(">")
        && !within(&|at| at >= from)
    {
        return false;
    }
    true
}

/// A day (from its begin to its end, UTC) or a second.
fn moment(text: &str) -> Option<(Timestamp, Timestamp)> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some((at, at.checked_add(jiff::SignedDuration::from_secs(1)).ok()?));
    }
    let day: Date = text.get(..10)?.parse().ok()?;
    let from = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some((from, from.checked_add(jiff::SignedDuration::from_hours(24)).ok()?))
}
