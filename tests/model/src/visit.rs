//! Visits every state within some bounds.

use std::{
    num::NonZero,
    thread::available_parallelism,
    time::{Duration, Instant},
};

use stateright::{Checker, HasDiscoveries, Model};

use crate::{Bounds, Calls};

/// What a visit of all states came to.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Different states.
    pub unique: usize,
    /// Steps taken.
    pub steps: usize,
    /// The most steps from the beginning to a state.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// What does not hold, with a short way there.
    pub failures: Vec<(&'static str, Vec<String>)>,
    /// What must happen somewhere, and does.
    pub examples: Vec<&'static str>,
    /// Every state was visited.
    pub whole: bool,
}

/// Visits every state within `bounds`, for as long as `patience` lasts.
#[must_use]
pub fn visit(bounds: Bounds, patience: Duration) -> Visit {
    let began = Instant::now();
    let threads = available_parallelism().map_or(1, NonZero::get);
    let checker = Calls::new(bounds)
        .checker()
        .threads(threads)
        .timeout(patience)
        .finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let (mut failures, mut examples) = (Vec::new(), Vec::new());
    for property in checker.model().properties() {
        let Some(path) = checker.discovery(property.name) else { continue };
        if property.expectation.discovery_is_failure() {
            let last = path.last_state().broken.clone().unwrap_or_default();
            let steps = path.into_actions().into_iter().map(|action| format!("{action:?}"));
            failures.push((property.name, steps.chain([last]).collect()));
        } else {
            examples.push(property.name);
        }
    }
    Visit {
        unique: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        took: began.elapsed(),
        whole: failures.is_empty() && began.elapsed() < patience,
        failures,
        examples,
    }
}
