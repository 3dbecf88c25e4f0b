//! Whoever watches the clock: every minute it is asked whether anybody is forgotten.

use lucius_core::incident::Status;

use crate::{
    checks::PAGED_WITHIN,
    faults::Climate,
    world::{HOUR, Inner, MINUTE, Millis, SECOND, instant},
};

/// By how much one fault that strikes can delay what it strikes: a lease, and a cycle of the sweep.
const FAULT_COSTS: Millis = 95 * SECOND;

/// The longest silence between two requests for pages of one open incident: the pause between two rounds, and what the round
/// before it may take.
const SILENCE: Millis = 30 * MINUTE;

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
            if self.late(user, due.as_millisecond(), now) > PAGED_WITHIN {
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
        self.checks.incidents.retain(|_, incident| match &incident.status {
            // Codes live for a day, and with them what can still be said of it.
            Status::Ended { at, .. } => at.as_millisecond() > now - 26 * HOUR,
            Status::Escalating { .. } | Status::Accepted { .. } => true,
        });
    }
}
