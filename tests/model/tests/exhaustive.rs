//! The least that is visited with every run of the unit tests. `make model` visits more.

use std::time::Duration;

use lucius_model::{Bounds, visit};

#[test]
fn every_state_of_a_small_world_holds() {
    let (_, bounds) = Bounds::SLICES[0];
    let visit = visit(bounds, Duration::from_mins(3));
    assert!(visit.failures.is_empty(), "{:#?}", visit.failures);
    assert!(visit.whole, "not every state was visited");
    assert!(visit.unique > 1_000, "only {} states: nothing happened", visit.unique);
    for example in ["somebody accepts", "a call that comes too late is cancelled", "both contacts are called"]
    {
        assert!(visit.examples.contains(&example), "it never happened that {example}");
    }
}
