//! Just enough of an HTTP server to stand between a function and its world, fast enough not to be measured itself.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// What was asked.
#[derive(Debug)]
pub(crate) struct Request {
    /// The first line: method, path, version.
    pub(crate) line: String,
    /// The header `x-amz-target`, or nothing.
    pub(crate) target: String,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status line without the version, such as `200 OK`.
    pub(crate) status: &'static str,
    /// More headers, each ended by a line break.
    pub(crate) headers: String,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// A server on a port of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    over: Arc<AtomicBool>,
}

impl Server {
    /// Answers with `handle`, each connection in a thread of its own. No answer ends the connection.
    pub(crate) fn new(
        handle: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Self { address: listener.local_addr()?, over: Arc::default() };
        let (over, handle) = (Arc::clone(&server.over), Arc::new(handle));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let handle = Arc::clone(&handle);
                // A connection that breaks off belongs to a process that was ended.
                thread::spawn(move || drop(converse(stream, &*handle)));
            }
        });
        Ok(server)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
    }
}

fn converse(mut stream: TcpStream, handle: &dyn Fn(&Request) -> Option<Reply>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = read(&mut reader)? {
        let Some(reply) = handle(&request) else { break };
        let Reply { status, headers, body } = reply;
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
        let mut bytes = head.into_bytes();
        bytes.extend(body);
        stream.write_all(&bytes)?;
    }
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let (mut line, mut target, mut length, mut is_chunked) = (String::new(), String::new(), 0, false);
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "x-amz-target" => value.clone_into(&mut target),
            _ => {}
        }
    }
    let body = if is_chunked { chunks(reader)? } else { exactly(reader, length)? };
    Ok(Some(Request { line, target, body }))
}

fn exactly(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn chunks(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        reader.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        body.extend(exactly(reader, size)?);
        exactly(reader, 2)?;
        if size == 0 {
            return Ok(body);
        }
    }
}
