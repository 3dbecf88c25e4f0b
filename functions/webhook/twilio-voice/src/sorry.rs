//! A turn that failed on our side: said, told to the operator, and asked for again.

use lucius_core::{
    decide::Rejected,
    ivr::{DELETED, SORRY, SORRY_MAX, ask_account, ask_pin, call_back, out_of_order},
    voice::{Prompt, Then},
};
use lucius_shell::{RunError, alarm};

use crate::{Place, line::Step};

/// Says that something went wrong, and asks for the same turn again: what was recorded after all is known by its name. The address
/// counts the rounds, for the table may be what is down.
pub(crate) fn prompt(place: Place, error: &RunError) -> Prompt {
    tracing::error!(error = %error, "a turn of a call failed");
    match error {
        RunError::Taken(_) | RunError::Poisoned { .. } | RunError::NotRecorded(_) => {
            alarm::operator("NotRecorded", "a turn of a call to our number was not recorded");
        }
        // In the middle of their call. Keyed in again it would find nobody either.
        RunError::Rejected(Rejected::NotFound) => return Prompt::goodbye(vec![DELETED.to_owned()]),
        RunError::Rejected(Rejected::Invalid(_) | Rejected::Forbidden(_) | Rejected::Conflict(_)) => {}
        // Asked for again, it would only be known again.
        RunError::Known => return Prompt::goodbye(vec!["We have that already. Goodbye.".to_owned()]),
    }
    let Place { step, number, again } = place;
    let again = again.saturating_add(1);
    if again > SORRY_MAX {
        return out_of_order();
    }
    let (mut prompt, word) = match step {
        Step::Login => (ask_pin(&[], number), "login"),
        Step::Account => (ask_account(number), "account"),
        Step::Menu => (Prompt::key(vec!["Please press the key again.".to_owned()], String::new()), "menu"),
        Step::CallBack => (call_back(number), "callback"),
    };
    prompt.say.insert(0, SORRY.to_owned());
    match &mut prompt.then {
        Then::Listen { path, .. } => *path = format!("/inbound/{word}/{number}/{again}"),
        Then::Hangup => {}
    }
    prompt
}
