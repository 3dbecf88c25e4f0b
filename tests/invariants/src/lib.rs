//! What always holds, written once: the exhaustive model, the reference model, the random worlds and the simulator all check it
//! with the functions of this crate.
//!
//! The checks look at states (what was committed before, what is committed now) and at what people really did. They do not look
//! at how a state came about, and they do not call the code they check: where a rule of `core` is needed, it is stated again.
//!
//! | check | what it is about | called |
//! |---|---|---|
//! | [`transition`] | one commit: I1 to I8, I12, I13, rounds, questions, acts, told | with every commit |
//! | [`attempt()`] | one request to the carrier: I2, I3 | before every request |
//! | [`leased`] | what a function takes on with a commit: I3 | with every commit of a performer |
//! | [`placed`] | a call of ours that we heard of: I2 | after the commit that took the news |
//! | [`paged_by`] | a deadline that passed: I1 | with every first page, and whenever time has passed |
//! | [`decided()`] | one decision: I11 | in place of `decide` |
//!
//! Letters (I9), cycles of the sweep (I10) and releases (I14) are no states of an actor: the simulator and the stories of the deployed
//! stack look at them where they are, by the names that [`Invariant`] has for them.

mod asked;
mod attempt;
mod clock;
mod decided;
mod edit;
mod honoured;
mod lease;
mod lost;
mod probe;
mod promised;
mod quiet;
mod rounds;
mod schedule;
mod soon;
mod status;
mod step;
mod switch;
mod told;
mod violation;
mod world;

pub use attempt::{Attempt, POST_NEEDS, attempt};
pub use decided::decided;
pub use lease::leased;
pub use quiet::placed;
pub use step::{Act, Knows, Transition};
pub use violation::{Invariant, Violation};
pub use world::paged_by;

/// Checks one commit.
///
/// # Errors
/// The first [`Violation`] found.
pub fn transition(step: &Transition<'_>) -> Result<(), Violation> {
    status::check(step)?;
    lease::check(step)?;
    clock::check(step)?;
    quiet::check(step)?;
    lost::check(step)?;
    soon::check(step)?;
    probe::check(step)?;
    switch::check(step)?;
    rounds::check(step)?;
    edit::check(step)?;
    asked::check(step)?;
    honoured::check(step)?;
    told::check(step)?;
    schedule::check(step)
}
