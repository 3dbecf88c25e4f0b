//! Counting calls to AWS, for tests that hold each event to its budget.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeSerializationInterceptorContextRef},
        orchestrator::Metadata,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

/// An interceptor for any AWS SDK client that counts operations by name; tries of one operation count once.
///
/// Clones count together.
#[derive(Debug, Clone, Default)]
pub struct CallCounter {
    calls: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl CallCounter {
    /// How often each operation was called, by its name at AWS (`GetItem`).
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, usize> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many operations were called.
    #[must_use]
    pub fn total(&self) -> usize {
        self.calls().values().sum()
    }

    /// The counts so far; counting starts again from zero.
    #[must_use]
    pub fn take(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for CallCounter {
    fn name(&self) -> &'static str {
        "CallCounter"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = config.load::<Metadata>().map_or("unknown", Metadata::name).to_owned();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.entry(name).or_default();
        *count = count.saturating_add(1);
        Ok(())
    }
}
