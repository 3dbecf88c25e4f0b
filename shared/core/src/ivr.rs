//! The phone line: what a caller hears at each step, and what is remembered of their call.
//!
//! The address of each turn carries its number, and how often it was asked for again. A turn that comes twice is answered as it was the
//! first time ([`Session::begin`]).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    id::{IncidentId, UserId},
    incident::{Incident, Status},
    policy::{Policy, later},
    voice::{Prompt, Then},
};

/// Wrong PINs in one call before it ends.
pub const WRONG_MAX: u8 = 3;

/// Turns in silence before a call ends.
pub const SILENT_MAX: u8 = 3;

/// Turns in a row with speech that is no number, before a call ends: a television talks for ever.
pub const UNCLEAR_MAX: u8 = 10;

/// How often a caller is asked again while their turns cannot be recorded.
pub const SORRY_MAX: u8 = 3;

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
    /// Turns in a row in which something was said that is no number.
    #[serde(default)]
    pub unclear: u8,
    /// What the menu has offered.
    #[serde(default)]
    pub offered: Offered,
    /// What is to be done once the PIN has been given again.
    pub wanted: Option<Wanted>,
    /// A PIN given before it was known whose.
    pub unclaimed: Option<Unclaimed>,
    /// What was said in the last turn.
    pub said: Option<Prompt>,
    /// How often the last turn had been asked for again when it was answered.
    #[serde(default)]
    pub again: u8,
    /// The call as it was before the last turn.
    #[serde(default)]
    pub before: Option<Box<Self>>,
}

/// A turn of a call, beside what is remembered of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It was answered with this.
    Answered(Prompt),
    /// It is to be taken, in this session.
    Open(Session),
}

/// What key 9 was said to do when the menu was last spoken. The key means that and nothing else, whatever has happened
/// since: a 9 that was pressed to call for help never ends an emergency, be it doubled, sent again or late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Offered {
    /// To start an emergency.
    #[default]
    Start,
    /// To end this one.
    End(IncidentId),
}

impl Offered {
    /// What the menu offers beside `incident`.
    #[must_use]
    pub fn beside(incident: Option<&Incident>) -> Self {
        shown(incident).map_or(Self::Start, |incident| Self::End(incident.id))
    }

    /// Whether the caller has heard of the emergency that is open, if one is. No key ends one that they do not know of.
    #[must_use]
    pub fn covers(self, incident: Option<&Incident>) -> bool {
        match Self::beside(incident) {
            Self::Start => true,
            open @ Self::End(_) => open == self,
        }
    }
}

/// The incident as far as the caller may hear of it: a silent one does not exist here.
fn shown(incident: Option<&Incident>) -> Option<&Incident> {
    incident.filter(|incident| incident.is_open() && !incident.silent)
}

/// A PIN that waits for the number of its account: its keyed digest, from which the digest of a user's PIN can be made.
/// The PIN itself is not kept; the digest is, with the call, if it ends there. Its `Debug` form shows nothing.
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
    /// Begins the turn `number`, which has been asked for `again` times, unless it was answered.
    ///
    /// A turn that comes twice is answered as it was the first time. But who was asked again has not heard that answer and may key in
    /// something else, a cry for help instead of a check-in: what they key in then, be it the same, is taken from where the call was
    /// before. Who is `silent` then hears the first answer, and so does a late copy of what they had keyed in before.
    #[must_use]
    pub fn begin(self, number: u32, again: u8, silent: bool) -> Begun {
        let is_last = number.saturating_add(1) == self.turns;
        let session = match self {
            Self { before: Some(before), again: answered, .. } if is_last && again > answered && !silent => {
                *before
            }
            Self { said: Some(said), turns, .. } if number < turns => return Begun::Answered(said),
            session => session,
        };
        let before = Self { said: None, before: None, ..session };
        let turns = number.saturating_add(1);
        Begun::Open(Self { turns, again, before: Some(Box::new(before.clone())), ..before })
    }

    /// Whether the PIN was given a moment ago.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, policy: &Policy) -> bool {
        self.pin_at.is_some_and(|at| now <= later(at, policy.pin_fresh()))
    }
}

/// What is wrong on our side is said; the caller goes on where they were.
pub const SORRY: &str = "Something went wrong on our side, and I am not sure that was recorded.";

/// Where the first answer goes; later ones carry the number of their turn.
#[must_use]
pub fn login_path(turn: u32) -> String {
    if turn == 0 { "/inbound/login".to_owned() } else { format!("/inbound/login/{turn}") }
}

/// How a PIN that is keyed in ends: without it the line waits for more keys.
pub const POUND: &str = "After the last key, press the pound key.";

/// Asks for the PIN, after what there is to say first.
#[must_use]
pub fn ask_pin(first: &[&str], turn: u32) -> Prompt {
    let ask = ["Please enter or say your PIN.", POUND];
    let say = first.iter().chain(&ask).map(|words| (*words).to_owned()).collect();
    Prompt::digits(say, login_path(turn))
}

/// Asks whose PIN it was.
#[must_use]
pub fn ask_account(turn: u32) -> Prompt {
    let say = "Please enter the phone number of your account with its country code, then the pound key.";
    Prompt::digits(vec![say.to_owned()], format!("/inbound/account/{turn}"))
}

/// What needs no PIN and no voice. Everybody hears it, so that it tells nobody whose number this is.
const TEXT_SOS: &str = "If you need help, text S O S to this number.";

/// The end of a call after too many wrong PINs; a locked account hears the same.
#[must_use]
pub fn too_many() -> Prompt {
    Prompt::goodbye(vec![TEXT_SOS.to_owned(), "Too many attempts. Goodbye.".to_owned()])
}

/// The end of a call that has gone silent.
#[must_use]
pub fn nobody_there() -> Prompt {
    Prompt::goodbye(vec![TEXT_SOS.to_owned(), "I did not hear anything. Goodbye.".to_owned()])
}

/// The end of a call in which nothing was understood.
#[must_use]
pub fn not_understood() -> Prompt {
    Prompt::goodbye(vec![TEXT_SOS.to_owned(), "I did not understand that. Goodbye.".to_owned()])
}

/// The end of a call whose user has no PIN.
#[must_use]
pub fn no_pin() -> Prompt {
    Prompt::goodbye(vec![
        "There is no PIN for your account, so you cannot log in by phone.".to_owned(),
        "If you need help, text S O S to this number. To use this line, set a PIN in your profile. Goodbye."
            .to_owned(),
    ])
}

/// Whoever asks for help after their account was deleted must not wait for any.
pub const DELETED: &str = "This account was deleted, so nobody was called for you. If you need help, call the police or an ambulance \
                           yourself. Goodbye.";

/// The end of a call whose turns cannot be recorded.
#[must_use]
pub fn out_of_order() -> Prompt {
    Prompt::goodbye(vec![
        SORRY.to_owned(),
        "Please call again in a minute. If you need help at once, call the police or an ambulance yourself. \
         Goodbye."
            .to_owned(),
    ])
}

/// The main menu, after what there is to say first.
#[must_use]
pub fn menu(first: Vec<String>, incident: Option<&Incident>, language: Option<String>, turn: u32) -> Prompt {
    let mut say = first;
    say.push(standing(incident));
    let [one, nine] = match Offered::beside(incident) {
        Offered::Start => ["To check in, press 1.", "To start an emergency, press 9."],
        Offered::End(_) => {
            ["To check in, which ends the emergency, press 1.", "To end the emergency, press 9."]
        }
    };
    say.extend([one, nine].map(str::to_owned));
    say.push("For help, press star. To hang up, press pound.".to_owned());
    Prompt::key(say, format!("/inbound/menu/{turn}")).in_language(language)
}

/// Whether there is an emergency, and what is being done about it.
fn standing(incident: Option<&Incident>) -> String {
    let Some(incident) = shown(incident) else { return "There is no emergency.".to_owned() };
    match incident.status {
        Status::Accepted { by, .. } => {
            format!("There is an emergency: {} is on the way.", incident.name_of(by))
        }
        Status::Escalating { .. } | Status::Ended { .. } if incident.contacts.is_empty() => {
            "There is an emergency, but there is nobody whom we could call.".to_owned()
        }
        Status::Escalating { .. } | Status::Ended { .. } => {
            "There is an emergency: your contacts are being called.".to_owned()
        }
    }
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
        "If you need help yourself, press star, then the pound key.",
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
