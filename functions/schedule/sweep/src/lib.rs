//! The sweep: woken by two clocks, it finds everything that is due.

mod invoke;

use lucius_shell::{
    App,
    alarm::{metric, operator},
    aws::AwsPorts,
    ports::{Nature, Ports},
    runtime::{Error, Started},
    sweep::{Invoker, sweep},
};
use lucius_store::Store;
use serde::Deserialize;

pub use invoke::LambdaInvoker;

/// What a clock sends.
#[derive(Debug, Deserialize)]
pub struct Tick {
    /// Which clock.
    #[serde(default)]
    pub clock: String,
}

/// The sweep's own client.
///
/// # Errors
/// The template has not named the functions to invoke.
pub fn start(started: &Started) -> Result<LambdaInvoker, Error> {
    LambdaInvoker::new(started)
}

/// One tick of a clock, on AWS.
///
/// # Errors
/// The cycle was not full; the other clock, or the next minute, comes.
pub async fn handle(app: &App<AwsPorts>, invoker: &LambdaInvoker, tick: Tick) -> Result<(), Error> {
    // Boxed: the whole of it is deeper than the compiler looks.
    Box::pin(cycle(app, invoker, &tick)).await
}

/// One tick of a clock: a full cycle, unless the other clock has just had one.
///
/// # Errors
/// The cycle was not full.
pub async fn cycle<P: Ports>(app: &App<P>, invoker: &impl Invoker, tick: &Tick) -> Result<(), Error> {
    let store = app.shell.ports.store();
    let nature = app.shell.ports.nature();
    if !store.sweep_needed(nature.now()).await? {
        return Ok(());
    }
    let done = sweep(&app.shell, invoker).await.inspect_err(|error| {
        operator("SweepFailed", &format!("the due index was not read to its end: {error}"));
    })?;
    tracing::info!(
        clock = %tick.clock,
        seen = done.seen,
        hinted = done.hinted,
        invoked = done.invoked,
        failed = done.failed,
        "swept"
    );
    if done.failed > 0 {
        operator("SweepFailed", "overdue actors could not be handed over");
        return Err("overdue actors could not be handed over".into());
    }
    store.sweep_finished(nature.now()).await?;
    metric("SweepCycle", 1, &[]);
    Ok(())
}
