//! Endpoints that cost as little as endpoints can: one thread, kept-alive connections, just enough reading.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// What endpoints' paths begin with that never answer.
pub(crate) const DEAD: &str = "/dead";
const NAME: &[u8] = b"\"external_id\":\"";

#[derive(Debug, Default)]
struct Kept {
    count: AtomicU64,
    recording: AtomicBool,
    arrivals: Mutex<HashMap<String, Instant>>,
    last: Mutex<Option<Instant>>,
}

/// The receiver; it ends with the process.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    kept: Arc<Kept>,
}

impl Receiver {
    /// Starts it.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let (address, kept) = (listener.local_addr()?, Arc::new(Kept::default()));
        let shared = kept.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("it is bound and does not block");
                while let Ok((socket, _)) = listener.accept().await {
                    let kept = shared.clone();
                    tokio::spawn(async move { serve(socket, &kept).await });
                }
            });
        });
        Ok(Self { address, kept })
    }

    /// Deliveries that came so far.
    pub(crate) fn count(&self) -> u64 {
        self.kept.count.load(Relaxed)
    }

    /// Waits until so many have come, and says when the last one did.
    pub(crate) async fn wait_for(&self, count: u64) -> anyhow::Result<Instant> {
        let (mut before, mut since) = (self.count(), Instant::now());
        while self.count() < count {
            sleep(Duration::from_millis(2)).await;
            if self.count() != before {
                (before, since) = (self.count(), Instant::now());
            }
            ensure!(since.elapsed() < Duration::from_secs(40), "only {before} of {count} deliveries came");
        }
        self.kept.last.lock().expect("no panic while it is held").context("something has come")
    }

    /// Notes from here on when each player's event arrives.
    pub(crate) fn record(&self) {
        self.kept.recording.store(true, Relaxed);
    }

    /// When each player's event arrived since recording began, as soon as those of so many have.
    pub(crate) async fn recorded(&self, players: u64) -> anyhow::Result<HashMap<String, Instant>> {
        let (held, since) = (|| self.kept.arrivals.lock().expect("no panic while it is held"), Instant::now());
        while (held().len() as u64) < players {
            ensure!(since.elapsed() < Duration::from_secs(40), "events of {} of {players} came", held().len());
            sleep(Duration::from_millis(10)).await;
        }
        self.kept.recording.store(false, Relaxed);
        Ok(std::mem::take(&mut *held()))
    }
}

async fn serve(mut socket: TcpStream, kept: &Kept) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let (mut buffer, mut filled) = (vec![0; 64 * 1024], 0);
    loop {
        while let Some(length) = whole(&buffer[..filled]) {
            if buffer.starts_with(format!("POST {DEAD}").as_bytes()) {
                while socket.read(&mut buffer).await? > 0 {}
                return Ok(());
            }
            if kept.recording.load(Relaxed)
                && let Some(at) = find(&buffer[..length], NAME)
            {
                let name = buffer[at + NAME.len()..length].split(|byte| *byte == b'"').next().unwrap_or_default();
                let name = String::from_utf8_lossy(name).into_owned();
                kept.arrivals.lock().expect("no panic while it is held").entry(name).or_insert_with(Instant::now);
            }
            *kept.last.lock().expect("no panic while it is held") = Some(Instant::now());
            kept.count.fetch_add(1, Relaxed);
            socket.write_all(ANSWER).await?;
            buffer.copy_within(length..filled, 0);
            filled -= length;
        }
        if filled == buffer.len() {
            buffer.resize(filled * 2, 0);
        }
        match socket.read(&mut buffer[filled..]).await? {
            0 => return Ok(()),
            read => filled += read,
        }
    }
}

/// The length of a request when head and body are here; the server writes header names in lower case.
fn whole(bytes: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"content-length: ";
    let head = find(bytes, b"\r\n\r\n")?;
    let length = find(&bytes[..head], LENGTH)? + LENGTH.len();
    let digits = bytes[length..head].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    (bytes.len() >= head + 4 + body).then_some(head + 4 + body)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}
