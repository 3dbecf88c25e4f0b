//! Folding: the many ways to type one word, made one.

/// The words of a text in plain lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded {
    /// Words without apostrophes, numbers in ASCII digits, and each emoji or unusual sign by itself.
    pub(super) tokens: Vec<String>,
    /// There is a question mark.
    pub(super) asks: bool,
}

/// What becomes of one character.
enum Part {
    /// It belongs to a word.
    Letter(char),
    /// It stands by itself.
    Sign(char),
    /// It separates words.
    Space,
    /// A question mark, which separates words too.
    Question,
    /// It is not there.
    Nothing,
}

/// Folds a text.
pub(super) fn fold(text: &str) -> Folded {
    let mut folded = Folded { tokens: Vec::new(), asks: false };
    let mut word = String::new();
    for sign in text.chars() {
        let part = part(plain(sign));
        match part {
            Part::Letter(letter) => word.extend(letter.to_lowercase()),
            Part::Nothing => {}
            Part::Sign(_) | Part::Space | Part::Question => {
                if !word.is_empty() {
                    folded.tokens.push(std::mem::take(&mut word));
                }
            }
        }
        match part {
            Part::Sign(sign) => folded.tokens.push(sign.to_string()),
            Part::Question => folded.asks = true,
            Part::Letter(_) | Part::Space | Part::Nothing => {}
        }
    }
    if !word.is_empty() {
        folded.tokens.push(word);
    }
    folded
}

/// Full-width signs as ASCII, and the digits of every script that people text numbers in as ASCII digits: whoever types
/// the right number on their own keyboard has typed the right number.
pub(super) fn plain(sign: char) -> char {
    match sign {
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(sign).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(sign)
        }
        _ => digit(sign).unwrap_or(sign),
    }
}

/// The zeros of the decimal digits in use: Arabic, Persian, `N'Ko`, Devanagari, Bengali, Gurmukhi, Gujarati, Odia, Tamil,
/// Telugu, Kannada, Malayalam, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian. Each is followed by its one to nine.
const ZEROS: [u32; 18] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810,
];

/// The ASCII digit of another script's digit.
fn digit(sign: char) -> Option<char> {
    ZEROS.iter().find_map(|zero| char::from_digit(u32::from(sign).checked_sub(*zero)?, 10))
}

fn part(sign: char) -> Part {
    match sign {
        '?' | '\u{BF}' | '\u{61F}' | '\u{2047}'..='\u{2049}' => Part::Question,
        // Apostrophes as keyboards and autocorrection set them: I'm is im.
        '\'' | '`' | '\u{B4}' | '\u{2018}' | '\u{2019}' | '\u{2BC}' => Part::Nothing,
        _ if is_invisible(sign) => Part::Nothing,
        _ if sign.is_alphanumeric() => Part::Letter(sign),
        _ if sign.is_whitespace() || sign.is_control() || is_punctuation(sign) => Part::Space,
        // Brackets that open are among them: a sad face must not vanish with the punctuation, as in "ok :(".
        _ => Part::Sign(sign),
    }
}

/// Signs that only shape their neighbours: accents, joiners, direction marks, skin tones, the frame of a keycap.
pub(super) fn is_invisible(sign: char) -> bool {
    matches!(
        sign,
        '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{20E3}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{1F3FB}'..='\u{1F3FF}'
    )
}

/// Punctuation that changes no meaning.
pub(super) fn is_punctuation(sign: char) -> bool {
    matches!(
        sign,
        '.' | ',' | '!' | ';' | ':' | '-' | ')' | ']' | '"' | '*' | '_' | '~' | '#'
            | '\u{A1}' | '\u{AB}' | '\u{BB}' | '\u{2010}'..='\u{2015}' | '\u{201A}'..='\u{201F}' | '\u{2026}'
            | '\u{3001}' | '\u{3002}' | '\u{60C}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_however_it_is_typed() {
        for (text, tokens) in [
            ("I'm OK", "im|ok"),
            ("I\u{2019}m ok.", "im|ok"),
            ("  yes!!! ", "yes"),
            ("ＹＥＳ\u{3000}１２", "yes|12"),
            ("\u{0661}\u{0662} \u{06F3}", "12|3"),
            ("1\u{FE0F}\u{20E3}", "1"),
            ("👍🏽👍", "👍|👍"),
            ("ok👍", "ok|👍"),
            ("n\u{200B}o", "no"),
            ("ok :(", "ok|("),
            ("ok :-)", "ok"),
            ("y/n", "y|/|n"),
            ("one-two", "one|two"),
            ("", ""),
        ] {
            assert_eq!(fold(text).tokens.join("|"), tokens, "{text:?}");
        }
        assert!(fold("ok\u{FF1F}").asks && fold("\u{BF}ok").asks && !fold("ok").asks);
    }
}
