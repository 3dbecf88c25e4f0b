//! Alarms for the operator: log lines that are CloudWatch metrics at the same time (embedded metric format,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).

use lucius_core::turn::Alarm;

/// The metric that the template's alarms watch: of all kinds together, and of one kind where another that lasts must not hide it.
const METRIC: &str = "OperatorAlarm";

/// All kinds together, and each by itself.
const BY_KIND: &[&[&str]] = &[&[], &["alarm"]];

/// Raises what a decision wants the operator to hear, once it is committed.
pub(crate) fn raise(alarms: &[Alarm]) {
    for alarm in alarms {
        match alarm {
            Alarm::CarrierAccount { code } => {
                operator("CarrierAccount", &format!("the carrier refuses our account or settings: {code}"));
            }
            Alarm::RoundReachedNobody => {
                operator("RoundReachedNobody", "a whole round of calls reached no phone");
            }
            Alarm::NobodyToCall => operator("NobodyToCall", "an incident is open and has nobody to call"),
            Alarm::DeadlineLate => {
                operator("DeadlineLate", "a deadline was looked at more than 15 minutes late");
            }
        }
    }
}

/// Wakes the operator. `why` holds no number, name, PIN or code.
pub fn operator(alarm: &str, why: &str) {
    tracing::error!(alarm, "{why}");
    write(METRIC, 1, &[("alarm", alarm)], BY_KIND);
}

/// Who hears of metrics in place of standard output.
#[cfg(feature = "testing")]
static LISTENER: std::sync::OnceLock<Listener> = std::sync::OnceLock::new();

/// Takes the name of a metric and its properties.
#[cfg(feature = "testing")]
pub type Listener = fn(name: &str, properties: &[(&str, &str)]);

/// From now on metrics go to `listener`: a simulated world raises more of them than anybody could read.
#[cfg(feature = "testing")]
pub fn listen(listener: Listener) {
    // The first one stays.
    let _ = LISTENER.set(listener);
}

/// Writes one metric record to standard output, where CloudWatch finds it.
pub fn metric(name: &str, value: u64, properties: &[(&str, &str)]) {
    write(name, value, properties, &[&[]]);
}

/// The same, as a metric of its own for each set of properties in `dimensions`.
fn write(name: &str, value: u64, properties: &[(&str, &str)], dimensions: &[&[&str]]) {
    #[cfg(feature = "testing")]
    if let Some(listener) = LISTENER.get() {
        return listener(name, properties);
    }
    write_line(&record(name, value, properties, dimensions, now_millis()).to_string());
}

fn record(
    name: &str,
    value: u64,
    properties: &[(&str, &str)],
    dimensions: &[&[&str]],
    millis: i64,
) -> serde_json::Value {
    let mut record = serde_json::json!({
        "_aws": {
            "Timestamp": millis,
            "CloudWatchMetrics": [{
                "Namespace": "lucius",
                "Dimensions": dimensions,
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }],
        },
        name: value,
    });
    if let Some(fields) = record.as_object_mut() {
        for (key, text) in properties {
            fields.insert((*key).to_owned(), serde_json::Value::from(*text));
        }
    }
    record
}

fn now_millis() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn write_line(line: &str) {
    use std::io::Write as _;
    // Nothing better is left to do when standard output is gone.
    let _gone = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_counts_among_all_and_by_itself() {
        let record = record(METRIC, 1, &[("alarm", "NobodyToCall")], BY_KIND, 7);
        let metrics = &record["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Dimensions"], serde_json::json!([[], ["alarm"]]));
        assert_eq!((&record["alarm"], &record[METRIC]), (&"NobodyToCall".into(), &1.into()));
    }
}
