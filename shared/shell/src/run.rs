//! Load, decide, commit, perform: the only place where this order exists.
//!
//! What is decided is in the database before anything is done about it, and what was done goes back through a decision.
//! If the process dies at any line, what it had not committed never happened, and what it had committed is found when its
//! time comes: by the hint, by the schedule, or by the sweep.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    actor::ActorId,
    decide::{Case, Decision, Event, Rejected, Report, Scope, decide},
    effect::{EffectId, Pending, claim},
    once::EventName,
    policy::{LEASE, later},
    voice::Reply,
};
use lucius_store::{Actor, Change, Commit, CommitError, Loaded, Store, StoreError, Taken, Why};

use crate::{
    alarm, perform,
    ports::{Nature, Ports},
    shell::Shell,
    wake,
};

/// A decision is made again for this long when others change the same actors.
const PERSISTENCE: SignedDuration = SignedDuration::from_secs(4);

/// A performer takes on new effects only this long after it has begun: their request and its outcome must fit into the
/// function's time.
pub(crate) const CLAIM_WITHIN: SignedDuration = SignedDuration::from_secs(7);

/// The release that has written it may be here again any moment, and whoever is overdue by then is to be paged in time: it is looked
/// at in every cycle of the sweep.
const FAILS_OF_A_LATER_RELEASE: u32 = 2;

/// What an event led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The actors as committed.
    pub case: Case,
    /// What the person is answered.
    pub reply: Reply,
}

/// Why an event led to nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The decision refuses it.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// A number or address belongs to somebody else.
    #[error("taken: {0:?}")]
    Taken(Taken),
    /// What a human has done was decided before, long enough ago that what they were answered is forgotten. Nothing was changed: it
    /// is no reason to ask for it again.
    #[error("the event has been decided before")]
    Known,
    /// The state of an actor cannot be read, or panics the decision. It waits; nobody drops it.
    #[error("{actor} cannot be decided: {why}")]
    Poisoned {
        /// Which.
        actor: ActorId,
        /// Its version, to postpone exactly this one.
        version: u64,
        /// How often it has failed already.
        fails: u32,
        /// What is wrong with it.
        why: String,
    },
    /// Not now: storage failed, or others were always faster. Nothing was written that the caller may thank for.
    #[error("not recorded: {0}")]
    NotRecorded(String),
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Undecodable { actor, version, fails, why: why @ Why::Schema(Some(_)) } => {
                let fails = fails.min(FAILS_OF_A_LATER_RELEASE);
                Self::Poisoned { actor, version, fails, why: why.to_string() }
            }
            StoreError::Undecodable { actor, version, fails, why } => {
                Self::Poisoned { actor, version, fails, why: why.to_string() }
            }
            other @ (StoreError::Temporary(_) | StoreError::Permanent(_)) => {
                Self::NotRecorded(other.to_string())
            }
        }
    }
}

/// The actors of a decision with the versions they were read at.
struct Read {
    deadman: Option<Loaded<lucius_core::deadman::Deadman>>,
    incident: Option<Loaded<lucius_core::incident::Incident>>,
}

impl Read {
    /// One of them was set aside by somebody who could not read or decide it.
    fn was_put_off(&self) -> bool {
        self.deadman.as_ref().is_some_and(|read| read.put_off)
            || self.incident.as_ref().is_some_and(|read| read.put_off)
    }

    fn case(&self) -> Case {
        Case {
            deadman: self.deadman.as_ref().map(|loaded| loaded.state.clone()),
            incident: self.incident.as_ref().map(|loaded| loaded.state.clone()),
        }
    }
}

/// Takes `event` through load, decide, commit and (where this function may) perform.
///
/// # Errors
/// [`RunError`]; the person must then be told that nothing was recorded.
pub async fn run<P: Ports>(shell: &Shell<P>, scope: Scope, event: Event) -> Result<Done, RunError> {
    let began = shell.ports.nature().now();
    // Boxed: it holds two actors before and after, and is held by everything above.
    let first = Box::pin(step(shell, scope, &event, began)).await?;
    let done = Done { case: first.after.clone(), reply: first.reply.clone() };
    let refused = first.refused.clone();
    let mut steps = vec![first];
    // Outcomes are events of their own. They may lead to further effects, such as cancelling what came too late.
    while !steps.is_empty() {
        let mut claimed = Claimed::new();
        for step in &mut steps {
            claimed.append(&mut step.claimed);
        }
        // A queue that hangs must not keep a call from being placed.
        let arranged =
            join_all(steps.iter().map(|step| wake::arrange(shell, &step.before, &step.after, step.woken)));
        let (reports, _) = Box::pin(join(perform_all(shell, claimed), arranged)).await;
        steps.clear();
        for (actor, reports) in by_actor(reports) {
            match Box::pin(step(shell, Scope::of(actor), &Event::Settled(reports), began)).await {
                Ok(next) => steps.push(next),
                // The leases run out, and whoever comes then treats the outcomes as unknown.
                Err(error) => tracing::error!(actor = %actor, error = %error, "outcomes were not recorded"),
            }
        }
    }
    refused.map_or(Ok(done), |refused| Err(refused.into()))
}

/// A decision that has been committed.
struct Step {
    before: Case,
    after: Case,
    reply: Reply,
    /// The request was refused, although something was counted.
    refused: Option<Rejected>,
    /// What this function has leased with it.
    claimed: Claimed,
    woken: bool,
}

/// The reports of each actor. An incident may have ended while its first calls were being placed, and is then no longer
/// its switch's: what was placed has to reach the incident itself, to be cancelled there.
fn by_actor(reports: Vec<Report>) -> BTreeMap<ActorId, Vec<Report>> {
    let mut groups = BTreeMap::<ActorId, Vec<Report>>::new();
    for report in reports {
        groups.entry(report.actor).or_default().push(report);
    }
    groups
}

type Claimed = Vec<(ActorId, EffectId, Pending)>;

/// One event: reads, decides and commits until a commit holds.
async fn step<P: Ports>(
    shell: &Shell<P>,
    scope: Scope,
    event: &Event,
    began: Timestamp,
) -> Result<Step, RunError> {
    let nature = shell.ports.nature();
    let until = later(nature.now(), PERSISTENCE);
    let mut tries = 0_u32;
    loop {
        let read = load(shell, scope, event).await?;
        let before = read.case();
        // One instant for all of it: what is due at the decision is leased, and what is left lies in its future.
        let now = nature.now();
        if shell.performs() && *event == Event::Wake && now > later(began, CLAIM_WITHIN) {
            // Nothing could be taken on any more, and the actor would look as if it chased its own tail. It is woken again.
            return Err(RunError::NotRecorded("storage was too slow to take anything on".to_owned()));
        }
        let mut decision = decide_safely(shell, scope, &read, &before, event, now)?;
        let claimed = claim_due(shell, &mut decision.case, began, now);
        if !rests(shell, scope, &decision, event, now) {
            return Err(poisoned(scope, &read, "its next look would not lie in the future"));
        }
        match commit(shell, &read, &before, &decision, event.name(scope), until).await {
            Ok(()) => {
                alarm::raise(&decision.alarms);
                let Decision { case: after, reply, refused, .. } = decision;
                return Ok(Step { before, after, reply, refused, claimed, woken: *event == Event::Wake });
            }
            Err(CommitError::Taken(taken)) => return Err(RunError::Taken(taken)),
            Err(CommitError::Known) => {
                // The carrier sends again within seconds. What comes later was kept by somebody.
                tracing::warn!(actor = %scope.actor(), "an event that was decided before came again, late");
                alarm::metric("EventRepeated", 1, &[]);
                return Err(RunError::Known);
            }
            Err(CommitError::Conflict) if nature.now() < until => {
                tries = tries.saturating_add(1);
                nature.pause(jitter(nature, tries)).await;
            }
            Err(error @ (CommitError::Conflict | CommitError::Temporary(_) | CommitError::Permanent(_))) => {
                return Err(RunError::NotRecorded(error.to_string()));
            }
        }
    }
}

/// Between nothing and 20 ms, doubling with every try up to 320 ms.
fn jitter(nature: &impl Nature, tries: u32) -> SignedDuration {
    let most = 20_u128.checked_shl(tries.min(4)).unwrap_or(320).max(1);
    let millis = nature.chance().checked_rem(most).unwrap_or_default();
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or_default())
}

async fn load<P: Ports>(shell: &Shell<P>, scope: Scope, event: &Event) -> Result<Read, RunError> {
    let store = shell.ports.store();
    Ok(match scope {
        Scope::User(user) => {
            let deadman = store.load_deadman(user).await?;
            let id = deadman.as_ref().and_then(|loaded| loaded.state.incident);
            let incident = match id {
                Some(id) => match store.load_incident(id).await {
                    // Whoever cries for help is helped, even if the incident that is open cannot be read: by another one.
                    Err(StoreError::Undecodable { actor, .. }) if event.is_cry_for_help() => {
                        alarm::operator(
                            "PoisonedActor",
                            &format!("{actor}: a cry for help opens another one"),
                        );
                        None
                    }
                    // It is the switch that cannot be decided without it, and that has to wait: the incident is woken for itself.
                    read => read.map_err(|error| without(deadman.as_ref(), error.into()))?,
                },
                None => None,
            };
            Read { deadman, incident }
        }
        Scope::Incident(id) => {
            let incident = store.load_incident(id).await?;
            let deadman = match &incident {
                Some(incident) => store.load_deadman(incident.state.subject.user).await?,
                None => None,
            };
            Read { deadman, incident }
        }
        Scope::IncidentAlone(id) => Read { deadman: None, incident: store.load_incident(id).await? },
    })
}

/// What cannot be read is the switch's own incident.
fn without(deadman: Option<&Loaded<lucius_core::deadman::Deadman>>, error: RunError) -> RunError {
    match (error, deadman) {
        (RunError::Poisoned { actor, version: _, fails, why }, Some(Loaded { state, version, .. })) => {
            let (whose, version) = (ActorId::Deadman(state.id), *version);
            RunError::Poisoned { actor: whose, version, fails, why: format!("{actor}: {why}") }
        }
        (error, _) => error,
    }
}

/// A decision that panics must not take others with it: its actor is set aside like one that cannot be read.
fn decide_safely<P: Ports>(
    shell: &Shell<P>,
    scope: Scope,
    read: &Read,
    before: &Case,
    event: &Event,
    now: Timestamp,
) -> Result<Decision, RunError> {
    let fresh = shell.ports.nature().fresh();
    match catch_unwind(AssertUnwindSafe(|| decide(before, event, now, &shell.policy, &fresh))) {
        Ok(decided) => decided.map_err(RunError::from),
        Err(_panic) => Err(poisoned(scope, read, "the decision panicked")),
    }
}

/// Leases what is due to this function, if it performs and has the time.
fn claim_due<P: Ports>(shell: &Shell<P>, case: &mut Case, began: Timestamp, now: Timestamp) -> Claimed {
    if !shell.performs() || now > later(began, CLAIM_WITHIN) {
        return Vec::new();
    }
    let until = later(now, LEASE);
    let mut claimed = Vec::new();
    if let Some(deadman) = &mut case.deadman {
        let actor = ActorId::Deadman(deadman.id);
        claimed.extend(
            claim(&mut deadman.pending, now, until).into_iter().map(|(id, pending)| (actor, id, pending)),
        );
    }
    if let Some(incident) = &mut case.incident {
        let actor = ActorId::Incident(incident.id);
        claimed.extend(
            claim(&mut incident.pending, now, until).into_iter().map(|(id, pending)| (actor, id, pending)),
        );
    }
    claimed
}

/// After a performer's wake everything due is leased and the next look lies in the future. A decision that breaks this
/// would be woken again at once, for ever.
fn rests<P: Ports>(
    shell: &Shell<P>,
    scope: Scope,
    decision: &Decision,
    event: &Event,
    now: Timestamp,
) -> bool {
    if !shell.performs() || *event != Event::Wake {
        return true;
    }
    let due = match scope {
        Scope::User(_) => decision.case.deadman.as_ref().and_then(lucius_core::deadman::Deadman::due),
        Scope::Incident(_) | Scope::IncidentAlone(_) => {
            decision.case.incident.as_ref().and_then(lucius_core::incident::Incident::due)
        }
    };
    due.is_none_or(|due| due.at > now)
}

/// An actor whose decision fails is left alone for more than a minute: somebody has to mend the code first.
const FAILS_ASSUMED: u32 = 3;

fn poisoned(scope: Scope, read: &Read, why: &str) -> RunError {
    let (actor, version, fails) = match scope {
        Scope::User(id) => {
            let read = read.deadman.as_ref();
            (ActorId::Deadman(id), read.map(|read| read.version), FAILS_ASSUMED)
        }
        Scope::Incident(id) | Scope::IncidentAlone(id) => {
            let read = read.incident.as_ref();
            (ActorId::Incident(id), read.map(|read| read.version), FAILS_ASSUMED)
        }
    };
    RunError::Poisoned { actor, version: version.unwrap_or_default(), fails, why: why.to_owned() }
}

/// Writes what changed, on condition that nothing else has. Without a change nothing is written, but for an actor that was put off:
/// the index would go on saying that it is due when it is not.
async fn commit<P: Ports>(
    shell: &Shell<P>,
    read: &Read,
    before: &Case,
    decision: &Decision,
    event: Option<EventName>,
    until: Timestamp,
) -> Result<(), CommitError> {
    let same = *before == decision.case && !decision.removed;
    let nothing = same && decision.rows.is_empty() && decision.pointers.is_empty();
    if nothing && !read.was_put_off() {
        return Ok(());
    }
    // What decided nothing is not remembered, be it that the actor was put off.
    let event = event.filter(|_| !nothing);
    let nature = shell.ports.nature();
    let commit = Commit {
        op: nature.op(),
        now: nature.now(),
        deadman: match (&read.deadman, &decision.case.deadman) {
            (Some(read), Some(last)) if decision.removed => {
                Some(Change::Update { version: read.version, to: last.clone() })
            }
            (read, next) => change(read.as_ref(), next.as_ref()),
        },
        incident: change(read.incident.as_ref(), decision.case.incident.as_ref()),
        removed: decision.removed,
        rows: decision.rows.clone(),
        pointers: decision.pointers.clone(),
        event,
    };
    let mut tries = 0_u32;
    loop {
        match shell.ports.store().commit(&commit).await {
            // It may have been written. The same commit again finds that out, or is written now.
            Err(CommitError::Temporary(_)) if nature.now() < until => {
                tries = tries.saturating_add(1);
                nature.pause(jitter(nature, tries)).await;
            }
            done => return done,
        }
    }
}

/// What the commit does with one actor: what was read and has not changed is checked, so that the decision stands on it.
fn change<T: Actor + Clone + PartialEq>(read: Option<&Loaded<T>>, next: Option<&T>) -> Option<Change<T>> {
    match (read, next) {
        (_, None) => None,
        (None, Some(next)) => Some(Change::New(next.clone())),
        (Some(read), Some(next)) if read.state == *next && !read.put_off => {
            Some(Change::Check { id: next.id(), version: read.version })
        }
        (Some(read), Some(next)) => Some(Change::Update { version: read.version, to: next.clone() }),
    }
}

/// Performs side by side; all outcomes go into one commit.
async fn perform_all<P: Ports>(shell: &Shell<P>, claimed: Claimed) -> Vec<Report> {
    let tries = claimed.into_iter().map(|(actor, effect, pending)| async move {
        let outcome = perform::perform(shell, actor, &effect, &pending).await;
        Report { actor, attempt: pending.attempt, effect, outcome }
    });
    join_all(tries).await
}
