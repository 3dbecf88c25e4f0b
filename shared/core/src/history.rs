//! What happened: rows that are written beside the state, in the same commit, and never decide anything.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    effect::Channel,
    id::{ContactId, IncidentId, ProbeId, UserId},
};

/// How a probe stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeStatus {
    /// Asked, not answered.
    Pending,
    /// Answered well.
    Good,
    /// Answered badly.
    Bad,
    /// Withdrawn.
    Cancelled,
    /// Not answered in time.
    Unavailable,
}

/// One probe, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeRecord {
    /// Its id.
    pub id: ProbeId,
    /// Who was asked.
    pub user_id: UserId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When this was last written.
    pub updated_at: Timestamp,
    /// How it stands.
    pub status: ProbeStatus,
    /// The last thing the person answered, as they wrote it.
    pub last_response: String,
    /// Follow-up questions sent.
    pub retry_count: u8,
    /// Follow-up questions allowed.
    pub max_retries: u8,
    /// How long each question waits.
    pub wait_time_in_minutes: u32,
    /// When the question now open runs out.
    pub deadline: Timestamp,
}

/// What a line of the timeline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The incident was opened, or another cause joined it.
    Opened,
    /// A round began.
    Round,
    /// One try at one contact on one channel.
    Attempt,
    /// A contact accepted.
    Accepted,
    /// A contact offered to go as well.
    Backup,
    /// Who accepted is still on it.
    Renewed,
    /// An accept ran out.
    Lapsed,
    /// A contact said no.
    Declined,
    /// Something that changes nothing but may matter.
    Note,
    /// The incident is over.
    Ended,
    /// It was over and is open again.
    Reopened,
}

/// One line of an incident's timeline. A line is written again, under the same key, when more is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What about.
    pub what: What,
    /// Which contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_id: Option<ContactId>,
    /// Their name, or the person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<Channel>,
    /// Which try of that contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// More, for a reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Entry {
    /// A line about the incident as a whole.
    #[must_use]
    pub fn new(at: Timestamp, what: What, detail: impl Into<String>) -> Self {
        let detail = Some(detail.into());
        Self { at, what, contact_id: None, who: None, how: None, attempt: None, outcome: None, detail }
    }

    /// The key under which the line is kept, unique within the incident: it sorts by time. Only an attempt is written again; of
    /// anything else two lines of one instant that say different things are both kept.
    #[must_use]
    pub fn key(&self) -> String {
        let what = match self.what {
            What::Opened => "0opened",
            What::Round => "1round",
            What::Attempt => "2attempt",
            What::Accepted => "3accepted",
            What::Backup => "4backup",
            What::Renewed => "5renewed",
            What::Lapsed => "6lapsed",
            What::Declined => "7declined",
            What::Note => "8note",
            What::Ended => "9ended",
            What::Reopened => "areopened",
        };
        let contact = self.contact_id.map(|id| id.to_string()).unwrap_or_default();
        let how = self.how.map_or("", Channel::as_str);
        let attempt = self.attempt.unwrap_or(0);
        let detail = self.detail.as_deref().unwrap_or_default();
        format!("{:013}-{what}-{contact}-{how}-{attempt}-{detail}", self.at.as_millisecond())
    }
}

/// A row to write with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A probe, under its user.
    Probe(ProbeRecord),
    /// An incident, listed under its user.
    Listed {
        /// Under whom.
        user: UserId,
        /// What.
        incident: IncidentId,
    },
    /// A line of an incident's timeline.
    Timeline {
        /// Whose.
        incident: IncidentId,
        /// The line.
        entry: Entry,
    },
}
