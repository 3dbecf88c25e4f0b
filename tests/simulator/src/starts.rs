//! What surrounds an invocation: the messages that come together, the function that has to be started for it, and with what it runs.

use std::collections::BTreeSet;

use lucius_core::{actor::ActorId, deadman::Deadman};
use lucius_invariants::Invariant;
use lucius_shell::wake::WakeMessage;

use crate::{
    cycle::Cycle,
    functions::{Functions, Invocation, Post},
    ports::body_of,
    world::{Happening, Inner, MINUTE, Millis, Running, SECOND, instant},
};

/// So many messages come together.
const BATCH: usize = 10;
/// How often a message is received before it goes to the dead letters.
const RECEIVES: u32 = 5;

impl Inner {
    /// Whether no function is ready for this request, and one has to be started; often where it matters most.
    pub(crate) fn starts_cold(&mut self, post: &Post) -> bool {
        let odds = self.faults.odds.cold;
        let odds = if self.is_at_the_last_moment(post) { odds * 10 } else { odds };
        self.odds(odds)
    }

    /// How long that takes: so long, now and then, that an answer which came in time is decided when contacts are called already.
    pub(crate) fn start_of(&mut self, post: &Post) -> Millis {
        if self.is_at_the_last_moment(post) {
            self.between(4 * SECOND, 9 * SECOND)
        } else {
            self.between(SECOND, 4 * SECOND)
        }
    }

    /// It comes from somebody whose question runs out just now.
    fn is_at_the_last_moment(&self, post: &Post) -> bool {
        let user = post.field("From").and_then(|from| self.people.user_at(from));
        let user = user.and_then(|user| self.people.users.get(user));
        let probe = user.and_then(|user| self.checks.deadman(user.id)).and_then(Deadman::probe);
        probe.is_some_and(|probe| {
            let left = probe.deadline.as_millisecond() - self.now;
            (0..3 * SECOND).contains(&left)
        })
    }

    /// The messages that come together: none, if what has come waits for others.
    pub(crate) fn batch(&mut self, numbers: &[u64]) -> Vec<u64> {
        let mut batch = numbers.to_vec();
        let odds = self.faults.odds.batched;
        if numbers.is_empty() || batch.len() + self.waiting.len() < BATCH && !self.odds(odds) {
            batch.append(&mut self.waiting);
        } else {
            self.waiting.append(&mut batch);
            self.soon(SECOND, Happening::Invoke(Invocation::Queue(Vec::new())));
        }
        batch.retain(|number| self.messages.contains_key(number));
        batch
    }

    /// A message with an old wake, which comes beside others.
    pub(crate) fn old_message(&mut self) -> Option<u64> {
        let actors = self.woken_again();
        if actors.is_empty() {
            return None;
        }
        let number = self.number();
        self.messages.insert(number, (body_of(&actors, 1), 0));
        self.old_messages.insert(number);
        Some(number)
    }

    /// Some users whose old wake comes once more. Nothing is due with them for a while, and no alert is open: nobody who was forgotten is
    /// found by it.
    pub(crate) fn woken_again(&mut self) -> Vec<ActorId> {
        let odds = self.faults.odds.hint_again;
        if self.people.users.is_empty() || !self.odds(odds) {
            return Vec::new();
        }
        let indexes = [(); 6].map(|()| self.chance.usize(0..self.people.users.len()));
        let from = instant(self.now + 20 * MINUTE);
        let put_off = &self.releases.put_off;
        let quiet = |own: &&Deadman| {
            let is_put_off = put_off.contains(&ActorId::Deadman(own.id));
            own.incident.is_none() && !is_put_off && own.due().is_some_and(|due| due.at > from)
        };
        let users = indexes.iter().filter_map(|index| self.people.users.get(*index));
        let quiet = users.filter_map(|user| self.checks.deadman(user.id).filter(quiet));
        let actors: Vec<_> = quiet.map(|own| ActorId::Deadman(own.id)).collect();
        if !actors.is_empty() {
            self.strikes_quietly("hint comes again");
        }
        actors
    }

    /// Counts that the message was received. One that was received too often goes to the dead letters.
    pub(crate) fn receives(&mut self, number: u64) -> bool {
        let Some((_, received)) = self.messages.get_mut(&number) else { return false };
        *received += 1;
        let too_often = *received > RECEIVES;
        if too_often && let Some((body, _)) = self.messages.remove(&number) {
            self.gives_up(body);
        }
        !too_often
    }

    /// What is known of a function that starts with this invocation.
    pub(crate) fn starts(&mut self, invocation: &Invocation) -> Running {
        let odds = self.faults.odds;
        let skewed = self.odds(odds.skewed);
        let skew = if skewed { self.between(-2 * SECOND, 2 * SECOND) } else { 0 };
        if skewed {
            self.strikes_quietly("clock wrong");
        }
        let dies_in = self.odds(odds.crash).then(|| self.chance.u32(0..14));
        let prone = self.prone();
        let about = Functions::about(self, invocation);
        let acts = match invocation {
            Invocation::Webhook(post) => {
                if !post.acts.is_empty() && post.again.is_none() {
                    self.checks.begins(post, self.now);
                }
                crate::checks::arriving(&post.acts, post.arrived.unwrap_or(self.now))
            }
            Invocation::Edit(edit) => crate::edits::meant(self, edit),
            Invocation::Queue(_)
            | Invocation::Schedule(..)
            | Invocation::Direct(..)
            | Invocation::Letter(_)
            | Invocation::Sweep(_) => Vec::new(),
        };
        let performs = match invocation {
            Invocation::Queue(_) | Invocation::Schedule(..) | Invocation::Direct(..) => true,
            Invocation::Webhook(_) | Invocation::Edit(_) | Invocation::Letter(_) | Invocation::Sweep(_) => {
                false
            }
        };
        let cycle = match invocation {
            Invocation::Sweep(_) => self.begins_cycle(),
            Invocation::Queue(_)
            | Invocation::Schedule(..)
            | Invocation::Direct(..)
            | Invocation::Letter(_)
            | Invocation::Webhook(_)
            | Invocation::Edit(_) => Cycle::default(),
        };
        let again = match invocation {
            Invocation::Webhook(post) => post.again,
            Invocation::Queue(_)
            | Invocation::Schedule(..)
            | Invocation::Direct(..)
            | Invocation::Letter(_)
            | Invocation::Sweep(_)
            | Invocation::Edit(_) => None,
        };
        Running { skew, dies_in, prone, about, performs, again, acts, cycle, ..Running::default() }
    }

    /// A message was acknowledged: whoever it names was looked at.
    pub(crate) fn was_worked_off(&mut self, body: &str, looked: &BTreeSet<ActorId>) {
        self.checks.made += 1;
        let actors =
            serde_json::from_str::<WakeMessage>(body).map(|message| message.actors).unwrap_or_default();
        if let Some(actor) = actors.iter().find(|actor| !looked.contains(actor)) {
            self.violated(
                Invariant::DeadLettersAlarm.code(),
                format!("a message for {actor} was acknowledged, and nobody has looked at them"),
            );
        }
    }
}
