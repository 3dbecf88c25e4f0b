//! `/inbound/login` and `/inbound/account`: who is calling.

use lucius_core::{
    deadman::{Line, Proof},
    decide::{Event, Rejected, Scope},
    id::UserId,
    ivr::{Session, Unclaimed, WRONG_MAX, ask_account, ask_pin, too_many},
    phone::PhoneNumber,
    voice::{Login, Prompt, Reply},
};
use lucius_shell::{App, RunError, ports::Nature as _, ports::Ports, run};
use lucius_store::Store;

use crate::{Turn, callback, menu};

const WRONG: &str = "That is not right.";

/// A PIN was entered or said.
pub(crate) async fn pin<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    if turn.said.is_empty() {
        return Ok(ask_pin(&["I did not receive your selection. Try Again."], session.turns));
    }
    if let Some(user) = session.user {
        return claim(app, turn, session, user, &turn.said).await;
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
    if let Some(user) = card.and_then(|card| card.user) {
        return claim(app, turn, session, user, &turn.said).await;
    }
    session.unclaimed = Some(Unclaimed(turn.said.clone()));
    Ok(ask_account(session.turns))
}

/// The number of an account was entered, after a PIN from a number that is no user's. There is one answer for whatever
/// is wrong.
pub(crate) async fn account<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    let Some(Unclaimed(pin)) = session.unclaimed.take() else { return Ok(ask_pin(&[], session.turns)) };
    let number = PhoneNumber::parse(&format!("+{}", turn.said)).ok();
    let user = match number {
        Some(number) => app.shell.ports.store().number(&number, app.shell.ports.nature().now()).await?.user,
        None => None,
    };
    match user {
        Some(user) => claim(app, turn, session, user, &pin).await,
        None => Ok(wrong(session)),
    }
}

/// Is it this user's PIN?
async fn claim<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
    user: UserId,
    pin: &str,
) -> Result<Prompt, RunError> {
    let event = Event::Login {
        key: format!("{}-{}", turn.call_sid, session.turns),
        proof: Proof::Pin(app.keyring.pin_digest(user, pin)),
        line: Line::Open,
    };
    let done = match run(&app.shell, Scope::User(user), event).await {
        Ok(done) => done,
        Err(RunError::Rejected(Rejected::NotFound)) => return Ok(wrong(session)),
        Err(error) => return Err(error),
    };
    match done.reply {
        Reply::Login(Login::Right) => {
            let first = session.user.is_none();
            session.user = Some(user);
            session.pin_at = Some(app.shell.ports.nature().now());
            session.wrong = 0;
            let name = done.case.deadman.as_ref().map(|deadman| deadman.profile.first_name.clone());
            let hello = if first { name.map(|name| format!("Hello {name}.")) } else { None };
            menu::logged_in(app, turn, session, &done.case, hello).await
        }
        Reply::Login(Login::Wrong) => Ok(wrong(session)),
        Reply::Login(Login::Locked) | Reply::Silence | Reply::Words(_) | Reply::Prompt(_) => Ok(too_many()),
    }
}

/// A wrong PIN: again, or goodbye after three.
fn wrong(session: &mut Session) -> Prompt {
    session.wrong = session.wrong.saturating_add(1);
    if session.wrong >= WRONG_MAX { too_many() } else { ask_pin(&[WRONG], session.turns) }
}
