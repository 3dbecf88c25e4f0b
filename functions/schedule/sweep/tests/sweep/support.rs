//! Who is due, who takes them, and who listens outside.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use lucius_core::{actor::ActorId, deadman::State, id::UserId, policy::earlier};
use lucius_shell::{
    heartbeat::Heartbeat,
    ports::{Nature as _, NotArranged},
    sweep::Invoker,
    testing::{World, contact},
};
use sweep::Tick;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// A tick of one of the clocks.
pub(crate) fn tick() -> Tick {
    Tick { clock: "rule".to_owned() }
}

/// A user whose question has been due for so long.
pub(crate) async fn due_for(world: &World, seconds: i64) -> UserId {
    let at = earlier(world.clock().now(), SignedDuration::from_secs(seconds));
    world
        .user(|deadman| {
            deadman.contacts = vec![contact(1, deadman.created_at)];
            deadman.settings.active = true;
            deadman.armed_once = true;
            deadman.state = State::Waiting { next_probe_at: at };
        })
        .await
}

/// Takes overdue actors, or refuses to.
#[derive(Debug, Default)]
pub(crate) struct Taker {
    taken: Mutex<Vec<ActorId>>,
    refuses: bool,
}

impl Taker {
    pub(crate) fn refusing() -> Self {
        Self { refuses: true, ..Self::default() }
    }

    pub(crate) fn taken(&self) -> Vec<ActorId> {
        self.taken.lock().unwrap().clone()
    }
}

impl Invoker for Taker {
    async fn invoke(&self, actors: &[ActorId]) -> Result<(), NotArranged> {
        if self.refuses {
            return Err(NotArranged("refused".to_owned()));
        }
        self.taken.lock().unwrap().extend(actors);
        Ok(())
    }
}

/// Somebody outside who listens for heartbeats, and answers as told.
pub(crate) struct Watcher {
    requests: Arc<Mutex<Vec<String>>>,
    arrived: Arc<tokio::sync::Notify>,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) address: String,
}

impl Watcher {
    /// Answers everything with `answer`, a whole HTTP response; with none, takes the request and never answers.
    pub(crate) async fn answering(answer: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (requests, arrived) = (Arc::new(Mutex::new(Vec::new())), Arc::new(tokio::sync::Notify::new()));
        let (noted, told) = (Arc::clone(&requests), Arc::clone(&arrived));
        tokio::spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let line = String::from_utf8(request).unwrap();
                noted.lock().unwrap().push(line.lines().next().unwrap_or_default().to_owned());
                told.notify_one();
                if let Some(answer) = &answer {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                } else {
                    // Dropped, it would be an end; held, it is silence.
                    open.push(stream);
                }
            }
        });
        let heartbeat = Heartbeat::new(&format!("{address}/ping/hush").into()).unwrap();
        Self { requests, arrived, heartbeat, address }
    }

    /// One that is content with everything.
    pub(crate) async fn content() -> Self {
        Self::answering(Some(response("200 OK", ""))).await
    }

    /// The first lines of the requests so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits for the next request.
    pub(crate) async fn hears(&self) {
        self.arrived.notified().await;
    }
}

/// An HTTP response without a body.
pub(crate) fn response(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n")
}
