//! The operator's alarms, as a test hears them.

use std::sync::{Arc, Mutex};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

/// The alarms that this thread raises: names and words.
#[derive(Debug, Clone, Default)]
pub struct Alarms(Arc<Mutex<Vec<(String, String)>>>);

impl Alarms {
    /// Listens for as long as the guard lives.
    #[must_use]
    pub fn listen() -> (Self, DefaultGuard) {
        let alarms = Self::default();
        let guard = tracing::subscriber::set_default(alarms.clone());
        (alarms, guard)
    }

    /// The names of those raised since this was last asked.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        self.take_told().into_iter().map(|(name, _)| name).collect()
    }

    /// Those raised since this was last asked, with what they say.
    #[must_use]
    pub fn take_told(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// One line of the log, if it is an alarm.
#[derive(Default)]
struct Line {
    alarm: Option<String>,
    words: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "alarm" {
            self.alarm = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.words = format!("{value:?}");
        }
    }
}

impl Subscriber for Alarms {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        if let Some(alarm) = line.alarm {
            self.0.lock().unwrap().push((alarm, line.words));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
