//! What a contact's text does: only a text that *is* a code, or a word and the code, accepts.
//!
//! Phones answer by themselves and quote our text in doing so. A text that merely contains the code is therefore no
//! human's word.

use super::fold::{is_invisible, is_punctuation, plain};

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

/// Reads a text from a contact. Case, space, punctuation and quotation marks do not matter; digits of any script count.
///
/// Who begins with REOPEN means it, however it is written and whatever follows: a phone that quotes our text does not begin so.
#[must_use]
pub fn contact_reply(text: &str) -> ContactReply {
    let plain: String = text.chars().filter(|sign| !is_invisible(*sign)).map(plain).collect();
    let plain = plain.replace('\u{2019}', "'").to_lowercase();
    let words = plain.split(|sign: char| sign.is_whitespace() || sign == '(' || is_punctuation(sign));
    let tokens: Vec<&str> =
        words.map(|word| word.trim_matches(['\'', '\u{2018}'])).filter(|word| !word.is_empty()).collect();
    if let Some(rest) = behind_reopen(&tokens) {
        let code = rest.into_iter().find(|word| is_code(word)).map(str::to_owned);
        return ContactReply::Reopen { code };
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

/// The words behind REOPEN, if a text begins with it: "Reopen?", "re-open", "REOPEN482913".
fn behind_reopen<'a>(tokens: &[&'a str]) -> Option<Vec<&'a str>> {
    let words: Vec<&str> = tokens.iter().map(|word| word.trim_end_matches('?')).collect();
    match words.as_slice() {
        [REOPEN, rest @ ..] | ["re", "open", rest @ ..] => Some(rest.to_vec()),
        [first, ..] => first.strip_prefix(REOPEN).filter(|rest| is_code(rest)).map(|code| vec![code]),
        [] => None,
    }
}

/// Whether a word is a code.
fn is_code(word: &str) -> bool {
    word.len() == CODE_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit())
}
