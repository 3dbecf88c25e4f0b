//! STOP and START: the carrier has answered them already. Ours to do: remember, tell the person at risk, call instead.

use futures::future::join_all;
use lucius_core::{
    decide::{Event, Rejected, Scope},
    once::EventName,
};
use lucius_shell::{App, RunError, ports::Nature as _, ports::Ports, run};
use lucius_store::Store;

use crate::Text;

/// Records it for the number, and for everybody who knows the number.
///
/// # Errors
/// Something was not recorded: the sender is asked to send it again, and each part of it is harmless twice.
pub(crate) async fn stopped<P: Ports>(app: &App<P>, text: &Text, stopped: bool) -> Result<(), RunError> {
    let (store, nature) = (app.shell.ports.store(), app.shell.ports.nature());
    // The same text may be an answer as well: the carrier takes YES as consent. That is an event of its own.
    let key = format!("{}-stop", text.sid);
    let name = EventName::of_number(&key);
    if store.is_decided(&name).await? {
        // All of it was done. Sent again, it may be old: nobody who knows the number since then is to hear of it.
        return Ok(());
    }
    let users = text.card.user.iter().chain(&text.card.contact_of).map(|user| Scope::User(*user));
    let incidents = text.card.codes.iter().map(|pointer| Scope::IncidentAlone(pointer.incident));
    let told = join_all(users.chain(incidents).map(|scope| {
        let event = Event::TextsStopped { key: key.clone(), phone: text.from.clone(), stopped };
        run(&app.shell, scope, event)
    }));
    for result in told.await {
        match result {
            Ok(_) | Err(RunError::Rejected(Rejected::NotFound) | RunError::Known) => {}
            Err(error) => return Err(error),
        }
    }
    // The number itself comes last: its name says that everybody has heard.
    Ok(store.stop(&text.from, stopped, &name, nature.op(), nature.now()).await?)
}
