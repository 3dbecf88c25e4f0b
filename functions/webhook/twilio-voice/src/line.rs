//! One turn of a call after the first page: a turn that comes twice is answered as it was the first time.

use jiff::SignedDuration;
use lucius_core::{
    ivr::{SILENT_MAX, Session, UNCLEAR_MAX, nobody_there, not_understood},
    policy::later,
    voice::Prompt,
};
use lucius_shell::{App, RunError, ports::Nature as _, ports::Ports};
use lucius_store::{CallSession, EVENTS_KEPT, Store};

use crate::{Turn, callback, login, menu};

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

/// Answers the turn `number` of a call.
pub(crate) async fn step<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    step: Step,
    number: u32,
) -> Result<Prompt, RunError> {
    let (mut session, version) = load(app, turn).await?;
    if number < session.turns
        && let Some(said) = session.said
    {
        return Ok(said);
    }
    session.turns = number.saturating_add(1);
    session.silent = if turn.is_silent() { session.silent.saturating_add(1) } else { 0 };
    session.unclear = if turn.unclear { session.unclear.saturating_add(1) } else { 0 };
    let prompt = if session.silent >= SILENT_MAX {
        nobody_there()
    } else if session.unclear >= UNCLEAR_MAX {
        not_understood()
    } else {
        take(app, turn, step, &mut session).await?
    };
    session.said = Some(prompt.clone());
    if save(app, turn, &session, version).await? {
        return Ok(prompt);
    }
    // Another delivery of the same turn was faster. What the next key means is what that one has said, so this one says
    // the same.
    let (winner, _) = load(app, turn).await?;
    match winner.said {
        Some(said) if number < winner.turns => Ok(said),
        Some(_) | None => Err(RunError::NotRecorded("two turns of one call got into each other".to_owned())),
    }
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
/// (see [`lucius_core::ivr::Offered`]), and so the event of the same key has the same name both times.
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
