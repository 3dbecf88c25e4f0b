//! `/inbound/login` and `/inbound/account`: who is calling.

use lucius_core::{
    deadman::Proof,
    decide::{Case, Event, Rejected, Scope},
    id::UserId,
    ivr::{Session, Unclaimed, WRONG_MAX, ask_account, ask_pin, no_pin, too_many},
    phone::PhoneNumber,
    voice::{Login, Prompt, Reply},
    words,
};
use lucius_shell::{App, RunError, ports::Nature as _, ports::Ports, run};
use lucius_store::{NumberCard, Store};

use crate::{Turn, callback, menu};

const WRONG: &str = "That is not right.";
const UNCLEAR: &str = "I did not understand that.";
/// Whose number we do not know.
const NOBODY: &str = "I do not know this number, so nobody was called. Enter your PIN to call for help, or call the police yourself.";
const SILENCE: &str = "I did not receive your selection. Try Again.";

/// What a PIN was worth.
enum Claim {
    Right(Box<Case>),
    Wrong,
    Locked,
    /// The user has none.
    NoPin,
}

/// A PIN was entered or said.
pub(crate) async fn pin<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    if turn.cries || words::is_help_key(&turn.said) {
        return cried(app, turn, session).await;
    }
    if turn.said.is_empty() {
        return Ok(ask_pin(&[if turn.unclear { UNCLEAR } else { SILENCE }], session.turns));
    }
    let blind = app.keyring.blind(&turn.said);
    if let Some(user) = session.user {
        let claimed = claim(app, turn, session, user, &blind).await?;
        return answered(app, turn, session, user, claimed).await;
    }
    let card = match &turn.from {
        Some(from) => Some(app.shell.ports.store().number(from, app.shell.ports.nature().now()).await?),
        None => None,
    };
    // Somebody who is a user and a contact may have keyed in the code of our text.
    if let Some(card) = &card
        && card.find(&turn.said).is_some()
    {
        return callback::keyed(app, turn, session).await;
    }
    let Some(user) = card.as_ref().and_then(|card| card.user) else {
        // Counted before it is known whose PIN it is: whoever guesses codes hangs up at the next question.
        count(app, turn, session, card.as_ref()).await?;
        session.unclaimed = Some(Unclaimed(blind));
        return Ok(ask_account(session.turns));
    };
    let claimed = claim(app, turn, session, user, &blind).await?;
    match &claimed {
        Claim::Right(_) => {}
        Claim::Wrong | Claim::Locked | Claim::NoPin => count(app, turn, session, card.as_ref()).await?,
    }
    answered(app, turn, session, user, claimed).await
}

/// Whoever cries for help on the line of a user is believed without the PIN, as in a text.
pub(crate) async fn cried<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
) -> Result<Prompt, RunError> {
    let user = match (session.user, &turn.from) {
        (Some(user), _) => Some(user),
        (None, Some(from)) => {
            app.shell.ports.store().number(from, app.shell.ports.nature().now()).await?.user
        }
        (None, None) => None,
    };
    let Some(user) = user else { return Ok(ask_pin(&[NOBODY], session.turns)) };
    let mut said = menu::emergency(app, turn, session, user).await?;
    // The call ends with it: the next keys of somebody in fear, the PIN and a 9, would end the alert that they have just begun.
    said.push("To end it, call again and enter your PIN. Goodbye.".to_owned());
    Ok(Prompt::goodbye(said))
}

/// Six digits that are no code count as a wrong one where this number has alerts, as they do on the call-back page and in
/// a text.
async fn count<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
    card: Option<&NumberCard>,
) -> Result<(), RunError> {
    if let Some(card) = card.filter(|_| callback::is_like_a_code(&turn.said)) {
        callback::count_wrong(app, card, &turn.key(app, session), &turn.said).await?;
    }
    Ok(())
}

/// The number of an account was entered, after a PIN from a number that is no user's. There is one answer for whatever
/// is wrong, be it the number, the PIN, or too many of them: the line does not tell which numbers are accounts.
pub(crate) async fn account<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    if turn.cries || words::is_help_key(&turn.said) {
        return cried(app, turn, session).await;
    }
    if session.unclaimed.is_some() && turn.said.is_empty() {
        let mut prompt = ask_account(session.turns);
        prompt.say.insert(0, if turn.unclear { UNCLEAR } else { SILENCE }.to_owned());
        return Ok(prompt);
    }
    let Some(Unclaimed(blind)) = session.unclaimed.take() else { return Ok(ask_pin(&[], session.turns)) };
    let number = PhoneNumber::parse(&format!("+{}", turn.said)).ok();
    let user = match number {
        Some(number) => app.shell.ports.store().number(&number, app.shell.ports.nature().now()).await?.user,
        None => None,
    };
    let Some(user) = user else { return Ok(wrong(session)) };
    match claim(app, turn, session, user, &blind).await? {
        right @ Claim::Right(_) => answered(app, turn, session, user, right).await,
        Claim::Wrong | Claim::Locked | Claim::NoPin => Ok(wrong(session)),
    }
}

/// Is it this user's PIN?
async fn claim<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
    user: UserId,
    blind: &str,
) -> Result<Claim, RunError> {
    let pin = app.keyring.blind_digest(user, blind);
    let event = Event::Login { key: turn.key(app, session), proof: Proof::Pin(pin) };
    let done = match run(&app.shell, Scope::User(user), event).await {
        Ok(done) => done,
        Err(RunError::Rejected(Rejected::NotFound)) => return Ok(Claim::Wrong),
        // It was taken before. A right one is right again: what came of it may not have been remembered.
        Err(RunError::Known) => {
            let case = menu::look(app, user).await?;
            let right = case.deadman.as_ref().is_some_and(|deadman| deadman.profile.pin == Some(pin));
            return Ok(if right { Claim::Right(Box::new(case)) } else { Claim::Wrong });
        }
        Err(error) => return Err(error),
    };
    if done.case.deadman.as_ref().is_some_and(|deadman| deadman.profile.pin.is_none()) {
        return Ok(Claim::NoPin);
    }
    Ok(match done.reply {
        Reply::Login(Login::Right) => Claim::Right(Box::new(done.case)),
        Reply::Login(Login::Wrong) => Claim::Wrong,
        Reply::Login(Login::Locked) | Reply::Silence | Reply::Words(_) | Reply::Prompt(_) => Claim::Locked,
    })
}

/// What the user hears, from their own number or once they have logged in.
async fn answered<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
    user: UserId,
    claimed: Claim,
) -> Result<Prompt, RunError> {
    let case = match claimed {
        Claim::Right(case) => case,
        Claim::Wrong => return Ok(wrong(session)),
        Claim::Locked => return Ok(too_many()),
        Claim::NoPin => return Ok(no_pin()),
    };
    let first = session.user.is_none();
    session.user = Some(user);
    session.pin_at = Some(app.shell.ports.nature().now());
    session.wrong = 0;
    let name = case.deadman.as_ref().map(|deadman| deadman.profile.first_name.clone());
    let hello = if first { name.map(|name| format!("Hello {name}.")) } else { None };
    menu::logged_in(app, turn, session, &case, hello).await
}

/// A wrong PIN: again, or goodbye after three.
fn wrong(session: &mut Session) -> Prompt {
    session.wrong = session.wrong.saturating_add(1);
    if session.wrong >= WRONG_MAX { too_many() } else { ask_pin(&[WRONG], session.turns) }
}
