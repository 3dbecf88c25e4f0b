//! What the rest of lucius asks of its memory.

use std::{fmt, future::Future};

use jiff::Timestamp;
use lucius_core::{
    actor::{ActorId, Rank},
    deadman::Deadman,
    history::{Entry, ProbeRecord, Row},
    id::{IncidentId, OpId, UserId},
    incident::Incident,
    once::EventName,
    phone::PhoneNumber,
    turn::Pointer,
};

use crate::{
    actor::Actor,
    attribute::Item,
    error::{CommitError, CreateError, StoreError},
    number::NumberCard,
};

/// An actor as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<T> {
    /// What it is.
    pub state: T,
    /// Which writing of it this is, from 1.
    pub version: u64,
    /// The commit that wrote it.
    pub op: OpId,
    /// It was put off since then: the index says another time than its state does, until it is written again.
    pub put_off: bool,
}

/// What a commit does with one actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T: Actor> {
    /// It comes into being; the commit fails if its id is in use.
    New(T),
    /// It was read at `version` and becomes `to`.
    Update {
        /// The version that was read.
        version: u64,
        /// What it becomes.
        to: T,
    },
    /// It was read and has not changed, but the decision rests on it.
    Check {
        /// Which.
        id: T::Id,
        /// The version that was read.
        version: u64,
    },
}

/// What one decision has changed: written in one request, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// A new random id for each decision; the same for the same commit sent again.
    pub op: OpId,
    /// The instant of the decision: which codes are over by now.
    pub now: Timestamp,
    /// The user's switch.
    pub deadman: Option<Change<Deadman>>,
    /// The incident.
    pub incident: Option<Change<Incident>>,
    /// The user goes: with `deadman` as an update, the switch, what points to the user and their place in the list of users
    /// are deleted. Their incidents outlive them, and so does the history.
    pub removed: bool,
    /// History.
    pub rows: Vec<Row>,
    /// What is found by number or address.
    pub pointers: Vec<Pointer>,
    /// What a human has done, if that is what was decided: the commit fails with [`CommitError::Known`] if another one has taken
    /// this name. The change of an actor stands beside it.
    pub event: Option<EventName>,
}

/// One actor that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEntry {
    /// Who.
    pub actor: ActorId,
    /// Since when.
    pub due_at: Timestamp,
    /// How urgent.
    pub rank: Rank,
    /// The version that the index has seen; 0 if the item has none.
    pub version: u64,
    /// How often it has been postponed since it was last written.
    pub fails: u32,
}

/// Where a page of the index ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(pub(crate) Item);

/// A page of what is due, earliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePage {
    /// The entries.
    pub entries: Vec<DueEntry>,
    /// How many entries more are of a kind that this release does not know. They wait for one that does.
    pub unknown: usize,
    /// Where to go on; none at the end.
    pub next: Option<Cursor>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, newest first.
    pub items: Vec<T>,
    /// How many entries the whole list has.
    pub total: u64,
}

/// Where somebody who called us stands in the conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct CallSession {
    /// Which writing of it this is.
    pub version: u64,
    /// The phone line's own record of it, as JSON.
    pub body: String,
    /// When nobody needs it any more.
    pub expires_at: Timestamp,
}

impl fmt::Debug for CallSession {
    /// The body may hold what the caller has keyed in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSession").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The memory of lucius.
///
/// Reads are strongly consistent but for [`due`](Self::due). Nothing here takes longer than
/// [`OPERATION_TIMEOUT`](crate::OPERATION_TIMEOUT) per request, tries included; a commit makes two requests at most
/// (three where a code has to be left out), so that its outcome is known within 4 s.
pub trait Store: Send + Sync {
    /// The user's switch.
    fn load_deadman(
        &self,
        id: UserId,
    ) -> impl Future<Output = Result<Option<Loaded<Deadman>>, StoreError>> + Send;

    /// An incident.
    fn load_incident(
        &self,
        id: IncidentId,
    ) -> impl Future<Output = Result<Option<Loaded<Incident>>, StoreError>> + Send;

    /// Writes what a decision has changed, or nothing. Success also means: this very commit had been written before.
    fn commit(&self, commit: &Commit) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Creates a user in one transaction. `first_admin` also marks that there has been a first administrator, once.
    fn create_user(
        &self,
        deadman: &Deadman,
        first_admin: bool,
        op: OpId,
    ) -> impl Future<Output = Result<(), CreateError>> + Send;

    /// Whether there has been a first administrator.
    fn admin_exists(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Whose address it is.
    fn user_by_email(&self, email: &str) -> impl Future<Output = Result<Option<UserId>, StoreError>> + Send;

    /// Who is behind a number, in one query. Codes that are over at `now` are left out.
    fn number(
        &self,
        phone: &PhoneNumber,
        now: Timestamp,
    ) -> impl Future<Output = Result<NumberCard, StoreError>> + Send;

    /// Whether a commit, or [`Store::stop`], has taken this name.
    fn is_decided(&self, name: &EventName) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Remembers whether a number has stopped our texts, and takes the name of the text that says so. One whose name is taken
    /// changes nothing, and is no error: what it says may have been taken back since.
    fn stop(
        &self,
        phone: &PhoneNumber,
        stopped: bool,
        name: &EventName,
        op: OpId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A page of what is due in `shard` (0 to 15) up to and including `before`. The index may be a moment behind.
    fn due(
        &self,
        shard: u8,
        before: Timestamp,
        after: Option<Cursor>,
    ) -> impl Future<Output = Result<DuePage, StoreError>> + Send;

    /// Puts an actor that cannot be worked on off until `due_at`, and counts it. Neither its state nor its version changes,
    /// and its state is not read. False: its version is no longer `version`, and somebody else has it in hand.
    fn postpone(
        &self,
        actor: ActorId,
        version: u64,
        due_at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Takes one of `limit` slots of the carrier account in a window of
    /// [`SLOT_WINDOW_SECONDS`](lucius_core::policy::SLOT_WINDOW_SECONDS), the `window`th since the Unix epoch. Returns how many are taken
    /// now, or none if there was no slot left; a refusal takes nothing.
    fn slot(
        &self,
        account: &str,
        window: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Option<u32>, StoreError>> + Send;

    /// Counts a log-in that is tried, and returns how many were in the current window of
    /// [`LOGIN_WINDOW_SECONDS`](crate::LOGIN_WINDOW_SECONDS), this one included.
    fn login_try(&self, email: &str, now: Timestamp) -> impl Future<Output = Result<u32, StoreError>> + Send;

    /// A log-in succeeded: the current window counts from zero.
    fn login_reset(&self, email: &str, now: Timestamp)
    -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A user's probes.
    fn probes(
        &self,
        user: UserId,
        page: u32,
        per_page: u32,
    ) -> impl Future<Output = Result<Page<ProbeRecord>, StoreError>> + Send;

    /// A user's incidents.
    fn incidents(
        &self,
        user: UserId,
        page: u32,
        per_page: u32,
    ) -> impl Future<Output = Result<Page<IncidentId>, StoreError>> + Send;

    /// All users.
    fn users(
        &self,
        page: u32,
        per_page: u32,
    ) -> impl Future<Output = Result<Page<UserId>, StoreError>> + Send;

    /// What happened in an incident, in order. Of a line that was written several times, the last writing.
    fn timeline(&self, incident: IncidentId) -> impl Future<Output = Result<Vec<Entry>, StoreError>> + Send;

    /// Where a caller stands.
    fn load_call(&self, sid: &str) -> impl Future<Output = Result<Option<CallSession>, StoreError>> + Send;

    /// Remembers where a caller stands, provided that the version stored is `expected` (none: nothing is stored). False:
    /// it is not, the same request is being handled elsewhere.
    fn save_call(
        &self,
        sid: &str,
        session: &CallSession,
        expected: Option<u64>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Whether a cycle of the sweep is needed: none has finished within the last 40 s.
    fn sweep_needed(&self, now: Timestamp) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// A full cycle of the sweep is done.
    fn sweep_finished(&self, now: Timestamp) -> impl Future<Output = Result<(), StoreError>> + Send;
}
