//! The store over a table in memory that fails as its [`Weather`] says: for a simulated world.
//!
//! Commits become the same guarded writes, items are encoded and decoded by the same code, and what a lost answer or a
//! refusal means is found out by the same lines as on `DynamoDB`. Only the table behind them is another: atomic writes, strongly
//! consistent reads, and an index that may lie behind.

#[cfg(test)]
mod guards;
mod memory;
mod parsed;

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    deadman::Deadman,
    history::{Entry, ProbeRecord},
    id::{IncidentId, OpId, UserId},
    incident::Incident,
    once::EventName,
    phone::PhoneNumber,
    policy::later,
};

use self::memory::{Memory, Seen, place};
use crate::{
    action::{Action, Write},
    actions::Actions,
    actor::{Actor, SCHEMA, decode_with},
    api::{CallSession, Commit, Cursor, DueEntry, DuePage, Loaded, Page, Store},
    attribute::{Item, instant, millis, n, number, s},
    calls, due,
    error::{CommitError, CreateError, Failed, Fault, StoreError},
    keyring::Keyring,
    keys::{self, Key},
    number::NumberCard,
    settle::{self, Table, Unwritten},
    sweep,
};

/// What becomes of one request to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done and answered.
    Done,
    /// It is refused for want of capacity; nothing is done.
    Throttled,
    /// Another transaction holds the item at that moment; nothing is done.
    Busy,
    /// It never arrives. The caller sees a timeout.
    LostBefore,
    /// It is done, and its answer is lost. The caller sees a timeout.
    LostAfter,
}

/// Of two releases that are there at the same time, the one that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// The one that this code is. It reads what it has written itself.
    This,
    /// The next one. It writes the next [`SCHEMA`] and reads both; all else is the same.
    Next,
}

/// What surrounds the table.
pub trait Weather: Send + Sync + 'static {
    /// A request is on its way; it is worked on when this ends.
    fn travels(&self, operation: &'static str) -> impl Future<Output = Fate> + Send;

    /// Its answer, or the end of the caller's patience, is on the way.
    fn returns(&self, fate: Fate) -> impl Future<Output = ()> + Send;

    /// The instant, by no clock that can be wrong.
    fn now(&self) -> Timestamp;

    /// How long the index takes to show what is written now.
    fn lag(&self) -> SignedDuration;

    /// How many entries of the index the next page holds, at least one. A page may end before it is full.
    fn due_page(&self) -> usize;

    /// `commit` has just been written.
    fn committed(&self, commit: &Commit);

    /// Which release asks.
    fn release(&self) -> Release;

    /// Somebody reads the item of `actor`.
    fn looks_at(&self, actor: ActorId);

    /// A cycle of the sweep has just been recorded as full.
    fn swept(&self);

    /// Whether a function of the next release writes the item of `actor` at this moment, and changes nothing that the state says.
    fn overtakes(&self, actor: ActorId) -> bool;

    /// The item of `actor` was met by a release that cannot read it.
    fn unreadable(&self, actor: ActorId);

    /// `actor` was put off: the index says another time than its state does, until it is written again.
    fn postponed(&self, actor: ActorId);
}

/// What `DynamoDB` answers where another transaction holds an item.
const BUSY: &str = "TransactionConflictException";

/// What it answers where a token comes with other actions than before.
const OTHER_ACTIONS: &str = "IdempotentParameterMismatchException";

/// What the next release writes.
const NEXT_SCHEMA: u32 = SCHEMA.saturating_add(1);

/// The store on a table in memory.
#[derive(Debug)]
pub struct SimulatedStore<W> {
    weather: W,
    ring: Keyring,
    memory: Mutex<Memory>,
}

impl<W: Weather> SimulatedStore<W> {
    /// An empty one.
    #[must_use]
    pub fn new(weather: W, ring: Keyring) -> Self {
        Self { weather, ring, memory: Mutex::default() }
    }

    /// What surrounds it.
    #[must_use]
    pub fn weather(&self) -> &W {
        &self.weather
    }

    /// When the index says that `actor` is due, as its item stands at this instant.
    #[must_use]
    pub fn due_at(&self, actor: ActorId) -> Option<Timestamp> {
        self.lock().items.get(&keys::actor(actor)).and_then(|item| instant(item, "due_at"))
    }

    /// Changes the item of an actor behind everybody's back, as another release or a hand would.
    pub fn tamper(&self, actor: ActorId, attribute: &str, value: &str) {
        if let Some(item) = self.lock().items.get_mut(&keys::actor(actor)) {
            let value = match item.get(attribute) {
                Some(AttributeValue::N(_)) => AttributeValue::N(value.to_owned()),
                _ => s(value),
            };
            item.insert(attribute.to_owned(), value);
        }
    }

    /// The next release is this one from now on: everybody reads what it has written.
    pub fn next_is_this(&self) {
        for item in self.lock().items.values_mut() {
            if number(item, "schema") == Some(NEXT_SCHEMA) {
                item.insert("schema".to_owned(), n(SCHEMA));
            }
        }
    }

    /// Enters a user before time begins.
    ///
    /// # Errors
    /// What the user takes is taken.
    pub fn enter(&self, deadman: &Deadman) -> Result<(), CreateError> {
        let actions =
            Actions::creating(&self.ring, deadman, false, OpId::new(1)).map_err(StoreError::Permanent)?;
        self.lock().write(&actions, self.weather.now()).map_err(|_| CreateError::IdTaken)
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// There is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request: it travels, is worked on unless it is lost, and is answered unless that is.
    async fn request<T: Send>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&mut Memory) -> T + Send,
    ) -> Result<T, Failed> {
        let fate = self.weather.travels(operation).await;
        let done = match fate {
            Fate::Done | Fate::LostAfter => Some(work(&mut self.lock())),
            Fate::Throttled | Fate::Busy | Fate::LostBefore => None,
        };
        self.weather.returns(fate).await;
        match (fate, done) {
            (Fate::Done, Some(done)) => Ok(done),
            (Fate::Throttled, _) => Err(Failed::coded(operation, "ThrottlingException")),
            (Fate::Busy, _) => Err(Failed::coded(operation, BUSY)),
            (Fate::Done | Fate::LostBefore | Fate::LostAfter, _) => Err(Failed {
                fault: Fault { operation, code: "Timeout".to_owned() },
                temporary: true,
                ambiguous: true,
            }),
        }
    }

    /// A function of the next release may write this item just before whoever asks gets to it.
    fn is_overtaken(&self, key: &Key, actor: ActorId) {
        let known = self.lock().items.contains_key(key);
        if known && self.weather.overtakes(actor) {
            self.lock().rewrite(key, later(self.weather.now(), self.weather.lag()));
        }
    }

    async fn load<T: Actor>(&self, id: T::Id) -> Result<Option<Loaded<T>>, StoreError> {
        let key = keys::actor(T::named(id));
        let release = self.weather.release();
        self.weather.looks_at(T::named(id));
        self.is_overtaken(&key, T::named(id));
        let read = |Memory { items, parsed, .. }: &mut Memory| {
            let parse = |json: &str| parsed.state(&key, json);
            items.get(&key).map(|item| read_by(release, id, item, parse)).transpose()
        };
        let read = self.request("GetItem", read).await?;
        if let Err(StoreError::Undecodable { actor, .. }) = &read {
            self.weather.unreadable(*actor);
        }
        read
    }
}

/// Reads an actor's item as a release does.
fn read_by<T: Actor>(
    release: Release,
    id: T::Id,
    item: &Item,
    parse: impl FnOnce(&str) -> serde_json::Result<T>,
) -> Result<Loaded<T>, StoreError> {
    match release {
        Release::Next if number(item, "schema") == Some(NEXT_SCHEMA) => {
            let mut item = item.clone();
            item.insert("schema".to_owned(), n(SCHEMA));
            decode_with(id, &item, parse)
        }
        Release::This | Release::Next => decode_with(id, item, parse),
    }
}

/// The same actions as the next release writes them.
fn by_next_release(actions: &[Action]) -> Vec<Action> {
    let mut actions = actions.to_vec();
    for action in actions.iter_mut().filter(|action| action.key.sk == keys::ACTOR) {
        if let Write::Put(item) = &mut action.write {
            item.insert("schema".to_owned(), n(NEXT_SCHEMA));
        }
    }
    actions
}

/// The table, and the commit that is being written to it, if it is one.
struct Writing<'a, W> {
    store: &'a SimulatedStore<W>,
    commit: Option<&'a Commit>,
}

impl<W: Weather> Table for Writing<'_, W> {
    async fn write(&self, actions: &[Action], token: &str) -> Result<(), Unwritten> {
        if actions.is_empty() {
            return Ok(());
        }
        for key in actions.iter().map(|action| &action.key).filter(|key| key.sk == keys::ACTOR) {
            if let Ok(actor) = key.pk.parse() {
                self.store.is_overtaken(key, actor);
            }
        }
        let weather = &self.store.weather;
        let operation = if actions.len() == 1 { "PutItem" } else { "TransactWriteItems" };
        let by_next = (weather.release() == Release::Next).then(|| by_next_release(actions));
        let actions = by_next.as_deref().unwrap_or(actions);
        let token = (actions.len() > 1).then_some(token);
        let written = self.store.request(operation, |memory| {
            match token.map(|token| memory.seen(token, actions)) {
                Some(Seen::Written) => return Ok(()),
                Some(Seen::WithOthers) => {
                    return Err(Unwritten::Failed(Failed::coded(operation, OTHER_ACTIONS)));
                }
                Some(Seen::No) | None => {}
            }
            let written = memory.write(actions, later(weather.now(), weather.lag()));
            if let Some(token) = token {
                memory.remember(token, actions, written.is_ok());
            }
            if let (Ok(()), Some(commit)) = (&written, self.commit) {
                weather.committed(commit);
            }
            written
        });
        written.await.map_err(|failed| match failed.fault.code.as_str() {
            BUSY => Unwritten::Busy,
            _ => Unwritten::Failed(failed),
        })?
    }

    async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        Ok(self.store.request("GetItem", |memory| memory.items.get(&key).cloned()).await?)
    }
}

/// What no simulation has asked for yet.
fn not_simulated(operation: &'static str) -> StoreError {
    StoreError::Permanent(Fault { operation, code: "NotSimulated".to_owned() })
}

impl<W: Weather> Store for SimulatedStore<W> {
    async fn load_deadman(&self, id: UserId) -> Result<Option<Loaded<Deadman>>, StoreError> {
        self.load(id).await
    }

    async fn load_incident(&self, id: IncidentId) -> Result<Option<Loaded<Incident>>, StoreError> {
        self.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), CommitError> {
        settle::write_commit(&Writing { store: self, commit: Some(commit) }, &self.ring, commit).await
    }

    async fn create_user(&self, deadman: &Deadman, first_admin: bool, op: OpId) -> Result<(), CreateError> {
        let table = Writing { store: self, commit: None };
        settle::write_user(&table, &self.ring, deadman, first_admin, op).await
    }

    async fn admin_exists(&self) -> Result<bool, StoreError> {
        Err(not_simulated("admin_exists"))
    }

    async fn user_by_email(&self, _email: &str) -> Result<Option<UserId>, StoreError> {
        Err(not_simulated("user_by_email"))
    }

    async fn number(&self, phone: &PhoneNumber, now: Timestamp) -> Result<NumberCard, StoreError> {
        let pk = keys::user_phone(&self.ring, phone).pk;
        let read = |memory: &mut Memory| NumberCard::of(&self.ring, phone, memory.partition(&pk), now);
        Ok(self.request("Query", read).await?)
    }

    async fn is_decided(&self, name: &EventName) -> Result<bool, StoreError> {
        let key = keys::event(&self.ring, name);
        Ok(self.request("GetItem", |memory| memory.items.contains_key(&key)).await?)
    }

    async fn stop(
        &self,
        phone: &PhoneNumber,
        stopped: bool,
        name: &EventName,
        op: OpId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let actions = Actions::stopping(&self.ring, phone, stopped, name, op, now);
        settle::write_stop(&Writing { store: self, commit: None }, actions, op).await
    }

    async fn due(&self, shard: u8, before: Timestamp, after: Option<Cursor>) -> Result<DuePage, StoreError> {
        let (shard, before) = (keys::shard_name(shard), before.as_millisecond());
        let now = self.weather.now();
        let mut found = self.request("Query", |memory| memory.due(&shard, now, before)).await?;
        if let Some(from) = after.map(|cursor| place(&cursor.0)) {
            found.retain(|item| place(item) > from);
        }
        let page = self.weather.due_page().max(1);
        let more = found.len() > page;
        found.truncate(page);
        let next = found.last().filter(|_| more).cloned().map(Cursor);
        Ok(DuePage {
            entries: found.iter().filter_map(due::entry).collect::<Vec<DueEntry>>(),
            unknown: 0,
            next,
        })
    }

    async fn postpone(&self, actor: ActorId, version: u64, due_at: Timestamp) -> Result<bool, StoreError> {
        let key = keys::actor(actor);
        let shows_at = later(self.weather.now(), self.weather.lag());
        let written = self.request("UpdateItem", |memory| {
            let Some(item) = memory.items.get_mut(&key) else { return false };
            if number::<u64>(item, "version").unwrap_or(0) != version {
                return false;
            }
            let fails = number::<u32>(item, "fails").unwrap_or(0).saturating_add(1);
            item.insert("due_shard".to_owned(), s(keys::due_shard(actor)));
            item.insert("due_at".to_owned(), n(millis(due_at)));
            item.insert("fails".to_owned(), n(fails));
            memory.show(&key, shows_at);
            self.weather.postponed(actor);
            true
        });
        Ok(written.await?)
    }

    async fn slot(&self, account: &str, window: i64, limit: u32) -> Result<Option<u32>, StoreError> {
        let key = keys::slot(account, window);
        Ok(self.request("UpdateItem", |memory| memory.count(&key, "taken", limit)).await?)
    }

    async fn login_try(&self, _email: &str, _now: Timestamp) -> Result<u32, StoreError> {
        Err(not_simulated("login_try"))
    }

    async fn login_reset(&self, _email: &str, _now: Timestamp) -> Result<(), StoreError> {
        Err(not_simulated("login_reset"))
    }

    async fn probes(&self, _: UserId, _: u32, _: u32) -> Result<Page<ProbeRecord>, StoreError> {
        Err(not_simulated("probes"))
    }

    async fn incidents(&self, _: UserId, _: u32, _: u32) -> Result<Page<IncidentId>, StoreError> {
        Err(not_simulated("incidents"))
    }

    async fn users(&self, _: u32, _: u32) -> Result<Page<UserId>, StoreError> {
        Err(not_simulated("users"))
    }

    async fn timeline(&self, _: IncidentId) -> Result<Vec<Entry>, StoreError> {
        Err(not_simulated("timeline"))
    }

    async fn load_call(&self, sid: &str) -> Result<Option<CallSession>, StoreError> {
        let key = keys::call(sid);
        Ok(self.request("GetItem", |memory| memory.items.get(&key).and_then(calls::read)).await?)
    }

    async fn save_call(
        &self,
        sid: &str,
        session: &CallSession,
        expected: Option<u64>,
    ) -> Result<bool, StoreError> {
        let key = keys::call(sid);
        let item = calls::item(&key, session);
        let saved = self.request("PutItem", |memory| {
            let found = memory.items.get(&key);
            let stands = match expected {
                None => found.is_none(),
                Some(version) => found.is_some_and(|item| number::<u64>(item, "version") == Some(version)),
            };
            if stands {
                memory.items.insert(key, item);
            }
            stands
        });
        Ok(saved.await?)
    }

    async fn sweep_needed(&self, now: Timestamp) -> Result<bool, StoreError> {
        let key = keys::sweep();
        let read = |memory: &mut Memory| sweep::is_needed(memory.items.get(&key), now);
        Ok(self.request("GetItem", read).await?)
    }

    async fn sweep_finished(&self, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::sweep();
        let mut item = key.item();
        item.insert("finished_at".to_owned(), n(millis(now)));
        let done = |memory: &mut Memory| {
            self.weather.swept();
            memory.items.insert(key, item);
        };
        self.request("UpdateItem", done).await.map_err(StoreError::from)
    }
}
