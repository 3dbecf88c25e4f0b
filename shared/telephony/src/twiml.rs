//! What is said and asked on a call, or answered to a text, as a `TwiML` document.
//!
//! Verbs and limits: <https://www.twilio.com/docs/voice/twiml> and
//! <https://www.twilio.com/docs/messaging/twiml>. Everything is escaped, characters that XML 1.0 cannot hold are
//! dropped, and text longer than the carrier takes becomes several verbs.
//!
//! ```
//! use lucius_telephony::twiml::{Gather, Twiml};
//!
//! let document = Twiml::new()
//!     .gather(Gather::new("https://example.org/call/1").digits(1).timeout_seconds(8).say("Press 1 to accept."))
//!     .say("Goodbye.")
//!     .hangup();
//! assert!(document.inline().is_ok());
//! ```

mod gather;
mod render;
mod say;

use std::fmt;

use thiserror::Error;

pub use self::gather::{Gather, Input};
pub use self::say::{Say, spell};
use crate::{sms, text};

/// The longest document that a call may carry in itself, in characters
/// (<https://www.twilio.com/docs/voice/api/call-resource>, parameter `Twiml`).
pub const INLINE_MAX: usize = 4_000;

/// A `TwiML` document under construction: verbs, in the order in which they are carried out.
///
/// Its `Debug` form shows how many verbs there are and not what they say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Twiml {
    verbs: Vec<Verb>,
}

/// One instruction to the carrier.
#[derive(Clone, PartialEq, Eq)]
enum Verb {
    Prompt(Prompt),
    Gather(Gather),
    Redirect { url: String },
    Hangup,
    Reject(Rejection),
    Message { body: String },
}

/// What the caller hears: the only verbs that may stand inside a `Gather`.
#[derive(Clone, PartialEq, Eq)]
enum Prompt {
    Say(Say),
    Play { url: String },
    Pause { seconds: u32 },
}

/// How an incoming call is turned away. Neither form answers it, so neither costs the caller anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The caller hears that the number is not in service.
    Rejected,
    /// The caller hears the engaged tone.
    Busy,
}

/// Why a document cannot travel inside the request that places a call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InlineError {
    /// It is longer than [`INLINE_MAX`].
    #[error("the document has {units} characters, {INLINE_MAX} are allowed")]
    TooLong {
        /// Its length, in UTF-16 units.
        units: usize,
    },
    /// It holds a URL that is relative: an inline document has no address that it could be relative to.
    #[error("an inline document may only hold absolute http(s) URLs")]
    RelativeUrl,
}

/// A rendered document that fits into the request that places a call. Made by [`Twiml::inline`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct InlineTwiml(String);

impl InlineTwiml {
    /// The document's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for InlineTwiml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InlineTwiml({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Twiml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Twiml({} verbs)", self.verbs.len())
    }
}

impl Twiml {
    /// The content type under which a document is answered to the carrier.
    pub const CONTENT_TYPE: &'static str = "text/xml; charset=utf-8";

    /// A document without verbs: on a call it hangs up, on a text it answers nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks.
    #[must_use]
    pub fn say(self, say: impl Into<Say>) -> Self {
        self.with(Verb::Prompt(Prompt::Say(say.into())))
    }

    /// Plays the sound file at `url`.
    #[must_use]
    pub fn play(self, url: impl Into<String>) -> Self {
        self.with(Verb::Prompt(Prompt::Play { url: url.into() }))
    }

    /// Is silent for some real seconds.
    #[must_use]
    pub fn pause(self, seconds: u32) -> Self {
        self.with(Verb::Prompt(Prompt::Pause { seconds }))
    }

    /// Asks for keys or speech.
    #[must_use]
    pub fn gather(self, gather: Gather) -> Self {
        self.with(Verb::Gather(gather))
    }

    /// Goes on with the document that a POST to `url` answers. What follows is never reached.
    #[must_use]
    pub fn redirect(self, url: impl Into<String>) -> Self {
        self.with(Verb::Redirect { url: url.into() })
    }

    /// Ends the call.
    #[must_use]
    pub fn hangup(self) -> Self {
        self.with(Verb::Hangup)
    }

    /// Turns an incoming call away without answering it. Only of use as the first verb.
    #[must_use]
    pub fn reject(self, rejection: Rejection) -> Self {
        self.with(Verb::Reject(rejection))
    }

    /// Answers a text with a text: several of them, if it is longer than one may be.
    #[must_use]
    pub fn message(self, body: &str) -> Self {
        sms::split(body)
            .into_iter()
            .fold(self, |document, piece| document.with(Verb::Message { body: piece.to_owned() }))
    }

    /// The document as it is answered to a webhook of the carrier.
    #[must_use]
    pub fn render(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", render::document(&self.verbs))
    }

    /// The document as it travels inside the request that places a call.
    pub fn inline(&self) -> Result<InlineTwiml, InlineError> {
        if !self.urls().all(is_absolute) {
            return Err(InlineError::RelativeUrl);
        }
        let rendered = render::document(&self.verbs);
        let units = text::Size::of(&rendered).units;
        if units > INLINE_MAX {
            return Err(InlineError::TooLong { units });
        }
        Ok(InlineTwiml(rendered))
    }

    fn with(mut self, verb: Verb) -> Self {
        self.verbs.push(verb);
        self
    }

    fn urls(&self) -> impl Iterator<Item = &str> {
        self.verbs.iter().flat_map(|verb| match verb {
            Verb::Prompt(prompt) => prompt.url().into_iter().collect::<Vec<_>>(),
            Verb::Gather(gather) => gather.urls().collect(),
            Verb::Redirect { url } => vec![url.as_str()],
            Verb::Hangup | Verb::Reject(_) | Verb::Message { .. } => Vec::new(),
        })
    }
}

impl Prompt {
    fn url(&self) -> Option<&str> {
        match self {
            Self::Play { url } => Some(url),
            Self::Say(_) | Self::Pause { .. } => None,
        }
    }
}

/// Whether a URL names its scheme and host. Whether it is otherwise sound is up to whoever made it.
fn is_absolute(url: &str) -> bool {
    ["https://", "http://"]
        .into_iter()
        .filter_map(|scheme| url.strip_prefix(scheme))
        .any(|rest| rest.starts_with(|first: char| first.is_alphanumeric() || first == '['))
}

#[cfg(test)]
mod tests;
