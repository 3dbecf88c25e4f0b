//! What the shell sees of the world: table, queue, schedules, time and chance. The carrier stands in [`crate::carrier`].

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    effect::{Channel, EffectId, Pendings, Purpose},
    id::UserId,
};
use lucius_shell::{
    ports::{Nature, NotArranged, Planner, Ports, Queue},
    sweep::Invoker,
    wake::WakeMessage,
};
use lucius_store::{
    Change, Commit,
    simulated::{Fate, Release, SimulatedStore, Weather},
};

use crate::{
    carrier::Line,
    faults::{Climate, Outage},
    functions::Invocation,
    world::{Happening, Inner, MINUTE, SECOND, World, instant},
};

/// The operation that can meet another of its kind.
const TRANSACTION: &str = "TransactWriteItems";

/// What the record of faults calls what becomes of a request to the table.
fn named(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::Done => None,
        Fate::Throttled => Some("throttled"),
        Fate::Busy => Some("transaction conflict"),
        Fate::LostBefore => Some("request lost"),
        Fate::LostAfter => Some("answer lost"),
    }
}

/// What becomes of it where a fault is to strike here (see [`crate::aim`]).
fn on_purpose(inner: &mut Inner, operation: &'static str) -> Fate {
    let busy: &[Fate] = if operation == TRANSACTION { &[Fate::Busy] } else { &[] };
    let mut fates = [Fate::Throttled, Fate::LostBefore, Fate::LostAfter].iter().chain(busy);
    let fate = fates.find(|fate| named(**fate).is_some_and(|name| inner.strikes_on_purpose(name, operation)));
    fate.copied().unwrap_or(Fate::Done)
}

/// The weather around the table.
#[derive(Clone)]
pub(crate) struct Sky(pub(crate) Arc<World>);

impl Weather for Sky {
    async fn travels(&self, operation: &'static str) -> Fate {
        let (fate, time) = {
            let mut inner = self.0.lock();
            let odds = inner.faults.odds;
            let brown = inner.faults.lasts(Outage::Table);
            let fate = if inner.odds(if brown { 500 } else { odds.throttled }) {
                Fate::Throttled
            } else if operation == TRANSACTION && inner.odds(odds.busy) {
                Fate::Busy
            } else if inner.odds(odds.lost_before) {
                Fate::LostBefore
            } else if inner.odds(odds.lost_after) {
                Fate::LostAfter
            } else {
                on_purpose(&mut inner, operation)
            };
            if let Some(name) = named(fate) {
                inner.strikes_here(name, operation);
            }
            let slow = inner.faults.lasts(Outage::Slow);
            // Whoever had to wait so long may have given up.
            inner.running.strikes += u32::from(slow);
            (fate, if slow { inner.between(500, 1_800) } else { inner.between(1, 8) })
        };
        self.0.pass(time, operation).await;
        fate
    }

    async fn returns(&self, fate: Fate) {
        let time = match fate {
            Fate::Done | Fate::Throttled | Fate::Busy => self.0.lock().between(1, 8),
            Fate::LostBefore | Fate::LostAfter => 1_900,
        };
        self.0.pass(time, "answer of the table").await;
    }

    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn due_page(&self) -> usize {
        let mut inner = self.0.lock();
        match inner.faults.climate {
            Climate::Herd => 100,
            Climate::Calm
            | Climate::Unheard
            | Climate::Mild
            | Climate::Rough
            | Climate::Crowd
            | Climate::Batches => inner.chance.usize(1..4),
        }
    }

    fn lag(&self) -> SignedDuration {
        let mut inner = self.0.lock();
        let stale = inner.faults.odds.stale;
        let most = if inner.faults.climate == Climate::Crowd { 20 * SECOND } else { 5 * SECOND };
        let lag = if inner.odds(stale) {
            inner.strikes_quietly("index behind");
            inner.between(0, most)
        } else {
            inner.between(0, 50)
        };
        SignedDuration::from_millis(lag)
    }

    fn committed(&self, commit: &Commit) {
        let mut inner = self.0.lock();
        note_leases(&mut inner, commit);
        inner.written(commit);
        crate::checks::committed(&mut inner, commit);
    }

    fn release(&self) -> Release {
        self.0.lock().running.release
    }

    fn looks_at(&self, actor: ActorId) {
        self.0.lock().running.looked.insert(actor);
    }

    fn swept(&self) {
        self.0.lock().ends_cycle();
    }

    fn overtakes(&self, actor: ActorId) -> bool {
        self.0.lock().overtakes(actor)
    }

    fn unreadable(&self, actor: ActorId) {
        self.0.lock().cannot_read(actor);
    }

    fn postponed(&self, actor: ActorId) {
        self.0.lock().releases.put_off.insert(actor);
    }
}

/// Notes for the record of faults what kinds of effects are leased of those whom the running function has written. It works on several at
/// once: what it holds for one is still in its hands when it writes another.
fn note_leases(inner: &mut Inner, commit: &Commit) {
    // What is leased in what others write is in somebody else's hands.
    if !inner.running.performs {
        return;
    }
    let mut note = |actor, pendings: &Pendings| {
        let leased = pendings.iter().filter(|(_, pending)| pending.lease_until.is_some());
        inner.running.holds.insert(actor, leased.map(|(id, _)| kind(id)).collect());
    };
    if let Some(Change::New(state) | Change::Update { to: state, .. }) = &commit.deadman {
        note(ActorId::Deadman(state.id), &state.pending);
    }
    if let Some(Change::New(state) | Change::Update { to: state, .. }) = &commit.incident {
        note(ActorId::Incident(state.id), &state.pending);
    }
}

fn kind(id: &EffectId) -> &'static str {
    match (&id.purpose, id.channel) {
        (Purpose::Ask, Channel::Call) => "ask by call",
        (Purpose::Ask, Channel::Sms) => "ask by text",
        (Purpose::Page, Channel::Call) => "page by call",
        (Purpose::Page, Channel::Sms) => "page by text",
        (Purpose::Confirm, _) => "confirm",
        (Purpose::Tell(_), _) => "tell",
        (Purpose::Cancel(_), _) => "cancel",
        (Purpose::Poll(_), _) => "poll",
    }
}

/// The queue of wakes.
pub(crate) struct Hints(Arc<World>);

impl Queue for Hints {
    async fn hint(&self, actor: ActorId, delay_seconds: u32) -> Result<(), NotArranged> {
        self.0.pass(5, "hint is sent").await;
        {
            let mut inner = self.0.lock();
            inner.running.hints += 1;
            let odds = inner.faults.odds;
            if inner.odds(odds.hint_lost) {
                inner.strikes_quietly("hint lost");
            } else {
                let later = inner.running.release == Release::Next && inner.odds(200);
                let version = if later { LATER_VERSION } else { 1 };
                let doubled = inner.odds(odds.hint_doubled);
                if doubled {
                    inner.strikes_quietly("hint doubled");
                }
                let copies = if doubled { 2 } else { 1 };
                for copy in 0..copies {
                    let late = inner.between(0, 900) + copy * inner.between(0, 20 * SECOND);
                    let body = body_of(&[actor], version);
                    let number = inner.number();
                    inner.messages.insert(number, (body, 0));
                    let after = i64::from(delay_seconds) * SECOND + late;
                    inner.soon(after, Happening::Invoke(Invocation::Queue(vec![number])));
                }
            }
        }
        self.0.pass(5, "hint is taken").await;
        Ok(())
    }
}

/// What some messages of the next release say, which this one cannot read.
pub(crate) const LATER_VERSION: u32 = 2;

/// What a message of this version says of it.
pub(crate) fn said_version(version: u32) -> String {
    format!(r#""version":{version},"#)
}

/// A wake message as the queue carries it.
pub(crate) fn body_of(actors: &[ActorId], version: u32) -> String {
    serde_json::to_string(&WakeMessage { version, actors: actors.to_vec() }).unwrap_or_default()
}

/// The users' schedules.
pub(crate) struct Plans(Arc<World>);

impl Planner for Plans {
    async fn plan(&self, user: UserId, minute: Timestamp) -> Result<(), NotArranged> {
        self.0.pass(20, "schedule is created").await;
        let refused = {
            let mut inner = self.0.lock();
            let odds = inner.faults.odds;
            let off = inner.faults.lasts(Outage::Schedules);
            // Where only the sweep is to wake anybody, no schedule ever does.
            let lost = if odds.schedule < 1_000 { odds.schedule / 3 } else { 1_000 };
            let name = (user.get(), minute.as_millisecond());
            if inner.schedules.contains(&name) {
                false
            } else if off || inner.odds(lost) {
                inner.strikes_quietly("schedule not created");
                true
            } else {
                inner.schedules.insert(name);
                let until = minute.as_millisecond() - inner.now;
                let late = if inner.odds(odds.schedule) {
                    inner.between(0, MINUTE)
                } else {
                    inner.between(0, SECOND)
                };
                if inner.odds(lost) {
                    inner.strikes_quietly("schedule does not fire");
                } else {
                    inner.soon(until + late, Happening::Invoke(Invocation::Schedule(user.get(), name.1)));
                }
                if inner.odds(odds.schedule / 3) {
                    inner.strikes_quietly("schedule fires twice");
                    let again = until + late + inner.between(0, MINUTE);
                    inner.soon(again, Happening::Invoke(Invocation::Schedule(user.get(), name.1)));
                }
                false
            }
        };
        self.0.pass(20, "schedule is there").await;
        if refused { Err(NotArranged("refused".to_owned())) } else { Ok(()) }
    }
}

/// The sweep's way to the performers.
pub(crate) struct Direct(pub(crate) Arc<World>);

impl Invoker for Direct {
    async fn invoke(&self, actors: &[ActorId]) -> Result<(), NotArranged> {
        self.0.pass(10, "direct invocation is sent").await;
        {
            let mut inner = self.0.lock();
            let odds = inner.faults.odds.not_invoked;
            if inner.odds(odds) {
                inner.strikes("direct invocation refused", "on the way", &[]);
                return Err(NotArranged("throttled".to_owned()));
            }
            inner.hands_over(actors);
            // Those of one kind come together.
            let users = matches!(actors.first(), Some(ActorId::Deadman(_)));
            let again = if users { inner.woken_again() } else { Vec::new() };
            let actors = [actors, &again].concat();
            let after = inner.between(0, 200);
            inner.soon(after, Happening::Invoke(Invocation::Direct(actors, 0)));
        }
        self.0.pass(10, "direct invocation is taken").await;
        Ok(())
    }
}

/// Time as the running function sees it, and chance.
pub(crate) struct Clock(Arc<World>);

impl Nature for Clock {
    fn now(&self) -> Timestamp {
        let inner = self.0.lock();
        instant(inner.now + inner.running.skew)
    }

    async fn pause(&self, time: SignedDuration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4);
        self.0.pass(millis, "pause").await;
    }

    fn chance(&self) -> u128 {
        self.0.lock().chance.u128(..)
    }
}

/// All of them.
pub(crate) struct SimPorts {
    store: Arc<SimulatedStore<Sky>>,
    carrier: Option<Line>,
    queue: Hints,
    planner: Plans,
    clock: Clock,
}

impl SimPorts {
    /// Of a function that performs, or of one that only decides.
    pub(crate) fn new(world: &Arc<World>, store: &Arc<SimulatedStore<Sky>>, performs: bool) -> Self {
        Self {
            store: Arc::clone(store),
            carrier: performs.then(|| Line(Arc::clone(world))),
            queue: Hints(Arc::clone(world)),
            planner: Plans(Arc::clone(world)),
            clock: Clock(Arc::clone(world)),
        }
    }
}

impl Ports for SimPorts {
    type Store = SimulatedStore<Sky>;
    type Carrier = Line;
    type Queue = Hints;
    type Planner = Plans;
    type Nature = Clock;

    fn store(&self) -> &Self::Store {
        &self.store
    }

    fn carrier(&self) -> Option<&Line> {
        self.carrier.as_ref()
    }

    fn queue(&self) -> &Hints {
        &self.queue
    }

    fn planner(&self) -> &Plans {
        &self.planner
    }

    fn nature(&self) -> &Clock {
        &self.clock
    }
}
