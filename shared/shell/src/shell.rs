//! The shell itself: ports and the operator's parameters.

use lucius_core::policy::Policy;

use crate::ports::Ports;

/// How much the carrier account may be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Names the counter: the carrier account.
    pub account: String,
    /// Calls that the account may place in a second.
    pub calls_per_second: u32,
}

/// Ports, and what the operator has set.
#[derive(Debug)]
pub struct Shell<P> {
    /// The world.
    pub ports: P,
    /// The operator's parameters.
    pub policy: Policy,
    /// Where carriers reach us: scheme, host and port, without a slash at the end.
    pub public_base_url: String,
    /// How fast calls may be placed.
    pub pace: Pace,
}

impl<P: Ports> Shell<P> {
    /// This function performs effects; the others only decide.
    pub(crate) fn performs(&self) -> bool {
        self.ports.carrier().is_some()
    }

    /// An address of ours as a carrier gets it. The fragment sets its patience: connect within 2 s, read within 6 s, two
    /// retries whatever the failure. It is no part of what is signed.
    #[must_use]
    pub fn carrier_url(&self, path: &str) -> String {
        format!("{}{path}#ct=2000&rt=6000&rc=2&rp=all", self.public_base_url)
    }
}
