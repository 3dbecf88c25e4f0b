//! Which states are one state: the hash of a world.
//!
//! Two worlds with one hash behave alike from here on. What is left out decides nothing, or is the same in both anyway:
//!
//! - **Instants count from now**, and what has passed has passed: every decision is about what lies how far ahead. How late the
//!   first request is does count, until it is sent. Of what waits for a line it counts, too, how far into its window the clock is;
//!   nothing waits for one here.
//! - **When calls were made** (`called_at`, `decided_at`): the cap of twelve an hour lies beyond the bounds, and whether a call is
//!   somebody's first decides only on its place at the carrier, or on its wait for a line. **`alerted`** decides on texts only.
//! - **Words** (prompts, outcomes, doubts, names, what was heard): they are said, and decide nothing. `last` matters to texts only,
//!   and nobody texts here.
//! - **The number of the round** beyond its sixth, where pauses stop to grow: of marks of rounds (`called_in`, `redialled_in`)
//!   only whether they are this round's.
//! - **Answers remembered** (`seen`): of a key, whether it is known.
//! - **`works`** decides on texts only.
//! - **The switch's next probe and its hourly look** while an incident is open: the probe is computed anew at the end, and the look
//!   is an extra wake.
//!
//! Every field is named, so that a new one has to be placed here.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use jiff::Timestamp;
use lucius_core::{
    deadman::{Deadman, State},
    decide::{Event, Report},
    effect::{Outcome, Pending, Pendings},
    incident::{Contact, Incident, LiveCall, Status},
};

use crate::{
    Bounds, Call, Process, Stage, World,
    process::{Actors, Hand},
    world::GRID,
};

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            now,
            deadline,
            deadman,
            incident,
            unheard,
            processes,
            calls,
            posts,
            since_accept,
            answered,
            left,
            broken,
        } = self;
        let clock = Clock(*now);
        clock.switch(deadman, state);
        clock.incident(incident.as_deref(), state);
        // Until somebody is called it matters how late it is; from then on, how far it is to the next wake of all.
        let late = now.duration_since(*deadline).as_secs();
        (if posts.is_empty() { late } else { late.rem_euclid(GRID) }).hash(state);
        for process in processes {
            clock.shape(process).hash(state);
        }
        for call in calls {
            (call, known(incident.as_deref(), call)).hash(state);
        }
        unheard.map(|swept_at| swept_at.map(|at| clock.ahead(at))).hash(state);
        (posts.len(), since_accept, answered, broken).hash(state);
        budget(left, state);
    }
}

impl World {
    /// The hash by which the checker knows it.
    pub(crate) fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Puts what makes no difference into one form.
    pub(crate) fn settle(&mut self) {
        let clock = Clock(self.now);
        self.processes.sort_by_cached_key(|process| clock.shape(process));
        self.calls.sort_by_key(|call| (call.place, call.attempt));
        let Bounds { presses, duplicates, .. } = self.left;
        for call in &mut self.calls {
            let sid = call.sid();
            let contact = self.incident.as_ref().and_then(|incident| incident.contacts.get(call.place));
            let over = contact.is_some_and(|contact| contact.over.contains(&sid));
            let rings = contact.is_some_and(|contact| contact.calls.iter().any(|live| live.sid == sid));
            // What is told of a call adds nothing to what is known of it.
            call.begun |= over || rings;
            call.ended |= over;
            call.rings &= !over;
            // Nobody can press any more.
            call.pressed |= presses == 0 && duplicates == 0;
        }
        let stopped = |incident: &Arc<Incident>| !matches!(incident.status, Status::Escalating { .. });
        if !self.incident.as_ref().is_some_and(stopped) {
            self.since_accept = [0; 2];
        }
        // Once somebody is called, nobody asks any more how late that was.
        self.answered |= !self.posts.is_empty();
        let due = [self.due(0), self.due(1)];
        for (unheard, due) in self.unheard.iter_mut().zip(due) {
            *unheard = unheard.filter(|_| due.is_some());
        }
    }
}

fn budget<H: Hasher>(left: &Bounds, state: &mut H) {
    let Bounds { attempts, crashes, duplicates, lost, presses, check_ins, functions, sooner, split } = left;
    (attempts, crashes, duplicates, lost, presses, check_ins, functions, sooner, split).hash(state);
}

/// What was pressed in this call is known.
fn known(incident: Option<&Incident>, call: &Call) -> bool {
    incident.is_some_and(|incident| incident.seen.reply(&call.press().key()).is_some())
}

/// Instants as they lie from here.
#[derive(Clone, Copy)]
struct Clock(Timestamp);

impl Clock {
    /// How far ahead it is; what has passed has passed.
    fn ahead(self, at: Timestamp) -> i64 {
        at.duration_since(self.0).as_secs().max(0)
    }

    fn switch<H: Hasher>(self, deadman: &Deadman, state: &mut H) {
        // Who Ann is, whom she wants called and what she set does not change here, and her tries of PINs are never wrong.
        let next = match &deadman.state {
            State::Off => (0, 0),
            State::Waiting { next_probe_at } if deadman.incident.is_none() => (1, self.ahead(*next_probe_at)),
            State::Waiting { .. } => (2, 0),
            State::Probing(probe) => (3, self.ahead(probe.deadline)),
            State::Paused { until } => (4, self.ahead(*until)),
        };
        (next, deadman.incident, deadman.silent, deadman.attempts, deadman.told).hash(state);
        deadman.seen.reply("SM1").is_some().hash(state);
        self.pendings(&deadman.pending, state);
    }

    fn incident<H: Hasher>(self, incident: Option<&Incident>, state: &mut H) {
        incident.is_some().hash(state);
        let Some(incident) = incident else { return };
        let Incident {
            id: _,
            opened_at: _,
            subject: _,
            silent,
            causes,
            words: _,
            times_told: _,
            doubt: _,
            status,
            round,
            paced_from,
            reached,
            called,
            contacts,
            told,
            pending,
            seen: _,
        } = incident;
        let paced = round.saturating_sub(*paced_from).min(6);
        (silent, causes.len(), (*round).min(2), paced, reached, called, told).hash(state);
        match status {
            Status::Escalating { tier, next_at } => (0, tier, self.ahead(*next_at)).hash(state),
            Status::Accepted { by, at: _, confirm_by, ask_at, asked, renewals, backups } => {
                (1, by, self.ahead(*confirm_by), self.ahead(*ask_at), asked, renewals, backups).hash(state);
            }
            Status::Ended { .. } => 2.hash(state),
        }
        for contact in contacts {
            self.contact(contact, *round, state);
        }
        self.pendings(pending, state);
    }

    fn contact<H: Hasher>(self, contact: &Contact, round: u32, state: &mut H) {
        let Contact {
            id: _,
            name: _,
            phone: _,
            priority: _,
            by_call: _,
            by_sms: _,
            text_stopped: _,
            language: _,
            code: _,
            trusted: _,
            alerted: _,
            attempts,
            redialled_in,
            called_in,
            called_at: _,
            calls,
            wants_call,
            over,
            unheard,
            call,
            sms: _,
            wrong_codes,
        } = contact;
        let mut over: Vec<_> = over.iter().collect();
        over.sort();
        (attempts, *redialled_in == round, *called_in == round, over, unheard).hash(state);
        (wrong_codes, wants_call, call.rests_until.map(|until| self.ahead(until))).hash(state);
        for LiveCall { sid, attempt, placed_at: _, settle_by, polled, heard: _ } in calls {
            (sid, attempt, self.ahead(*settle_by), polled).hash(state);
        }
    }

    fn pendings<H: Hasher>(self, pendings: &Pendings, state: &mut H) {
        pendings.len().hash(state);
        for (id, pending) in pendings {
            let Pending { effect: _, attempt, failures, decided_at: _, not_before, lease_until } = pending;
            (id, attempt, failures, self.ahead(*not_before)).hash(state);
            lease_until.map(|lease| self.ahead(lease)).hash(state);
        }
    }

    fn actors<H: Hasher>(self, actors: &Actors, state: &mut H) {
        let Actors { deadman, incident } = actors;
        deadman.is_some().hash(state);
        if let Some(deadman) = deadman {
            self.switch(deadman, state);
        }
        self.incident(incident.as_deref(), state);
    }

    /// A function, in a number.
    fn shape(self, process: &Process) -> u64 {
        let mut hasher = DefaultHasher::new();
        let state = &mut hasher;
        let Process { event, scope, acts, performs, stage } = process;
        (scope, performs, acts.len()).hash(state);
        match event {
            Event::Wake => 0.hash(state),
            Event::Settled(reports) => {
                1.hash(state);
                for Report { actor: _, effect, attempt, outcome } in reports {
                    (effect, attempt).hash(state);
                    result(Some(outcome), state);
                }
            }
            Event::Contact { place, act } => (2, place, format!("{act:?}")).hash(state),
            Event::CheckIn(event) => (3, format!("{:?}", event.proof)).hash(state),
            // Callbacks are taken in one step; the others do not occur.
            Event::CallTold { .. }
            | Event::TextFailed { .. }
            | Event::Emergency { .. }
            | Event::Login { .. }
            | Event::TextsStopped { .. }
            | Event::Edit(_)
            | Event::Remove { .. } => 4.hash(state),
        }
        match stage {
            Stage::Ready => 0.hash(state),
            Stage::Decided { next, claimed } => {
                1.hash(state);
                self.actors(next, state);
                self.hands(claimed, state);
            }
            Stage::Performing { wrote: _, hands } => {
                2.hash(state);
                self.hands(hands, state);
            }
        }
        hasher.finish()
    }

    fn hands<H: Hasher>(self, hands: &[Hand], state: &mut H) {
        for Hand { actor: _, effect, pending, outcome } in hands {
            (effect, pending.attempt, pending.lease_until.map(|lease| self.ahead(lease))).hash(state);
            result(outcome.as_ref(), state);
        }
    }
}

fn result<H: Hasher>(outcome: Option<&Outcome>, state: &mut H) {
    match outcome {
        None => 0.hash(state),
        Some(Outcome::Placed { sid, .. }) => (1, sid).hash(state),
        Some(Outcome::Done) => 2.hash(state),
        Some(Outcome::Polled(progress)) => (3, progress.outcome()).hash(state),
        Some(Outcome::Permanent { code } | Outcome::Account { code }) => (4, code).hash(state),
        Some(Outcome::NotSent { .. }) => 5.hash(state),
        Some(Outcome::Unknown) => 6.hash(state),
    }
}
