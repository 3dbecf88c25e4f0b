//! A contact answers: only the code of our text accepts.

use futures::future::join_all;
use lucius_core::{
    decide::{ContactAct, Event, Rejected, Scope},
    incident::{Incident, TextAnswer},
    voice::Reply,
    words::{self, ContactReply, contact_reply},
};
use lucius_shell::{App, RunError, alarm, ports::Ports, run};

use crate::Text;

/// The answer to a text that is a code; none if it is not.
pub(crate) async fn by_code<P: Ports>(app: &App<P>, text: &Text) -> Result<Option<Reply>, RunError> {
    let (code, answer) = match contact_reply(&text.body) {
        ContactReply::Accept { code: Some(code) } => (code, TextAnswer::Accept),
        ContactReply::Reopen { code: Some(code) } => (code, TextAnswer::Reopen),
        ContactReply::Accept { code: None }
        | ContactReply::Reopen { code: None }
        | ContactReply::Decline
        | ContactReply::Other => return Ok(None),
    };
    let act = ContactAct::Code { key: text.sid.clone(), code: code.clone(), answer };
    if let Some(pointer) = text.card.find(&code) {
        let event = Event::Contact { place: pointer.place, act };
        return Ok(Some(run(&app.shell, Scope::Incident(pointer.incident), event).await?.reply));
    }
    if text.card.codes.is_empty() || text.card.user.is_some() {
        // Nobody's code: it may be the PIN of a user.
        return Ok(None);
    }
    wrong_everywhere(app, text, &code).await.map(Some)
}

/// The six digits of a text that reads like a code and is none, where this number has alerts.
pub(crate) fn guessed(text: &Text) -> Option<String> {
    let code = match contact_reply(&text.body) {
        ContactReply::Accept { code } | ContactReply::Reopen { code } => code?,
        ContactReply::Decline | ContactReply::Other => return None,
    };
    (!text.card.codes.is_empty() && text.card.find(&code).is_none()).then_some(code)
}

/// A code that fits no alert of this number counts against all of them: whoever guesses must not have a try for each. The
/// answer is that of an alert that is open, if there is one.
pub(crate) async fn wrong_everywhere<P: Ports>(
    app: &App<P>,
    text: &Text,
    code: &str,
) -> Result<Reply, RunError> {
    let act = ContactAct::Code { key: text.sid.clone(), code: code.to_owned(), answer: TextAnswer::Accept };
    let tried = join_all(text.card.codes.iter().map(|pointer| {
        let event = Event::Contact { place: pointer.place, act: act.clone() };
        run(&app.shell, Scope::Incident(pointer.incident), event)
    }));
    let (mut open, mut over) = (None, None);
    for result in tried.await {
        match result {
            Ok(done) if done.case.incident.as_ref().is_some_and(Incident::is_open) => open = Some(done.reply),
            Ok(done) => over = Some(done.reply),
            Err(RunError::Rejected(Rejected::NotFound) | RunError::Known) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(open.or(over).unwrap_or(Reply::Silence))
}

/// What a contact is told whose text is no code. Only what a person would write is answered: two machines must not answer
/// each other for ever.
pub(crate) fn without_code(text: &Text) -> Reply {
    if words::read(&text.body).sos {
        return cries(text);
    }
    let knows_alerts = !text.card.codes.is_empty();
    match contact_reply(&text.body) {
        // Whoever says that it is not over must know that nobody was called. A machine does not say so.
        ContactReply::Reopen { .. } => Reply::words(not_reopened(text)),
        ContactReply::Accept { .. } | ContactReply::Decline | ContactReply::Other if !knows_alerts => {
            Reply::Silence
        }
        ContactReply::Accept { .. } => {
            Reply::words("If you are going, please reply with the six digits of our text, and nothing else.")
        }
        ContactReply::Decline => Reply::words(
            "Thank you for telling us. If you can go after all, reply with the six digits of our text.",
        ),
        ContactReply::Other => Reply::Silence,
    }
}

/// A user, who may be somebody's contact as well, says that it is not over, and not of which alert.
pub(crate) fn user_reopens_nothing(text: &Text) -> Option<Reply> {
    let reopens = matches!(contact_reply(&text.body), ContactReply::Reopen { .. });
    (reopens && guessed(text).is_none())
        .then(|| Reply::words(format!("{} If you need help yourself, reply SOS.", not_reopened(text))))
}

fn not_reopened(text: &Text) -> &'static str {
    if text.card.codes.is_empty() { TOO_OLD } else { NOT_REOPENED }
}

/// The code is of an alert that was over a day ago, or of none.
const TOO_OLD: &str = "There is no alert that you could open again from this number, and nobody was called. If you are worried, call them, or the police.";

/// REOPEN without a code.
const NOT_REOPENED: &str = "There was no code in that, so it opened no alert again. Please reply REOPEN and the six digits of our text, or call the police.";

/// A number that is no user's cries for help. Whoever waits for help that nobody was called for must hear so.
fn cries(text: &Text) -> Reply {
    tracing::warn!("a cry for help from a number that is no user's");
    alarm::metric("CryFromUnknownNumber", 1, &[]);
    let code = if text.card.codes.is_empty() {
        "To start an alert of your own, call us and enter your PIN."
    } else {
        "If you are going to help, reply with the six digits of our text."
    };
    Reply::words(format!(
        "This number has no account with us, so nobody was called for you. Call the police or an ambulance yourself. {code}"
    ))
}
