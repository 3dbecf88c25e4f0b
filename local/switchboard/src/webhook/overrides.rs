//! Connection overrides in a URL's fragment, e.g. `#ct=2000&rt=6000&rc=2&rp=all`.
//!
//! Source: <https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides>.

use std::time::Duration;

/// How patiently a webhook is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Overrides {
    /// `ct`: 100 to 10,000 ms, default 5,000.
    pub(crate) connect_timeout: Duration,
    /// `rt`: 100 to 15,000 ms, default 15,000.
    pub(crate) read_timeout: Duration,
    /// `tt`: 100 to 15,000 ms for all tries together, default 15,000.
    pub(crate) total_time: Duration,
    /// `rc`: 0 to 5 retries, default 1.
    pub(crate) retry_count: u32,
    /// `rp`: which failures are tried again, default `ct`.
    retry_policy: Vec<String>,
}

/// Why a try failed, in the words of `rp`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cause {
    Connect,
    Read,
    Status(u16),
}

impl Overrides {
    /// Those of this URL.
    pub(crate) fn of(url: &str) -> Self {
        let mut overrides = Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(15),
            total_time: Duration::from_secs(15),
            retry_count: 1,
            retry_policy: vec!["ct".to_owned()],
        };
        let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
        for (name, value) in fragment.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "ct" => set_millis(&mut overrides.connect_timeout, value, 10_000),
                "rt" => set_millis(&mut overrides.read_timeout, value, 15_000),
                "tt" => set_millis(&mut overrides.total_time, value, 15_000),
                "rc" => overrides.retry_count = value.parse().map_or(1, |count: u32| count.min(5)),
                "rp" => overrides.retry_policy = value.split(',').map(str::to_owned).collect(),
                _ => {}
            }
        }
        overrides
    }

    /// Whether a try that failed for this cause is repeated.
    pub(crate) fn retries(&self, cause: Cause) -> bool {
        let word = match cause {
            Cause::Connect => "ct",
            Cause::Read => "rt",
            Cause::Status(400..=499) => "4xx",
            Cause::Status(500..=599) => "5xx",
            Cause::Status(_) => return false,
        };
        self.retry_policy.iter().any(|listed| listed == "all" || listed == word)
    }
}

fn set_millis(slot: &mut Duration, value: &str, most: u64) {
    if let Ok(millis) = value.parse::<u64>() {
        *slot = Duration::from_millis(millis.clamp(100, most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_retry_connections_only() {
        let overrides = Overrides::of("https://example.com/x");
        assert_eq!(overrides.retry_count, 1);
        assert!(overrides.retries(Cause::Connect));
        assert!(!overrides.retries(Cause::Read));
        assert!(!overrides.retries(Cause::Status(500)));
    }

    #[test]
    fn fragment_rules() {
        let overrides = Overrides::of("https://example.com/x#ct=2000&rt=6000&rc=2&rp=all");
        assert_eq!(overrides.connect_timeout, Duration::from_secs(2));
        assert_eq!(overrides.read_timeout, Duration::from_secs(6));
        assert_eq!(overrides.retry_count, 2);
        assert!(overrides.retries(Cause::Status(404)) && overrides.retries(Cause::Status(503)));
        let picky = Overrides::of("https://example.com/x#rc=9&rp=5xx,rt");
        assert_eq!(picky.retry_count, 5);
        assert!(
            picky.retries(Cause::Read)
                && !picky.retries(Cause::Status(404))
                && !picky.retries(Cause::Connect)
        );
    }
}
