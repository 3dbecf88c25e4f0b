//! Names of actors, effects and commits, as they stand in addresses and messages.

use std::{fmt::Display, str::FromStr};

use lucius_core::{
    actor::ActorId,
    effect::EffectId,
    id::{OpId, UserId},
};

/// What is read is written as something that is read as the same.
fn is_stable<T: FromStr + Display + PartialEq + std::fmt::Debug>(text: &str) -> Option<T> {
    let read: T = text.parse().ok()?;
    let written = read.to_string();
    assert!(written.parse().ok().as_ref() == Some(&read), "{text:?} becomes {written:?}");
    Some(read)
}

/// An effect's name.
pub(crate) fn effect_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(id) = is_stable::<EffectId>(&text) else { return };
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(serde_json::from_str::<EffectId>(&json).unwrap(), id);
}

/// An actor's name, and the ids in it.
pub(crate) fn actor_id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = is_stable::<OpId>(&text);
    if let Some(id) = is_stable::<UserId>(&text) {
        assert!(id.get() < 1 << 53);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
    }
    let Some(actor) = is_stable::<ActorId>(&text) else { return };
    let json = serde_json::to_string(&actor).unwrap();
    assert_eq!(serde_json::from_str::<ActorId>(&json).unwrap(), actor);
}
