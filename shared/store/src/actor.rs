//! An actor as an item, and back.

use std::fmt::Debug;

use aws_sdk_dynamodb::types::AttributeValue;
use lucius_core::{
    actor::{ActorId, Due},
    deadman::Deadman,
    id::{IncidentId, OpId, UserId},
    incident::Incident,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    api::Loaded,
    attribute::{Item, millis, n, number, s, text},
    error::{Fault, StoreError, Why},
    keys,
};

/// The form in which this release writes actors, and the only one it reads.
///
/// A change that an older release could not read, or that loses something when it is read and written without it, takes the next
/// number, and ships one release after its reader. What is stored is kept beside the tests of `core` (`kept/states.rs`).
pub const SCHEMA: u32 = 1;

/// What is stored as one item with one version.
pub trait Actor: Serialize + DeserializeOwned + Debug + Clone + Send + Sync + 'static {
    /// Its kind of id.
    type Id: Copy + Debug + Send + Sync;

    /// The actor of this kind with that id.
    fn named(id: Self::Id) -> ActorId;

    /// Its id.
    fn id(&self) -> Self::Id;

    /// When it must next be looked at.
    fn due(&self) -> Option<Due>;
}

impl Actor for Deadman {
    type Id = UserId;

    fn named(id: UserId) -> ActorId {
        ActorId::Deadman(id)
    }

    fn id(&self) -> UserId {
        self.id
    }

    fn due(&self) -> Option<Due> {
        Deadman::due(self)
    }
}

impl Actor for Incident {
    type Id = IncidentId;

    fn named(id: IncidentId) -> ActorId {
        ActorId::Incident(id)
    }

    fn id(&self) -> IncidentId {
        self.id
    }

    fn due(&self) -> Option<Due> {
        Incident::due(self)
    }
}

/// The item of an actor, as the commit `op` makes it.
pub(crate) fn encode<T: Actor>(state: &T, version: u64, op: OpId) -> Result<Item, Fault> {
    let json = serde_json::to_string(state)
        .map_err(|_| Fault { operation: "encode", code: "StateIsNoJson".to_owned() })?;
    let actor = T::named(state.id());
    let mut item = keys::actor(actor).item();
    item.extend([
        ("schema".to_owned(), n(SCHEMA)),
        ("version".to_owned(), n(version)),
        ("op".to_owned(), s(op.to_string())),
        ("fails".to_owned(), n(0)),
        ("state".to_owned(), s(json)),
    ]);
    if let Some(due) = state.due() {
        item.extend(due_attributes(actor, &due));
    }
    Ok(item)
}

/// What puts an actor into the index of what is due.
fn due_attributes(actor: ActorId, due: &Due) -> [(String, AttributeValue); 3] {
    [
        ("due_shard".to_owned(), s(keys::due_shard(actor))),
        ("due_at".to_owned(), n(millis(due.at))),
        ("rank".to_owned(), n(due.rank.number())),
    ]
}

/// The commit that last wrote an item.
pub(crate) fn op(item: &Item) -> Option<OpId> {
    text(item, "op")?.parse().ok()
}

/// Reads an actor's item.
pub(crate) fn decode<T: Actor>(id: T::Id, item: &Item) -> Result<Loaded<T>, StoreError> {
    decode_with(id, item, |json| serde_json::from_str(json))
}

/// The same, where `parse` reads the state.
pub(crate) fn decode_with<T: Actor>(
    id: T::Id,
    item: &Item,
    parse: impl FnOnce(&str) -> serde_json::Result<T>,
) -> Result<Loaded<T>, StoreError> {
    let version = number(item, "version");
    let undecodable = |why| StoreError::Undecodable {
        actor: T::named(id),
        version: version.unwrap_or(0),
        fails: number(item, "fails").unwrap_or(0),
        why,
    };
    let schema = number(item, "schema");
    if schema != Some(SCHEMA) {
        return Err(undecodable(Why::Schema(schema)));
    }
    let (Some(version), Some(op), Some(json)) = (version, op(item), text(item, "state")) else {
        return Err(undecodable(Why::Incomplete));
    };
    // The parser's own words may quote what it read.
    let state = parse(json).map_err(|error| undecodable(Why::State { column: error.column() }))?;
    let put_off = number::<u32>(item, "fails") != Some(0);
    Ok(Loaded { state, version, op, put_off })
}
