//! The parts of Twilio's answers that we read. It may add others at any time.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// An accepted call.
#[derive(Deserialize)]
pub(super) struct Call {
    #[serde(deserialize_with = "filled")]
    pub(super) sid: String,
    /// Milliseconds until the call is dialled. Documented as a string.
    #[serde(default)]
    queue_time: Value,
}

impl Call {
    /// How long the call waits, if Twilio says it in a way that we read; a guess of "not at all" only means that we
    /// look after the call earlier.
    pub(super) fn queue_time_ms(&self) -> u64 {
        match &self.queue_time {
            Value::String(text) => text.parse().unwrap_or(0),
            Value::Number(number) => number.as_u64().unwrap_or(0),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => 0,
        }
    }
}

/// An accepted text.
#[derive(Deserialize)]
pub(super) struct Text {
    #[serde(deserialize_with = "filled")]
    pub(super) sid: String,
}

/// A call that we asked about.
#[derive(Deserialize)]
pub(super) struct Polled {
    pub(super) status: String,
}

/// A refusal (<https://www.twilio.com/docs/usage/twilios-response#errors>).
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub(super) code: u32,
}

/// An identifier that identifies nothing is as good as none.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Err(de::Error::invalid_length(0, &"an identifier")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::Call;

    #[test]
    fn the_queue_time_is_read_however_it_is_written() {
        let cases =
            [("\"1500\"", 1_500), ("1500", 1_500), ("null", 0), ("\"soon\"", 0), ("-1", 0), ("true", 0)];
        for (written, milliseconds) in cases {
            let call: Call =
                serde_json::from_str(&format!(r#"{{"sid":"CA1","queue_time":{written}}}"#)).unwrap();
            assert_eq!(call.queue_time_ms(), milliseconds, "{written}");
        }
        assert_eq!(serde_json::from_str::<Call>(r#"{"sid":"CA1"}"#).unwrap().queue_time_ms(), 0);
    }
}
