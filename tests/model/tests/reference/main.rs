//! A naive description of the switch and its incident, held against the real decisions: whatever happens, in any order, twice, late,
//! with clocks that go back, functions that die and a carrier that says anything, both agree on who is asked, whether contacts are
//! called, who has accepted, and which codes count.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the helpers fail as the tests do"
)]

mod naive;
mod real;

use naive::Naive;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use real::Real;

struct Agree;

impl StateMachineTest for Agree {
    type SystemUnderTest = Real;
    type Reference = Naive;

    fn init_test(naive: &<Naive as ReferenceStateMachine>::State) -> Real {
        Real::new(naive.now)
    }

    fn apply(mut real: Real, _: &Naive, step: naive::Step) -> Real {
        real.takes(&step);
        real
    }

    fn check_invariants(real: &Real, naive: &Naive) {
        real.agrees(naive);
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig {
        // PROPTEST_CASES asks for more.
        cases: ProptestConfig::default().cases.max(1_000),
        // Steps of contacts before there are any are drawn again.
        max_local_rejects: 10_000_000,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_decisions_do_as_the_naive_description_says(sequential 1..120 => Agree);
}
