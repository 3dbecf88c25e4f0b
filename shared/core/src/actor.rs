//! An actor: one item, one version, one alarm clock.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{IncidentId, UserId};

/// Who is woken, loaded and committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActorId {
    /// The dead man's switch of one user.
    Deadman(UserId),
    /// One incident.
    Incident(IncidentId),
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadman(id) => write!(f, "DEADMAN#{id}"),
            Self::Incident(id) => write!(f, "INCIDENT#{id}"),
        }
    }
}

/// The text is no actor's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an actor is written DEADMAN#<user id> or INCIDENT#<incident id>")]
pub struct NotAnActor;

impl FromStr for ActorId {
    type Err = NotAnActor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('#') {
            Some(("DEADMAN", id)) => id.parse().map(Self::Deadman).map_err(|_| NotAnActor),
            Some(("INCIDENT", id)) => id.parse().map(Self::Incident).map_err(|_| NotAnActor),
            _ => Err(NotAnActor),
        }
    }
}

impl Serialize for ActorId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ActorId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What comes first when there is more work than time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// An incident for which no phone has rung yet.
    FirstPage,
    /// Other incident work, and deadlines.
    Work,
    /// A schedule that waits for its next probe.
    Schedule,
}

impl Rank {
    /// The number stored in the due index: 0, 1 or 2.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::FirstPage => 0,
            Self::Work => 1,
            Self::Schedule => 2,
        }
    }

    /// The rank of a stored number; anything unknown is worked on as if it were urgent.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::FirstPage,
            2 => Self::Schedule,
            _ => Self::Work,
        }
    }
}

/// When an actor must next be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// How urgent it is then.
    pub rank: Rank,
}

impl Due {
    /// The earlier of two; at the same instant the more urgent.
    #[must_use]
    pub fn earliest(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        a.into_iter().chain(b).min_by_key(|due| (due.at, due.rank))
    }
}

/// What the last inbound events were answered, so that one that comes twice gets the same reply and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen<R>(Vec<(String, R)>);

impl<R> Default for Seen<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Clone> Seen<R> {
    /// How many events are remembered.
    const KEPT: usize = 8;

    /// The reply that the event named `key` got, if it is known.
    #[must_use]
    pub fn reply(&self, key: &str) -> Option<R> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, reply)| reply.clone())
    }

    /// Remembers `reply` as the answer to `key`, and forgets the oldest beyond the last eight.
    pub fn remember(&mut self, key: String, reply: R) {
        self.0.push((key, reply));
        let surplus = self.0.len().saturating_sub(Self::KEPT);
        self.0.drain(..surplus);
    }
}
