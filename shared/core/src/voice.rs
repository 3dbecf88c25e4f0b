//! What a caller hears, and what happens next: words and a next step, without any carrier's markup.

use serde::{Deserialize, Serialize};

/// One turn of a conversation by telephone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The sentences, in order.
    pub say: Vec<String>,
    /// The language they are spoken in (BCP 47); none: the carrier's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What follows.
    pub then: Then,
}

/// What follows the words of a [`Prompt`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "then", rename_all = "snake_case")]
pub enum Then {
    /// Listen; the answer goes to `path`, and so does silence.
    Listen {
        /// Where the answer goes, below the public base URL, with a leading slash.
        path: String,
        /// One digit only; otherwise digits up to `#`.
        one_digit: bool,
        /// Spoken words are taken as well as keys.
        speech: bool,
        /// How long silence lasts before it counts as an answer, in seconds.
        timeout_seconds: u32,
    },
    /// End the call.
    Hangup,
}

impl Prompt {
    /// Says `say` and ends the call.
    #[must_use]
    pub fn goodbye(say: Vec<String>) -> Self {
        Self { say, language: None, then: Then::Hangup }
    }

    /// Says `say`, then takes one key at `path`.
    #[must_use]
    pub fn key(say: Vec<String>, path: String) -> Self {
        let then = Then::Listen { path, one_digit: true, speech: false, timeout_seconds: 10 };
        Self { say, language: None, then }
    }

    /// Says `say`, then takes digits up to `#`, or spoken ones, at `path`.
    #[must_use]
    pub fn digits(say: Vec<String>, path: String) -> Self {
        let then = Then::Listen { path, one_digit: false, speech: true, timeout_seconds: 10 };
        Self { say, language: None, then }
    }

    /// The same in `language`.
    #[must_use]
    pub fn in_language(mut self, language: Option<String>) -> Self {
        self.language = language;
        self
    }
}

/// What a person is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "with", rename_all = "snake_case")]
pub enum Reply {
    /// Nothing.
    Silence,
    /// Sentences: a text holds them all, the phone line says them and goes on.
    Words(Vec<String>),
    /// The next turn of a call.
    Prompt(Prompt),
    /// What a PIN was worth.
    Login(Login),
}

impl Reply {
    /// One sentence.
    #[must_use]
    pub fn words(sentence: impl Into<String>) -> Self {
        Self::Words(vec![sentence.into()])
    }
}

/// What a PIN was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// It is the account's.
    Right,
    /// It is not.
    Wrong,
    /// Too many wrong ones today: none is taken.
    Locked,
}
