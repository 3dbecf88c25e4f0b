//! What people mean by what they text or say.
//!
//! One rule stands above all: an answer is never read as its opposite. A message counts only if *all* of it is known words
//! of one meaning; nothing is searched for inside a longer text, so that "no but I can in 2 hours", an auto-reply and a
//! quotation of our own question are [`Answer::Unclear`], and the person is asked again. Calls for help are read more
//! readily, since a page too many costs an apology: whoever begins with one may say what they want behind it.

mod command;
mod contact;
mod digits;
mod fold;
mod phrases;

pub use command::{Command, CommandName, ProbeOptions};
pub use contact::{ContactReply, contact_reply};
pub use digits::spoken_digits;

use fold::Folded;
use phrases::Senses;

/// How many digits a PIN may have. Shorter numbers are ages, floors and emergency numbers.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=12;

/// What an answer to "Are you okay?" says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The person is okay.
    Good,
    /// The person is not okay or needs help.
    Bad,
    /// Neither, or both: ask again.
    Unclear,
}

/// The words to which carriers themselves react. Twilio answers them, blocks or unblocks the number, and still delivers
/// them (Twilio support article 223134027); they can therefore be nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// From now on, texts to this number fail with 21610.
    Stop,
    /// Texts arrive again.
    Start,
    /// Twilio has answered with its help text.
    Help,
}

/// All that a text from a user says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// As an answer to "Are you okay?". `HELP` alone is a bad one although it is also a carrier's word.
    pub answer: Answer,
    /// It calls for help, whether or not anything was asked; `answer` is then [`Answer::Bad`].
    pub sos: bool,
    /// It calls for help in words of its own, which tell more than that.
    pub says_more: bool,
    /// The PIN, if one follows a clear answer or a command, or stands alone (then `answer` is [`Answer::Unclear`]).
    pub digits: Option<String>,
    /// A carrier's word.
    pub keyword: Option<Keyword>,
    /// The carrier takes it as consent to texts: `START`, `UNSTOP` and also the answer `YES`.
    pub opts_in: bool,
    /// A command, such as `probe -in 5`.
    pub command: Option<Command>,
}

impl Reading {
    /// A text that says nothing we know.
    const NOTHING: Self = Self {
        answer: Answer::Unclear,
        sos: false,
        says_more: false,
        digits: None,
        keyword: None,
        opts_in: false,
        command: None,
    };
}

/// Reads a text from a user.
#[must_use]
pub fn read(text: &str) -> Reading {
    let keyword = keyword(text);
    let opts_in = keyword == Some(Keyword::Start) || is_word(text, &["YES"]);
    if keyword.is_some_and(|keyword| keyword != Keyword::Help) {
        return Reading { keyword, opts_in, ..Reading::NOTHING };
    }
    if let Some((command, digits)) = command::read(text) {
        return Reading { command: Some(command), digits, ..Reading::NOTHING };
    }
    let folded = fold::fold(text);
    let (said, digits) = split_pin(&folded);
    let (answer, sos) = weigh(said, folded.asks);
    let digits = digits.filter(|_| !folded.asks && (said.is_empty() || answer != Answer::Unclear));
    // HELP alone may be somebody who wants to know how this works: it answers a question, but raises nothing unasked.
    let sos = sos && keyword.is_none();
    let says_more = sos && Senses::of(said).is_none();
    Reading { answer, sos, says_more, digits, keyword, opts_in, command: None }
}

/// Whether what somebody says in a call is a cry for help. HELP alone is one there: the carrier's word is one of texts.
#[must_use]
pub fn is_cry(speech: &str) -> bool {
    let folded = fold::fold(speech);
    weigh(split_pin(&folded).0, folded.asks).1
}

/// Reads a text as an answer to "Are you okay?" only.
#[must_use]
pub fn read_answer(text: &str) -> Answer {
    read(text).answer
}

/// The carrier's word that the whole text is, if it is one; compared as Twilio does, by trimming and ignoring case.
#[must_use]
pub fn keyword(text: &str) -> Option<Keyword> {
    if is_word(text, &["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]) {
        Some(Keyword::Stop)
    } else if is_word(text, &["START", "UNSTOP"]) {
        Some(Keyword::Start)
    } else if is_word(text, &["HELP", "INFO"]) {
        Some(Keyword::Help)
    } else {
        None
    }
}

/// Whether keys that are no PIN, as they are too few for one, call for help: the number of the police, or the 9, however often.
#[must_use]
pub fn is_help_key(digits: &str) -> bool {
    let nines = !digits.is_empty() && digits.bytes().all(|digit| digit == b'9');
    digits.len() < *PIN_DIGITS.start() && (nines || read(digits).sos)
}

/// Whether all of `text` is one of `words`.
fn is_word(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// Takes a PIN off the end.
fn split_pin(folded: &Folded) -> (&[String], Option<String>) {
    match folded.tokens.split_last() {
        Some((last, rest)) if is_pin(last) => (rest, Some(last.clone())),
        _ => (&folded.tokens, None),
    }
}

/// Whether a token can be a PIN.
fn is_pin(token: &str) -> bool {
    PIN_DIGITS.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_digit())
}

/// What the words mean together, and whether they call for help.
fn weigh(tokens: &[String], asks: bool) -> (Answer, bool) {
    if phrases::is_cry(tokens) {
        return (Answer::Bad, true);
    }
    let Some(senses) = Senses::of(tokens) else { return (Answer::Unclear, false) };
    match senses {
        Senses { hedge: true, .. } => (Answer::Unclear, false),
        Senses { sos: true, .. } => (Answer::Bad, true),
        Senses { please: true, .. } => (Answer::Unclear, false),
        _ if asks => (Answer::Unclear, false),
        Senses { good: true, bad: false, .. } => (Answer::Good, false),
        // "No thanks" answers another question than ours.
        Senses { bad: true, good: false, courtesy: false, .. } => (Answer::Bad, false),
        _ => (Answer::Unclear, false),
    }
}
