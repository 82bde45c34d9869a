//! A TCP connection that knows what it is doing, so that an idle client can be told from a stalling one.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU8, AtomicU16, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use poem::http::{StatusCode, Version};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use super::{Limits, head::Head};

/// How long what a refused client still sends is read and thrown away: closing a socket with unread bytes resets the
/// connection, and the reset can overtake the answer.
const LINGER: Duration = Duration::from_secs(2);

const FRESH: u8 = 0;
const HEAD: u8 = 1;
const IDLE: u8 = 2;

/// What a connection is doing, shared by its socket, its task and its requests.
pub(super) struct Activity {
    opened: Instant,
    phase: AtomicU8,
    http2: AtomicBool,
    in_flight: AtomicUsize,
    /// Milliseconds after `opened` at which the phase began or last made progress.
    since: AtomicU64,
    unread: AtomicBool,
    /// The status that the client is told when the socket is dropped; 0 is none.
    farewell: AtomicU16,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            phase: AtomicU8::new(FRESH),
            http2: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            since: AtomicU64::new(0),
            unread: AtomicBool::new(false),
            farewell: AtomicU16::new(0),
        })
    }

    /// Notes that a request's head is complete; the connection is busy until the guard is dropped.
    pub(super) fn begin(self: &Arc<Self>, version: Version, has_body: bool) -> Serving {
        self.in_flight.fetch_add(1, Relaxed);
        self.http2.store(version == Version::HTTP_2, Relaxed);
        self.phase.store(IDLE, Relaxed);
        self.unread.store(false, Relaxed);
        Serving { activity: self.clone(), has_body }
    }

    /// The instant at which this connection has waited too long, or `None` while we are the ones awaited.
    pub(super) fn due(&self, limits: &Limits) -> Option<Instant> {
        if self.in_flight.load(Acquire) > 0 {
            return None;
        }
        let patience = if self.phase.load(Relaxed) == IDLE { limits.idle_timeout } else { limits.header_timeout };
        Some(self.opened + Duration::from_millis(self.since.load(Relaxed)) + patience)
    }

    /// Whether it is a request's head that is overdue; a client that began one is told 408 when the socket is dropped.
    pub(super) fn gives_up_head(&self) -> bool {
        let phase = self.phase.load(Relaxed);
        if phase == HEAD {
            self.farewell.store(408, Relaxed);
        }
        phase != IDLE
    }

    /// Notes progress.
    pub(super) fn touch(&self) {
        let elapsed = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(elapsed, Relaxed);
    }

    fn received(&self) -> Received {
        if self.in_flight.load(Acquire) > 0 {
            return Received::Other;
        }
        match self.phase.load(Relaxed) {
            HEAD => return Received::MoreOfHead,
            IDLE => {
                self.touch();
                // What comes may be the body of a refused request, or HTTP/2 pings and window updates.
                if self.http2.load(Relaxed) || self.unread.load(Relaxed) {
                    return Received::Other;
                }
            }
            _ => {}
        }
        self.phase.store(HEAD, Relaxed);
        Received::NewHead
    }

    fn sent(&self) {
        if self.in_flight.load(Acquire) > 0 {
            return;
        }
        // Writing without a request: the HTTP library refuses a head it cannot read, or greets an HTTP/2 client. No
        // more HTTP/1 heads come after either.
        if self.phase.swap(IDLE, Relaxed) == HEAD {
            self.unread.store(true, Relaxed);
            self.http2.store(true, Relaxed);
        }
        self.touch();
    }
}

enum Received {
    NewHead,
    MoreOfHead,
    Other,
}

/// A request in progress.
pub(super) struct Serving {
    activity: Arc<Activity>,
    has_body: bool,
}

impl Serving {
    /// Notes the answer: a refusal may have left the body unread.
    pub(super) fn answered(&self, status: StatusCode) {
        if self.has_body && status.as_u16() >= 400 {
            self.activity.unread.store(true, Relaxed);
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.activity.touch();
        self.activity.in_flight.fetch_sub(1, Release);
    }
}

/// The socket itself.
pub(super) struct Socket {
    stream: TcpStream,
    activity: Arc<Activity>,
    head: Head,
    lingering: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        Self { stream, activity, head: Head::default(), lingering: None }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let socket = &mut *self;
        ready!(Pin::new(&mut socket.stream).poll_read(cx, buf))?;
        let bytes = &buf.filled()[before..];
        if bytes.is_empty() {
            return Poll::Ready(Ok(()));
        }
        match socket.activity.received() {
            Received::Other => return Poll::Ready(Ok(())),
            Received::MoreOfHead => {}
            Received::NewHead => socket.head = Head::default(),
        }
        if socket.head.takes(bytes) {
            return Poll::Ready(Ok(()));
        }
        socket.activity.farewell.store(400, Relaxed);
        Poll::Ready(Err(io::ErrorKind::InvalidData.into()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.activity.sent();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.activity.sent();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = &mut *self;
        if socket.lingering.is_none() {
            ready!(Pin::new(&mut socket.stream).poll_shutdown(cx))?;
            if !socket.activity.unread.load(Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let lingering = socket.lingering.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        // The deadline goes first: a client that never stops sending would use up the task's budget for this poll.
        if lingering.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut sink = [0; 16 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut sink);
            match ready!(Pin::new(&mut socket.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {}
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let (status, sentence) = match self.activity.farewell.load(Relaxed) {
            400 => ("400 Bad Request", "The request can be read in two ways: check its line ends and lengths"),
            408 => ("408 Request Timeout", "The head of the request did not arrive in time"),
            _ => return,
        };
        let body = format!("{{\"success\":false,\"error\":\"{sentence}\"}}");
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        // Best effort: the client has little of us in its buffers, so this fits or the client is gone.
        let _ = self.stream.try_write(answer.as_bytes());
    }
}
