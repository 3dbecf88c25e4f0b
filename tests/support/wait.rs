//! Waiting for something to become true: conditions with deadlines, never a fixed pause.

use std::{fmt::Display, time::Duration};

use tokio::time::{Instant, sleep};

/// `n` seconds.
#[must_use]
pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// How long between two looks.
const BETWEEN: Duration = Duration::from_millis(150);

/// Looks until `look` finds something, for at most `limit`; `Err` says what is to be seen instead.
///
/// # Panics
/// With `what` and what was seen last, when the time is over.
pub async fn until<T, E: Display>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let end = Instant::now() + limit;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() >= end => {
                panic!("not within {limit:?}: {what}; instead: {seen}");
            }
            Err(_) => sleep(BETWEEN).await,
        }
    }
}
