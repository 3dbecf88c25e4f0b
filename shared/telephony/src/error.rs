//! How a request to a carrier fails, seen from whoever decides what happens next.

use thiserror::Error;

/// Why a carrier did not do what it was asked, in the only classes that lead to different decisions.
///
/// No variant carries what the carrier wrote or what was sent to it: a carrier repeats telephone numbers in its
/// messages, and errors end up in logs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CarrierError {
    /// Refused for good, for this number on this channel. Asking again does not help until somebody changes
    /// something; the other channel may still work.
    #[error("refused for this number (code {code}): {what_to_do}")]
    Permanent {
        /// The carrier's own error code, or the HTTP status if it gave none.
        code: u32,
        /// One sentence for the operator.
        what_to_do: &'static str,
    },
    /// Refused because of our account, its settings or our own request. It says nothing about the number called:
    /// nobody is rested, the operator is alarmed.
    #[error("refused for our account (code {code}): {what_to_do}")]
    Account {
        /// The carrier's own error code, or the HTTP status if it gave none.
        code: u32,
        /// One sentence for the operator.
        what_to_do: &'static str,
    },
    /// The carrier is busy and did not process the request. Asking again later is safe.
    #[error("the carrier is throttling: not processed, try later")]
    Throttled,
    /// No connection came to be, so the carrier knows nothing of the request. Asking again is safe.
    #[error("not sent: {why}")]
    NotSent {
        /// What failed, without addresses.
        why: &'static str,
    },
    /// Nobody knows: the request was, or may have been, sent and no usable answer came back. The call may ring,
    /// the text may arrive.
    #[error("unknown outcome (accepted: {accepted}): {why}")]
    Unknown {
        /// The carrier answered with success, but its identifier could not be read: it was done.
        accepted: bool,
        /// What failed, without addresses.
        why: &'static str,
    },
}

impl CarrierError {
    /// Whether the carrier certainly did nothing, so that the same request can be made again without ringing a
    /// telephone twice.
    #[must_use]
    pub fn is_certainly_not_done(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }

    /// Whether the operator must do something before this can work.
    #[must_use]
    pub fn is_for_operator(&self) -> bool {
        matches!(self, Self::Account { .. })
    }

    /// The carrier's error code, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        match self {
            Self::Permanent { code, .. } | Self::Account { code, .. } => Some(*code),
            Self::Throttled | Self::NotSent { .. } | Self::Unknown { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CarrierError;

    #[test]
    fn only_an_unknown_outcome_may_have_rung() {
        let what_to_do = "nothing";
        let cases = [
            (CarrierError::Permanent { code: 21_211, what_to_do }, true, false, Some(21_211)),
            (CarrierError::Account { code: 20_003, what_to_do }, true, true, Some(20_003)),
            (CarrierError::Throttled, true, false, None),
            (CarrierError::NotSent { why: "refused" }, true, false, None),
            (CarrierError::Unknown { accepted: false, why: "timeout" }, false, false, None),
            (CarrierError::Unknown { accepted: true, why: "cut" }, false, false, None),
        ];
        for (error, not_done, for_operator, code) in cases {
            assert_eq!(error.is_certainly_not_done(), not_done, "{error}");
            assert_eq!(error.is_for_operator(), for_operator, "{error}");
            assert_eq!(error.code(), code, "{error}");
        }
    }
}
