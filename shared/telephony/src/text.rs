//! Cutting long text into pieces that a carrier takes.

/// How much of a carrier's limits a piece of text uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    /// UTF-16 code units: never fewer than what any carrier counts as characters.
    pub(crate) units: usize,
    /// Bytes once the text is URL-encoded.
    pub(crate) encoded: usize,
}

impl Size {
    /// The size of a whole text.
    pub(crate) fn of(text: &str) -> Self {
        text.chars().fold(Self::default(), Self::plus)
    }

    fn plus(self, char: char) -> Self {
        let encoded = if char.is_ascii_alphanumeric() { 1 } else { char.len_utf8().saturating_mul(3) };
        Self {
            units: self.units.saturating_add(char.len_utf16()),
            encoded: self.encoded.saturating_add(encoded),
        }
    }
}

/// Cuts `text` into pieces that each fit, at white space where there is some in the second half of a piece, else
/// between two characters. White space around a cut is dropped; text of nothing but white space gives no piece.
pub(crate) fn split(text: &str, fits: impl Fn(Size) -> bool) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at_checked(cut(rest, &fits)).unwrap_or((rest, ""));
        pieces.push(piece.trim_end());
        rest = tail.trim_start();
    }
    pieces
}

/// The byte at which the first piece of `text` ends: a character boundary, and never 0 for a text that is not empty.
fn cut(text: &str, fits: impl Fn(Size) -> bool) -> usize {
    let mut size = Size::default();
    let mut last_space = 0;
    for (at, char) in text.char_indices() {
        size = size.plus(char);
        if !fits(size) && at > 0 {
            let at_space = !char.is_whitespace() && last_space > 0 && last_space >= at / 2;
            return if at_space { last_space } else { at };
        }
        if char.is_whitespace() {
            last_space = at;
        }
    }
    text.len()
}

/// Removes what may stand in no XML 1.0 document, not even escaped (<https://www.w3.org/TR/xml/#charsets>).
pub(crate) fn without_illegal(text: &str) -> String {
    text.chars().filter(|char| is_legal(*char)).collect()
}

fn is_legal(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Size, split, without_illegal};

    fn units(max: usize) -> impl Fn(Size) -> bool {
        move |size| size.units <= max
    }

    #[test]
    fn cuts_at_white_space_when_it_can() {
        let cases: [(&str, usize, &[&str]); 9] = [
            ("", 5, &[]),
            (" \n ", 5, &[]),
            ("hello", 5, &["hello"]),
            ("hello world", 5, &["hello", "world"]),
            ("hello world", 8, &["hello", "world"]),
            ("hello   world", 6, &["hello", "world"]),
            ("a bcdefghijk", 6, &["a bcde", "fghijk"]),
            ("ééééé", 2, &["éé", "éé", "é"]),
            ("😀😀", 3, &["😀", "😀"]),
        ];
        for (text, max, pieces) in cases {
            assert_eq!(split(text, units(max)), pieces, "{text}");
        }
    }

    #[test]
    fn a_limit_below_one_character_still_ends() {
        assert_eq!(split("😀a", units(1)), ["😀", "a"]);
    }

    #[test]
    fn drops_only_what_xml_cannot_hold() {
        assert_eq!(without_illegal("a\0b\u{8}c\td\u{FFFE}e\u{1F600}\u{7F}"), "abc\tde\u{1F600}\u{7F}");
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(text in any::<String>(), max in 2_usize..40) {
            let pieces = split(&text, units(max));
            let strip = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(strip(&pieces.concat()), strip(&text));
            for piece in pieces {
                prop_assert!(!piece.is_empty() && Size::of(piece).units <= max);
            }
        }
    }
}
