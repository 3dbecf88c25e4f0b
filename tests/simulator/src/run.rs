//! One run: a few people at risk, their contacts, and some days of everything that can happen to them.

use std::{collections::BTreeMap, sync::Arc};

use lucius_shell::alarm;
use lucius_store::Keyring;

use crate::{
    faults::{Climate, Faults, Outage},
    functions::{Functions, Invocation},
    people::Act,
    world::{HOUR, Happening, Inner, MINUTE, Millis, SECOND, World, instant},
};

/// How many people a run has where nothing else is said: enough that they share the cost of the sweeps.
pub const USERS: usize = 24;
/// How many hours it lasts.
pub const HOURS: u32 = 24;

/// What makes a run. The same plan is the same run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// All chance comes from it.
    pub seed: u64,
    /// How many people at risk there are.
    pub users: usize,
    /// How many hours it lasts.
    pub hours: u32,
    /// All of them miss the same minute, nobody picks up, nothing fails, and the carrier takes so many calls in a second.
    pub herd: Option<u32>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was wrong, and when.
    pub violation: Option<String>,
    /// Things that happened.
    pub steps: u64,
    /// Incidents that were opened.
    pub incidents: u64,
    /// Those with at least three contacts and two calls or texts placed.
    pub counted: u64,
    /// Checks made.
    pub checks: u64,
    /// Hours of users.
    pub user_hours: u64,
    /// Calls and texts that the carrier took.
    pub placed: u64,
    /// Faults by name.
    pub faults: BTreeMap<&'static str, u64>,
    /// Faults by name, kind of effect in hand, and place.
    pub cells: BTreeMap<(&'static str, &'static str, &'static str), u64>,
    /// From deadline to first request for a call, in milliseconds.
    pub to_page: Vec<i64>,
    /// From deadline to first call placed, in milliseconds; of the incidents for which one was.
    pub to_call: Vec<i64>,
    /// What happened, line by line, where it was asked for.
    pub trace: Vec<String>,
}

impl Plan {
    fn climate(self) -> Climate {
        if self.herd.is_some() {
            return Climate::Herd;
        }
        match self.seed % 20 {
            0 => Climate::Calm,
            11 => Climate::Unheard,
            2 | 3 | 12 => Climate::Mild,
            4 | 5 | 14 | 15 => Climate::Batches,
            1 | 6 | 10 | 13 | 16 => Climate::Crowd,
            _ => Climate::Rough,
        }
    }

    /// How many hours it lasts: some of those of which nothing else is said take two days, so that alerts grow older than one.
    fn length(self) -> u32 {
        let is_long = self.hours == HOURS && self.seed % 20 == 3;
        if is_long { 2 * HOURS } else { self.hours }
    }

    /// When it begins: noon in UTC, a day on which somewhere the clocks change in the night to come, or a leap day.
    fn begin(self) -> Millis {
        let days = [
            "2026-03-28",
            "2026-04-04",
            "2026-10-03",
            "2026-10-24",
            "2026-03-07",
            "2026-10-31",
            "2028-02-28",
        ];
        let index = usize::try_from(self.seed % 7).unwrap_or_default();
        let noon = days.get(index).and_then(|day| format!("{day}T12:00:00Z").parse::<jiff::Timestamp>().ok());
        noon.map_or(0, jiff::Timestamp::as_millisecond)
    }

    /// Runs it.
    ///
    /// # Errors
    /// The world could not be made; that is no finding.
    pub fn run(self, traced: bool) -> anyhow::Result<Outcome> {
        alarm::listen(hear);
        HEARD.with_borrow_mut(Vec::clear);
        let world = World::new(self.seed, self.begin(), Faults::new(self.climate()), traced);
        let ring = Keyring::new(b"a secret of 256 bits, or as good");
        let mut functions = Functions::new(&world, &ring, self.herd.unwrap_or(CALLS_PER_SECOND))?;
        let end = i64::from(self.length()) * HOUR;
        world.lock().people.take_long = end > i64::from(HOURS) * HOUR;
        for index in 0..self.users {
            let deadman = world.lock().moves_in(&ring, index)?;
            functions.store.enter(&deadman)?;
            world.lock().checks.enter(&deadman);
        }
        begin(&mut world.lock(), self.users, end);
        let mut steps = 0;
        while let Some(happening) = world.next() {
            if world.lock().now > self.begin() + end {
                break;
            }
            steps += 1;
            happen(&world, &mut functions, &ring, happening);
            functions.turn();
            let mut inner = world.lock();
            for alarm in HEARD.with_borrow_mut(std::mem::take) {
                inner.heard(&alarm);
            }
            inner.releases.unreadable = 0;
            // A herd is only watched until everybody in it has been called.
            let all_called = self.herd.is_some() && inner.checks.to_call.len() >= self.users;
            if inner.checks.violation.is_some() || all_called {
                break;
            }
        }
        Ok(self.outcome(&world, steps))
    }

    fn outcome(self, world: &Arc<World>, steps: u64) -> Outcome {
        let mut inner = world.lock();
        let at = instant(inner.now);
        Outcome {
            violation: inner.checks.violation.take().map(|why| format!("{at}, step {steps}: {why}")),
            steps,
            incidents: inner.checks.incidents_seen() as u64,
            counted: inner.checks.incidents_counted() as u64,
            checks: inner.checks.made,
            user_hours: (inner.now - inner.begin).unsigned_abs() / HOUR.unsigned_abs() * self.users as u64,
            placed: inner.network.placed + inner.network.texted,
            faults: std::mem::take(&mut inner.faults.tally),
            cells: std::mem::take(&mut inner.faults.cells),
            to_page: std::mem::take(&mut inner.checks.to_page),
            to_call: std::mem::take(&mut inner.checks.to_call),
            trace: inner.trace.take().unwrap_or_default(),
        }
    }
}

/// What the carrier takes where nothing else is said.
const CALLS_PER_SECOND: u32 = 5;

thread_local! {
    /// Alarms that were raised since the last step.
    static HEARD: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Takes what the shell raises.
fn hear(name: &str, properties: &[(&str, &str)]) {
    let alarm = properties.iter().find(|(key, _)| *key == "alarm").map_or(name, |(_, alarm)| alarm);
    HEARD.with_borrow_mut(|heard| heard.push(alarm.to_owned()));
}

impl Inner {
    /// An alarm for the operator.
    fn heard(&mut self, alarm: &str) {
        self.tell(|| format!("ALARM {alarm}"));
        if alarm == "DeadLetter" {
            self.letters.hear();
        }
        if alarm == "PoisonedActor" && self.releases.unreadable == 0 {
            self.violated("I11", "an actor could not be read or decided".to_owned());
        }
    }
}

/// What will happen whatever else does.
fn begin(inner: &mut Inner, users: usize, length: Millis) {
    inner.forecast(length);
    inner.soon(0, Happening::Tick(0));
    let other = inner.between(0, MINUTE);
    inner.soon(other, Happening::Tick(1));
    inner.soon(MINUTE, Happening::Look);
    if inner.faults.climate == Climate::Herd {
        return;
    }
    for user in 0..users {
        if inner.odds(120) {
            let at = inner.between(length / 3, length);
            inner.soon(at, Happening::Person(Act::Leave { user }));
        }
        let id = inner.people.users.get(user).map(|user| user.id);
        let own = id.and_then(|id| inner.checks.deadman(id));
        // Whose switch cannot be armed.
        if own.is_some_and(|own| own.contacts.iter().all(|contact| !contact.is_emergency_contact)) {
            let at = inner.between(0, length / 2);
            inner.soon(at, Happening::Person(Act::Emergency { user }));
        }
        if inner.odds(100) {
            let at = inner.between(0, length);
            inner.soon(at, Happening::Person(Act::Stops { user }));
        }
        for _ in 0..length / (8 * HOUR) {
            let at = inner.between(0, length);
            let act = match inner.chance.u8(0..8) {
                0 | 1 => Act::Forge,
                2 | 3 => Act::Spoof,
                4 | 5 => Act::Change { user },
                6 => Act::Emergency { user },
                _ => continue,
            };
            inner.soon(at, Happening::Person(act));
        }
    }
}

fn happen(world: &Arc<World>, functions: &mut Functions, ring: &Keyring, happening: Happening) {
    match happening {
        Happening::Timer(timer) => world.ring(timer),
        Happening::Invoke(invocation) => functions.invoke(invocation),
        Happening::TimeUp(task) => functions.time_is_up(task),
        Happening::Call(sid, step) => world.lock().step(&sid, step),
        Happening::Text(delivery) => world.lock().reads(&delivery),
        Happening::Person(act) => world.lock().act(act, ring),
        Happening::Tick(clock) => {
            let worth = {
                let mut inner = world.lock();
                let next = MINUTE + inner.between(0, SECOND);
                inner.soon(next, Happening::Tick(clock));
                // Most cycles that would find nothing are left out: they are nearly all there are. Who was put off is due when their
                // item says so, whatever their state says.
                let soon = instant(inner.now + 2 * MINUTE);
                inner.checks.clocks.any_before(soon) || !inner.releases.put_off.is_empty() || inner.odds(20)
            };
            if worth {
                functions.invoke(Invocation::Sweep(clock));
            }
        }
        Happening::Weather(change) => {
            {
                let mut inner = world.lock();
                inner.tell(|| format!("{change:?}"));
                let now = inner.now;
                inner.faults.change(now, change);
                inner.releases.next_is_there |= change.outage == Outage::BothReleases;
                if change.begins && change.outage == Outage::Schedules {
                    inner.schedules.clear();
                }
            }
            if change.begins && change.outage == Outage::Region {
                functions.all_die();
            }
        }
        // Who had begun with either release ends with it.
        Happening::Deployed if functions.is_at_work() => world.lock().soon(SECOND, Happening::Deployed),
        Happening::Deployed => {
            functions.store.next_is_this();
            world.lock().deployed();
        }
        Happening::Look => {
            let mut inner = world.lock();
            inner.soon(MINUTE, Happening::Look);
            let changed = inner.checks.clocks.take_changed();
            let put_off = inner.releases.put_off.clone();
            drop(inner);
            let items = |actor| functions.store.due_at(actor);
            let wrong =
                changed.iter().find(|(actor, due)| !put_off.contains(actor) && !agrees(items(*actor), *due));
            let overdue: Vec<_> = put_off.iter().filter_map(|actor| Some((*actor, items(*actor)?))).collect();
            let mut inner = world.lock();
            if let Some((actor, due)) = wrong {
                inner.violated("I6", format!("{actor} is due at {due:?}, and its item says otherwise"));
            }
            if !inner.faults.lasts(Outage::Region) {
                inner.look_at_put_off(overdue);
                inner.look_at_letters();
                inner.look();
            }
        }
    }
}

/// An item keeps milliseconds, rounded up.
fn agrees(item: Option<jiff::Timestamp>, state: Option<jiff::Timestamp>) -> bool {
    match (item, state) {
        (None, None) => true,
        (Some(item), Some(state)) => (item.as_millisecond() - state.as_millisecond()).abs() <= 1,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
