//! The functions of the deployment, started as Lambda starts them, and killed as Lambda never should.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use lucius_core::{
    actor::ActorId,
    decide::{Event, Scope},
    phone::{NumberPolicy, PhoneNumber},
    policy::Policy,
};
use lucius_invariants::Act;
use lucius_shell::{App, Response, Shell, shell::Pace, wake::WakeMessage};
use lucius_store::{Keyring, simulated::SimulatedStore};
use lucius_twilio::{Tokens, TwilioVerifier, client::renewable::Renewable};

use crate::{
    aim::CRASH,
    carrier::SERVICE,
    faults::Outage,
    lateness::About,
    ports::{SimPorts, Sky},
    world::{Happening, MINUTE, Millis, Running, SECOND, World},
};

pub(crate) const BASE_URL: &str = "https://lucius.example";
pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const AUTH_TOKEN: &str = "an auth token";

/// How long a performer, and the sweep, may run.
const PERFORMER: Millis = 25 * SECOND;
/// How long a webhook may run.
const WEBHOOK: Millis = 10 * SECOND;
/// How long the carrier waits for a webhook.
const PATIENCE: Millis = 6 * SECOND;
/// How long a message of the queue is hidden from others once it was received.
const VISIBILITY: Millis = 150 * SECOND;

/// Who hears what we answer.
#[derive(Debug, Clone)]
pub(crate) enum ReplyTo {
    /// A call goes on with it.
    Call(String),
    /// Nothing depends on it.
    Nobody,
}

/// A request of the carrier.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub(crate) path: String,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) reply_to: ReplyTo,
    pub(crate) tries: u32,
    /// It is not the carrier's.
    pub(crate) forged: bool,
    /// What a human means by it.
    pub(crate) acts: Vec<Act>,
    /// It is an old one that somebody has kept: it was answered then.
    pub(crate) again: Option<Millis>,
    /// It has arrived then, and waits for a function that starts.
    pub(crate) arrived: Option<Millis>,
}

impl Post {
    /// A field of the form.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }

    /// What was keyed in, or said.
    pub(crate) fn said(&self) -> Option<&str> {
        self.field("Digits").or_else(|| self.field("SpeechResult"))
    }
}

/// A function is invoked.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// By messages of the queue, or by those that have waited for another.
    Queue(Vec<u64>),
    /// By a user's schedule.
    Schedule(u64, Millis),
    /// By the sweep, for the so manyth time.
    Direct(Vec<ActorId>, u32),
    /// By a dead-letter queue: the sweep.
    Letter(u64),
    /// By a clock: the sweep.
    Sweep(u8),
    /// By the carrier.
    Webhook(Post),
    /// By the API: what a person changes, as [`crate::people`] numbers it.
    Edit(Box<(Scope, Event)>),
}

/// How an invocation ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Well,
    Failed,
    /// A batch of which these messages were not worked off.
    Partly(Vec<u64>),
    Answered(Response),
}

pub(crate) type Work = Pin<Box<dyn Future<Output = Ended> + Send>>;

struct Task {
    work: Work,
    invocation: Invocation,
    running: Running,
    began: Millis,
    ready: Arc<Ready>,
}

/// Puts a task among those to be polled.
struct Ready {
    task: usize,
    set: AtomicBool,
    queue: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        if !self.set.swap(true, Ordering::Relaxed) {
            self.queue.lock().unwrap_or_else(PoisonError::into_inner).push(self.task);
        }
    }
}

/// All functions, and those of their invocations that run.
pub(crate) struct Functions {
    pub(crate) world: Arc<World>,
    pub(crate) store: Arc<SimulatedStore<Sky>>,
    pub(crate) performer: Arc<App<SimPorts>>,
    pub(crate) decider: Arc<App<SimPorts>>,
    tasks: Vec<Option<Task>>,
    free: Vec<usize>,
    ready: Arc<Mutex<Vec<usize>>>,
}

fn app(
    world: &Arc<World>,
    store: &Arc<SimulatedStore<Sky>>,
    ring: &Keyring,
    performer: Option<u32>,
) -> anyhow::Result<Arc<App<SimPorts>>> {
    let service_number: PhoneNumber = SERVICE.parse()?;
    let calls_per_second = performer.unwrap_or(1);
    let tokens = Tokens::new(AUTH_TOKEN.into(), None)?;
    Ok(Arc::new(App {
        shell: Shell {
            ports: SimPorts::new(world, store, performer.is_some()),
            policy: Policy::default(),
            public_base_url: BASE_URL.to_owned(),
            pace: Pace { account: "AC1".to_owned(), calls_per_second },
        },
        keyring: ring.clone(),
        numbers: NumberPolicy::new("+1", Some(service_number.clone()))?,
        service_number,
        twilio: Some(Renewable::fixed(TwilioVerifier::new(ACCOUNT, tokens))),
        sessions: None,
        setup_token: None,
    }))
}

impl Functions {
    /// Deployed, and idle.
    pub(crate) fn new(world: &Arc<World>, ring: &Keyring, calls_per_second: u32) -> anyhow::Result<Self> {
        let store = Arc::new(SimulatedStore::new(Sky(Arc::clone(world)), ring.clone()));
        Ok(Self {
            world: Arc::clone(world),
            performer: app(world, &store, ring, Some(calls_per_second))?,
            decider: app(world, &store, ring, None)?,
            store,
            tasks: Vec::new(),
            free: Vec::new(),
            ready: Arc::default(),
        })
    }

    /// An invocation arrives.
    pub(crate) fn invoke(&mut self, invocation: Invocation) {
        let Some(invocation) = self.admitted(invocation) else { return };
        let release = self.world.lock().release();
        let work = self.work(&invocation, release);
        let limit = match &invocation {
            Invocation::Webhook(_) | Invocation::Edit(_) => WEBHOOK,
            Invocation::Queue(_)
            | Invocation::Schedule(..)
            | Invocation::Direct(..)
            | Invocation::Letter(_)
            | Invocation::Sweep(_) => PERFORMER,
        };
        let task = self.free.pop().unwrap_or_else(|| {
            self.tasks.push(None);
            self.tasks.len() - 1
        });
        let mut inner = self.world.lock();
        let running = Running { task, release, ..inner.starts(&invocation) };
        inner.running.task = task;
        inner.tell(|| format!("starts: {}", crate::work::name(&invocation)));
        let began = inner.now;
        inner.soon(limit, Happening::TimeUp(task));
        drop(inner);
        let ready = Arc::new(Ready { task, set: AtomicBool::new(false), queue: Arc::clone(&self.ready) });
        if let Some(slot) = self.tasks.get_mut(task) {
            *slot = Some(Task { work, invocation, running, began, ready: Arc::clone(&ready) });
        }
        ready.wake();
    }

    /// What arrives while nobody can take it comes again, or never.
    fn admitted(&mut self, invocation: Invocation) -> Option<Invocation> {
        let mut inner = self.world.lock();
        let down = inner.faults.lasts(Outage::Region);
        match &invocation {
            Invocation::Queue(numbers) => {
                let batch = inner.batch(numbers);
                if batch.is_empty() {
                    return None;
                }
                if down || inner.faults.lasts(Outage::Queue) {
                    let later = inner.between(10 * SECOND, 2 * MINUTE);
                    inner.soon(later, Happening::Invoke(Invocation::Queue(batch)));
                    return None;
                }
                let mut batch: Vec<u64> =
                    batch.into_iter().filter(|number| inner.receives(*number)).collect();
                if batch.iter().any(|number| !inner.old_messages.contains(number)) {
                    batch.extend(inner.old_message());
                }
                (!batch.is_empty()).then_some(Invocation::Queue(batch))
            }
            Invocation::Schedule(user, minute) => {
                let gone = inner.faults.lasts(Outage::Schedules);
                inner.schedules.remove(&(*user, *minute));
                if down {
                    let later = inner.between(10 * SECOND, 2 * MINUTE);
                    inner.soon(later, Happening::Invoke(invocation));
                    return None;
                }
                (!gone).then_some(invocation)
            }
            Invocation::Direct(..) | Invocation::Letter(_) if down => {
                let later = inner.between(10 * SECOND, 2 * MINUTE);
                inner.soon(later, Happening::Invoke(invocation));
                None
            }
            Invocation::Sweep(_) | Invocation::Edit(_) if down => None,
            Invocation::Webhook(post) if down => {
                let post = post.clone();
                inner.unanswered(&post);
                None
            }
            Invocation::Webhook(post) if post.arrived.is_none() && inner.starts_cold(post) => {
                inner.strikes_quietly("cold start");
                let start = inner.start_of(post);
                let post = Post { arrived: Some(inner.now), ..post.clone() };
                inner.soon(start, Happening::Invoke(Invocation::Webhook(post)));
                None
            }
            Invocation::Direct(..)
            | Invocation::Letter(_)
            | Invocation::Sweep(_)
            | Invocation::Edit(_)
            | Invocation::Webhook(_) => Some(invocation),
        }
    }

    /// Whom an invocation is about.
    pub(crate) fn about(inner: &crate::world::Inner, invocation: &Invocation) -> About {
        let of =
            |actors: &[ActorId]| actors.iter().filter_map(|actor| inner.checks.user_of(*actor)).collect();
        About::Users(match invocation {
            Invocation::Queue(numbers) => {
                let bodies = numbers.iter().filter_map(|number| inner.messages.get(number));
                let read = |(body, _): &(String, u32)| serde_json::from_str::<WakeMessage>(body).ok();
                of(&bodies.filter_map(read).flat_map(|message| message.actors).collect::<Vec<_>>())
            }
            Invocation::Schedule(user, _) => vec![*user],
            Invocation::Webhook(post) => {
                inner.checks.whom(&post.path, ["From", "To"].map(|name| post.field(name)))
            }
            Invocation::Edit(edit) => match edit.0 {
                Scope::User(user) => vec![user.get()],
                Scope::Incident(id) | Scope::IncidentAlone(id) => of(&[ActorId::Incident(id)]),
            },
            Invocation::Direct(actors, _) => of(actors),
            // The wake of a letter was given up: nobody waits for it.
            Invocation::Letter(_) => Vec::new(),
            Invocation::Sweep(_) => return About::Everybody,
        })
    }

    /// Polls whoever can go on.
    pub(crate) fn turn(&mut self) {
        loop {
            let next = self.ready.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(task) = next else { return };
            self.poll(task);
        }
    }

    fn poll(&mut self, number: usize) {
        let Some(mut task) = self.tasks.get_mut(number).and_then(Option::take) else { return };
        task.ready.set.store(false, Ordering::Relaxed);
        self.world.lock().running = std::mem::take(&mut task.running);
        let waker = Waker::from(Arc::clone(&task.ready));
        let polled = task.work.as_mut().poll(&mut Context::from_waker(&waker));
        task.running = std::mem::take(&mut self.world.lock().running);
        match polled {
            Poll::Pending if task.running.dead => self.ended(number, task, None),
            Poll::Pending => {
                if let Some(slot) = self.tasks.get_mut(number) {
                    *slot = Some(task);
                }
            }
            Poll::Ready(ended) => self.ended(number, task, Some(ended)),
        }
    }

    /// The function has had its time. What waits for it at that moment never goes on.
    pub(crate) fn time_is_up(&mut self, number: usize) {
        let limit = |task: &Task| match task.invocation {
            Invocation::Webhook(_) | Invocation::Edit(_) => WEBHOOK,
            Invocation::Queue(_)
            | Invocation::Schedule(..)
            | Invocation::Direct(..)
            | Invocation::Letter(_)
            | Invocation::Sweep(_) => PERFORMER,
        };
        let now = self.world.lock().now;
        let over = self
            .tasks
            .get(number)
            .and_then(Option::as_ref)
            .is_some_and(|task| now - task.began >= limit(task));
        if over && let Some(task) = self.tasks.get_mut(number).and_then(Option::take) {
            self.world.lock().strikes("timeout", "25 s", &[]);
            self.ended(number, task, None);
        }
    }

    /// Something runs.
    pub(crate) fn is_at_work(&self) -> bool {
        self.tasks.iter().any(Option::is_some)
    }

    /// The region goes down: everything that runs is gone.
    pub(crate) fn all_die(&mut self) {
        for number in 0..self.tasks.len() {
            if let Some(task) = self.tasks.get_mut(number).and_then(Option::take) {
                self.world.lock().strikes(CRASH, "region", &task.running.kinds());
                self.ended(number, task, None);
            }
        }
    }

    /// An invocation is over; without `ended` its process has died.
    fn ended(&mut self, number: usize, task: Task, ended: Option<Ended>) {
        // What it held is dropped here, as a process drops it.
        drop(task.work);
        self.free.push(number);
        let mut inner = self.world.lock();
        inner.running.task = number;
        inner.tell(|| match &ended {
            None => "died".to_owned(),
            Some(Ended::Well) => "ends".to_owned(),
            Some(Ended::Failed) => "fails".to_owned(),
            Some(Ended::Partly(failed)) => format!("ends but for {failed:?}"),
            Some(Ended::Answered(response)) => format!("answers {}", response.status),
        });
        let well = matches!(ended, Some(Ended::Well));
        crate::rings::gone(&mut inner, ended.is_none(), &task.running.posted, &task.running.placed);
        if well || matches!(ended, Some(Ended::Partly(_))) {
            crate::requests::ended_well(&mut inner, &task.running.placed, task.running.strikes);
        }
        match task.invocation {
            Invocation::Queue(messages) => {
                // Whoever is at risk, and woken for nothing, has their next question planned anew: an old wake of theirs may bring that.
                let of_incidents = messages.iter().all(|message| {
                    inner.messages.get(message).is_some_and(|(body, _)| body.contains("INCIDENT"))
                });
                if of_incidents && task.running.cases.is_empty() && task.running.hints > 0 {
                    inner.violated("I12", "a wake that changed nothing has sent another".to_owned());
                }
                let failed = match ended {
                    Some(Ended::Well) => Vec::new(),
                    Some(Ended::Partly(failed)) => failed,
                    Some(Ended::Failed | Ended::Answered(_)) | None => messages.clone(),
                };
                let hidden = (VISIBILITY - (inner.now - task.began)).max(0);
                for message in messages {
                    if failed.contains(&message) {
                        inner.soon(hidden, Happening::Invoke(Invocation::Queue(vec![message])));
                    } else if let Some((body, _)) = inner.messages.remove(&message) {
                        inner.was_worked_off(&body, &task.running.looked);
                    }
                }
            }
            Invocation::Direct(actors, tries) => {
                if !well && tries < 2 {
                    let wait = MINUTE * i64::from(tries + 1);
                    inner.soon(wait, Happening::Invoke(Invocation::Direct(actors, tries + 1)));
                } else if !well {
                    inner.gives_up(crate::letters::report_of(&actors));
                }
            }
            Invocation::Letter(letter) if well => inner.letter_taken(letter),
            Invocation::Letter(letter) => inner.post_letter(letter, VISIBILITY),
            Invocation::Schedule(..) | Invocation::Sweep(_) | Invocation::Edit(_) => {}
            Invocation::Webhook(post) => {
                let in_time = inner.now - task.began <= PATIENCE;
                match ended {
                    Some(Ended::Answered(response)) if in_time && !response.status.is_server_error() => {
                        inner.is_heard(&post, &response, task.began);
                        inner.answered(&post, &response);
                        inner.keeps(&post, &response);
                    }
                    Some(_) | None => inner.unanswered(&post),
                }
            }
        }
    }
}
