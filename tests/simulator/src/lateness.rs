//! Whoever watches the clock: every minute it is asked whether anybody is forgotten.

use lucius_core::incident::Status;

use crate::{
    checks::{Checks, PAGED_WITHIN},
    cycle::OVERDUE,
    faults::Climate,
    world::{HOUR, Inner, MINUTE, Millis, SECOND, instant},
};

/// By how much one fault that strikes can delay what it strikes: a lease, and a cycle of the sweep.
const FAULT_COSTS: Millis = 95 * SECOND;

/// The longest silence between two requests for pages of one open incident: the pause between two rounds, and what the round
/// before it may take.
const SILENCE: Millis = 30 * MINUTE;

/// Whom a fault can delay.
#[derive(Debug, Clone)]
pub(crate) enum About {
    /// The sweep was struck.
    Everybody,
    /// Something about these was.
    Users(Vec<u64>),
}

impl Checks {
    /// A fault strikes a function that is about these.
    pub(crate) fn struck(&mut self, now: Millis, about: About) {
        self.struck.push((now, about));
    }

    /// How many faults have struck what is about this user, or about everybody.
    pub(crate) fn strikes_since(&self, user: u64, since: Millis) -> i64 {
        self.strikes(since, |about| match about {
            About::Everybody => true,
            About::Users(users) => users.contains(&user),
        })
    }

    /// How many have struck what is about this user and is not the sweep.
    pub(crate) fn own_strikes_since(&self, user: u64, since: Millis) -> i64 {
        self.strikes(since, |about| match about {
            About::Everybody => false,
            About::Users(users) => users.contains(&user),
        })
    }

    fn strikes(&self, since: Millis, counts: impl Fn(&About) -> bool) -> i64 {
        let recent = self.struck.iter().rev().take_while(|(at, _)| *at >= since - MINUTE);
        let count = recent.filter(|(_, about)| counts(about)).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}

impl Inner {
    /// How long after `since` it is, but for what excuses it.
    pub(crate) fn late(&self, user: u64, since: Millis, now: Millis) -> Millis {
        let strikes = self.checks.strikes_since(user, since);
        // What an outage has kept waiting takes its time as well.
        let excused = self.faults.excused(since, now);
        let recovery = if excused > 0 { PAGED_WITHIN } else { 0 };
        let late = now - since - excused - recovery - strikes * FAULT_COSTS;
        // Nor may it take longer than ever, once the last outage is over.
        let late_since = self
            .faults
            .last_excuse(since, now)
            .map_or(late, |over| now - over - self.checks.strikes_since(user, over) * FAULT_COSTS);
        late.max(late_since)
    }

    /// How long ago the sweep has handed over whoever has been due `since`, but for what excuses it: faults of the sweep do so no more.
    fn late_in_hand(&self, user: u64, since: Millis, now: Millis) -> Millis {
        let mut cycles = self.checks.cycles.iter();
        let Some((_, handed)) = cycles.find(|(began, _)| *began > since + OVERDUE) else { return 0 };
        let excused = self.faults.excused(*handed, now);
        let recovery = if excused > 0 { PAGED_WITHIN } else { 0 };
        now - handed - excused - recovery - self.checks.own_strikes_since(user, *handed) * FAULT_COSTS
    }

    /// Something is as it must never be. The first of these ends the run.
    pub(crate) fn violated(&mut self, invariant: &str, why: impl std::fmt::Display) {
        self.tell(|| format!("VIOLATION {invariant}: {why}"));
        if self.checks.violation.is_none() {
            self.checks.violation = Some(format!("{invariant}: {why}"));
        }
    }

    /// A minute has passed: is anybody forgotten?
    pub(crate) fn look(&mut self) {
        if self.faults.climate == Climate::Herd {
            return;
        }
        let now = self.now;
        let mut wrong = Vec::new();
        self.checks.made += self.checks.deadmen.len() as u64 + 2 * self.checks.open.len() as u64;
        for (due, actor) in self.checks.clocks.before(instant(now - PAGED_WITHIN)) {
            let Some(user) = self.checks.user_of(actor) else { continue };
            let due_at = due.as_millisecond();
            // Whoever was put off, or written meanwhile, stands in the index for later.
            let since = due_at.max(self.checks.clocks.written_at(actor));
            let in_hand =
                !self.releases.put_off.contains(&actor) && self.late_in_hand(user, since, now) > PAGED_WITHIN;
            if in_hand || self.late(user, due_at, now) > PAGED_WITHIN {
                wrong.push(("I6", format!("{actor} is due since {due}")));
            }
        }
        for id in &self.checks.open {
            let facts = self.checks.facts.get(id).filter(|facts| now - facts.last_post > SILENCE);
            let incident = self.checks.incidents.get(id);
            let (Some(facts), Some(incident)) = (facts, incident) else { continue };
            let escalates =
                matches!(incident.status, Status::Escalating { .. }) && !incident.contacts.is_empty();
            if escalates && self.late(facts.user, facts.last_post, now) > SILENCE {
                let silent = (now - facts.last_post) / MINUTE;
                wrong.push((
                    "I5",
                    format!("incident {id} is open, and nobody was called for {silent} minutes"),
                ));
            }
        }
        for (invariant, why) in wrong {
            self.violated(invariant, why);
        }
        self.checks.struck.retain(|(at, _)| *at > now - 12 * HOUR);
        self.checks.cycles.retain(|(began, _)| *began > now - 12 * HOUR);
        self.checks.incidents.retain(|_, incident| match &incident.status {
            // Codes live for a day, and with them what can still be said of it.
            Status::Ended { at, .. } => at.as_millisecond() > now - 26 * HOUR,
            Status::Escalating { .. } | Status::Accepted { .. } => true,
        });
    }
}
