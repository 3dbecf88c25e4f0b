//! Digits as people speak them.

use super::fold::fold;

/// More digits than any PIN, code or phone number has.
const MAX_DIGITS: usize = 32;

/// Turns "one two three four", "1-2-3-4." or "oh double five" into digits; `None` if anything else was said, for a number
/// that was half understood is no number. A trailing "hash" or "pound" is the key that ends an entry.
///
/// Words that sound the same ("to", "for", "ate") count, since here only digits are expected.
#[must_use]
pub fn spoken_digits(speech: &str) -> Option<String> {
    let mut digits = String::new();
    let mut times = None;
    for token in fold(speech).tokens {
        let word = token.as_str();
        match (repetition(word), times) {
            (Some(_), Some(_)) => return None,
            (Some(count), None) => times = Some(count),
            (None, _) if is_key(word) => {}
            (None, count) => {
                let said =
                    digit_word(word).or_else(|| word.bytes().all(|b| b.is_ascii_digit()).then_some(word))?;
                // "Double twelve" is nobody's digits.
                if count.is_some() && said.len() != 1 {
                    return None;
                }
                digits.push_str(&said.repeat(count.unwrap_or(1)));
                times = None;
            }
        }
        if digits.len() > MAX_DIGITS {
            return None;
        }
    }
    (times.is_none() && !digits.is_empty()).then_some(digits)
}

/// "Double", "triple".
fn repetition(word: &str) -> Option<usize> {
    match word {
        "double" => Some(2),
        "triple" | "treble" => Some(3),
        _ => None,
    }
}

/// Keys that belong to an entry but are no digits, and the parentheses that speech recognition sets in phone numbers.
fn is_key(word: &str) -> bool {
    matches!(word, "hash" | "pound" | "plus" | "+" | "(")
}

/// The digit that a word stands for.
fn digit_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "zero" | "oh" | "o" | "nought" | "naught" | "nil" => "0",
        "one" | "won" => "1",
        "two" | "to" | "too" => "2",
        "three" => "3",
        "four" | "for" | "fore" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" | "ate" => "8",
        "nine" | "niner" => "9",
        _ => return None,
    })
}
