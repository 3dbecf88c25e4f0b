//! A person at risk answers.

use lucius_core::{
    deadman::{CheckIn, Medium, Proof},
    decide::{Event, Scope},
    id::UserId,
    text::shorten,
    voice::Reply,
    words::{self, Answer},
};
use lucius_shell::{App, Done, RunError, ports::Ports, run};

use crate::{Text, contact};

/// The answer to a text from a user's number.
pub(crate) async fn answers<P: Ports>(app: &App<P>, text: &Text, user: UserId) -> Result<Reply, RunError> {
    let reading = words::read(&text.body);
    // Somebody who is asked for themselves and called for another has to say which they mean.
    let bare = reading.answer == Answer::Good && reading.digits.is_none() && !is_about_self(&text.body);
    // It is decided all the same, as one that says neither: sent again when nobody is called any more, it must not be an answer.
    let ambiguous = bare && !text.card.codes.is_empty();
    // A command is no answer, and the PIN beside it proves nothing about how they are.
    let digits = reading.digits.as_deref().filter(|_| reading.command.is_none());
    let event = Event::CheckIn(CheckIn {
        key: text.sid.clone(),
        answer: if ambiguous { Answer::Unclear } else { reading.answer },
        sos: reading.sos,
        medium: Medium::Sms,
        arrived_at: text.arrived_at,
        proof: digits.map_or(Proof::None, |pin| Proof::Pin(app.keyring.pin_digest(user, pin))),
        logged_in: false,
        unless: None,
        heard: None,
        words: reading.says_more.then(|| without(&text.body, reading.digits.as_deref())),
        text: without_pin(&text.body, reading.digits.as_deref()),
    });
    let done = run(&app.shell, Scope::User(user), event).await?;
    if ambiguous {
        return Ok(Reply::words(WHICH));
    }
    match contact::guessed(text) {
        Some(code) if !is_pin(app, &done, user, &code) => {
            // Neither their PIN nor a code: whoever guesses must not have tries that nobody counts.
            contact::wrong_everywhere(app, text, &code).await?;
            Ok(Reply::words(NEITHER))
        }
        // Nobody must believe that a question is put off.
        Some(_) | None if reading.command.is_some() => Ok(Reply::words(NO_COMMANDS)),
        Some(_) | None => Ok(done.reply),
    }
}

/// What a bare yes is answered where it could mean two things.
const WHICH: &str = "Which do you mean? If you are okay yourself, reply I AM OK. If you are going to help, reply with the six digits \
                     of our text.";

/// What a command is answered.
const NO_COMMANDS: &str =
    "Nothing was changed: we take no commands by text. We ask as before. If you need help, reply SOS.";

/// What six digits are answered that could be a code or a PIN and are neither.
const NEITHER: &str =
    "That is neither your PIN nor the code of our text, so nothing was changed. If you need help, reply SOS.";

fn is_pin<P: Ports>(app: &App<P>, done: &Done, user: UserId, code: &str) -> bool {
    let pin = done.case.deadman.as_ref().and_then(|deadman| deadman.profile.pin);
    pin == Some(app.keyring.pin_digest(user, code))
}

/// "I am okay" speaks of its sender; "ok" may be an answer to anything.
fn is_about_self(body: &str) -> bool {
    let first = body.split_whitespace().next().unwrap_or_default().to_lowercase();
    ["i", "im", "i'm", "i\u{2019}m"].contains(&first.as_str())
}

/// So many digits in a row may be a PIN.
const PIN_MIN: usize = 4;

/// A cry for help as those read it who come. Digits in it are a house number rather than a PIN, but for those that stand where a PIN does.
fn without(body: &str, pin: Option<&str>) -> String {
    let words = lucius_core::text::one_line(body);
    let words = pin.map_or(words.as_str(), |_| {
        words.trim_end_matches(|letter: char| letter.is_numeric() || !letter.is_alphanumeric())
    });
    shorten(words, WORDS_MAX)
}

/// So many characters of a cry for help are passed on.
const WORDS_MAX: usize = 200;

/// The text as it may be shown: a PIN is nobody's business, wherever it stands, and a text has an end.
fn without_pin(body: &str, pin: Option<&str>) -> String {
    let line = lucius_core::text::one_line(body);
    let min = if pin.is_some() { 1 } else { PIN_MIN };
    masked(&line, min).chars().take(320).collect()
}

/// `text` with stars for the digits of each row of at least `min`. A space or a hyphen between two digits does not end a
/// row: PINs are written in groups.
fn masked(text: &str, min: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    let mut rest = letters.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        if !first.is_numeric() {
            shown.push(*first);
            rest = tail;
            continue;
        }
        let (row, after) = rest.split_at(row_length(rest));
        let many = row.iter().filter(|letter| letter.is_numeric()).count() >= min;
        shown.extend(row.iter().map(|letter| if many && letter.is_numeric() { '*' } else { *letter }));
        rest = after;
    }
    shown
}

/// How long the row of digits is that `letters` begins with.
fn row_length(letters: &[char]) -> usize {
    let mut length: usize = 0;
    for (index, letter) in letters.iter().enumerate() {
        if letter.is_numeric() {
            length = index.saturating_add(1);
        } else if !matches!(letter, ' ' | '-') || index > length {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_of_four_digits_is_shown() {
        for (text, shown) in [
            ("OK 1234 thanks", "OK **** thanks"),
            ("my pin is 2 7 1 8", "my pin is * * * *"),
            ("27-18!", "**-**!"),
            ("x123456789012345y", "x***************y"),
            ("in 2 hours, room 101", "in 2 hours, room 101"),
            ("\u{661}\u{662}\u{663}\u{664} ok", "**** ok"),
            ("2  7  1  8", "* * * *"),
            ("27\n18", "** **"),
            ("", ""),
        ] {
            assert_eq!(without_pin(text, None), lucius_core::text::one_line(shown), "{text}");
        }
        assert_eq!(without_pin("Y 12", Some("12")), "Y **");
    }
}
