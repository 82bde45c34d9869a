//! A lean HTTP/1.1 client: kept-alive connections on one thread, requests made beforehand, answers read just enough.
//!
//! Client, server and Postgres share the machine, so what the client spends is missing to the others.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use super::{
    process,
    window::{Cast, Mark, Measured, WARM_UP},
};

/// The requests of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    /// Sent in turn, again and again.
    ring: Vec<Vec<u8>>,
    /// Where the changing part begins, and what it is in each request; none means that the ring is all there is.
    changing: Option<(usize, Vec<String>)>,
    /// The status of a good answer.
    status: u16,
}

impl Requests {
    /// The same request again and again; `head` are further header lines.
    pub(crate) fn same(method: &str, path: &str, head: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        for (name, value) in head {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        Self { ring: vec![format!("{text}\r\n{body}").into_bytes()], changing: None, status: 200 }
    }

    /// Several requests in turn, again and again.
    pub(crate) fn in_turn(requests: impl IntoIterator<Item = Self>) -> Self {
        let ring = requests.into_iter().flat_map(|one| one.ring).collect();
        Self { ring, changing: None, status: 200 }
    }

    /// The same requests, of which a good answer has this status.
    pub(crate) fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Requests that differ in one place: `placeholder`, which each of the texts replaces in turn and has the length of.
    pub(crate) fn each(mut self, placeholder: &str, texts: Vec<String>) -> anyhow::Result<Self> {
        ensure!(
            texts.iter().all(|text| text.len() == placeholder.len()),
            "the texts must be as long as what they replace"
        );
        let place_in =
            |bytes: &Vec<u8>| bytes.windows(placeholder.len()).position(|part| part == placeholder.as_bytes());
        let place = self.ring.first().and_then(place_in).context("the request has no such part")?;
        ensure!(self.ring.iter().all(|bytes| place_in(bytes) == Some(place)), "the part must stand at the same place");
        self.changing = Some((place, texts));
        Ok(self)
    }

    fn next(&mut self, number: usize) -> anyhow::Result<&[u8]> {
        let turn = number % self.ring.len();
        if let Some((place, texts)) = &self.changing {
            let text = texts.get(number).context("there were too few requests for this machine's speed")?;
            self.ring[turn][*place..*place + text.len()].copy_from_slice(text.as_bytes());
        }
        Ok(&self.ring[turn])
    }
}

/// Sends each client's requests one after the other for the warm-up and so many seconds; every answer must be a good one.
///
/// The number is that of all answers.
pub(crate) async fn load(
    address: SocketAddr,
    clients: Vec<Requests>,
    (server, postgres): (Option<u32>, Option<u32>),
    seconds: u64,
) -> anyhow::Result<(Measured, u64)> {
    let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (told, counted) = (stop.clone(), answers.clone());
    let sending = thread::spawn(move || send_all(address, clients, &told, &counted));
    let cast = Cast { server, postgres, client: Some(std::process::id()) };
    sleep(WARM_UP).await;
    let began = Mark::now(cast, answers.load(Relaxed));
    let (end, mut resident) = (Instant::now() + Duration::from_secs(seconds), None);
    while Instant::now() < end && !sending.is_finished() {
        sleep(Duration::from_millis(50)).await;
        resident = resident.max(server.and_then(process::resident));
    }
    let measured = Mark::now(cast, answers.load(Relaxed)).since(began, resident);
    stop.store(true, Relaxed);
    sending.join().map_err(|_| anyhow::anyhow!("the client panicked"))??;
    Ok((measured, answers.load(Relaxed)))
}

fn send_all(
    address: SocketAddr,
    clients: Vec<Requests>,
    stop: &Arc<AtomicBool>,
    answers: &Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut sending = tokio::task::JoinSet::new();
        for requests in clients {
            let (stop, answers) = (stop.clone(), answers.clone());
            sending.spawn(async move { send(address, requests, &stop, &answers).await });
        }
        let outcomes = sending.join_all().await;
        outcomes.into_iter().collect()
    })
}

async fn send(address: SocketAddr, requests: Requests, stop: &AtomicBool, answers: &AtomicU64) -> anyhow::Result<()> {
    let mut line = Line::open(address, requests).await?;
    while !stop.load(Relaxed) {
        line.call().await?;
        answers.fetch_add(1, Relaxed);
    }
    Ok(())
}

/// A connection and what is asked over it.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    requests: Requests,
    number: usize,
    buffer: Vec<u8>,
}

impl Line {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr, requests: Requests) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, requests, number: 0, buffer: vec![0; 64 * 1024] })
    }

    /// Sends the next request and reads its answer, which must be a good one.
    pub(crate) async fn call(&mut self) -> anyhow::Result<()> {
        self.stream.write_all(self.requests.next(self.number)?).await?;
        self.number += 1;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            if is_whole(&self.buffer[..filled])? {
                break;
            }
        }
        let good = format!("HTTP/1.1 {} ", self.requests.status);
        if !self.buffer.starts_with(good.as_bytes()) {
            let begin = String::from_utf8_lossy(&self.buffer[..filled.min(1024)]);
            bail!("not every answer was a {}:\n{begin}", self.requests.status);
        }
        Ok(())
    }
}

/// Whether head and body are here; the server writes header names in lower case.
fn is_whole(answer: &[u8]) -> anyhow::Result<bool> {
    const LENGTH: &[u8] = b"\r\ncontent-length: ";
    const CHUNKED: &[u8] = b"\r\ntransfer-encoding: chunked";
    let Some(head) = find(answer, b"\r\n\r\n") else { return Ok(false) };
    let Some(length) = find(&answer[..head], LENGTH) else {
        ensure!(find(&answer[..head], CHUNKED).is_some(), "an answer without a length");
        return Ok(answer.ends_with(b"\r\n0\r\n\r\n"));
    };
    let digits = answer[length + LENGTH.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    Ok(answer.len() >= head + 4 + body)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}
