//! An endpoint that keeps what it is sent, and can misbehave in every way that a socket allows.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// Method, path and version.
    pub(crate) line: String,
    /// Names in lower case, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The value of a header that came exactly once.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        assert_eq!(values.next(), None, "{name} came twice");
        value
    }

    /// The event's id.
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }
}

/// What a receiver does when a request has come.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Answers a status with `ok`.
    Status(u16),
    /// Answers a status with these headers and this body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Writes these bytes, whatever they mean, and closes.
    Raw(Vec<u8>),
    /// Writes these bytes and then the last one again and again, with this pause; a pause of zero is as fast as it can.
    Endless(Vec<u8>, Duration),
    /// Answers a status after a while.
    Later(Duration, u16),
    /// Answers a status when the signal is given.
    When(watch::Receiver<bool>, u16),
    /// Says nothing, until the other side goes away.
    Hang,
    /// Closes without a word.
    Close,
    /// Resets the connection.
    Reset,
}

type Decide = dyn Fn(&Received) -> Behaviour + Send + Sync;

struct Kept {
    decide: Box<Decide>,
    requests: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    connections: AtomicUsize,
    open: watch::Sender<usize>,
    written: AtomicU64,
    /// Requests of each path that are being answered, and the most there ever were.
    under_way: Mutex<HashMap<String, (usize, usize)>>,
}

/// A request that is being answered, for as long as it lives.
struct UnderWay<'a>(&'a Kept, String);

impl<'a> UnderWay<'a> {
    fn new(kept: &'a Kept, line: &str) -> Self {
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut under_way = kept.under_way.lock().unwrap();
        let (now, most) = under_way.entry(path.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        Self(kept, path)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some((now, _)) = self.0.under_way.lock().unwrap().get_mut(&self.1) {
            *now -= 1;
        }
    }
}

/// A running receiver; it ends when it is dropped.
pub(crate) struct Receiver {
    /// Its address with scheme and port, without a slash at the end.
    pub(crate) url: String,
    pub(crate) port: u16,
    kept: Arc<Kept>,
    accepting: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Receiver {
    /// One on the loopback that answers 200 to everything.
    pub(crate) async fn start() -> Self {
        Self::that(|_| Behaviour::Status(200)).await
    }

    /// One on the loopback that does with each request what the function says.
    pub(crate) async fn that(decide: impl Fn(&Received) -> Behaviour + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1:0", None, decide).await
    }

    /// One on an address, behind TLS if it has a certificate.
    pub(crate) async fn on(
        address: &str,
        tls: Option<TlsAcceptor>,
        decide: impl Fn(&Received) -> Behaviour + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let kept = Arc::new(Kept {
            decide: Box::new(decide),
            requests: Mutex::default(),
            count: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
            open: watch::Sender::new(0),
            written: AtomicU64::new(0),
            under_way: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, tls, kept.clone()));
        Self { url: format!("{scheme}://{address}"), port: address.port(), kept, accepting }
    }

    /// What came so far.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.kept.requests.lock().unwrap().clone()
    }

    /// Waits until this many requests have come, and gives all that came.
    pub(crate) async fn wait_for(&self, requests: usize) -> Vec<Received> {
        let mut count = self.kept.count.subscribe();
        let came = tokio::time::timeout(Duration::from_secs(30), count.wait_for(|came| *came >= requests)).await;
        assert!(came.is_ok(), "{} of {requests} requests came", self.requests().len());
        self.requests()
    }

    /// Connections that were ever opened.
    pub(crate) fn connections(&self) -> usize {
        self.kept.connections.load(Ordering::SeqCst)
    }

    /// Waits until no connection is open.
    pub(crate) async fn wait_until_closed(&self) {
        let mut open = self.kept.open.subscribe();
        let closed = tokio::time::timeout(Duration::from_secs(30), open.wait_for(|open| *open == 0)).await;
        assert!(closed.is_ok(), "connections stay open");
    }

    /// The most requests of one path that were ever being answered at once.
    pub(crate) fn most_at_once(&self, path: &str) -> usize {
        self.kept.under_way.lock().unwrap().get(path).map_or(0, |(_, most)| *most)
    }

    /// Requests that are being answered.
    pub(crate) fn under_way(&self) -> usize {
        self.kept.under_way.lock().unwrap().values().map(|(now, _)| now).sum()
    }

    /// Bytes of answers that went out.
    pub(crate) fn written(&self) -> u64 {
        self.kept.written.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, kept: Arc<Kept>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        kept.connections.fetch_add(1, Ordering::SeqCst);
        kept.open.send_modify(|open| *open += 1);
        let (kept, tls) = (kept.clone(), tls.clone());
        connections.spawn(async move {
            let _ = match tls {
                None => serve(socket, &kept).await,
                Some(tls) => match tls.accept(socket).await {
                    Ok(stream) => serve(stream, &kept).await,
                    Err(error) => Err(error),
                },
            };
            kept.open.send_modify(|open| *open -= 1);
        });
    }
}

/// A stream that can be reset.
trait Resettable {
    fn reset(self);
}

impl Resettable for TcpStream {
    fn reset(self) {
        self.set_zero_linger().unwrap();
    }
}

impl Resettable for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset(self) {
        self.into_inner().0.reset();
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Resettable + Unpin, kept: &Kept) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        let behaviour = (kept.decide)(&request);
        let under_way = UnderWay::new(kept, &request.line);
        kept.requests.lock().unwrap().push(request);
        kept.count.send_modify(|count| *count += 1);
        let answer = match behaviour {
            Behaviour::Status(status) => answer(status, &[], b"ok"),
            Behaviour::Answer(status, headers, body) => answer(status, &headers, &body),
            Behaviour::Raw(bytes) => {
                write(&mut stream, kept, &bytes).await?;
                return stream.shutdown().await;
            }
            Behaviour::Endless(bytes, pause) => return endless(stream, kept, bytes, pause).await,
            Behaviour::Later(pause, status) => {
                tokio::time::sleep(pause).await;
                answer(status, &[], b"ok")
            }
            Behaviour::When(mut signal, status) => {
                // Without anybody who could give it there is nothing to wait for.
                let _ = signal.wait_for(|given| *given).await;
                answer(status, &[], b"ok")
            }
            Behaviour::Hang => {
                while stream.read(&mut [0; 1024]).await? > 0 {}
                return Ok(());
            }
            Behaviour::Close => return stream.shutdown().await,
            Behaviour::Reset => {
                stream.reset();
                return Ok(());
            }
        };
        // Whoever has the answer may come again before this task goes on.
        drop(under_way);
        write(&mut stream, kept, &answer).await?;
    }
    Ok(())
}

async fn endless(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    kept: &Kept,
    bytes: Vec<u8>,
    pause: Duration,
) -> io::Result<()> {
    write(&mut stream, kept, &bytes).await?;
    let more = vec![bytes[bytes.len() - 1]; if pause.is_zero() { 64 * 1024 } else { 1 }];
    loop {
        tokio::time::sleep(pause).await;
        write(&mut stream, kept, &more).await?;
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), kept: &Kept, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = stream.write(bytes).await?;
        kept.written.fetch_add(written as u64, Ordering::SeqCst);
        bytes = &bytes[written..];
    }
    stream.flush().await
}

fn answer(status: u16, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    [head.as_bytes(), b"\r\n", body].concat()
}

/// The next request of a connection; `None` when it was closed between two.
async fn read(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> io::Result<Option<Received>> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8(buffer[..head].to_vec()).unwrap();
    let mut lines = text.trim_end().split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let body = buffer[head..head + length].to_vec();
    buffer.drain(..head + length);
    Ok(Some(Received { line, headers, body }))
}
