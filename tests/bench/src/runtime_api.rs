//! Lambda's runtime API (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>), played for one process.

use std::{
    net::SocketAddr,
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::http::{Reply, Request, Server};

/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the process has said.
#[derive(Debug)]
enum Said {
    /// It asks for an event.
    Ready(Instant),
    /// It answers one.
    Answer(Vec<u8>),
    /// It cannot go on.
    Failed(String),
}

/// The runtime API of one process.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    server: Server,
    said: Receiver<Said>,
    events: Sender<String>,
}

impl RuntimeApi {
    /// With a port of its own.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (say, said) = channel();
        let (events, next) = channel();
        let next = Mutex::new(next);
        let server = Server::new(move |request| answer(request, &say, &next))?;
        Ok(Self { server, said, events })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` has to say.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Waits until the process asks for an event.
    pub(crate) fn ready(&self) -> anyhow::Result<Instant> {
        match self.said()? {
            Said::Ready(at) => Ok(at),
            Said::Answer(_) => bail!("an answer came where an event was to be asked for"),
            Said::Failed(why) => bail!(why),
        }
    }

    /// Hands over an event and waits for its answer.
    pub(crate) fn invoke(&self, event: String) -> anyhow::Result<Vec<u8>> {
        self.events.send(event)?;
        match self.said()? {
            Said::Answer(body) => Ok(body),
            Said::Ready(_) => bail!("no answer came"),
            Said::Failed(why) => bail!(why),
        }
    }

    fn said(&self) -> anyhow::Result<Said> {
        self.said.recv_timeout(PATIENCE).context("the process is silent")
    }
}

fn answer(request: &Request, say: &Sender<Said>, next: &Mutex<Receiver<String>>) -> Option<Reply> {
    if request.line.starts_with("GET ") {
        // Taken first: whatever follows is not the process's time.
        say.send(Said::Ready(Instant::now())).ok()?;
        let event = next.lock().ok()?.recv().ok()?;
        let headers = "content-type: application/json\r\n\
             lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:bench\r\n";
        return Some(Reply { status: "200 OK", headers: headers.to_owned(), body: event.into_bytes() });
    }
    let said = if request.line.contains("/response ") {
        Said::Answer(request.body.clone())
    } else {
        Said::Failed(String::from_utf8_lossy(&request.body).into_owned())
    };
    say.send(said).ok()?;
    Some(Reply { status: "202 Accepted", headers: String::new(), body: Vec::new() })
}
