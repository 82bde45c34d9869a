//! What every request passes before a face sees it, tried on real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bodies;
mod client_address;
mod connections;
mod cors;
mod errors;
mod framing;
mod headers;
mod http2;
mod telemetry;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ipnet::IpNet;
use playhouse::{
    error::ApiError,
    http::{ClientAddress, Cors, FloorSettings, Limits, Metrics, RequestId, floor, serve},
};
use poem::{
    Endpoint, EndpointExt as _, Request, Response, Route,
    error::NotFoundError,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
};
use poem_openapi::{Enum, Object, OpenApi, OpenApiService, param::Query, payload::Json};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

const MIB: usize = 1024 * 1024;
const ORIGIN: &str = "https://play.example.com";

struct Api;

#[derive(Enum)]
enum Tier {
    Free,
    Business,
}

#[derive(Object)]
struct NewThing {
    #[oai(validator(max_length = 5))]
    name: String,
    amount: i32,
}

#[OpenApi]
impl Api {
    /// Counts up to a number.
    #[oai(path = "/count", method = "get", operation_id = "countThings")]
    async fn count(&self, limit: Query<i32>, tier: Query<Option<Tier>>) -> Json<i32> {
        let bonus = match tier.0 {
            Some(Tier::Business) => 1,
            Some(Tier::Free) | None => 0,
        };
        Json(limit.0 + bonus)
    }

    /// Makes a thing.
    #[oai(path = "/things", method = "post", operation_id = "createThing")]
    async fn create(&self, thing: Json<NewThing>) -> Json<i32> {
        Json(thing.0.amount + i32::try_from(thing.0.name.len()).unwrap())
    }
}

async fn answer(mut request: Request) -> poem::Result<Response> {
    let path = request.uri().path().to_owned();
    let id = request.data::<RequestId>().expect("the floor gives every request an id").as_str().to_owned();
    match path.as_str() {
        "/panic" => panic!("the {} is broken", "inside"),
        "/never" => std::future::pending().await,
        "/gated" => {
            let gate = request.data::<Arc<Semaphore>>().expect("the server has a gate");
            gate.acquire().await.expect("nobody closes it").forget();
            Ok("done".into())
        }
        "/slow" => {
            sleep(Duration::from_millis(400)).await;
            Ok("done".into())
        }
        "/client" => Ok(request.data::<ClientAddress>().unwrap().to_string().into()),
        "/id" => Ok(id.into()),
        "/refuse" => Err(ApiError::forbidden("Not yours").into()),
        "/fail" => Err(poem::error::InternalServerError(std::io::Error::other("postgres://user:secret@db"))),
        "/fail-known" => Err(ApiError::internal().into()),
        "/method" => Err(poem::error::MethodNotAllowedError.into()),
        "/cached" => Ok(Response::builder().header(header::CACHE_CONTROL, "max-age=60").body("kept")),
        "/echo" | "/public" | "/sessions/3f0c5a34-0000-4000-8000-000000000001/consume" => {
            let method = request.method().clone();
            let bytes = request.take_body().into_bytes().await.map_err(poem::Error::from)?;
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(64)]).into_owned();
            Ok(Response::builder()
                .content_type("application/json")
                .body(serde_json::json!({"method": method.as_str(), "length": bytes.len(), "head": head}).to_string()))
        }
        _ => Err(NotFoundError.into()),
    }
}

struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<usize>,
    seen: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Server {
    async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        Self::with_drain(limits, Duration::from_secs(5)).await
    }

    async fn with_drain(limits: Limits, drain: Duration) -> Self {
        let seen = Arc::new(AtomicUsize::new(0));
        let metrics = Arc::new(Metrics::new());
        let settings = FloorSettings {
            limits,
            trusted_proxies: vec![],
            cors: Cors::new(&[ORIGIN.to_owned()], |_, uri| uri.path() == "/public").unwrap(),
            allow: Arc::new(|path| {
                matches!(path, "/echo" | "/public" | "/method" | "/").then(|| "GET, POST, OPTIONS".to_owned())
            }),
            coded: |path| path.starts_with("/api/"),
            metrics: metrics.clone(),
        };
        let (count, gate) = (seen.clone(), Arc::new(Semaphore::new(0)));
        let counted = poem::endpoint::make(answer).before(move |request| {
            count.fetch_add(1, Ordering::SeqCst);
            async move { Ok(request) }
        });
        let counted = counted.data(gate.clone());
        let api = OpenApiService::new(Api, "Test", "1");
        let faces = Route::new().nest("/api", api).nest_no_strip("/", counted);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(listener, floor(faces, settings), limits, stop.clone(), drain));
        Self { address, stop, served, seen, gate, metrics }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// Waits until so many requests have reached their handlers.
    async fn until_seen(&self, requests: usize) {
        let began = Instant::now();
        while self.seen() < requests {
            assert!(began.elapsed() < Duration::from_secs(20), "{} of {requests} requests came", self.seen());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Lets one request to `/gated` be answered.
    fn open_gate(&self) {
        self.gate.add_permits(1);
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and returns all that comes back until the server closes.
    async fn exchange(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        // The server may refuse while we still write.
        let _ = stream.write_all(request.as_ref()).await;
        read_to_end(&mut stream).await
    }

    /// Sends one request without a body, with more header lines.
    async fn ask(&self, line: &str, headers: &str) -> String {
        self.exchange(format!("{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", self.address)).await
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match timeout(Duration::from_secs(20), stream.read(&mut piece)).await.expect("the server hangs") {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&answer).into_owned(),
            Ok(count) => answer.extend_from_slice(&piece[..count]),
        }
    }
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer but {answer:?}"))
}

fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    head.lines()
        .find_map(|line| line.split_once(": ").filter(|(known, _)| known.eq_ignore_ascii_case(name)))
        .map(|(_, value)| value)
}

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|_| panic!("no JSON in {answer:?}"))
}

/// The answer is our own error body with this status; returns its sentence.
fn refusal(answer: &str, expected: u16) -> String {
    assert_eq!(status(answer), expected, "{answer}");
    assert_eq!(header(answer, "content-type"), Some("application/json"));
    assert!(header(answer, "x-request-id").is_some());
    let body = body(answer);
    assert_eq!(body["success"], false);
    body["error"].as_str().unwrap().to_owned()
}
