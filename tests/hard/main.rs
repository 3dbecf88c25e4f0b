//! Stories that take something away from everybody, or need the whole house: one after another, after the others.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on says so by panicking"
)]

mod codes;
mod herd;
mod kill;
mod letters;
mod wakes;

use lucius_tests::Phone;

/// The person at risk is told who is coming.
async fn told_who_is_coming(phone: &Phone, who: &str) {
    phone.expect_text(&format!("{who} Test has accepted the alert")).await;
}
