//! What an action makes of the world.

use std::sync::Arc;

use lucius_core::{
    actor::ActorId,
    deadman::{CheckIn, Medium, Proof},
    decide::{Case, Decision, Event, decide},
    effect::{Outcome, Party, Purpose, claim},
    incident::{Incident, Status},
    policy::{LEASE, Policy, later},
    words,
};
use lucius_invariants::{Act, Attempt, Knows, Transition, Violation, attempt, leased, placed, transition};

use crate::{
    Action, Answer, Call, Process, Stage, World, people,
    process::{Actors, Hand, Scope},
};

impl World {
    /// The world after `action`; none if nothing changes.
    pub(crate) fn after(&self, action: &Action, policy: &Policy) -> Option<Self> {
        let mut next = self.clone();
        next.pay(action)?;
        let paid = next.left != self.left;
        if let Err(violation) = next.takes(action, policy) {
            next.broken = Some(violation.to_string());
        }
        next.settle();
        // A duplicate, or a loss, without any consequence leads nowhere that its absence does not.
        let left = std::mem::replace(&mut next.left, self.left);
        let counts = !paid || next.shape() != self.shape();
        next.left = left;
        counts.then_some(next)
    }

    /// What may happen only so often.
    fn pay(&mut self, action: &Action) -> Option<()> {
        let left = match action {
            Action::ExtraWake(_) | Action::TellAgain(_) | Action::PressAgain(_) => &mut self.left.duplicates,
            Action::LoseHint(_) => &mut self.left.lost,
            Action::Crash(_) | Action::DieEarly(_) => &mut self.left.crashes,
            Action::Press(_) => &mut self.left.presses,
            Action::CheckIn(_) => &mut self.left.check_ins,
            Action::Tick
            | Action::Wake(_)
            | Action::Decide(_)
            | Action::Commit(_)
            | Action::Send(..)
            | Action::Begins(_)
            | Action::Poll(..)
            | Action::Ends(_) => return Some(()),
        };
        *left = left.checked_sub(1)?;
        Some(())
    }

    fn takes(&mut self, action: &Action, policy: &Policy) -> Result<(), Violation> {
        match *action {
            Action::Tick => self.now = self.next_instant().unwrap_or(self.now),
            Action::Wake(actor) | Action::ExtraWake(actor) => return self.wake(actor, policy),
            Action::LoseHint(actor) | Action::DieEarly(actor) => self.lose_hint(actor),
            Action::Decide(index) => return self.decide(index, policy),
            Action::Commit(index) => self.commit(index),
            Action::Send(index, hand, answer) => return self.send(index, hand, answer, policy),
            Action::Crash(index) => self.crash(index),
            Action::Begins(index) => return self.told(index, false, policy),
            Action::Ends(index) => return self.ends(index, policy),
            Action::Poll(index, hand, over) => self.poll(index, hand, over),
            Action::TellAgain(index) => {
                let over = self.calls.get(index).is_some_and(|call| call.ended);
                return self.told(index, over, policy);
            }
            Action::Press(index) | Action::PressAgain(index) => return self.press(index, policy),
            Action::CheckIn(proven) => return self.check_in(proven, policy),
        }
        Ok(())
    }

    /// A function is started.
    fn starts(&mut self, process: Process, policy: &Policy) -> Result<(), Violation> {
        self.processes.push(process);
        self.decide(self.processes.len().saturating_sub(1), policy)
    }

    fn wake(&mut self, actor: usize, policy: &Policy) -> Result<(), Violation> {
        let scope = if actor == 0 { Scope::User } else { Scope::Alone };
        self.starts(Process::performer(Event::Wake, scope), policy)
    }

    /// What this scope reads.
    fn read(&self, scope: Scope) -> Actors {
        let all = self.actors();
        match scope {
            // The switch leads to its incident only while that is open.
            Scope::User => {
                Actors { incident: all.incident.filter(|_| self.deadman.incident.is_some()), ..all }
            }
            Scope::Both => all,
            Scope::Alone => Actors { deadman: None, ..all },
        }
    }

    /// Reads and decides, and where the bounds do not split that, writes. What changes nothing is done with that.
    fn decide(&mut self, index: usize, policy: &Policy) -> Result<(), Violation> {
        let process = self.processes.swap_remove(index);
        let read = self.read(process.scope);
        let before = case(&read);
        let Some((after, claimed)) = self.decision(&process, &before, policy)? else { return Ok(()) };
        if after == before && claimed.is_empty() {
            return Ok(());
        }
        let next = Actors {
            deadman: shared(read.deadman, after.deadman),
            incident: shared(read.incident, after.incident),
        };
        self.processes.push(Process { stage: Stage::Decided { next, claimed }, ..process });
        if !self.left.split {
            self.commit(self.processes.len().saturating_sub(1));
        }
        Ok(())
    }

    /// The decision and what is leased with it, held against what always holds.
    fn decision(
        &self,
        process: &Process,
        before: &Case,
        policy: &Policy,
    ) -> Result<Option<(Case, Vec<Hand>)>, Violation> {
        let now = self.now;
        let Ok(fresh) = people::fresh() else { return Ok(None) };
        let Ok(decision) = decide(before, &process.event, now, policy, &fresh) else {
            return Ok(None);
        };
        let Decision { case: mut after, .. } = decision;
        let claimed = if process.performs { claim_due(&mut after, now) } else { Vec::new() };
        if let Some(incident) = &before.incident {
            let id = ActorId::Incident(incident.id);
            let theirs = claimed.iter().filter(|hand| hand.actor == id);
            leased(id, &incident.pending, theirs.map(|hand| (&hand.effect, &hand.pending)), now)?;
        }
        transition(&Transition {
            before,
            after: &after,
            now,
            policy,
            acts: &process.acts,
            performer_wake: process.performs && process.event == Event::Wake,
        })?;
        news(before, &after, &process.event)?;
        Ok(Some((after, claimed)))
    }

    /// Writes. Whoever has read what is written now has to read again.
    fn commit(&mut self, index: usize) {
        let mut process = self.processes.swap_remove(index);
        let Stage::Decided { next, claimed: mut hands } = process.stage else { return };
        self.write(&next);
        if !hands.is_empty() {
            for hand in &mut hands {
                hand.outcome = self.cancel(&hand.effect.purpose);
            }
            process.stage = Stage::Performing { wrote: next, hands };
            process.performed();
            self.processes.push(process);
        }
    }

    fn write(&mut self, next: &Actors) {
        let due = [self.due_from_now(0), self.due_from_now(1)];
        let stopped = |incident: &Option<Arc<Incident>>| {
            incident.as_ref().is_some_and(|incident| !matches!(incident.status, Status::Escalating { .. }))
        };
        let was_stopped = stopped(&self.incident);
        if let Some(deadman) = &next.deadman {
            self.deadman = Arc::clone(deadman);
        }
        if let Some(incident) = &next.incident {
            self.incident = Some(Arc::clone(incident));
        }
        if stopped(&self.incident) && !was_stopped {
            self.since_accept = [0; 2];
        }
        // A commit that moves an alarm clock sends a hint; whether one that rings already is moved is not seen from here.
        for (actor, was) in due.into_iter().enumerate() {
            if self.due_from_now(actor) != was
                && let Some(unheard) = self.unheard.get_mut(actor)
            {
                *unheard = None;
            }
        }
        for other in &mut self.processes {
            let reads_deadman = other.scope != Scope::Alone && next.deadman.is_some();
            let reads_incident = next.incident.is_some();
            if matches!(other.stage, Stage::Decided { .. }) && (reads_deadman || reads_incident) {
                other.stage = Stage::Ready;
            }
        }
    }

    /// One request for a call.
    fn send(&mut self, index: usize, hand: usize, answer: Answer, policy: &Policy) -> Result<(), Violation> {
        let current = case(&Actors { deadman: None, ..self.actors() });
        let now = self.now;
        let Some(process) = self.processes.get_mut(index) else { return Ok(()) };
        let Stage::Performing { wrote, hands } = &mut process.stage else { return Ok(()) };
        let Some(leased) = hands.get_mut(hand) else { return Ok(()) };
        let Party::Contact(place) = leased.effect.party else { return Ok(()) };
        let calls: Vec<_> = self.posts.iter().filter(|(whom, _)| *whom == place).map(|(_, at)| *at).collect();
        let since = self.since_accept.get(place).copied().unwrap_or_default();
        attempt(&Attempt {
            actor: leased.actor,
            claimed: &case(&Actors { deadman: None, incident: wrote.incident.clone() }),
            current: &current,
            effect: &leased.effect,
            attempt: leased.pending.attempt,
            now,
            policy,
            calls: &calls,
            since_accept: usize::from(since),
        })?;
        let try_ = leased.pending.attempt;
        let effect = leased.effect.clone();
        leased.outcome = Some(answer.outcome(&crate::carrier::sid(place, try_)));
        process.performed();
        self.posts.push((place, now));
        let stopped = |incident: Incident| !matches!(incident.status, Status::Escalating { .. });
        if effect.purpose == Purpose::Page
            && current.incident.is_some_and(stopped)
            && let Some(since) = self.since_accept.get_mut(place)
        {
            *since = since.saturating_add(1);
        }
        if answer.placed() {
            let call = Call {
                effect,
                place,
                attempt: try_,
                rings: true,
                begun: false,
                ended: false,
                pressed: false,
            };
            self.calls.push(call);
        }
        Ok(())
    }

    /// Stops a call: the carrier does as it is told.
    fn cancel(&mut self, purpose: &Purpose) -> Option<Outcome> {
        let Purpose::Cancel(sid) = purpose else { return None };
        for call in self.calls.iter_mut().filter(|call| call.sid() == *sid) {
            call.rings = false;
        }
        Some(Outcome::Done)
    }

    /// Asks after a call.
    fn poll(&mut self, index: usize, hand: usize, over: bool) {
        let Some(process) = self.processes.get_mut(index) else { return };
        let Stage::Performing { hands, .. } = &mut process.stage else { return };
        let Some(leased) = hands.get_mut(hand) else { return };
        let Purpose::Poll(sid) = &leased.effect.purpose else { return };
        let Some(call) = self.calls.iter_mut().find(|call| call.sid() == *sid) else { return };
        call.rings &= !over;
        leased.outcome = Some(Outcome::Polled(call.progress()));
        process.performed();
    }

    /// Dies, before it has sent the hint for what it left behind.
    fn crash(&mut self, index: usize) {
        let process = self.processes.swap_remove(index);
        for act in &process.acts {
            // Whoever was on the line hears that nothing was recorded, and presses again.
            if let Act::PressedOne { place, .. } = act {
                self.left.presses = self.left.presses.saturating_add(1);
                for call in self.calls.iter_mut().filter(|call| call.place == *place) {
                    call.pressed = false;
                }
            }
        }
        if process.performs {
            for actor in [0, 1] {
                self.lose_hint(actor);
            }
        }
    }

    fn ends(&mut self, index: usize, policy: &Policy) -> Result<(), Violation> {
        let Some(call) = self.calls.get_mut(index) else { return Ok(()) };
        call.rings = false;
        // Whoever has been told of the end does not hear of the beginning.
        call.ended = true;
        self.told(index, true, policy)
    }

    /// The carrier calls back: read, decided and written at once.
    fn told(&mut self, index: usize, over: bool, policy: &Policy) -> Result<(), Violation> {
        let Some(call) = self.calls.get_mut(index) else { return Ok(()) };
        call.begun |= !over;
        let progress = if over {
            lucius_core::effect::CallProgress::NoAnswer
        } else {
            lucius_core::effect::CallProgress::Ringing
        };
        let event =
            Event::CallTold { effect: call.effect.clone(), attempt: call.attempt, sid: call.sid(), progress };
        let process = Process::webhook(event, Scope::Alone, Vec::new());
        let read = self.read(Scope::Alone);
        let before = case(&read);
        if let Some((after, _)) = self.decision(&process, &before, policy)?
            && after != before
        {
            self.write(&Actors { deadman: None, incident: shared(read.incident, after.incident) });
        }
        Ok(())
    }

    fn press(&mut self, index: usize, policy: &Policy) -> Result<(), Violation> {
        let (Some(call), Some(incident)) = (self.calls.get_mut(index), &self.incident) else { return Ok(()) };
        call.pressed = true;
        let act = call.press();
        let event = Event::Contact { place: call.place, act };
        let acts = vec![Act::PressedOne { incident: incident.id, place: call.place }];
        self.starts(Process::webhook(event, Scope::Both, acts), policy)
    }

    fn check_in(&mut self, proven: bool, policy: &Policy) -> Result<(), Violation> {
        let arrived_at = if proven { self.now } else { self.deadline };
        let event = Event::CheckIn(CheckIn {
            key: "SM1".to_owned(),
            answer: words::Answer::Good,
            sos: false,
            medium: Medium::Sms,
            arrived_at,
            proof: if proven { Proof::Pin(people::PIN) } else { Proof::None },
            logged_in: false,
            unless: None,
            heard: None,
            words: None,
            text: "Y".to_owned(),
        });
        let acts = vec![Act::CheckedIn { arrived_at, proven, knows: Knows::All }];
        self.answered = true;
        self.starts(Process::webhook(event, Scope::User, acts), policy)
    }
}

/// What was placed is kept in mind.
fn news(before: &Case, after: &Case, event: &Event) -> Result<(), Violation> {
    let (Some(before), Some(after)) = (&before.incident, &after.incident) else { return Ok(()) };
    match event {
        Event::Settled(reports) => {
            reports.iter().try_for_each(|report| match (&report.outcome, report.effect.party) {
                (Outcome::Placed { sid, .. }, Party::Contact(place)) => placed(before, after, place, sid),
                _ => Ok(()),
            })
        }
        Event::CallTold { effect, sid, progress, .. } if !progress.is_over() => match effect.party {
            Party::Contact(place) => placed(before, after, place, sid),
            Party::User => Ok(()),
        },
        Event::CallTold { .. }
        | Event::Wake
        | Event::TextFailed { .. }
        | Event::Contact { .. }
        | Event::CheckIn(_)
        | Event::Emergency { .. }
        | Event::Login { .. }
        | Event::TextsStopped { .. }
        | Event::Edit(_)
        | Event::Remove { .. } => Ok(()),
    }
}

pub(crate) fn case(actors: &Actors) -> Case {
    Case { deadman: actors.deadman.as_deref().cloned(), incident: actors.incident.as_deref().cloned() }
}

/// What has not changed stays where it is.
fn shared<T: PartialEq>(was: Option<Arc<T>>, is: Option<T>) -> Option<Arc<T>> {
    match (was, is) {
        (Some(was), Some(is)) if *was == is => Some(was),
        (_, is) => is.map(Arc::new),
    }
}

/// Leases everything that is due.
fn claim_due(case: &mut Case, now: jiff::Timestamp) -> Vec<Hand> {
    let until = later(now, LEASE);
    let mut hands = Vec::new();
    let mut take = |actor, pendings| {
        for (effect, pending) in claim(pendings, now, until) {
            hands.push(Hand { actor, effect, pending, outcome: None });
        }
    };
    if let Some(deadman) = &mut case.deadman {
        take(ActorId::Deadman(deadman.id), &mut deadman.pending);
    }
    if let Some(incident) = &mut case.incident {
        take(ActorId::Incident(incident.id), &mut incident.pending);
    }
    hands
}
