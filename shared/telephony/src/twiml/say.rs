//! Speech: the `Say` verb and its limits.

use crate::text::{self, Size};

/// What is spoken. `"…".into()` speaks in the carrier's default language and voice.
///
/// Text longer than the carrier takes in one `Say` becomes several.
#[derive(Clone, PartialEq, Eq)]
pub struct Say {
    text: String,
    language: Option<String>,
    voice: Option<String>,
}

impl Say {
    /// Speaks `text`, which is plain text and not markup.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), language: None, voice: None }
    }

    /// In which language, such as `en-GB`.
    #[must_use]
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// With which voice, such as `Polly.Joanna`.
    #[must_use]
    pub fn voice(mut self, voice: impl Into<String>) -> Self {
        self.voice = Some(voice.into());
        self
    }

    /// The text in pieces that one `Say` takes: 4,096 characters with the basic voices, 3,000 with Polly, 5,000
    /// with Google, and 4,500 bytes once URL-encoded (<https://www.twilio.com/docs/api/errors/13521>).
    pub(super) fn pieces(&self) -> Vec<String> {
        let max_units = match self.voice.as_deref().and_then(|voice| voice.split_once('.')) {
            Some(("Polly", _)) => 3_000,
            Some(("Google", _)) => 5_000,
            Some(_) | None => 4_096,
        };
        let fits = |size: Size| size.units <= max_units && size.encoded <= 4_500;
        text::split(&text::without_illegal(&self.text), fits).into_iter().map(str::to_owned).collect()
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'static str, String)> {
        let language = self.language.clone().map(|language| ("language", language));
        let voice = self.voice.clone().map(|voice| ("voice", voice));
        voice.into_iter().chain(language)
    }
}

impl From<&str> for Say {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Say {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Sets characters apart, so that a code is spoken digit by digit and not as a number: `"123"` becomes `"1 2 3"`.
#[must_use]
pub fn spell(code: &str) -> String {
    let mut spelled = String::with_capacity(code.len().saturating_mul(2));
    for char in code.chars().filter(|char| !char.is_whitespace()) {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        spelled.push(char);
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::{Say, spell};

    #[test]
    fn spells_digit_by_digit() {
        for (code, spelled) in [("123456", "1 2 3 4 5 6"), ("", ""), (" 1 2", "1 2"), ("A1", "A 1")] {
            assert_eq!(spell(code), spelled);
        }
    }

    #[test]
    fn each_voice_has_its_limit() {
        let length = |say: &Say| say.pieces().first().map(String::len);
        let long = "a".repeat(6_000);
        assert_eq!(length(&Say::new(long.clone())), Some(4_096));
        assert_eq!(length(&Say::new(long.clone()).voice("Polly.Joanna")), Some(3_000));
        assert_eq!(length(&Say::new(long).voice("Google.en-GB-Standard-A")), Some(4_500));
    }

    #[test]
    fn text_that_grows_when_encoded_is_cut_earlier() {
        // Each of these is nine bytes once encoded.
        assert_eq!(Say::new("助".repeat(501)).pieces().len(), 2);
        assert_eq!(Say::new("助".repeat(500)).pieces().len(), 1);
    }
}
