//! From a commit to the writes that it takes, each with the condition that makes it safe.
//!
//! **How many.** `DynamoDB` takes 100 actions in a transaction, no two of them on one item. Actions are kept by key, the
//! last one for a key wins, and the lines of a timeline are one item per commit, however many there are. The rest is bounded
//! by core's limits: 2 actors, 1 timeline, at most 3 rows of probes and listings, and one of
//! - opening an incident: a code for each of 20 contacts;
//! - ending or re-opening one: a code for each of 40 numbers (contacts, and numbers changed meanwhile);
//! - changing a profile: 2 numbers and 2 addresses; changing a contact: 2 numbers and 1 code;
//! - removing a user: 50 contacts, a number, an address, the place in the list of users.
//!
//! And one for what a human has done. That is less than 60; more than 100 would be a permanent fault, `TooManyActions`.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    deadman::Deadman,
    history::{Entry, Row},
    id::{IncidentId, OpId, UserId},
    once::EventName,
    phone::PhoneNumber,
    policy::later,
    turn::Pointer,
};

use crate::{
    action::{Action, Guard, Refusal, Write},
    actor::{Actor, encode},
    api::{Change, Commit},
    attribute::{millis, n, s, ttl},
    error::Fault,
    keyring::Keyring,
    keys::{self, Key},
};

/// How long it is remembered that what a human has done was decided.
///
/// The carrier's signature has no time: a request of theirs that somebody has captured is good until the token that signed it is
/// changed. That is to be done once a year; this is longer. `DynamoDB` deletes late, which does no harm: what is still there refuses.
pub const EVENTS_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The actions of one commit, at most one for each item.
#[derive(Debug)]
pub(crate) struct Actions<'a> {
    ring: &'a Keyring,
    by_key: BTreeMap<Key, Action>,
}

impl<'a> Actions<'a> {
    fn new(ring: &'a Keyring) -> Self {
        Self { ring, by_key: BTreeMap::new() }
    }

    /// What `commit` takes. Nothing, if it only checks.
    pub(crate) fn of(ring: &'a Keyring, commit: &Commit) -> Result<Vec<Action>, Fault> {
        let mut actions = Self::new(ring);
        if let Some(change) = &commit.deadman {
            match change {
                Change::Update { version, to } if commit.removed => actions.remove(*version, to),
                Change::New(_) | Change::Update { .. } | Change::Check { .. } => {
                    actions.actor(change, commit.op)?;
                }
            }
        }
        if let Some(change) = &commit.incident {
            actions.actor(change, commit.op)?;
        }
        actions.rows(commit)?;
        for pointer in &commit.pointers {
            actions.pointer(pointer, commit);
        }
        if let Some(name) = &commit.event {
            actions.event(name, commit.op, commit.now);
        }
        let writes = actions.by_key.values().any(|action| !matches!(action.write, Write::Check));
        Ok(if writes { actions.by_key.into_values().collect() } else { Vec::new() })
    }

    /// What it takes to create a user.
    pub(crate) fn creating(
        ring: &'a Keyring,
        deadman: &Deadman,
        first_admin: bool,
        op: OpId,
    ) -> Result<Vec<Action>, Fault> {
        let mut actions = Self::new(ring);
        actions.actor(&Change::New(deadman.clone()), op)?;
        actions.take(keys::user_phone(ring, &deadman.profile.phone), deadman.id, Refusal::Phone);
        actions.take(keys::user_email(ring, &deadman.profile.email), deadman.id, Refusal::Email);
        for contact in &deadman.contacts {
            actions.put(keys::contact_of(ring, &contact.phone, deadman.id), [], Guard::None, Refusal::Moved);
        }
        actions.put(keys::user_row(deadman.id), [], Guard::None, Refusal::Moved);
        if first_admin {
            let holder = ("holder", n(deadman.id));
            actions.put(keys::first_admin(), [holder], Guard::Absent, Refusal::Admin);
        }
        Ok(actions.by_key.into_values().collect())
    }

    /// What it takes to remember that a number stops our texts, or takes them again.
    pub(crate) fn stopping(
        ring: &'a Keyring,
        phone: &PhoneNumber,
        stopped: bool,
        name: &EventName,
        op: OpId,
        now: Timestamp,
    ) -> Vec<Action> {
        let mut actions = Self::new(ring);
        let said = [("stopped", AttributeValue::Bool(stopped)), ("changed_at", n(millis(now)))];
        actions.put(keys::stop(ring, phone), said, Guard::None, Refusal::Moved);
        actions.event(name, op, now);
        actions.by_key.into_values().collect()
    }

    fn add(&mut self, key: Key, write: Write, guard: Guard, refusal: Refusal) {
        self.by_key.insert(key.clone(), Action { key, write, guard, refusal });
    }

    fn put<const N: usize>(
        &mut self,
        key: Key,
        attributes: [(&str, AttributeValue); N],
        guard: Guard,
        refusal: Refusal,
    ) {
        let mut item = key.item();
        item.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
        self.add(key, Write::Put(item), guard, refusal);
    }

    fn actor<T: Actor>(&mut self, change: &Change<T>, op: OpId) -> Result<(), Fault> {
        let (id, write, guard) = match change {
            Change::New(state) => (state.id(), Write::Put(encode(state, 1, op)?), Guard::Absent),
            Change::Update { version, to } => {
                (to.id(), Write::Put(encode(to, version.saturating_add(1), op)?), Guard::Version(*version))
            }
            Change::Check { id, version } => (*id, Write::Check, Guard::Version(*version)),
        };
        self.add(keys::actor(T::named(id)), write, guard, Refusal::Moved);
        Ok(())
    }

    fn remove(&mut self, version: u64, deadman: &Deadman) {
        let user = deadman.id;
        self.add(keys::actor(Deadman::named(user)), Write::Delete, Guard::Version(version), Refusal::Moved);
        self.add(keys::user_row(user), Write::Delete, Guard::None, Refusal::Moved);
        self.give_back(keys::user_phone(self.ring, &deadman.profile.phone), user);
        self.give_back(keys::user_email(self.ring, &deadman.profile.email), user);
        for contact in &deadman.contacts {
            let key = keys::contact_of(self.ring, &contact.phone, user);
            self.add(key, Write::Delete, Guard::None, Refusal::Moved);
        }
    }

    fn rows(&mut self, commit: &Commit) -> Result<(), Fault> {
        let mut timelines = BTreeMap::<IncidentId, BTreeMap<String, &Entry>>::new();
        for row in &commit.rows {
            match row {
                Row::Probe(record) => {
                    let body = s(json(record)?);
                    self.put(
                        keys::probe(record.user_id, record.id),
                        [("record", body)],
                        Guard::None,
                        Refusal::Moved,
                    );
                }
                Row::Listed { user, incident } => {
                    self.put(keys::listed(*user, *incident), [], Guard::None, Refusal::Moved);
                }
                Row::Timeline { incident, entry } => {
                    timelines.entry(*incident).or_default().insert(entry.key(), entry);
                }
            }
        }
        for (incident, entries) in timelines {
            let lines: Result<Vec<_>, _> = entries.into_values().map(|entry| json(entry).map(s)).collect();
            let key = keys::timeline(incident, version_of(commit, incident), commit.op);
            self.put(key, [("entries", AttributeValue::L(lines?))], Guard::None, Refusal::Moved);
        }
        Ok(())
    }

    /// Takes the name of what a human has done, in the same breath as what follows from it: neither is ever there alone.
    fn event(&mut self, name: &EventName, op: OpId, now: Timestamp) {
        let (by, end) = (s(op.to_string()), later(now, EVENTS_KEPT));
        let attributes = [("op", by), ("ttl", ttl(end))];
        self.put(keys::event(self.ring, name), attributes, Guard::Absent, Refusal::Known);
    }

    fn pointer(&mut self, pointer: &Pointer, commit: &Commit) {
        match pointer {
            Pointer::Code { phone, code, incident, place } => {
                let attributes = [("incident", n(incident)), ("place", n(place))];
                self.put(
                    keys::code(self.ring, phone, code),
                    attributes,
                    Guard::FreeAt(commit.now),
                    Refusal::Moved,
                );
            }
            Pointer::CodeUntil { phone, code, until } => self.code_until(phone, code, *until, commit),
            Pointer::UserPhone { user, old, new } => {
                if let Some(old) = old {
                    self.give_back(keys::user_phone(self.ring, old), *user);
                }
                if let Some(new) = new {
                    self.take(keys::user_phone(self.ring, new), *user, Refusal::Phone);
                }
            }
            Pointer::UserEmail { user, old, new } => {
                if let Some(old) = old {
                    self.give_back(keys::user_email(self.ring, old), *user);
                }
                if let Some(new) = new {
                    self.take(keys::user_email(self.ring, new), *user, Refusal::Email);
                }
            }
            Pointer::ContactOf { user, old, new } => {
                if let Some(old) = old {
                    let key = keys::contact_of(self.ring, old, *user);
                    self.add(key, Write::Delete, Guard::None, Refusal::Moved);
                }
                if let Some(new) = new {
                    self.put(keys::contact_of(self.ring, new, *user), [], Guard::None, Refusal::Moved);
                }
            }
        }
    }

    /// Writes the whole pointer again, with its end or without one: a code that `DynamoDB` has already deleted works again when
    /// its incident is re-opened. One that was meanwhile given to another incident is left alone.
    fn code_until(&mut self, phone: &PhoneNumber, code: &str, until: Option<Timestamp>, commit: &Commit) {
        let Some(incident) = written(commit.incident.as_ref()) else { return };
        let mut contacts = incident.contacts.iter();
        let Some(place) = contacts.position(|contact| contact.phone == *phone && contact.code == code) else {
            return;
        };
        let key = keys::code(self.ring, phone, code);
        let guard = Guard::FreeAtOr(commit.now, incident.id);
        let (owner, place) = (("incident", n(incident.id)), ("place", n(place)));
        match until {
            Some(until) => {
                let attributes = [owner, place, ("expires_at", n(millis(until))), ("ttl", ttl(until))];
                self.put(key, attributes, guard, Refusal::Skip);
            }
            None => self.put(key, [owner, place], guard, Refusal::Skip),
        }
    }

    /// Makes a number or an address the user's.
    fn take(&mut self, key: Key, user: UserId, refusal: Refusal) {
        self.put(key, [("holder", n(user))], Guard::Holder(user), refusal);
    }

    /// The number or the address is the user's no longer.
    fn give_back(&mut self, key: Key, user: UserId) {
        self.add(key, Write::Delete, Guard::Holder(user), Refusal::Skip);
    }
}

/// The state that a change writes.
fn written<T: Actor>(change: Option<&Change<T>>) -> Option<&T> {
    match change {
        Some(Change::New(state) | Change::Update { to: state, .. }) => Some(state),
        Some(Change::Check { .. }) | None => None,
    }
}

/// The version of `incident` that the commit makes, or has checked: lines of the timeline are ordered by it.
fn version_of(commit: &Commit, incident: IncidentId) -> u64 {
    match &commit.incident {
        Some(Change::New(state)) if state.id == incident => 1,
        Some(Change::Update { version, to }) if to.id == incident => version.saturating_add(1),
        Some(Change::Check { id, version }) if *id == incident => *version,
        Some(Change::New(_) | Change::Update { .. } | Change::Check { .. }) | None => 0,
    }
}

fn json(row: &impl serde::Serialize) -> Result<String, Fault> {
    serde_json::to_string(row).map_err(|_| Fault { operation: "encode", code: "RowIsNoJson".to_owned() })
}
