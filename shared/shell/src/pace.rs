//! Pace: one counter for each ten seconds of the carrier account, and those for whom nobody has been called before all others.

use jiff::SignedDuration;
use lucius_core::policy::SLOT_WINDOW_SECONDS;
use lucius_store::{Store, StoreError};

use crate::{
    ports::{Nature, Ports},
    shell::Shell,
};

/// How long a slot may take to be had. Without an answer the call goes out: the carrier has a queue of its own.
const PATIENCE: SignedDuration = SignedDuration::from_secs(1);

/// Whether a call may be placed now. Calls for whom none has been placed take any slot; others only while less than a quarter of the window's
/// are taken, by whomever, and in its second half what is left.
pub(crate) async fn slot<P: Ports>(shell: &Shell<P>, first: bool) -> bool {
    let second = shell.ports.nature().now().as_second();
    let (window, into) = (second.div_euclid(SLOT_WINDOW_SECONDS), second.rem_euclid(SLOT_WINDOW_SECONDS));
    let all = shell.pace.calls_per_second.saturating_mul(u32::try_from(SLOT_WINDOW_SECONDS).unwrap_or(10));
    let half = SLOT_WINDOW_SECONDS.div_euclid(2);
    let limit = if first || into >= half { all } else { all.div_euclid(4).max(1) };
    let task = std::pin::pin!(shell.ports.store().slot(&shell.pace.account, window, limit));
    let patience = std::pin::pin!(shell.ports.nature().pause(PATIENCE));
    match futures::future::select(task, patience).await {
        futures::future::Either::Left((Ok(taken), _)) => taken.is_some(),
        futures::future::Either::Left((Err(error), _)) => {
            let goes = goes_without(&error, first);
            tracing::warn!(error = %error, goes, "the pace could not be read");
            goes
        }
        futures::future::Either::Right(((), _)) => {
            tracing::warn!("the pace could not be read in time; the call goes out");
            true
        }
    }
}

/// Whether a call goes out although the counter did not answer. Where too many ask it at once, lines are short: the carrier's queue knows
/// no order, and those for whom nobody has been called would stand behind all others.
fn goes_without(error: &StoreError, first: bool) -> bool {
    first || !error.is_throttled()
}

#[cfg(test)]
mod tests {
    use lucius_store::Fault;

    use super::*;

    #[test]
    fn where_the_counter_is_asked_too_much_only_first_calls_go_out() {
        let error =
            |code: &str| StoreError::Temporary(Fault { operation: "UpdateItem", code: code.to_owned() });
        for (code, others) in [("ThrottlingException", false), ("InternalServerError", true)] {
            assert!(goes_without(&error(code), true), "{code}");
            assert_eq!(goes_without(&error(code), false), others, "{code}");
        }
    }
}
