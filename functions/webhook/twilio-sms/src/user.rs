//! A person at risk answers.

use lucius_core::{
    deadman::{CheckIn, Medium, Proof},
    decide::{Event, Scope},
    id::UserId,
    voice::Reply,
    words::{self, Answer},
};
use lucius_shell::{App, RunError, ports::Ports, run};

use crate::Text;

/// The answer to a text from a user's number.
pub(crate) async fn answers<P: Ports>(app: &App<P>, text: &Text, user: UserId) -> Result<Reply, RunError> {
    let reading = words::read(&text.body);
    // Somebody who is asked for themselves and called for another has to say which they mean.
    let bare = reading.answer == Answer::Good && reading.digits.is_none() && !is_about_self(&text.body);
    if bare && !text.card.codes.is_empty() {
        return Ok(Reply::words(
            "Which do you mean? If you are okay yourself, reply I AM OK. If you are going to help, reply with the six digits \
             of our text.",
        ));
    }
    // A command is no answer, and the PIN beside it proves nothing about how they are.
    let digits = reading.digits.as_deref().filter(|_| reading.command.is_none());
    let event = Event::CheckIn(CheckIn {
        key: text.sid.clone(),
        answer: reading.answer,
        sos: reading.sos,
        medium: Medium::Sms,
        arrived_at: text.arrived_at,
        proof: digits.map_or(Proof::None, |pin| Proof::Pin(app.keyring.pin_digest(user, pin))),
        logged_in: false,
        text: without_pin(&text.body, reading.digits.as_deref()),
    });
    Ok(run(&app.shell, Scope::User(user), event).await?.reply)
}

/// "I am okay" speaks of its sender; "ok" may be an answer to anything.
fn is_about_self(body: &str) -> bool {
    let first = body.split_whitespace().next().unwrap_or_default().to_lowercase();
    ["i", "im", "i'm", "i\u{2019}m"].contains(&first.as_str())
}

/// The text as it may be shown: a PIN is nobody's business, and a text has an end.
fn without_pin(body: &str, pin: Option<&str>) -> String {
    let shown = if pin.is_some() {
        body.chars().map(|letter| if letter.is_numeric() { '*' } else { letter }).collect()
    } else {
        body.to_owned()
    };
    lucius_core::text::one_line(&shown).chars().take(320).collect()
}
