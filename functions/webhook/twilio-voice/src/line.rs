//! One turn of a call after the first page: a turn that comes twice is answered as it was the first time.

use jiff::SignedDuration;
use lucius_core::{
    ivr::{SILENT_MAX, Session, nobody_there},
    policy::later,
    voice::Prompt,
};
use lucius_shell::{App, RunError, ports::Nature as _, ports::Ports};
use lucius_store::{CallSession, Store};

use crate::{Turn, callback, login, menu};

/// How long a call is remembered after its last turn.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

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
    let stored = app.shell.ports.store().load_call(&turn.call_sid).await?;
    let version = stored.as_ref().map(|stored| stored.version);
    let mut session: Session =
        stored.and_then(|stored| serde_json::from_str(&stored.body).ok()).unwrap_or_default();
    if number < session.turns
        && let Some(said) = session.said
    {
        return Ok(said);
    }
    session.turns = number.saturating_add(1);
    let prompt = if turn.said.is_empty() {
        session.silent = session.silent.saturating_add(1);
        if session.silent >= SILENT_MAX {
            nobody_there()
        } else {
            take(app, turn, step, &mut session).await?
        }
    } else {
        session.silent = 0;
        take(app, turn, step, &mut session).await?
    };
    session.said = Some(prompt.clone());
    save(app, turn, &session, version).await?;
    Ok(prompt)
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

/// Remembers the call. Another delivery of the same turn may have been faster: what it decided is what this one decided,
/// since every event of the turn has the same name.
async fn save<P: Ports>(
    app: &App<P>,
    turn: &Turn<'_>,
    session: &Session,
    version: Option<u64>,
) -> Result<(), RunError> {
    let body = serde_json::to_string(session).map_err(|error| RunError::NotRecorded(error.to_string()))?;
    let next = CallSession {
        version: version.unwrap_or(0).saturating_add(1),
        body,
        expires_at: later(app.shell.ports.nature().now(), REMEMBERED),
    };
    app.shell.ports.store().save_call(&turn.call_sid, &next, version).await?;
    Ok(())
}
