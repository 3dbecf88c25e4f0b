//! The world: true time, chance, what is to happen next, and what has gone wrong so far.
//!
//! Everything in it is drawn from one seed, and one thread moves it: the same seed is the same run, to the last bit.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use jiff::Timestamp;
use lucius_core::{actor::ActorId, decide::Case};
use lucius_invariants::Act;
use lucius_store::simulated::Release;

use crate::{aim::CRASH, carrier::Network, checks::Checks, faults::Faults, lateness::About, people::People};

/// Milliseconds of true time.
pub(crate) type Millis = i64;

/// One second.
pub(crate) const SECOND: Millis = 1_000;
/// One minute.
pub(crate) const MINUTE: Millis = 60 * SECOND;
/// One hour.
pub(crate) const HOUR: Millis = 60 * MINUTE;

/// Something that is to happen.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A future that waits goes on.
    Timer(u64),
    /// A function is invoked.
    Invoke(crate::functions::Invocation),
    /// A function has had its time.
    TimeUp(usize),
    /// A call goes one step further.
    Call(String, crate::carrier::Step),
    /// A text reaches a phone.
    Text(crate::carrier::Delivery),
    /// A person does something.
    Person(crate::people::Act),
    /// A clock of the sweep ticks.
    Tick(u8),
    /// The weather changes.
    Weather(crate::faults::Change),
    /// The later release is there alone.
    Deployed,
    /// Somebody looks whether everything goes on.
    Look,
}

struct Entry(Millis, u64, Happening);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// The function that is running at this moment.
#[derive(Debug)]
pub(crate) struct Running {
    /// Which.
    pub(crate) task: usize,
    /// Of which release it is.
    pub(crate) release: Release,
    /// By how much its clock is wrong.
    pub(crate) skew: Millis,
    /// It dies at so many more awaits.
    pub(crate) dies_in: Option<u32>,
    /// It is dead.
    pub(crate) dead: bool,
    /// What may strike it on purpose, and where; none: anywhere.
    pub(crate) prone: (&'static str, Option<&'static str>),
    /// What kinds of effects are leased of whom it has written, for the record of faults.
    pub(crate) holds: BTreeMap<ActorId, Vec<&'static str>>,
    /// Whom it is about.
    pub(crate) about: About,
    /// It may place calls and send texts.
    pub(crate) performs: bool,
    /// It was invoked with an old request that was answered then.
    pub(crate) again: Option<Millis>,
    /// What humans mean by what it was invoked with.
    pub(crate) acts: Vec<Act>,
    /// What it has committed.
    pub(crate) cases: Vec<Case>,
    /// Hints it has sent.
    pub(crate) hints: u32,
    /// Faults that have struck it.
    pub(crate) strikes: u32,
    /// Calls that it has requested: incident, place.
    pub(crate) posted: Vec<(u64, usize)>,
    /// Calls that it knows were placed.
    pub(crate) placed: Vec<crate::carrier::Known>,
    /// Whom it has looked at.
    pub(crate) looked: BTreeSet<ActorId>,
    /// If it is the sweep: what its cycle has done.
    pub(crate) cycle: crate::cycle::Cycle,
    /// What the carrier has refused it for now, until it has said so in a commit.
    pub(crate) refused: Vec<crate::ledger::Refusal>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            task: 0,
            release: Release::This,
            skew: 0,
            dies_in: None,
            dead: false,
            prone: (CRASH, None),
            holds: BTreeMap::new(),
            about: About::Everybody,
            performs: false,
            again: None,
            acts: Vec::new(),
            cases: Vec::new(),
            hints: 0,
            strikes: 0,
            posted: Vec::new(),
            placed: Vec::new(),
            looked: BTreeSet::new(),
            cycle: crate::cycle::Cycle::default(),
            refused: Vec::new(),
        }
    }
}

impl Running {
    /// The kinds of all that it holds.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self.holds.values().flatten().copied().collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// Whether this commit is a performer's answer to a wake: its first for this actor.
    pub(crate) fn wakes(&self, after: &Case) -> bool {
        let ids = |case: &Case| {
            (
                case.deadman.as_ref().map(|deadman| deadman.id),
                case.incident.as_ref().map(|incident| incident.id),
            )
        };
        let (deadman, incident) = ids(after);
        let first = |case: &Case| {
            let (other_deadman, other_incident) = ids(case);
            (deadman.is_none() || deadman != other_deadman)
                && (incident.is_none() || incident != other_incident)
        };
        self.performs && self.cases.iter().all(first)
    }
}

/// Everything that is not a function.
pub(crate) struct Inner {
    pub(crate) begin: Millis,
    pub(crate) now: Millis,
    pub(crate) chance: fastrand::Rng,
    agenda: BinaryHeap<Reverse<Entry>>,
    number: u64,
    timers: HashMap<u64, Waker>,
    pub(crate) running: Running,
    pub(crate) faults: Faults,
    pub(crate) network: Network,
    pub(crate) people: People,
    pub(crate) checks: Checks,
    /// Messages of the queue by number, and how often each was received.
    pub(crate) messages: BTreeMap<u64, (String, u32)>,
    /// Those of them that came along with others, long after what they were for.
    pub(crate) old_messages: BTreeSet<u64>,
    /// Those that wait for others.
    pub(crate) waiting: Vec<u64>,
    /// Names of the schedules that were created and have not fired.
    pub(crate) schedules: BTreeSet<(u64, Millis)>,
    pub(crate) releases: crate::releases::Releases,
    /// Wakes that were given up.
    pub(crate) letters: crate::letters::Letters,
    /// What somebody has kept of what the carrier has signed.
    pub(crate) kept: crate::replay::Kept,
    pub(crate) trace: Option<Vec<String>>,
}

impl Inner {
    /// The next number: for ids that have to be different.
    pub(crate) fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Something happens `after` so many milliseconds.
    pub(crate) fn soon(&mut self, after: Millis, happening: Happening) {
        let (at, number) = (self.now + after.max(0), self.number());
        self.agenda.push(Reverse(Entry(at, number, happening)));
    }

    /// A chance of so many in a thousand.
    pub(crate) fn odds(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.chance.u32(0..1000) < per_mille
    }

    /// One of these; the first counts as much as each of the others.
    pub(crate) fn one_of<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let index = self.chance.usize(0..=others.len());
        index.checked_sub(1).and_then(|index| others.get(index)).copied().unwrap_or(first)
    }

    /// Between `from` and `to`.
    pub(crate) fn between(&mut self, from: Millis, to: Millis) -> Millis {
        if to <= from { from } else { self.chance.i64(from..=to) }
    }

    /// Whether the function that is running dies at this await.
    fn dies(&mut self, place: &'static str) -> bool {
        if self.strikes_on_purpose(CRASH, place) {
            self.running.dies_in = Some(0);
        } else if self.odds(30) && self.strikes_on_purpose(CRASH, "region") {
            self.goes_down();
        }
        match &mut self.running.dies_in {
            None => false,
            Some(0) => {
                self.running.dead = true;
                self.strikes_here(CRASH, place);
                true
            }
            Some(more) => {
                *more -= 1;
                false
            }
        }
    }

    /// A fault strikes the function that is running.
    pub(crate) fn strikes(&mut self, fault: &'static str, place: &'static str, holds: &[&'static str]) {
        self.running.strikes += 1;
        self.faults.count(fault, place, holds);
        let (now, about) = (self.now, self.running.about.clone());
        self.checks.struck(now, about);
        self.tell(|| format!("FAULT {fault} at {place}"));
    }

    /// A fault that delays nothing beyond what the sweep finds.
    pub(crate) fn strikes_quietly(&mut self, fault: &'static str) {
        self.faults.count(fault, "on the way", &[]);
        self.tell(|| format!("FAULT {fault}"));
    }

    /// The same, for the effects that it holds.
    pub(crate) fn strikes_here(&mut self, fault: &'static str, place: &'static str) {
        let holds = self.running.kinds();
        self.strikes(fault, place, &holds);
    }

    /// Writes a line of the trace, if one is kept.
    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        let (now, task) = (instant(self.now), self.running.task);
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{now} [{task}] {}", line()));
        }
    }
}

/// The world, as everybody in it holds it.
pub(crate) struct World(Mutex<Inner>);

impl World {
    /// A new one. It comes from nothing but `seed`.
    pub(crate) fn new(seed: u64, begin: Millis, faults: Faults, traced: bool) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Inner {
            begin,
            now: begin,
            chance: fastrand::Rng::with_seed(seed),
            agenda: BinaryHeap::new(),
            number: 0,
            timers: HashMap::new(),
            running: Running::default(),
            faults,
            network: Network::default(),
            people: People::default(),
            checks: Checks::default(),
            messages: BTreeMap::new(),
            old_messages: BTreeSet::new(),
            waiting: Vec::new(),
            schedules: BTreeSet::new(),
            releases: crate::releases::Releases::default(),
            letters: crate::letters::Letters::default(),
            kept: crate::replay::Kept::default(),
            trace: traced.then(Vec::new),
        })))
    }

    /// All of it, for a moment. Never held across an await.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True time.
    pub(crate) fn now(&self) -> Timestamp {
        instant(self.lock().now)
    }

    /// Moves time on to what happens next.
    pub(crate) fn next(&self) -> Option<Happening> {
        let mut inner = self.lock();
        let Reverse(Entry(at, _, happening)) = inner.agenda.pop()?;
        inner.now = inner.now.max(at);
        Some(happening)
    }

    /// Lets a future go on whose time has come.
    pub(crate) fn ring(&self, timer: u64) {
        let waker = self.lock().timers.remove(&timer);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Lets `time` pass for the function that is running. It may die before, or after.
    pub(crate) fn pass(self: &Arc<Self>, time: Millis, place: &'static str) -> Pass {
        Pass { world: Arc::clone(self), time, place, state: Waiting::Not }
    }
}

/// A timestamp of true time.
pub(crate) fn instant(at: Millis) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

enum Waiting {
    Not,
    Until(Millis, u64),
    Over,
}

/// Time that passes at an await. Every effect on the world lies between two of these, so that dying at one is dying before
/// or after the effect.
pub(crate) struct Pass {
    world: Arc<World>,
    time: Millis,
    place: &'static str,
    state: Waiting,
}

impl Future for Pass {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let world = Arc::clone(&self.world);
        let mut inner = world.lock();
        match self.state {
            Waiting::Not => {
                if inner.dies(self.place) {
                    return Poll::Pending;
                }
                let timer = inner.number();
                inner.timers.insert(timer, context.waker().clone());
                let until = inner.now + self.time;
                inner.soon(self.time, Happening::Timer(timer));
                drop(inner);
                self.state = Waiting::Until(until, timer);
                Poll::Pending
            }
            Waiting::Until(until, _) if inner.now >= until => {
                drop(inner);
                self.state = Waiting::Over;
                Poll::Ready(())
            }
            Waiting::Until(_, timer) => {
                inner.timers.insert(timer, context.waker().clone());
                Poll::Pending
            }
            Waiting::Over => Poll::Ready(()),
        }
    }
}
