//! The stored form of a switch and of an incident: every field of it, and every variant.

use lucius_core::{deadman::Deadman, incident::Incident};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

const CHANGED: &str = "The stored form has changed: change the file as well. An earlier release that is still there, or comes back, reads \
     what this one writes, drops the fields that it does not know, and writes the rest. If that loses what somebody relies on, raise \
     `lucius_store::SCHEMA`: it then leaves the item alone.";

/// Each of `kept` is read, and written as it was.
fn stays<T: Serialize + DeserializeOwned>(kept: &str) {
    for state in serde_json::from_str::<Vec<Value>>(kept).unwrap() {
        let again = serde_json::from_value::<T>(state.clone()).and_then(serde_json::to_value);
        assert_eq!(again.ok(), Some(state), "{CHANGED}");
    }
}

#[test]
fn a_switch_is_stored_as_it_was() {
    stays::<Deadman>(include_str!("deadman.json"));
}

#[test]
fn an_incident_is_stored_as_it_was() {
    stays::<Incident>(include_str!("incident.json"));
}

/// What is kept leaves nothing empty that could be full.
#[test]
fn every_field_is_kept_with_something_in_it() {
    for kept in [include_str!("deadman.json"), include_str!("incident.json")] {
        let states = serde_json::from_str::<Vec<Value>>(kept).unwrap();
        let full = states.first().and_then(Value::as_object).unwrap();
        for (field, value) in full {
            let empty = match value {
                Value::Null => true,
                Value::Array(list) => list.is_empty(),
                Value::Object(fields) => fields.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
            };
            assert!(!empty, "{field} is empty: nothing of what stands in it is kept");
        }
    }
}
