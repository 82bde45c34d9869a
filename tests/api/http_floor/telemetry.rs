//! What is written down.

use super::*;

#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Pages {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_access_log_tells_what_happened_and_no_secret() {
    let pages = Pages::default();
    let writer = pages.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start().await;
    let key = format!("dpk_{}", "ab".repeat(20));
    server
        .ask(
            &format!("GET /echo?limit=5&api_key={key}&{key}&token=topsecret"),
            "X-Request-Id: log-1\r\nX-Api-Key: hush\r\n",
        )
        .await;
    server.ask("POST /sessions/3f0c5a34-0000-4000-8000-000000000001/consume", "Content-Length: 0\r\n").await;
    server.ask(&format!("GET /keys/{key}"), "").await;
    server.ask("GET /rows/3f0c5a34-0000-4000-8000-000000000002", "").await;
    server.ask("GET /panic?password=hunter2", "").await;

    let text = String::from_utf8(pages.0.lock().unwrap().clone()).unwrap();
    for secret in [key.as_str(), "topsecret", "hush", "000000000001", "hunter2"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let access: Vec<&Value> =
        lines.iter().filter(|line| line["target"] == "access").map(|line| &line["fields"]).collect();
    assert_eq!(access.len(), 5);
    assert_eq!(access[0]["path"], "/echo");
    assert_eq!(access[0]["query"], "limit,api_key,…,token");
    assert_eq!(access[0]["method"], "GET");
    assert_eq!(access[0]["status"], 200);
    assert_eq!(access[0]["request_id"], "log-1");
    assert_eq!(access[0]["client"], "127.0.0.1");
    assert!(access[0]["duration_us"].as_u64().unwrap() < 5_000_000);
    assert!(access[0]["bytes"].as_u64().unwrap() > 0);
    assert_eq!(access[1]["path"], "/sessions/…/consume");
    assert_eq!(access[2]["path"], "/keys/…");
    assert_eq!(access[3]["path"], "/rows/3f0c5a34-0000-4000-8000-000000000002");
    assert_eq!(access[4]["status"], 500);
    assert!(lines.iter().any(|line| line["fields"]["panic"] == "the inside is broken"));
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_never_by_path() {
    let server = Server::start().await;
    server.ask("GET /api/count?limit=5", "").await;
    server.ask("GET /api/count?limit=x", "").await;
    server.ask("GET /nowhere/4711", "").await;
    let text = server.metrics.render();
    for line in [
        "http_requests_total{operation=\"countThings\",status=\"200\"} 1",
        "http_requests_total{operation=\"countThings\",status=\"400\"} 1",
        "http_requests_total{operation=\"other\",status=\"404\"} 1",
        "http_request_duration_seconds_count{operation=\"countThings\"} 2",
        "http_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("nowhere"));
}

#[tokio::test]
async fn a_client_that_goes_away_is_no_longer_counted_as_in_flight() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    server.until_seen(1).await;
    assert!(server.metrics.render().contains("http_requests_in_flight 1"));
    drop(stream);
    let began = Instant::now();
    while !server.metrics.render().contains("http_requests_in_flight 0") {
        assert!(began.elapsed() < Duration::from_secs(20), "it counts for ever");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_floor_answers_every_error_itself() {
    let settings = FloorSettings {
        limits: Limits::default(),
        trusted_proxies: vec![],
        cors: Cors::new(&[], |_, _| false).unwrap(),
        allow: Arc::new(|_| None),
        coded: |_| false,
        metrics: Arc::new(Metrics::new()),
    };
    let endpoint = floor(poem::endpoint::make(answer), settings);
    let request = Request::builder().method(Method::GET).uri_str("/nowhere").header("host", "a").finish();
    assert_eq!(endpoint.call(request).await.unwrap().status(), StatusCode::NOT_FOUND);
}
