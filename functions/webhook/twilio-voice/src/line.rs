//! One turn of a call after the first page: taken once, and remembered with its answer.

use jiff::SignedDuration;
use lucius_core::{
    ivr::{Begun, SILENT_MAX, Session, UNCLEAR_MAX, nobody_there, not_understood},
    policy::later,
    voice::Prompt,
};
use lucius_shell::{App, RunError, ports::Nature as _, ports::Ports};
use lucius_store::{CallSession, EVENTS_KEPT, Store};

use crate::{Place, Turn, callback, login, menu};

/// How long a call is remembered after its last turn: as long as what was keyed in. A call that was forgotten could be played again
/// to a menu that offers something else by then, where the 9 that once started an emergency ends one.
const REMEMBERED: SignedDuration = EVENTS_KEPT;

/// What the caller was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// For the PIN.
    Login,
    /// For the number of the account.
    Account,
    /// For a choice.
    Menu,
    /// For a code, or whether we should call.
    CallBack,
}

/// How often a turn is tried against other deliveries of itself.
const TRIES: u8 = 3;

/// Answers one turn of a call.
pub(crate) async fn step<P: Ports>(app: &App<P>, turn: &Turn<'_>, place: Place) -> Result<Prompt, RunError> {
    for _ in 0..TRIES {
        let (known, version) = load(app, turn).await?;
        let mut session = match known.begin(place.number, place.again, turn.is_silent()) {
            Begun::Answered(said) => return Ok(said),
            Begun::Open(session) => session,
        };
        let prompt = answer(app, turn, place.step, &mut session).await?;
        session.said = Some(prompt.clone());
        if save(app, turn, &session, version).await? {
            return Ok(prompt);
        }
        // Another delivery of the turn was faster: what the next key means is what that one has said.
    }
    Err(RunError::NotRecorded("two turns of one call got into each other".to_owned()))
}

async fn answer<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    step: Step,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    session.silent = if turn.is_silent() { session.silent.saturating_add(1) } else { 0 };
    session.unclear = if turn.unclear { session.unclear.saturating_add(1) } else { 0 };
    if session.silent >= SILENT_MAX {
        return Ok(nobody_there());
    }
    if session.unclear >= UNCLEAR_MAX {
        return Ok(not_understood());
    }
    take(app, turn, step, session).await
}

async fn take<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    step: Step,
    session: &mut Session,
) -> Result<Prompt, RunError> {
    match step {
        Step::Login => login::pin(app, turn, session).await,
        Step::Account => login::account(app, turn, session).await,
        Step::Menu => menu::chosen(app, turn, session).await,
        Step::CallBack => callback::keyed(app, turn, session).await,
    }
}

async fn load<P: Ports>(app: &App<P>, turn: &Turn<'_>) -> Result<(Session, Option<u64>), RunError> {
    let stored = app.shell.ports.store().load_call(&turn.call_sid).await?;
    let version = stored.as_ref().map(|stored| stored.version);
    let session = stored.and_then(|stored| serde_json::from_str(&stored.body).ok()).unwrap_or_default();
    Ok((session, version))
}

/// Remembers the call; false if somebody else has remembered something of it meanwhile.
///
/// If this fails, the turn comes again with the session of before it, although its event may be committed. So what a key
/// means must not depend on anything that its own event changes: the menu's keys mean what the session says was offered
/// (see [`lucius_core::ivr::Offered`]), and so the event of the same key has the same name both times. (A PIN that is not fresh any
/// more by then is asked for again, and the check-in is another one.)
async fn save<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
    version: Option<u64>,
) -> Result<bool, RunError> {
    let body = serde_json::to_string(session).map_err(|error| RunError::NotRecorded(error.to_string()))?;
    let next = CallSession {
        version: version.unwrap_or(0).saturating_add(1),
        body,
        expires_at: later(app.shell.ports.nature().now(), REMEMBERED),
    };
    Ok(app.shell.ports.store().save_call(&turn.call_sid, &next, version).await?)
}
