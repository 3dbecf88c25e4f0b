//! The phone line: what a caller hears at each step, and what is remembered of their call.
//!
//! The address of each turn carries its number. A turn that comes twice is answered as it was the first time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::UserId,
    policy::{Policy, later},
    voice::{Prompt, Then},
};

/// Wrong PINs in one call before it ends.
pub const WRONG_MAX: u8 = 3;

/// Turns in silence before a call ends.
pub const SILENT_MAX: u8 = 3;

/// What is remembered of a call to our number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Turns answered so far.
    pub turns: u32,
    /// Who has logged in.
    pub user: Option<UserId>,
    /// When they last gave their PIN.
    pub pin_at: Option<Timestamp>,
    /// Wrong PINs so far.
    pub wrong: u8,
    /// Turns in silence in a row.
    pub silent: u8,
    /// What is to be done once the PIN has been given again.
    pub wanted: Option<Wanted>,
    /// A PIN given before it was known whose.
    pub unclaimed: Option<Unclaimed>,
    /// What was said in the last turn.
    pub said: Option<Prompt>,
}

/// A PIN that waits for the number of its account. Its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unclaimed(pub String);

impl std::fmt::Debug for Unclaimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unclaimed(…)")
    }
}

/// What a caller has chosen that needs a fresh PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Check in, and end an emergency.
    CheckIn,
}

impl Session {
    /// Whether the PIN was given a moment ago.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, policy: &Policy) -> bool {
        self.pin_at.is_some_and(|at| now <= later(at, policy.pin_fresh()))
    }
}

/// What is wrong on our side is said; the caller goes on where they were.
pub const SORRY: &str = "Something went wrong on our side, and nothing was recorded. Please try again.";

/// Where the first answer goes; later ones carry the number of their turn.
#[must_use]
pub fn login_path(turn: u32) -> String {
    if turn == 0 { "/inbound/login".to_owned() } else { format!("/inbound/login/{turn}") }
}

/// Asks for the PIN, after what there is to say first.
#[must_use]
pub fn ask_pin(first: &[&str], turn: u32) -> Prompt {
    let say =
        first.iter().chain(&["Please enter or say your PIN."]).map(|words| (*words).to_owned()).collect();
    Prompt::digits(say, login_path(turn))
}

/// Asks whose PIN it was.
#[must_use]
pub fn ask_account(turn: u32) -> Prompt {
    let say = "Please enter the phone number of your account with its country code, then the pound key.";
    Prompt::digits(vec![say.to_owned()], format!("/inbound/account/{turn}"))
}

/// The end of a call after too many wrong PINs; a locked account hears the same.
#[must_use]
pub fn too_many() -> Prompt {
    Prompt::goodbye(vec!["Too many attempts. Goodbye.".to_owned()])
}

/// The end of a call that has gone silent.
#[must_use]
pub fn nobody_there() -> Prompt {
    Prompt::goodbye(vec!["I did not hear anything. Goodbye.".to_owned()])
}

/// The main menu, after what there is to say first.
#[must_use]
pub fn menu(first: Vec<String>, emergency: bool, language: Option<String>, turn: u32) -> Prompt {
    let mut say = first;
    if emergency {
        say.push("There is an emergency: your contacts are being called.".to_owned());
    }
    say.push("To check in, press 1.".to_owned());
    let nine = if emergency { "To end the emergency, press 9." } else { "To start an emergency, press 9." };
    say.push(nine.to_owned());
    say.push("For help, press star. To hang up, press pound.".to_owned());
    Prompt::key(say, format!("/inbound/menu/{turn}")).in_language(language)
}

/// What the keys mean, at length.
#[must_use]
pub fn help() -> Vec<String> {
    [
        "Checking in tells us that you are okay. It ends an emergency.",
        "Starting an emergency calls and texts your contacts until one of them says that they are going.",
        "Only your PIN ends an emergency.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What a contact hears who rings us after a call of ours.
#[must_use]
pub fn call_back(turn: u32) -> Prompt {
    let say = [
        "This is lucius, the safety line. A call was meant for this number.",
        "If you have our text, enter its six digit code, then the pound key.",
        "Otherwise press 1, then the pound key, and hang up: we call you.",
    ];
    let say = say.map(str::to_owned).to_vec();
    let then = Then::Listen {
        path: crate::incident::callback_path(turn),
        one_digit: false,
        speech: false,
        timeout_seconds: 10,
    };
    Prompt { say, language: None, then }
}
