//! Asking: the `Gather` verb (<https://www.twilio.com/docs/voice/twiml/gather>).

use super::{Prompt, Say};

/// Asks for keys or speech while prompts are heard. An answer is sent to the action's URL; without one the call
/// goes on with the next verb, unless [`Gather::action_on_empty`] is set.
#[derive(Clone, PartialEq, Eq)]
pub struct Gather {
    action: String,
    input: Input,
    digits: Option<u32>,
    timeout_seconds: Option<u32>,
    finish_on_key: Option<String>,
    action_on_empty: bool,
    language: Option<String>,
    hints: Option<String>,
    pub(super) prompts: Vec<Prompt>,
}

/// What counts as an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Keys pressed.
    #[default]
    Keys,
    /// Words spoken.
    Speech,
    /// Whichever comes first.
    KeysOrSpeech,
}

impl Gather {
    /// Asks for keys and sends them to `action`. The URL is always given: without one the carrier would ask the
    /// page that it is on, again and again.
    #[must_use]
    pub fn new(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            input: Input::default(),
            digits: None,
            timeout_seconds: None,
            finish_on_key: None,
            action_on_empty: false,
            language: None,
            hints: None,
            prompts: Vec::new(),
        }
    }

    /// What counts as an answer.
    #[must_use]
    pub fn input(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    /// Ends after this many keys instead of waiting for the finishing key.
    #[must_use]
    pub fn digits(mut self, digits: u32) -> Self {
        self.digits = Some(digits);
        self
    }

    /// How long to wait for the first and between further keys, in real seconds, counted from the prompts' end.
    /// The carrier's own default is 5.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: u32) -> Self {
        self.timeout_seconds = Some(seconds);
        self
    }

    /// Which key ends the input (the carrier's default is `#`); `None` for no such key, so that `#` is a key like
    /// any other.
    #[must_use]
    pub fn finish_on_key(mut self, key: Option<char>) -> Self {
        self.finish_on_key = Some(key.map(String::from).unwrap_or_default());
        self
    }

    /// Asks the action's URL even when nothing was pressed or said.
    #[must_use]
    pub fn action_on_empty(mut self) -> Self {
        self.action_on_empty = true;
        self
    }

    /// In which language speech is expected, such as `en-GB`.
    #[must_use]
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Words to expect, separated by commas.
    #[must_use]
    pub fn hints(mut self, hints: impl Into<String>) -> Self {
        self.hints = Some(hints.into());
        self
    }

    /// Speaks while waiting for the answer.
    #[must_use]
    pub fn say(mut self, say: impl Into<Say>) -> Self {
        self.prompts.push(Prompt::Say(say.into()));
        self
    }

    /// Plays the sound file at `url` while waiting for the answer.
    #[must_use]
    pub fn play(mut self, url: impl Into<String>) -> Self {
        self.prompts.push(Prompt::Play { url: url.into() });
        self
    }

    /// Is silent for some real seconds.
    #[must_use]
    pub fn pause(mut self, seconds: u32) -> Self {
        self.prompts.push(Prompt::Pause { seconds });
        self
    }

    pub(super) fn urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.action.as_str()).chain(self.prompts.iter().filter_map(Prompt::url))
    }

    pub(super) fn attributes(&self) -> Vec<(&'static str, String)> {
        let input = match self.input {
            Input::Keys => "dtmf",
            Input::Speech => "speech",
            Input::KeysOrSpeech => "dtmf speech",
        };
        // How long a pause ends what is said: without it the carrier waits as long as for the first key.
        let speech_timeout = match self.input {
            Input::Keys => None,
            Input::Speech | Input::KeysOrSpeech => Some("auto".to_owned()),
        };
        let mut attributes =
            vec![("action", self.action.clone()), ("method", "POST".to_owned()), ("input", input.to_owned())];
        let optional = [
            ("timeout", self.timeout_seconds.map(|seconds| seconds.to_string())),
            ("speechTimeout", speech_timeout),
            ("numDigits", self.digits.map(|digits| digits.to_string())),
            ("finishOnKey", self.finish_on_key.clone()),
            ("actionOnEmptyResult", self.action_on_empty.then(|| "true".to_owned())),
            ("language", self.language.clone()),
            ("hints", self.hints.clone()),
        ];
        attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        attributes
    }
}
