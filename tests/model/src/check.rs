//! What the checker asks of every state.

use lucius_core::{
    actor::ActorId,
    effect::{EffectId, Purpose},
    incident::Status,
    policy::Policy,
};
use lucius_invariants::paged_by;
use stateright::{Model, Property};

use crate::{Action, Bounds, Call, World};

/// What must happen somewhere, or the model shows nothing.
pub const EXAMPLES: [&str; 6] = [
    "somebody accepts",
    "who comes second is back-up",
    "a call whose fate is unknown is dialled again",
    "a call that comes too late is cancelled",
    "an accept lapses",
    "both contacts are called",
];

/// The model: two contacts are called for Ann.
#[derive(Debug, Clone)]
pub struct Calls {
    /// How much may happen.
    pub bounds: Bounds,
    /// The operator's parameters.
    pub policy: Policy,
}

impl Calls {
    /// With the product's own parameters.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, policy: Policy::default() }
    }
}

impl Model for Calls {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        World::begin(self.bounds).into_iter().collect()
    }

    fn actions(&self, state: &World, actions: &mut Vec<Action>) {
        state.actions(actions);
    }

    fn next_state(&self, state: &World, action: Action) -> Option<World> {
        state.after(&action, &self.policy)
    }

    fn within_boundary(&self, state: &World) -> bool {
        state.posts.len() <= usize::from(self.bounds.attempts)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("what always holds", |_, world| world.broken.is_none()),
            Property::<Self>::always("paged by D", |model, world| {
                // Looked at in every state: at the first with a page it has just left.
                let first = (!world.posts.is_empty()).then_some(world.deadline);
                let actor = ActorId::Deadman(world.deadman.id);
                let within = model.bounds.paged_within();
                world.answered || paged_by(actor, world.deadline, first, world.now, within).is_ok()
            }),
            Property::<Self>::sometimes(EXAMPLES[0], |_, world| accepted(world).is_some()),
            Property::<Self>::sometimes(EXAMPLES[1], |_, world| {
                accepted(world).is_some_and(|backups| backups > 0)
            }),
            Property::<Self>::sometimes(EXAMPLES[2], |_, world| {
                world.calls.iter().filter(|call| call.place == 0 && call.rings).count() > 1
            }),
            Property::<Self>::sometimes(EXAMPLES[3], |_, world| {
                let cancels = |id: &EffectId| matches!(id.purpose, Purpose::Cancel(_));
                accepted(world).is_some() && world.incident.iter().any(|i| i.pending.keys().any(cancels))
            }),
            Property::<Self>::sometimes(EXAMPLES[4], |_, world| {
                world.incident.as_ref().is_some_and(|incident| {
                    let heard = |call: &Call| incident.seen.reply(&call.press().key()).is_some();
                    matches!(incident.status, Status::Escalating { .. }) && world.calls.iter().any(heard)
                })
            }),
            Property::<Self>::sometimes(EXAMPLES[5], |_, world| {
                [0, 1].iter().all(|place| world.posts.iter().any(|(whom, _)| whom == place))
            }),
        ]
    }
}

/// How many have offered to go as well, if somebody has accepted.
fn accepted(world: &World) -> Option<usize> {
    match &world.incident.as_ref()?.status {
        Status::Accepted { backups, .. } => Some(backups.len()),
        Status::Escalating { .. } | Status::Ended { .. } => None,
    }
}
