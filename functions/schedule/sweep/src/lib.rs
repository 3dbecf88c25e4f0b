//! The sweep: woken by two clocks, it finds everything that is due. It also takes what others have given up.

mod invoke;
pub mod letters;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lucius_shell::{
    App,
    alarm::{metric, operator},
    aws::AwsPorts,
    heartbeat::Heartbeat,
    ports::{Nature, Ports},
    runtime::{Error, Started},
    sweep::{Cycle, Invoker, sweep},
};
use lucius_store::Store;
use serde::Deserialize;

pub use invoke::LambdaInvoker;

/// What this function is invoked with.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// By a dead-letter queue: wakes that were given up.
    Letters(SqsEvent),
    /// By a clock. Whatever else it says, of whichever version, it is time for a cycle.
    Tick(Tick),
}

/// What a clock sends.
#[derive(Debug, Deserialize)]
pub struct Tick {
    /// Which clock.
    #[serde(default)]
    pub clock: String,
}

/// What the sweep has of its own.
#[derive(Debug)]
pub struct Own {
    invoker: LambdaInvoker,
    heartbeat: Option<Heartbeat>,
}

/// The sweep's own clients.
///
/// # Errors
/// The template has not named the functions to invoke.
pub fn start(started: &Started) -> Result<Own, Error> {
    // Without a heartbeat the sweep goes on: whoever waits for it outside says that it does not come.
    let heartbeat = started.heartbeat_url.as_ref().and_then(|url| {
        Heartbeat::new(url).inspect_err(|error| operator("Heartbeat", &format!("none is sent: {error}"))).ok()
    });
    Ok(Own { invoker: LambdaInvoker::new(started)?, heartbeat })
}

/// One event, on AWS.
///
/// # Errors
/// The cycle was not full; the other clock, or the next minute, comes.
pub async fn handle(app: &App<AwsPorts>, own: &Own, event: Event) -> Result<SqsBatchResponse, Error> {
    match event {
        Event::Letters(batch) => Ok(letters::read(&batch)),
        Event::Tick(tick) => {
            // Boxed: the whole of it is deeper than the compiler looks.
            Box::pin(turn(app, &own.invoker, own.heartbeat.as_ref(), &tick)).await?;
            Ok(SqsBatchResponse::default())
        }
    }
}

/// One tick of a clock: a full cycle, and the heartbeat once it is done and all is well. The cycle does not wait for the
/// heartbeat, and does not fail with it.
///
/// # Errors
/// The cycle was not full.
pub async fn turn<P: Ports>(
    app: &App<P>,
    invoker: &impl Invoker,
    heartbeat: Option<&Heartbeat>,
    tick: &Tick,
) -> Result<(), Error> {
    ticks(tick);
    let done = cycle(app, invoker, tick).await?;
    if done.is_some_and(|done| done.proves_well())
        && let Some(heartbeat) = heartbeat
        && let Err(error) = heartbeat.beat().await
    {
        tracing::warn!(error = %error, "the heartbeat was not heard outside");
        metric("HeartbeatUnheard", 1, &[]);
    }
    Ok(())
}

/// Counts the ticks of each clock: one is enough for the sweep, so nothing else would tell that the other has stopped.
fn ticks(tick: &Tick) {
    match tick.clock.as_str() {
        "rule" => metric("SweepTickRule", 1, &[]),
        "scheduler" => metric("SweepTickScheduler", 1, &[]),
        _ => tracing::warn!("a tick of a clock that this release does not know"),
    }
}

/// A full cycle; none if the other clock has just had one.
///
/// # Errors
/// The cycle was not full.
pub async fn cycle<P: Ports>(
    app: &App<P>,
    invoker: &impl Invoker,
    tick: &Tick,
) -> Result<Option<Cycle>, Error> {
    let store = app.shell.ports.store();
    let nature = app.shell.ports.nature();
    // Two cycles do no harm; none does.
    let is_needed = store.sweep_needed(nature.now()).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error, "whether the other clock has swept is unknown");
        true
    });
    if !is_needed {
        return Ok(None);
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
        late = done.late,
        unknown = done.unknown,
        "swept"
    );
    complain(&done);
    if done.failed > 0 {
        return Err("overdue actors could not be handed over".into());
    }
    store.sweep_finished(nature.now()).await?;
    metric("SweepCycle", 1, &[]);
    Ok(Some(done))
}

/// Tells the operator of what a cycle that was read to its end has found wrong.
fn complain(done: &Cycle) {
    if done.failed > 0 {
        operator("SweepFailed", "overdue actors could not be handed over");
    }
    if done.late > 0 {
        operator("Overdue", &format!("{} actors have been due for more than five minutes", done.late));
    }
    if done.unknown > 0 {
        let count = done.unknown;
        operator("UnknownActor", &format!("{count} entries of the due index wait for a later release"));
    }
}
