//! What a contact's text does: only a text that *is* a code, or a word and the code, accepts.
//!
//! Phones answer by themselves and quote our text in doing so. A text that merely contains the code is therefore no
//! human's word.

use super::fold::{is_invisible, plain};

/// How many digits a code has.
const CODE_DIGITS: usize = 6;
const ACCEPT: [&str; 5] = ["ok", "okay", "y", "yes", "accept"];
const REOPEN: &str = "reopen";
const DECLINE: [&str; 12] =
    ["no", "n", "nope", "nah", "na", "decline", "cant", "can't", "cannot", "i cant", "i can't", "i cannot"];

/// What a contact's text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactReply {
    /// "I am going": the code, or OK, Y or YES with or without the code. A bare word counts only where no code stands.
    Accept {
        /// The six digits.
        code: Option<String>,
    },
    /// "It is not over."
    Reopen {
        /// The six digits.
        code: Option<String>,
    },
    /// "I cannot go."
    Decline,
    /// Anything else, auto-replies and quotations of our text among it.
    Other,
}

/// Reads a text from a contact. Case, the space around and between, and stops at a word's ends do not matter; digits of any script count.
///
/// Who begins with REOPEN means it, whatever else they write: a phone that quotes our text does not begin so.
#[must_use]
pub fn contact_reply(text: &str) -> ContactReply {
    let plain: String = text.chars().filter(|sign| !is_invisible(*sign)).map(plain).collect();
    let plain = plain.replace('\u{2019}', "'").to_lowercase();
    let trimmed = plain.split_whitespace().map(|token| token.trim_matches(is_stop));
    let tokens: Vec<&str> = trimmed.filter(|token| !token.is_empty()).collect();
    if let Some((first, rest)) = tokens.split_first()
        && *first == REOPEN
    {
        return ContactReply::Reopen {
            code: rest.iter().find(|word| is_code(word)).map(|code| (*code).to_owned()),
        };
    }
    let (words, code) = match tokens.split_last() {
        Some((last, words)) if is_code(last) => (words, Some((*last).to_owned())),
        _ => (tokens.as_slice(), None),
    };
    let words = words.join(" ");
    let is_one_of = |list: &[&str]| list.contains(&words.as_str());
    if is_one_of(&ACCEPT) || (words.is_empty() && code.is_some()) || (words == "1" && code.is_none()) {
        ContactReply::Accept { code }
    } else if is_one_of(&DECLINE) {
        ContactReply::Decline
    } else {
        ContactReply::Other
    }
}

/// What people put behind a word, and before it. A question is none.
fn is_stop(sign: char) -> bool {
    matches!(sign, '.' | ',' | ';' | ':' | '!' | '(' | ')' | '"' | '\'' | '*')
}

/// Whether a word is a code.
fn is_code(word: &str) -> bool {
    word.len() == CODE_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit())
}
