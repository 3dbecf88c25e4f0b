//! Durations as they are promised. The code under test has its own, which may be wrong.

use jiff::SignedDuration;
use lucius_core::policy::Policy;

/// So many minutes of the product.
pub(crate) fn minutes(policy: &Policy, minutes: u32) -> SignedDuration {
    policy.minute.saturating_mul(i32::try_from(minutes).unwrap_or(i32::MAX))
}

/// The window in which the calls to one contact are counted.
pub(crate) fn hour(policy: &Policy) -> SignedDuration {
    minutes(policy, 60)
}

/// A number that refuses rests this long, at most.
pub(crate) fn rest(policy: &Policy) -> SignedDuration {
    minutes(policy, 15)
}

/// A last deadline that is looked at so much later was missed by us.
pub(crate) fn we_were_down(policy: &Policy) -> SignedDuration {
    minutes(policy, 15).max(SignedDuration::from_secs(150))
}

/// An accept that nobody renews stands this long.
pub(crate) fn accept(policy: &Policy) -> SignedDuration {
    minutes(policy, 20)
}

/// What the carrier did not take is tried again within this.
pub(crate) const AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// A call that we know of is asked after within this, wherever it stands: three minutes of talk, or ten in the carrier's queue.
pub(crate) fn asked_after(policy: &Policy) -> SignedDuration {
    minutes(policy, 15).max(SignedDuration::from_mins(3))
}

/// So often in an alert contacts are told what is new of the person at risk.
pub(crate) const NEWS: u8 = 5;
