//! Two releases at once: one is deployed beside the other, and may be taken back. What the later one has written waits for it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use lucius_core::actor::ActorId;
use lucius_invariants::Invariant;
use lucius_store::{Actor, Change, Commit, simulated::Release};

use crate::{
    checks::PAGED_WITHIN,
    faults::{Climate, Outage},
    ports::{LATER_VERSION, said_version},
    world::{HOUR, Happening, Inner, MINUTE, Millis},
};

/// What the record of faults calls an item that the earlier release cannot read.
pub(crate) const LATER: &str = "item of a later release";

/// Until the next release comes, at most.
const BETWEEN: Millis = 3 * HOUR;

/// What is known of the two releases.
#[derive(Debug, Default)]
pub(crate) struct Releases {
    /// The later one is deployed beside this one, or is about to be alone.
    pub(crate) next_is_there: bool,
    /// Whose items it has written last.
    by_next: BTreeSet<ActorId>,
    /// Who was put off and has not been written since.
    pub(crate) put_off: BTreeSet<ActorId>,
    /// In this step, how many could not be read.
    pub(crate) unreadable: u32,
}

impl Inner {
    /// Draws when the next release is deployed, if ever.
    pub(crate) fn deploys(&mut self) {
        match self.faults.climate {
            Climate::Calm | Climate::Herd | Climate::Unheard => return,
            Climate::Mild | Climate::Rough | Climate::Crowd | Climate::Batches => {}
        }
        let begin = self.between(MINUTE, BETWEEN);
        let whole = self.deploys_at(begin);
        self.soon(whole, Happening::Deployed);
    }

    /// A release is deployed beside the one that is there, and may be taken back for a while. Returns when it is there alone.
    fn deploys_at(&mut self, begin: Millis) -> Millis {
        let longest = if self.odds(100) { 8 * HOUR } else { 20 * MINUTE };
        let both = self.between(MINUTE, longest);
        self.lasts_from(Outage::BothReleases, begin, begin + both);
        let mut end = begin + both;
        if self.odds(150) {
            let back = end + self.between(0, 2 * HOUR);
            end = back + self.between(5 * MINUTE, HOUR);
            self.lasts_from(Outage::TakenBack, back, end);
            // Then it is there again: everywhere at once, or beside the earlier one for a while.
            if self.odds(500) {
                let both = self.between(MINUTE, 10 * MINUTE);
                self.lasts_from(Outage::BothReleases, end, end + both);
                end += both;
            }
        }
        end + self.between(MINUTE, HOUR)
    }

    /// The later release is the one that is there: what it has written, everybody reads. The next may come.
    pub(crate) fn deployed(&mut self) {
        self.tell(|| "the later release is the one that is there".to_owned());
        self.releases.next_is_there = false;
        self.releases.by_next.clear();
        let (later, this) = (said_version(LATER_VERSION), said_version(1));
        let bodies = self.messages.values_mut().map(|(body, _)| body).chain(self.letters.bodies());
        for body in bodies {
            *body = body.replace(&later, &this);
        }
        self.deploys();
    }

    /// Of which release the next function is.
    pub(crate) fn release(&mut self) -> Release {
        if self.faults.lasts(Outage::TakenBack) || !self.releases.next_is_there {
            return Release::This;
        }
        if self.faults.lasts(Outage::BothReleases) && self.odds(750) {
            return Release::This;
        }
        Release::Next
    }

    /// Whether the function that runs can read this item.
    pub(crate) fn can_read(&self, actor: ActorId) -> bool {
        self.running.release == Release::Next || !self.releases.by_next.contains(&actor)
    }

    /// Whether a function of the later release writes this item just before the one that runs, of the earlier one, reads it again.
    pub(crate) fn overtakes(&mut self, actor: ActorId) -> bool {
        let meets = self.running.release == Release::This && self.faults.lasts(Outage::BothReleases);
        let overtakes = meets && self.strikes_on_purpose(LATER, "GetItem");
        if overtakes {
            self.releases.by_next.insert(actor);
            if let Some(version) = self.checks.versions.get_mut(&actor) {
                *version += 1;
            }
        }
        overtakes
    }

    /// The function that runs cannot read this item.
    pub(crate) fn cannot_read(&mut self, actor: ActorId) {
        self.releases.unreadable += 1;
        // While nobody could read it, that time is the excuse; one more for each look would excuse it twice.
        if self.faults.lasts(Outage::TakenBack) {
            self.running.strikes += 1;
            self.strikes_quietly(LATER);
        } else {
            self.strikes_here(LATER, "GetItem");
        }
        if !self.releases.by_next.contains(&actor) {
            self.violated("I11", format!("{actor} cannot be read, and no later release has written it"));
        }
    }

    /// Whoever was put off is looked at again when their item says so, and says then what their state says.
    pub(crate) fn look_at_put_off(&mut self, items: Vec<(ActorId, Timestamp)>) {
        for (actor, due) in items {
            self.checks.made += 1;
            let Some(user) = self.checks.user_of(actor) else { continue };
            if self.late(user, due.as_millisecond(), self.now) > PAGED_WITHIN {
                self.violated("I6", format!("{actor} was put off until {due}, and is overdue since then"));
            }
        }
    }

    /// A commit was written by the function that runs: not over what it cannot know.
    pub(crate) fn written(&mut self, commit: &Commit) {
        let actors = [written(commit.deadman.as_ref()), written(commit.incident.as_ref())];
        for actor in actors.into_iter().flatten() {
            self.releases.put_off.remove(&actor);
            match self.running.release {
                Release::Next => {
                    self.releases.by_next.insert(actor);
                }
                Release::This if self.releases.next_is_there => {
                    self.checks.made += 1;
                    if self.releases.by_next.contains(&actor) {
                        self.violated(
                            Invariant::LaterStands.code(),
                            format!("{actor} of a later release was written over"),
                        );
                    }
                }
                Release::This => {}
            }
        }
    }
}

fn written<T: Actor>(change: Option<&Change<T>>) -> Option<ActorId> {
    match change? {
        Change::New(state) | Change::Update { to: state, .. } => Some(T::named(state.id())),
        Change::Check { .. } => None,
    }
}
