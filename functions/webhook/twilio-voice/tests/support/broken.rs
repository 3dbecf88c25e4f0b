//! A table that has gone down, and the alarms that this raises.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world has to stop")]

use std::sync::{Arc, Mutex};

use lucius_shell::testing::World;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};

/// A world whose table has gone down since `make` was done with it. To be made outside of any runtime.
pub(crate) fn broken<T>(make: impl AsyncFnOnce(&World) -> T) -> (World, T) {
    let up = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let both = up.block_on(async {
        let world = World::new().await;
        let wanted = make(&world).await;
        (world, wanted)
    });
    up.shutdown_timeout(std::time::Duration::from_secs(1));
    both
}

/// Runs what happens then.
pub(crate) fn then<T>(what: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what)
}

/// The names of the alarms that this thread raises.
#[derive(Clone, Default)]
pub(crate) struct Alarms(Arc<Mutex<Vec<String>>>);

impl Alarms {
    /// Listens for as long as the guard lives.
    pub(crate) fn listen() -> (Self, DefaultGuard) {
        let alarms = Self::default();
        let guard = tracing::subscriber::set_default(alarms.clone());
        (alarms, guard)
    }

    /// Those raised since this was last asked.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Visit for &Alarms {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "alarm" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
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
        event.record(&mut &*self);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
