//! The world: what is stored, who is at work, what the carrier has.

use std::sync::Arc;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use lucius_core::{
    deadman::Deadman,
    effect::{EffectId, Purpose},
    incident::{Incident, Status},
    policy::later,
};

use crate::{Answer, Bounds, Call, Process, Stage, people, process::Actors};

/// What is overdue for this long has been found by the sweep: two clocks, a minute each, and what it takes to invoke.
pub(crate) const SWEPT_AFTER: SignedDuration = SignedDuration::from_secs(75);

/// A minute, in seconds: once somebody was called, wakes come at whole ones.
pub(crate) const GRID: i64 = 60;

/// One state of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The instant.
    pub now: Timestamp,
    /// Ann's last deadline.
    pub deadline: Timestamp,
    /// As stored.
    pub deadman: Arc<Deadman>,
    /// As stored.
    pub incident: Option<Arc<Incident>>,
    /// No hint comes for what is due at the switch, or at the incident: the sweep finds it at this instant.
    pub unheard: [Option<Timestamp>; 2],
    /// At work.
    pub processes: Vec<Process>,
    /// At the carrier.
    pub calls: Vec<Call>,
    /// Requests for calls so far: to whom, and when.
    pub posts: Vec<(usize, Timestamp)>,
    /// Requests to each contact since the calls have stopped.
    pub since_accept: [u8; 2],
    /// Ann has answered.
    pub answered: bool,
    /// What may still happen.
    pub left: Bounds,
    /// What must not happen.
    pub broken: Option<String>,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Time goes on to the next instant that matters.
    Tick,
    /// A hint, the schedule or the sweep wakes the switch (0) or the incident (1).
    Wake(usize),
    /// A wake comes that nobody waits for.
    ExtraWake(usize),
    /// The hint for what is due is lost.
    LoseHint(usize),
    /// A function reads and decides.
    Decide(usize),
    /// A function writes.
    Commit(usize),
    /// A function sends one request for a call, and the carrier answers.
    Send(usize, usize, Answer),
    /// A function dies; only the sweep finds what it left behind.
    Crash(usize),
    /// A function that was woken dies before it has written anything.
    DieEarly(usize),
    /// The carrier tells that a call began.
    Begins(usize),
    /// A call ends, and the carrier tells. One of which it does not tell ends when it is asked after, or rings on.
    Ends(usize),
    /// The carrier is asked after a call, which is over, or rings.
    Poll(usize, usize, bool),
    /// The carrier tells again what it told last.
    TellAgain(usize),
    /// Who is called presses 1.
    Press(usize),
    /// The key arrives once more.
    PressAgain(usize),
    /// Ann's answer arrives: with her PIN, or without it and in time.
    CheckIn(bool),
}

impl World {
    /// Ann's deadline has just passed.
    ///
    /// # Errors
    /// The world's own constants are wrong.
    pub fn begin(bounds: Bounds) -> Result<Self> {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse()?;
        Ok(Self {
            now,
            deadline: now,
            deadman: Arc::new(people::ann(now)?),
            incident: None,
            unheard: [None; 2],
            processes: Vec::new(),
            calls: Vec::new(),
            posts: Vec::new(),
            since_accept: [0; 2],
            answered: false,
            left: bounds,
            broken: None,
        })
    }

    pub(crate) fn actors(&self) -> Actors {
        Actors { deadman: Some(Arc::clone(&self.deadman)), incident: self.incident.clone() }
    }

    /// When the switch (0) or the incident (1) is due. While an incident is open, the switch's hourly look at it is left out: it is
    /// one more wake of the incident, and extra wakes come at any time.
    pub(crate) fn due(&self, actor: usize) -> Option<Timestamp> {
        match (actor, &self.incident) {
            (0, None) => self.deadman.due().map(|due| due.at),
            (0, Some(_)) => lucius_core::effect::due_at(&self.deadman.pending),
            (_, incident) => incident.as_ref().and_then(|incident| incident.due()).map(|due| due.at),
        }
    }

    /// The same; what is due is due now.
    pub(crate) fn due_from_now(&self, actor: usize) -> Option<Timestamp> {
        self.due(actor).map(|at| at.max(self.now))
    }

    fn is_due(&self, actor: usize) -> bool {
        self.due(actor).is_some_and(|at| at <= self.now)
    }

    /// It is due, and somebody comes: at once, or when the sweep does.
    pub(crate) fn wakes(&self, actor: usize) -> bool {
        self.is_due(actor) && self.swept_at(actor).is_none_or(|at| at <= self.now)
    }

    fn swept_at(&self, actor: usize) -> Option<Timestamp> {
        self.unheard.get(actor).copied().flatten()
    }

    /// From here on nobody hears of what is due, or will be, until the sweep finds it.
    pub(crate) fn lose_hint(&mut self, actor: usize) {
        let swept_at = self.due(actor).map(|at| later(at.max(self.now), SWEPT_AFTER));
        let now = self.now;
        if let Some(unheard) = self.unheard.get_mut(actor) {
            // A cycle of the sweep that is still to come finds it anyway.
            *unheard = unheard.filter(|at| *at > now).or(swept_at);
        }
    }

    /// The next instant that matters, if time may go on: nobody is at work, and nobody who is sure to come has still to come.
    pub(crate) fn next_instant(&self) -> Option<Timestamp> {
        if !self.processes.is_empty() || [0, 1].into_iter().any(|actor| self.wakes(actor)) {
            return None;
        }
        let escalates = |incident: &Arc<Incident>| matches!(incident.status, Status::Escalating { .. });
        if self.posts.len() >= usize::from(self.left.attempts)
            && !self.incident.as_ref().is_some_and(escalates)
        {
            // Somebody goes, or it is over, and nobody can be called within the bounds any more.
            return None;
        }
        let instants = [0, 1].into_iter().filter_map(|actor| {
            let at = self.due(actor)?;
            if at <= self.now { self.swept_at(actor) } else { Some(at) }
        });
        let next = instants.min()?;
        Some(if self.posts.is_empty() { next } else { self.on_grid(next) })
    }

    /// Once somebody was called, wakes come late by up to a minute, so that they come at whole minutes.
    fn on_grid(&self, at: Timestamp) -> Timestamp {
        let since = at.duration_since(self.deadline).as_secs();
        let past = since.checked_rem(GRID).unwrap_or_default();
        let late = if past == 0 { 0 } else { GRID.saturating_sub(past) };
        later(at, SignedDuration::from_secs(late))
    }

    /// Everything that can happen now.
    pub(crate) fn actions(&self, actions: &mut Vec<Action>) {
        if self.broken.is_some() {
            return;
        }
        if self.next_instant().is_some() {
            actions.push(Action::Tick);
        }
        let room = self.processes.len() < self.left.functions;
        for actor in [0, 1] {
            self.wake_actions(actor, room, actions);
        }
        for (index, process) in self.processes.iter().enumerate() {
            self.process_actions(index, process, actions);
        }
        for (index, call) in self.calls.iter().enumerate() {
            self.call_actions(index, call, room, actions);
        }
        if self.left.check_ins > 0 && room {
            actions.extend([Action::CheckIn(true), Action::CheckIn(false)]);
        }
    }

    fn wake_actions(&self, actor: usize, room: bool, actions: &mut Vec<Action>) {
        let exists = actor == 0 || self.incident.is_some();
        let comes = self.wakes(actor) || (self.left.sooner && self.is_due(actor));
        if comes && room {
            actions.push(Action::Wake(actor));
        }
        // The switch leads to its incident: one of the two wakes is enough.
        if exists && room && self.left.duplicates > 0 && (actor == 1 || self.incident.is_none()) {
            actions.push(Action::ExtraWake(actor));
        }
        let heard = self.swept_at(actor).is_none();
        if self.is_due(actor) && heard && self.left.lost > 0 {
            actions.push(Action::LoseHint(actor));
        }
        if self.wakes(actor) && heard && self.left.crashes > 0 {
            actions.push(Action::DieEarly(actor));
        }
    }

    fn process_actions(&self, index: usize, process: &Process, actions: &mut Vec<Action>) {
        match &process.stage {
            Stage::Ready => actions.push(Action::Decide(index)),
            Stage::Decided { .. } => actions.push(Action::Commit(index)),
            Stage::Performing { hands, .. } => {
                for (hand, leased) in hands.iter().enumerate().filter(|(_, hand)| hand.outcome.is_none()) {
                    if is_call(&leased.effect) {
                        actions.extend(Answer::ALL.map(|answer| Action::Send(index, hand, answer)));
                    } else {
                        actions.extend([true, false].map(|over| Action::Poll(index, hand, over)));
                    }
                }
            }
        }
        if self.left.crashes > 0 {
            actions.push(Action::Crash(index));
        }
    }

    fn call_actions(&self, index: usize, call: &Call, room: bool, actions: &mut Vec<Action>) {
        if !call.begun && !call.ended {
            actions.push(Action::Begins(index));
        }
        if call.rings {
            actions.push(Action::Ends(index));
        }
        // A key may arrive after the end of its call has been told.
        if !call.pressed && room && self.left.presses > 0 {
            actions.push(Action::Press(index));
        }
        if self.left.duplicates > 0 {
            if call.begun || call.ended {
                actions.push(Action::TellAgain(index));
            }
            if call.pressed && room {
                actions.push(Action::PressAgain(index));
            }
        }
    }
}

/// The effect makes somebody's phone ring.
pub(crate) fn is_call(effect: &EffectId) -> bool {
    match effect.purpose {
        Purpose::Page | Purpose::Confirm | Purpose::Ask | Purpose::Tell(_) => true,
        Purpose::Cancel(_) | Purpose::Poll(_) => false,
    }
}
