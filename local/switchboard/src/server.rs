//! The HTTP server: all routes on one loopback port, with connections that can be cut on purpose.

use crate::board::Board;
use crate::config::Config;
use crate::{control, page, rest};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::any;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

/// Marks a response that must never be sent: the connection is closed instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut;

impl Cut {
    /// A response that closes the connection without a byte.
    pub(crate) fn response() -> Response<Body> {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Self);
        response
    }
}

/// A switchboard that listens; it stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Running {
    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Starts a switchboard on 127.0.0.1.
///
/// # Errors
/// When the port is taken.
pub async fn start(config: Config) -> io::Result<Running> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
    let address = listener.local_addr()?;
    let board = Board::new(config);
    board.set_own_url(format!("http://{address}"));
    let router = Router::new()
        .route("/2010-04-01/{*rest}", any(rest::handle))
        .nest("/control", control::routes())
        .merge(page::routes())
        .with_state(board);
    Ok(Running { address, accepting: tokio::spawn(accept(listener, router)) })
}

async fn accept(listener: TcpListener, router: Router) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, router.clone()));
            }
            // Out of file descriptors, most likely: better a little later than never.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn serve(stream: TcpStream, router: Router) {
    // Small requests and answers: waiting to fill packets would only add delay.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let response = match router.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Cut>().is_some() {
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose"));
            }
            Ok(response)
        }
    });
    // A client that goes away, or a cut, ends the connection; both are normal here.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
