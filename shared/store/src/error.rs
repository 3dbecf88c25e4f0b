//! What can go wrong, in words that may be logged: operations, codes and actors, never what is stored.

use std::fmt;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use lucius_core::actor::ActorId;

/// A request to the table that failed.
///
/// The service's message is left out on purpose: it may quote values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {code}")]
pub struct Fault {
    /// The operation, as AWS calls it.
    pub operation: &'static str,
    /// The service's error code, or what became of the request.
    pub code: String,
}

/// Why an item cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was written by another release, in a form that this one does not know.
    Schema(Option<u32>),
    /// An attribute that every actor has is missing.
    Incomplete,
    /// The state is no JSON of this actor; where reading it stopped.
    State {
        /// The column in its one line of JSON; 0 where there is none.
        column: usize,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(Some(schema)) => write!(f, "schema {schema} is not known to this release"),
            Self::Schema(None) => f.write_str("it has no schema"),
            Self::Incomplete => f.write_str("an attribute is missing"),
            Self::State { column } => write!(f, "the state is unreadable from column {column} on"),
        }
    }
}

/// A read, or a write without a condition, failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The item is there and cannot be read. It waits ([`Store::postpone`](crate::Store::postpone)); it is not dropped.
    #[error("{actor} cannot be read: {why}")]
    Undecodable {
        /// Which.
        actor: ActorId,
        /// Its version; 0 if it has none.
        version: u64,
        /// How often it has been postponed.
        fails: u32,
        /// Why.
        why: Why,
    },
    /// It may work in a moment: throttled, timed out, or the service is unwell.
    #[error("temporary: {0}")]
    Temporary(Fault),
    /// It will not work again either: rights, names or sizes are wrong.
    #[error("permanent: {0}")]
    Permanent(Fault),
}

impl StoreError {
    /// The table has more to do than it takes.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        match self {
            Self::Temporary(fault) => THROTTLED.contains(&fault.code.as_str()),
            Self::Undecodable { .. } | Self::Permanent(_) => false,
        }
    }
}

/// What somebody else has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The phone number is another user's.
    UserPhone,
    /// The e-mail address is another user's.
    UserEmail,
}

/// A commit that was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A version has moved, or an id or a code was taken: reload all, and decide again with other draws.
    #[error("somebody else was faster")]
    Conflict,
    /// Somebody else has it; deciding again does not help.
    #[error("{}", match .0 {
        Taken::UserPhone => "the phone number is another user's",
        Taken::UserEmail => "the e-mail address is another user's",
    })]
    Taken(Taken),
    /// What the human has done was decided before, by another commit, and counts once. Deciding again does not help.
    #[error("the event has been decided before")]
    Known,
    /// It may work in a moment; whether it was written is unknown. The same commit, sent again, is written at most once.
    #[error("temporary: {0}")]
    Temporary(Fault),
    /// It will not work again either.
    #[error("permanent: {0}")]
    Permanent(Fault),
}

/// A user who was not created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// The id drawn is in use: draw another.
    #[error("the id is in use")]
    IdTaken,
    /// The phone number is another user's.
    #[error("the phone number is another user's")]
    PhoneTaken,
    /// The e-mail address is another user's.
    #[error("the e-mail address is another user's")]
    EmailTaken,
    /// There has been a first administrator already.
    #[error("there is an administrator already")]
    AdminExists,
    /// The table.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a request that failed is to be taken.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) fault: Fault,
    /// Trying again may help.
    pub(crate) temporary: bool,
    /// The write may have been done.
    pub(crate) ambiguous: bool,
}

impl Failed {
    pub(crate) fn of<E: ProvideErrorMetadata>(
        operation: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self {
        let (code, temporary, ambiguous) = match error {
            SdkError::ServiceError(context) => {
                let code = context.err().code().unwrap_or("Unknown");
                let server = context.raw().status().as_u16() >= 500;
                (code, server || is_temporary(code), server || code == IN_PROGRESS)
            }
            SdkError::TimeoutError(_) => ("Timeout", true, true),
            SdkError::DispatchFailure(_) => ("NoConnection", true, true),
            SdkError::ResponseError(_) => ("UnreadableResponse", true, true),
            SdkError::ConstructionFailure(_) => ("NotSent", false, false),
            // The SDK may learn new kinds; one that we do not know says nothing about the write.
            _ => ("Unknown", true, true),
        };
        Self { fault: Fault { operation, code: code.to_owned() }, temporary, ambiguous }
    }

    /// A failure that the service has spelled out in `code`.
    pub(crate) fn coded(operation: &'static str, code: &str) -> Self {
        Self {
            fault: Fault { operation, code: code.to_owned() },
            temporary: is_temporary(code),
            ambiguous: false,
        }
    }
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        if failed.temporary { Self::Temporary(failed.fault) } else { Self::Permanent(failed.fault) }
    }
}

impl From<Failed> for CommitError {
    fn from(failed: Failed) -> Self {
        if failed.temporary { Self::Temporary(failed.fault) } else { Self::Permanent(failed.fault) }
    }
}

/// The same transaction is still under way: our own earlier try, for the token is ours.
const IN_PROGRESS: &str = "TransactionInProgressException";

/// Codes that pass. Source: `DynamoDB` developer guide, "Error handling with `DynamoDB`"; those without `Exception` are
/// cancellation reasons of a transaction.
fn is_temporary(code: &str) -> bool {
    THROTTLED.contains(&code)
        || [
            IN_PROGRESS,
            "InternalServerError",
            "LimitExceededException",
            "ServiceUnavailable",
            "TransactionConflictException",
        ]
        .contains(&code)
}

/// More was asked for than a partition, or the account, takes.
const THROTTLED: [&str; 5] = [
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_pass_and_missing_rights_do_not() {
        for code in ["ThrottlingException", "ThrottlingError", "RequestLimitExceeded", "InternalServerError"]
        {
            assert!(
                matches!(StoreError::from(Failed::coded("PutItem", code)), StoreError::Temporary(_)),
                "{code}"
            );
        }
        for code in ["AccessDeniedException", "ValidationError", "ResourceNotFoundException", ""] {
            assert!(
                matches!(StoreError::from(Failed::coded("PutItem", code)), StoreError::Permanent(_)),
                "{code}"
            );
        }
    }

    #[test]
    fn a_table_that_has_too_much_to_do_is_told_from_one_that_is_unwell() {
        let is_throttled = |code| StoreError::from(Failed::coded("UpdateItem", code)).is_throttled();
        assert!(
            is_throttled("ThrottlingException") && is_throttled("ProvisionedThroughputExceededException")
        );
        assert!(!is_throttled("InternalServerError") && !is_throttled("AccessDeniedException"));
    }

    #[test]
    fn errors_name_the_operation_and_the_actor() {
        let error = StoreError::from(Failed::coded("Query", "ThrottlingException"));
        assert_eq!(error.to_string(), "temporary: Query: ThrottlingException");
        let actor = "INCIDENT#42".parse().unwrap();
        let error = StoreError::Undecodable { actor, version: 3, fails: 0, why: Why::Schema(Some(9)) };
        assert_eq!(error.to_string(), "INCIDENT#42 cannot be read: schema 9 is not known to this release");
    }
}
