//! The store over a table in memory that fails as its [`Weather`] says: for a simulated world.
//!
//! Commits become the same guarded writes, items are encoded and decoded by the same code, and what a lost answer or a
//! refusal means is found out by the same lines as on `DynamoDB`. Only the table behind them is another: atomic writes, strongly
//! consistent reads, and an index that may lie behind.

use std::{
    collections::BTreeMap,
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
    phone::PhoneNumber,
    policy::later,
};

use crate::{
    action::{Action, Guard, Write},
    actions::Actions,
    actor::{Actor, decode},
    api::{CallSession, Commit, Cursor, DueEntry, DuePage, Loaded, Page, Store},
    attribute::{Item, instant, millis, n, number, s, text},
    calls, due,
    error::{CommitError, CreateError, Failed, Fault, StoreError},
    keyring::Keyring,
    keys::{self, Key},
    number::NumberCard,
    settle::{self, Refused, Table, Unwritten},
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

    /// `commit` has just been written.
    fn committed(&self, commit: &Commit);
}

/// How many entries of the index one page holds: few, so that several pages are read.
const DUE_PAGE: usize = 7;

/// What the index shows of an actor, since when; the last two or three.
type Shown = Vec<(Timestamp, Option<Item>)>;

#[derive(Debug, Default)]
struct Memory {
    items: BTreeMap<Key, Item>,
    /// The index, shard by shard and actor by actor.
    index: BTreeMap<String, BTreeMap<String, Shown>>,
}

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
            (Fate::Throttled | Fate::Busy, _) => Err(Failed::coded(operation, "ThrottlingException")),
            (Fate::Done | Fate::LostBefore | Fate::LostAfter, _) => Err(Failed {
                fault: Fault { operation, code: "Timeout".to_owned() },
                temporary: true,
                ambiguous: true,
            }),
        }
    }

    async fn load<T: Actor>(&self, id: T::Id) -> Result<Option<Loaded<T>>, StoreError> {
        let key = keys::actor(T::named(id));
        self.request("GetItem", |memory| memory.items.get(&key).map(|item| decode(id, item)).transpose())
            .await?
    }
}

impl Memory {
    /// Writes the actions if all their guards hold.
    fn write(&mut self, actions: &[Action], shows_at: Timestamp) -> Result<(), Unwritten> {
        let refused: Vec<Refused> = actions
            .iter()
            .enumerate()
            .filter(|(_, action)| !holds(&action.guard, self.items.get(&action.key)))
            .map(|(index, action)| Refused { index, found: self.items.get(&action.key).cloned() })
            .collect();
        if !refused.is_empty() {
            return Err(Unwritten::Refused(refused));
        }
        for action in actions {
            match &action.write {
                Write::Put(item) => {
                    self.items.insert(action.key.clone(), item.clone());
                    self.show(&action.key, shows_at);
                }
                Write::Delete => {
                    self.items.remove(&action.key);
                    self.show(&action.key, shows_at);
                }
                Write::Check => {}
            }
        }
        Ok(())
    }

    /// Carries an actor's item over to the index, which shows it from then on.
    fn show(&mut self, key: &Key, from: Timestamp) {
        if key.sk != keys::ACTOR {
            return;
        }
        let Ok(actor) = key.pk.parse() else { return };
        let entry = self.items.get(key).filter(|item| item.contains_key("due_at")).map(|item| {
            let projected = ["pk", "due_shard", "due_at", "rank", "version", "fails"];
            projected.iter().filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone()))).collect()
        });
        let shown = self.index.entry(keys::due_shard(actor)).or_default().entry(key.pk.clone()).or_default();
        // Writings of one item reach the index in their order.
        let from = shown.last().map_or(from, |(earlier, _)| from.max(*earlier));
        shown.push((from, entry));
    }

    /// What the index shows at `now` of a shard: those who are due up to `before`, the earliest first. What is older is forgotten.
    fn due(&mut self, shard: &str, now: Timestamp, before: i64) -> Vec<Item> {
        let mut seen = Vec::new();
        let Some(shard) = self.index.get_mut(shard) else { return seen };
        shard.retain(|_, shown| {
            let past = shown.iter().take_while(|(from, _)| *from <= now).count();
            shown.drain(..past.saturating_sub(1));
            if let Some((from, Some(entry))) = shown.first()
                && *from <= now
                && number::<i64>(entry, "due_at").is_some_and(|at| at <= before)
            {
                seen.push(entry.clone());
            }
            !matches!(shown.as_slice(), [(from, None)] if *from <= now)
        });
        seen.sort_by_cached_key(place);
        seen
    }

    fn partition(&self, pk: &str) -> impl Iterator<Item = &Item> {
        let first = Key { pk: pk.to_owned(), sk: String::new() };
        self.items.range(first..).take_while(move |(key, _)| key.pk == pk).map(|(_, item)| item)
    }

    /// Counts one in `attribute`, up to `limit`.
    fn count(&mut self, key: &Key, attribute: &str, limit: u32) -> Option<u32> {
        let item = self.items.entry(key.clone()).or_insert_with(|| key.item());
        let taken = number(item, attribute).unwrap_or(0);
        (taken < limit).then(|| {
            item.insert(attribute.to_owned(), n(taken.saturating_add(1)));
            taken.saturating_add(1)
        })
    }
}

/// Where an entry stands in the index.
fn place(item: &Item) -> (Option<i64>, Option<String>) {
    (number(item, "due_at"), text(item, "pk").map(str::to_owned))
}

/// Whether `guard` holds of the item as it is.
fn holds(guard: &Guard, found: Option<&Item>) -> bool {
    let Some(item) = found else {
        return !matches!(guard, Guard::Version(_));
    };
    let over =
        |now: &Timestamp| number::<i64>(item, "expires_at").is_some_and(|end| end <= now.as_millisecond());
    match guard {
        Guard::None => true,
        Guard::Absent => false,
        Guard::Version(version) => number::<u64>(item, "version") == Some(*version),
        Guard::Holder(user) => number::<u64>(item, "holder") == Some(user.get()),
        Guard::FreeAt(now) => over(now),
        Guard::FreeAtOr(now, incident) => {
            over(now) || number::<u64>(item, "incident") == Some(incident.get())
        }
    }
}

/// The table, and the commit that is being written to it, if it is one.
struct Writing<'a, W> {
    store: &'a SimulatedStore<W>,
    commit: Option<&'a Commit>,
}

impl<W: Weather> Table for Writing<'_, W> {
    async fn write(&self, actions: &[Action], _token: &str) -> Result<(), Unwritten> {
        if actions.is_empty() {
            return Ok(());
        }
        let weather = &self.store.weather;
        let operation = if actions.len() == 1 { "PutItem" } else { "TransactWriteItems" };
        let written = self.store.request(operation, |memory| {
            let written = memory.write(actions, later(weather.now(), weather.lag()));
            if let (Ok(()), Some(commit)) = (&written, self.commit) {
                weather.committed(commit);
            }
            written
        });
        written.await.map_err(Unwritten::Failed)?
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

    async fn stop(&self, phone: &PhoneNumber, stopped: bool, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::stop(&self.ring, phone);
        let mut item = key.item();
        item.insert("stopped".to_owned(), AttributeValue::Bool(stopped));
        item.insert("changed_at".to_owned(), n(millis(now)));
        self.request("PutItem", |memory| memory.items.insert(key, item)).await?;
        Ok(())
    }

    async fn due(&self, shard: u8, before: Timestamp, after: Option<Cursor>) -> Result<DuePage, StoreError> {
        let (shard, before) = (keys::shard_name(shard), before.as_millisecond());
        let now = self.weather.now();
        let mut found = self.request("Query", |memory| memory.due(&shard, now, before)).await?;
        if let Some(from) = after.map(|cursor| place(&cursor.0)) {
            found.retain(|item| place(item) > from);
        }
        let more = found.len() > DUE_PAGE;
        found.truncate(DUE_PAGE);
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
        self.request("UpdateItem", |memory| memory.items.insert(key, item)).await?;
        Ok(())
    }
}
