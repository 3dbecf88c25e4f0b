//! States that were read before.

use std::{any::Any, collections::BTreeMap};

use crate::{actor::Actor, keys::Key};

/// The last text of each actor's state and what was read of it. A simulated world reads each some times before it is written again, and
/// the same text says the same.
#[derive(Debug, Default)]
pub(super) struct Parsed(BTreeMap<Key, (String, Box<dyn Any + Send>)>);

impl Parsed {
    /// What `json` says of the actor under `key`.
    pub(super) fn state<T: Actor>(&mut self, key: &Key, json: &str) -> serde_json::Result<T> {
        if let Some((text, state)) = self.0.get(key)
            && text == json
            && let Some(state) = state.downcast_ref::<T>()
        {
            return Ok(state.clone());
        }
        let state: T = serde_json::from_str(json)?;
        self.0.insert(key.clone(), (json.to_owned(), Box::new(state.clone())));
        Ok(state)
    }
}
