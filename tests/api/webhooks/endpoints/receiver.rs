//! A receiver of deliveries on this machine, which keeps what it got.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What came.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    head: String,
    pub(super) body: Vec<u8>,
}

impl Delivery {
    pub(super) fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }
}

/// Listens until it is dropped.
pub(super) struct Receiver {
    pub(super) url: String,
    got: Arc<Mutex<Vec<Delivery>>>,
    listening: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// Answers every request with these bytes; none: never.
    pub(super) async fn answering(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let got = Arc::<Mutex<Vec<Delivery>>>::default();
        let kept = got.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone(), answer));
            }
        });
        Self { url, got, listening }
    }

    /// What came so far.
    pub(super) fn got(&self) -> Vec<Delivery> {
        self.got.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(mut stream: TcpStream, got: Arc<Mutex<Vec<Delivery>>>, answer: Option<&'static str>) {
    let mut bytes = Vec::new();
    loop {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            if stream.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
                return;
            }
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = Delivery { head: head.clone(), body: Vec::new() }.header("content-length").parse().unwrap_or(0);
        while bytes.len() < end + 4 + length {
            if stream.read_buf(&mut bytes).await.unwrap_or_default() == 0 {
                return;
            }
        }
        let body = bytes[end + 4..end + 4 + length].to_vec();
        bytes.drain(..end + 4 + length);
        got.lock().unwrap().push(Delivery { head, body });
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            None => std::future::pending().await,
        }
    }
}
