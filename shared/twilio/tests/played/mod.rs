//! A machine on loopback that plays Twilio's API, badly if asked.

use std::{sync::Arc, time::Duration};

use lucius_core::phone::PhoneNumber;
use lucius_telephony::Form;
use lucius_twilio::{Settings, TwilioClient, client::Timeouts};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// What the machine does with each request.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// Answers.
    Answer { status: u16, body: String },
    /// Reads the request and closes the connection.
    Cut,
    /// Closes the connection without reading anything.
    CutAtOnce,
    /// Reads the request and keeps silent.
    Silent,
    /// Answers, but stops in the middle of the body.
    HalfAnswer { status: u16, body: String },
    /// Answers the head and a part of the body, and keeps silent.
    Stall { status: u16, body: String },
    /// Sends elsewhere.
    Redirect { status: u16 },
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) form: Form,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Played {
    pub(crate) base_url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Played {
    /// Starts on a free port.
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let log = Arc::clone(&received);
        let elsewhere = base_url.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, behaviour.clone(), Arc::clone(&log), elsewhere.clone()));
            }
        });
        Self { base_url, received }
    }

    /// Answers with a fixture: its comment lines left out.
    pub(crate) async fn answering(status: u16, fixture: &str) -> Self {
        let body = fixture.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        Self::start(Behaviour::Answer { status, body }).await
    }

    /// A client of this machine.
    pub(crate) fn client(&self) -> TwilioClient {
        client(&self.base_url, Duration::from_secs(5))
    }

    /// Every request so far.
    pub(crate) async fn received(&self) -> Vec<Received> {
        self.received.lock().await.clone()
    }
}

/// A client with another patience.
pub(crate) fn client(base_url: &str, whole: Duration) -> TwilioClient {
    TwilioClient::new(Settings {
        account_sid: ACCOUNT.to_owned(),
        service_number: PhoneNumber::parse("+18005551212").unwrap(),
        base_url: base_url.to_owned(),
        key: "SK0123".to_owned(),
        secret: "hush".into(),
        timeouts: Timeouts { connect: Duration::from_millis(300), whole },
    })
    .unwrap()
}

async fn serve(
    mut stream: TcpStream,
    behaviour: Behaviour,
    log: Arc<Mutex<Vec<Received>>>,
    elsewhere: String,
) {
    if matches!(behaviour, Behaviour::CutAtOnce) {
        return;
    }
    let Some(request) = read_request(&mut stream).await else { return };
    log.lock().await.push(request);
    let head = |status: u16, length: usize, more: &str| {
        format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{more}\r\n"
        )
    };
    let reply = match &behaviour {
        Behaviour::Answer { status, body } => head(*status, body.len(), "") + body,
        Behaviour::HalfAnswer { status, body } | Behaviour::Stall { status, body } => {
            head(*status, body.len(), "") + &body[..body.len() / 2]
        }
        Behaviour::Redirect { status } => head(*status, 0, &format!("location: {elsewhere}/elsewhere\r\n")),
        Behaviour::Cut | Behaviour::CutAtOnce | Behaviour::Silent => String::new(),
    };
    let _ = stream.write_all(reply.as_bytes()).await;
    if matches!(behaviour, Behaviour::Silent | Behaviour::Stall { .. }) {
        // Until the other side gives up.
        let _ = stream.read(&mut [0; 1]).await;
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = parse(&bytes) {
            return Some(request);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn parse(bytes: &[u8]) -> Option<Received> {
    let text = str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines().map(str::to_owned);
    let line = lines.next()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(Ok(0), |(_, value)| value.parse());
    (body.len() == length.ok()?).then(|| Received {
        line,
        headers,
        form: Form::parse(body.as_bytes()).unwrap(),
    })
}
