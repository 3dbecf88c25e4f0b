//! The dead man's switch: woken by a user's own schedule, or by the sweep.

use lucius_shell::{
    App,
    ports::Ports,
    runtime::Error,
    wake::{WakeMessage, wake_all},
};

/// Wakes the switches that `message` names.
///
/// # Errors
/// Some have to be woken again; Lambda does so, and so does the sweep.
pub async fn handle<P: Ports>(app: &App<P>, message: WakeMessage) -> Result<(), Error> {
    Ok(wake_all(&app.shell, &message).await?)
}
