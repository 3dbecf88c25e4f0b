//! One write of a commit: what is done to which item, on what condition, and what it means when that does not hold.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use lucius_core::id::{IncidentId, UserId};

use crate::{
    attribute::{Item, n},
    keys::Key,
};

/// What is done to one item.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    /// It is written, whole.
    Put(Item),
    /// It is deleted.
    Delete,
    /// Only its condition counts.
    Check,
}

/// What must hold of the item as it is.
#[derive(Debug, Clone)]
pub(crate) enum Guard {
    /// Nothing.
    None,
    /// It is not there.
    Absent,
    /// It has this version.
    Version(u64),
    /// It is not there, or it is this user's.
    Holder(UserId),
    /// It is not there, or over by now.
    FreeAt(Timestamp),
    /// It is not there, over by now, or this incident's.
    FreeAtOr(Timestamp, IncidentId),
}

/// What it means when the guard does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Somebody else was faster.
    Moved,
    /// The number is another user's.
    Phone,
    /// The address is another user's.
    Email,
    /// There was a first administrator.
    Admin,
    /// The event has been decided before, by another commit.
    Known,
    /// The item is none of our business any more: this action is left out.
    Skip,
}

/// One write of a commit.
#[derive(Debug, Clone)]
pub(crate) struct Action {
    pub(crate) key: Key,
    pub(crate) write: Write,
    pub(crate) guard: Guard,
    pub(crate) refusal: Refusal,
}

impl Guard {
    /// The condition, and the values it names.
    pub(crate) fn expression(&self) -> Option<(&'static str, Vec<(&'static str, AttributeValue)>)> {
        Some(match self {
            Self::None => return None,
            Self::Absent => ("attribute_not_exists(pk)", vec![]),
            Self::Version(version) => ("version = :version", vec![(":version", n(version))]),
            Self::Holder(user) => {
                ("attribute_not_exists(pk) OR holder = :holder", vec![(":holder", n(user))])
            }
            Self::FreeAt(now) => {
                ("attribute_not_exists(pk) OR expires_at <= :now", vec![(":now", n(now.as_millisecond()))])
            }
            Self::FreeAtOr(now, incident) => (
                "attribute_not_exists(pk) OR expires_at <= :now OR incident = :incident",
                vec![(":now", n(now.as_millisecond())), (":incident", n(incident))],
            ),
        })
    }
}
