//! `/inbound/menu`: what a caller can do once they have logged in.

use lucius_core::{
    deadman::{CheckIn, Medium, Proof},
    decide::{Case, Event, Rejected, Scope},
    id::UserId,
    ivr::{Offered, Session, Wanted, ask_pin, help, menu},
    voice::{Prompt, Reply},
    words::Answer,
};
use lucius_shell::{App, Done, RunError, ports::Nature as _, ports::Ports, run};
use lucius_store::Store;

use crate::Turn;

/// The caller has just given the right PIN: what they wanted, or the menu.
pub(crate) async fn logged_in<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
    case: &Case,
    hello: Option<String>,
) -> Result<Prompt, RunError> {
    let Some(user) = session.user else { return Ok(ask_pin(&[], session.turns)) };
    match session.wanted.take() {
        Some(Wanted::CheckIn) => check_in(app, turn, session, user).await,
        None => Ok(spoken(case, hello.into_iter().collect(), session)),
    }
}

/// A choice was made. It means what was offered when the menu was spoken, not what the menu would offer now.
pub(crate) async fn chosen<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    let Some(user) = session.user else { return Ok(ask_pin(&[], session.turns)) };
    match turn.said.as_str() {
        "1" => checked(app, turn, session, user).await,
        "9" => match session.offered {
            // Where an emergency is open by now, this is one more reason for it.
            Offered::Start => start(app, turn, session, user).await,
            Offered::End(_) => checked(app, turn, session, user).await,
        },
        "#" => Ok(Prompt::goodbye(vec!["Goodbye.".to_owned()])),
        other => {
            let case = look(app, user).await?;
            if case.deadman.is_none() {
                return Err(Rejected::NotFound.into());
            }
            let first = match other {
                "" => Vec::new(),
                "*" => help(),
                _ => vec!["I do not know that choice.".to_owned()],
            };
            Ok(spoken(&case, first, session))
        }
    }
}

/// Checks in if the PIN was given a moment ago; otherwise asks for it first.
async fn checked<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
    user: UserId,
) -> Result<Prompt, RunError> {
    if session.is_fresh(app.shell.ports.nature().now(), &app.shell.policy) {
        return check_in(app, turn, session, user).await;
    }
    session.wanted = Some(Wanted::CheckIn);
    Ok(ask_pin(&["To be sure that it is you."], session.turns))
}

/// Checks in, which ends an emergency if the caller has heard of it.
async fn check_in<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
    user: UserId,
) -> Result<Prompt, RunError> {
    let event = Event::CheckIn(CheckIn {
        key: format!("{}-{}-check-in", turn.call_sid, session.turns),
        answer: Answer::Good,
        sos: false,
        medium: Medium::Phone,
        arrived_at: turn.request.arrived_at,
        proof: Proof::None,
        logged_in: true,
        unless: None,
        heard: Some(session.offered),
        words: None,
        text: "checked in by phone".to_owned(),
    });
    let done = run(&app.shell, Scope::User(user), event).await?;
    Ok(spoken(&done.case, said(done.reply), session))
}

async fn start<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &mut Session,
    user: UserId,
) -> Result<Prompt, RunError> {
    let done = begin(app, turn, session, user).await?;
    Ok(spoken(&done.case, said(done.reply), session))
}

/// Somebody who has not logged in cries for help: what they hear of it.
pub(crate) async fn emergency<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
    user: UserId,
) -> Result<Vec<String>, RunError> {
    Ok(said(begin(app, turn, session, user).await?.reply))
}

async fn begin<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
    user: UserId,
) -> Result<Done, RunError> {
    let event = Event::Emergency { key: format!("{}-{}-emergency", turn.call_sid, session.turns) };
    run(&app.shell, Scope::User(user), event).await
}

fn said(reply: Reply) -> Vec<String> {
    match reply {
        Reply::Words(words) => words,
        Reply::Silence | Reply::Prompt(_) | Reply::Login(_) => Vec::new(),
    }
}

/// The user and their incident as they stand.
pub(crate) async fn look<P: Ports>(app: &App<P>, user: UserId) -> Result<Case, RunError> {
    let store = app.shell.ports.store();
    let deadman = store.load_deadman(user).await?.map(|loaded| loaded.state);
    let incident = match deadman.as_ref().and_then(|deadman| deadman.incident) {
        Some(id) => store.load_incident(id).await?.map(|loaded| loaded.state),
        None => None,
    };
    Ok(Case { deadman, incident })
}

/// The menu as things stand. From now on its keys mean what it says here.
fn spoken(case: &Case, first: Vec<String>, session: &mut Session) -> Prompt {
    let language = case.deadman.as_ref().and_then(|deadman| deadman.profile.language.clone());
    session.offered = Offered::beside(case.incident.as_ref());
    menu(first, case.incident.as_ref(), language, session.turns)
}
