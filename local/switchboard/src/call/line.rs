//! The line of one call: what the person, the control API or the REST API does while the call lasts.

use super::{Source, Status};
use std::collections::VecDeque;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Something done to a call from outside.
#[derive(Debug)]
pub(crate) enum Command {
    /// The called phone picks up.
    Answer,
    /// The called phone declines; the caller gets busy.
    Reject,
    /// The phone hangs up.
    HangUp,
    /// Keys or words, taken by the next prompt until they are stale.
    Input(Input),
    /// The REST API's `Status=canceled`.
    Cancel,
    /// The REST API's `Status=completed`.
    Complete,
    /// The REST API's `Url=` or `Twiml=`.
    Goto(Source),
}

/// Keys or words.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) what: Spoken,
    /// After that time no prompt takes it any more.
    pub(crate) stale: Instant,
    /// Told when a prompt took it.
    pub(crate) taken: oneshot::Sender<Taken>,
}

/// What was entered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Spoken {
    Keys(String),
    Words(String),
    /// Nothing: the prompt runs into its timeout now.
    Silence,
}

/// How a prompt took an input.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Taken {
    /// False when the prompt listens for something else, e.g. speech at a prompt for keys.
    pub(crate) used: bool,
    /// What was being waited for: `gather`, `record` or `bridge`.
    pub(crate) by: &'static str,
    /// Keys that came after the one that ended the prompt.
    pub(crate) dropped: String,
}

/// Why a call leaves what it is doing.
#[derive(Debug)]
pub(crate) enum Interrupt {
    /// It ends.
    End(End),
    /// It goes on with another document.
    Goto(Source),
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) status: Status,
    /// `phone`, `carrier`, `document` or `api`.
    pub(crate) by: &'static str,
}

impl End {
    /// An answered call that is over.
    pub(crate) fn completed(by: &'static str) -> Interrupt {
        Interrupt::End(Self { status: Status::Completed, by })
    }
}

/// Result of anything that can be interrupted.
pub(crate) type Flow<T> = Result<T, Interrupt>;

/// The receiving end of a call's commands.
#[derive(Debug)]
pub(crate) struct Line {
    commands: UnboundedReceiver<Command>,
    inputs: VecDeque<Input>,
}

impl Line {
    /// A line with nothing on it yet.
    pub(crate) fn new(commands: UnboundedReceiver<Command>) -> Self {
        Self { commands, inputs: VecDeque::new() }
    }

    /// The next command while the call is not yet answered. Inputs wait for the first prompt.
    pub(crate) async fn command(&mut self) -> Command {
        loop {
            match self.commands.recv().await {
                Some(Command::Input(input)) => self.inputs.push_back(input),
                Some(command) => return command,
                // All senders gone: the switchboard itself ends.
                None => std::future::pending().await,
            }
        }
    }

    /// Waits for the next input, or `None` at `deadline`.
    pub(crate) async fn input(&mut self, deadline: Instant) -> Flow<Option<Input>> {
        loop {
            while let Some(input) = self.inputs.pop_front() {
                if input.stale > Instant::now() && !input.taken.is_closed() {
                    return Ok(Some(input));
                }
            }
            tokio::select! {
                biased;
                command = self.commands.recv() => self.handle(command)?,
                () = tokio::time::sleep_until(deadline) => return Ok(None),
            }
        }
    }

    /// Runs `work`, unless the call ends or goes elsewhere meanwhile. Inputs wait for the next prompt.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Flow<T> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => self.handle(command)?,
                done = &mut work => return Ok(done),
            }
        }
    }

    /// Waits until `until`.
    pub(crate) async fn rest(&mut self, until: Instant) -> Flow<()> {
        self.during(tokio::time::sleep_until(until)).await
    }

    fn handle(&mut self, command: Option<Command>) -> Flow<()> {
        match command {
            Some(Command::Answer | Command::Cancel) => Ok(()),
            Some(Command::Input(input)) => {
                self.inputs.push_back(input);
                Ok(())
            }
            Some(Command::Reject | Command::HangUp) => Err(End::completed("phone")),
            Some(Command::Complete) | None => Err(End::completed("api")),
            Some(Command::Goto(source)) => Err(Interrupt::Goto(source)),
        }
    }
}
