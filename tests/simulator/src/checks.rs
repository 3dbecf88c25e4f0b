//! Whoever watches: every commit, every request to the carrier and every minute is held against what must always be so.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt::Write as _,
};

use jiff::Timestamp;
use lucius_core::{
    actor::ActorId,
    deadman::{Deadman, State},
    decide::Case,
    id::UserId,
    incident::{Cause, Incident, Status},
    phone::PhoneNumber,
    policy::Policy,
    schedule::Schedule,
};
use lucius_invariants::{Act, Transition, transition};
use lucius_store::{Actor, Change, Commit};

use crate::{
    clocks::Clocks,
    faults::Climate,
    functions::Post,
    lateness::About,
    people::{Act as Doing, incident_of},
    world::{HOUR, Happening, Inner, MINUTE, Millis, SECOND, instant},
};

/// The longest from a deadline to the first request for a call, wakes or no wakes: the grace, two cycles of the sweep, and the
/// way to the carrier.
pub(crate) const PAGED_WITHIN: Millis = 150 * SECOND;

/// The same where nothing goes wrong: no cycle of the sweep has to be waited for.
pub(crate) const PAGED_WITHIN_CALM: Millis = 20 * SECOND;

/// What is known of one incident.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) user: u64,
    /// When somebody should have been called: the deadline, or the cry for help.
    pub(crate) since: Millis,
    pub(crate) first_post: Option<Millis>,
    pub(crate) last_post: Millis,
    /// When it last began or stopped to call.
    pub(crate) turned: Millis,
    pub(crate) placed: u32,
    pub(crate) called: bool,
    pub(crate) contacts: usize,
    pub(crate) accepted: bool,
    pub(crate) ended: bool,
    /// When it was last over.
    pub(crate) ended_at: Millis,
}

/// What was seen, and what was wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) deadmen: BTreeMap<u64, Deadman>,
    pub(crate) versions: HashMap<ActorId, u64>,
    pub(crate) incidents: BTreeMap<u64, Incident>,
    /// Those of them that are not over.
    pub(crate) open: BTreeSet<u64>,
    /// When everybody is due.
    pub(crate) clocks: Clocks,
    pub(crate) facts: BTreeMap<u64, Facts>,
    /// Requests for calls that may have rung, by incident and place.
    pub(crate) calls: HashMap<(u64, usize), Vec<Timestamp>>,
    /// Pages to a contact since the incident last stopped paging.
    pub(crate) since_accept: HashMap<(u64, usize), usize>,
    /// Calls by incident and place, and what allows them.
    pub(crate) rings: HashMap<(u64, usize), crate::rings::Rings>,
    /// Faults, and whom they struck.
    pub(crate) struck: Vec<(Millis, About)>,
    /// Cycles of the sweep that were full: when each began, and ended.
    pub(crate) cycles: Vec<(Millis, Millis)>,
    pub(crate) violation: Option<String>,
    /// Requests of humans that were answered well.
    answered: HashSet<String>,
    /// When a function began for the first time to work on each of them.
    begun: HashMap<String, Millis>,
    /// How many checks were made.
    pub(crate) made: u64,
    /// Milliseconds from deadline to first request.
    pub(crate) to_page: Vec<Millis>,
    /// Milliseconds from deadline to first call placed.
    pub(crate) to_call: Vec<Millis>,
    pub(crate) policy: Policy,
}

impl Checks {
    /// A user moves in.
    pub(crate) fn enter(&mut self, deadman: &Deadman) {
        self.versions.insert(ActorId::Deadman(deadman.id), 1);
        self.knows(0, deadman.clone());
    }

    /// The switch stands like this.
    fn knows(&mut self, now: Millis, deadman: Deadman) {
        self.clocks.set(now, ActorId::Deadman(deadman.id), deadman.due().map(|due| due.at));
        self.deadmen.insert(deadman.id.get(), deadman);
    }

    /// The incident stands like this.
    fn follows(&mut self, now: Millis, incident: Incident) {
        let id = incident.id.get();
        self.clocks.set(now, ActorId::Incident(incident.id), incident.due().map(|due| due.at));
        if incident.is_open() {
            self.open.insert(id);
        } else {
            self.open.remove(&id);
        }
        self.incidents.insert(id, incident);
    }

    /// Whether this is the first answer to what a human has done; it is the last from then on.
    pub(crate) fn first_answer(&mut self, post: &Post) -> bool {
        self.answered.insert(name_of(post))
    }

    /// A function begins to work on a request, or on a copy of it.
    pub(crate) fn begins(&mut self, post: &Post, now: Millis) {
        self.begun.entry(name_of(post)).or_insert(now);
    }

    /// When a function began for the first time to work on it: what it did is known, although it may have died before it answered.
    pub(crate) fn first_begun(&self, post: &Post) -> Option<Millis> {
        self.begun.get(&name_of(post)).copied()
    }

    /// Whose actor it is.
    pub(crate) fn user_of(&self, actor: ActorId) -> Option<u64> {
        match actor {
            ActorId::Deadman(user) => Some(user.get()),
            ActorId::Incident(id) => self.facts.get(&id.get()).map(|facts| facts.user),
        }
    }

    /// Whom a request is about: by its path, or by the phones between which it is, be they users' or their contacts'.
    pub(crate) fn whom(&self, path: &str, phones: [Option<&str>; 2]) -> Vec<u64> {
        if let Some(facts) = incident_of(path).and_then(|id| self.facts.get(&id)) {
            return vec![facts.user];
        }
        let is_one = |phone: &PhoneNumber| phones.contains(&Some(phone.as_str()));
        let theirs = self.deadmen.values().filter(|deadman| {
            is_one(&deadman.profile.phone) || deadman.contacts.iter().any(|contact| is_one(&contact.phone))
        });
        let alerts = self.incidents.values();
        let called = alerts.filter(|alert| alert.contacts.iter().any(|contact| is_one(&contact.phone)));
        theirs.map(|deadman| deadman.id.get()).chain(called.map(|alert| alert.subject.user.get())).collect()
    }

    /// The probe that is open.
    pub(crate) fn probe_of(&self, user: UserId) -> Option<u64> {
        self.deadmen.get(&user.get())?.probe().map(|probe| probe.id.get())
    }

    /// The switch as it stands.
    pub(crate) fn deadman(&self, user: UserId) -> Option<&Deadman> {
        self.deadmen.get(&user.get())
    }

    /// Who has accepted.
    pub(crate) fn acceptor(&self, incident: u64) -> Option<usize> {
        self.incidents.get(&incident)?.acceptor()
    }

    /// The incident is open.
    pub(crate) fn is_open(&self, incident: u64) -> bool {
        self.incidents.get(&incident).is_some_and(Incident::is_open)
    }

    /// Some open incident, and the number of its first contact.
    pub(crate) fn any_open(&self, chance: &mut fastrand::Rng) -> Option<(u64, String)> {
        let id = *self.open.iter().nth(chance.usize(0..self.open.len().max(1)))?;
        Some((id, self.incidents.get(&id)?.contacts.first()?.phone.as_str().to_owned()))
    }

    /// Where this number stands as a contact, in every incident.
    pub(crate) fn places_of(&self, phone: &str) -> Vec<(u64, usize)> {
        let Ok(phone) = phone.parse::<PhoneNumber>() else { return Vec::new() };
        let all = self.incidents.iter();
        all.flat_map(|(id, incident)| incident.places_of(&phone).into_iter().map(|place| (*id, place)))
            .collect()
    }

    /// Whether this is the code of the contact at `place`.
    pub(crate) fn is_code(&self, incident: u64, place: usize, code: &str) -> bool {
        let incident = self.incidents.get(&incident);
        incident.and_then(|incident| incident.contacts.get(place)).is_some_and(|contact| contact.code == code)
    }

    /// All incidents that were open in this run.
    pub(crate) fn incidents_seen(&self) -> usize {
        self.facts.len()
    }

    /// Those that count: with three contacts and two calls or texts placed at least.
    pub(crate) fn incidents_counted(&self) -> usize {
        self.facts.values().filter(|facts| facts.contacts >= 3 && facts.placed >= 2).count()
    }
}

fn state<T: Actor>(change: Option<&Change<T>>) -> Option<&T> {
    match change {
        Some(Change::New(state) | Change::Update { to: state, .. }) => Some(state),
        Some(Change::Check { .. }) | None => None,
    }
}

/// The actors that a commit is about, as they stood and as they stand.
fn cases(checks: &Checks, commit: &Commit) -> (Case, Case) {
    let deadman = commit.deadman.as_ref().map(|change| match change {
        Change::New(state) | Change::Update { to: state, .. } => state.id.get(),
        Change::Check { id, .. } => id.get(),
    });
    let incident = commit.incident.as_ref().map(|change| match change {
        Change::New(state) | Change::Update { to: state, .. } => state.id.get(),
        Change::Check { id, .. } => id.get(),
    });
    let before = Case {
        deadman: deadman.and_then(|id| checks.deadmen.get(&id)).cloned(),
        incident: incident.and_then(|id| checks.incidents.get(&id)).cloned(),
    };
    let after = Case {
        deadman: state(commit.deadman.as_ref()).cloned().or_else(|| before.deadman.clone()),
        incident: state(commit.incident.as_ref()).cloned().or_else(|| before.incident.clone()),
    };
    (before, after)
}

/// A commit has been written.
pub(crate) fn committed(inner: &mut Inner, commit: &Commit) {
    if commit.removed {
        removed(inner, commit);
        return;
    }
    let (before, after) = cases(&inner.checks, commit);
    moved_on(inner, commit.deadman.as_ref());
    moved_on(inner, commit.incident.as_ref());
    let wake = inner.running.wakes(&after);
    let step = Transition {
        before: &before,
        after: &after,
        now: commit.now,
        policy: &inner.checks.policy,
        acts: &inner.running.acts,
        performer_wake: wake,
    };
    inner.checks.made += 11;
    if let Err(violation) = transition(&step) {
        let acts = format!("{:?}", inner.running.acts);
        inner.violated(violation.invariant.code(), format!("{violation}; acts {acts}"));
    }
    by_the_clock_on_the_wall(inner, &before, &after);
    if let Some(deadman) = &after.deadman
        && let Some(id) = deadman.incident
        && after.incident.as_ref().is_none_or(|incident| incident.id != id)
        && !inner.checks.facts.contains_key(&id.get())
    {
        inner.violated("I5", format!("the switch of {} has an incident that does not exist", deadman.id));
    }
    second_alert(inner, commit);
    if let Some(since) = inner.running.again {
        inner.believed_again(&before, &after, since);
    }
    crate::ledger::held_against(inner, &before, &after);
    crate::rings::asked(inner, &before, &after);
    crate::edits::followed(inner, &before, &after);
    note(inner, &before, &after);
    inner.tell(|| told(&before, &after));
    inner.running.cases.push(after.clone());
    if let Some(deadman) = after.deadman {
        inner.checks.knows(inner.now, deadman);
    }
    if let Some(incident) = after.incident {
        inner.checks.follows(inner.now, incident);
    }
}

/// While one is open that whoever writes this can read, nobody opens another.
fn second_alert(inner: &mut Inner, commit: &Commit) {
    let (Some(Change::New(incident)), Some(Change::Update { to: deadman, .. })) =
        (&commit.incident, &commit.deadman)
    else {
        return;
    };
    let before = inner.checks.deadmen.get(&deadman.id.get()).and_then(|before| before.incident);
    let Some(open) = before.filter(|open| inner.checks.is_open(open.get())) else { return };
    inner.checks.made += 1;
    if inner.can_read(ActorId::Incident(open)) {
        inner.violated("I5", format!("incident {} was opened beside {open}", incident.id));
    }
}

/// A user is gone, and with them their alarm clock: not while anything is under way for them.
fn removed(inner: &mut Inner, commit: &Commit) {
    moved_on(inner, commit.deadman.as_ref());
    let Some(Change::Update { to, .. }) = &commit.deadman else { return };
    let id = to.id;
    inner.checks.made += 1;
    let busy = inner
        .checks
        .deadmen
        .get(&id.get())
        .is_none_or(|deadman| deadman.incident.is_some() || !deadman.pending.is_empty());
    if busy {
        inner.violated("I5", format!("{id} was deleted while something was under way for them"));
    }
    inner.checks.deadmen.remove(&id.get());
    inner.checks.versions.remove(&ActorId::Deadman(id));
    inner.checks.clocks.set(inner.now, ActorId::Deadman(id), None);
    inner.tell(|| format!("{id} is gone"));
}

/// A write stands on the version that was there.
fn moved_on<T: Actor>(inner: &mut Inner, change: Option<&Change<T>>) {
    let (actor, expected, next) = match change {
        None => return,
        Some(Change::New(state)) => (T::named(state.id()), None, 1),
        Some(Change::Update { version, to }) => (T::named(to.id()), Some(*version), version + 1),
        Some(Change::Check { id, version }) => (T::named(*id), Some(*version), *version),
    };
    if inner.checks.versions.insert(actor, next) != expected {
        inner.violated("I5", format!("{actor} was written over a version that had moved"));
    }
}

/// Who is asked every two hours is asked on the even hour of the clock on their wall, or at the end of the gap that swallowed it; who is
/// asked every hour on any.
fn by_the_clock_on_the_wall(inner: &mut Inner, before: &Case, after: &Case) {
    let Some(deadman) = &after.deadman else { return };
    let (Schedule::Cron(expression), State::Waiting { next_probe_at }) =
        (&deadman.settings.schedule, &deadman.state)
    else {
        return;
    };
    let same = before.deadman.as_ref().is_some_and(|before| before.state == deadman.state);
    // What has been due for a while is due now, by the clock of whoever decides.
    if same || next_probe_at.as_millisecond() <= inner.now + inner.running.skew.max(0) {
        return;
    }
    inner.checks.made += 1;
    let Ok(zone) = jiff::tz::TimeZone::get(deadman.profile.time_zone.name()) else { return };
    let (local, a_moment_ago) =
        (zone.to_datetime(*next_probe_at), zone.to_datetime(instant(next_probe_at.as_millisecond() - 1)));
    let even = local.minute() == 0 && (local.hour() % 2 == 0 || !expression.as_str().contains("*/2"));
    let gap_ends = local.duration_since(a_moment_ago).as_secs() > 1;
    if !even && !gap_ends {
        inner.violated("I6", format!("{} is asked at {local} of their own time", deadman.id));
    }
}

/// The line of the trace for a commit.
fn told(before: &Case, after: &Case) -> String {
    let mut line = "commit".to_owned();
    if let Some(deadman) = &after.deadman
        && before.deadman.as_ref() != Some(deadman)
    {
        let state = match &deadman.state {
            State::Off => "off".to_owned(),
            State::Waiting { next_probe_at } => format!("waiting for {next_probe_at}"),
            State::Probing(probe) => format!("asked {} times, deadline {}", probe.asked, probe.deadline),
            State::Paused { until } => format!("paused until {until}"),
        };
        let _ = write!(line, "; switch {}: {state}, incident {:?}", deadman.id, deadman.incident);
        line.push_str(&pendings(&deadman.pending));
    }
    if let Some(incident) = &after.incident
        && before.incident.as_ref() != Some(incident)
    {
        let _ = write!(line, "; incident {}: {:?}, round {}", incident.id, incident.status, incident.round);
        line.push_str(&pendings(&incident.pending));
    }
    line
}

fn pendings(pendings: &lucius_core::effect::Pendings) -> String {
    let mut line = String::new();
    for (id, pending) in pendings {
        let lease =
            pending.lease_until.map_or_else(|| "free".to_owned(), |until| format!("leased until {until}"));
        let _ = write!(line, "\n        {id} try {} from {} {lease}", pending.attempt, pending.not_before);
    }
    line
}

/// What a commit means for the facts that are kept.
fn note(inner: &mut Inner, before: &Case, after: &Case) {
    let Some(incident) = &after.incident else { return };
    let id = incident.id.get();
    let now = inner.now;
    let was = before.incident.as_ref().filter(|was| was.id == incident.id);
    if was.is_none() && !inner.checks.facts.contains_key(&id) {
        let since = incident.causes.iter().filter_map(|cause| match cause {
            Cause::Unavailable { deadline, .. } => Some(deadline.as_millisecond()),
            Cause::Bad { .. } | Cause::Emergency => None,
        });
        let facts = Facts {
            user: incident.subject.user.get(),
            since: since.min().unwrap_or(now),
            last_post: now,
            turned: now,
            contacts: incident.contacts.len(),
            ..Facts::default()
        };
        inner.checks.facts.insert(id, facts);
        opened(inner, incident);
        crate::insists::opened(inner, incident);
    }
    let escalates = |incident: &Incident| matches!(incident.status, Status::Escalating { .. });
    let was_paging = was.is_none_or(escalates);
    if let Some(facts) = inner.checks.facts.get_mut(&id) {
        if was.is_some_and(|was| was.contacts.is_empty()) && !incident.contacts.is_empty() {
            // There was nobody to call; from now on there is.
            (facts.since, facts.last_post) = (now, now);
        }
        if was_paging != escalates(incident) {
            // A new silence, or a new round, begins.
            facts.last_post = now;
            facts.turned = now;
            inner.checks.since_accept.retain(|(incident, _), _| *incident != id);
        }
        if let Some(facts) = inner.checks.facts.get_mut(&id) {
            facts.accepted |= matches!(incident.status, Status::Accepted { .. });
            if !incident.is_open() && !facts.ended {
                facts.ended_at = now;
            }
            facts.ended = !incident.is_open();
        }
        match was.map(Incident::is_open) {
            Some(true) if !incident.is_open() => {
                inner.kept.forget(id);
                crate::insists::ended(inner, incident);
            }
            Some(false) if incident.is_open() => inner.reopened(incident),
            Some(_) | None => {}
        }
    }
}

/// Somebody will end it, sooner or later.
pub(crate) fn opened(inner: &mut Inner, incident: &Incident) {
    if inner.faults.climate == Climate::Herd {
        return;
    }
    let id = incident.subject.user;
    let Some(user) = inner.people.users.iter().position(|user| user.id == id) else { return };
    let late = inner.people.take_long && inner.odds(100);
    // Whoever goes is asked time and again.
    let long = if inner.faults.climate == Climate::Batches { 9 } else { 3 };
    let (least, most) = match inner.chance.u8(0..20) {
        _ if late => (25 * HOUR, 40 * HOUR),
        drawn if drawn < long => (15 * MINUTE, 8 * HOUR),
        3..8 => (10 * MINUTE, HOUR),
        // "I only overslept": most are over before the second round.
        _ => (MINUTE, 6 * MINUTE),
    };
    let after = inner.between(least, most);
    inner.soon(after, Happening::Person(Doing::Over { user, incident: incident.id.get() }));
}

/// What a request and its copies have in common.
fn name_of(post: &Post) -> String {
    let names =
        ["MessageSid", "CallSid", "Digits", "SpeechResult"].map(|name| post.field(name).unwrap_or_default());
    format!("{} {}", post.path, names.join(" "))
}

/// Acts that a request brings, with the instant at which it reaches us.
pub(crate) fn arriving(acts: &[Act], now: Millis) -> Vec<Act> {
    let at = |act: &Act| match act {
        Act::CheckedIn { proven, knows, .. } => {
            Act::CheckedIn { arrived_at: instant(now), proven: *proven, knows: *knows }
        }
        other @ (Act::PressedOne { .. }
        | Act::RightCode { .. }
        | Act::WrongCode { .. }
        | Act::PressedNineTwice { .. }
        | Act::AskedToReopen { .. }
        | Act::AskedToBeCalled { .. }
        | Act::CriedForHelp
        | Act::Resolved
        | Act::Edited { .. }
        | Act::TextsStopped) => *other,
    };
    acts.iter().map(at).collect()
}
