//! How much is read, and how long it is waited for.

use super::*;

#[tokio::test]
async fn a_body_far_too_large_is_refused_readably_before_it_is_read() {
    let server = Server::start().await;
    let body = vec![b'a'; 64 * MIB];
    // A client that does not look up before it has sent everything.
    let mut request = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    request.extend_from_slice(&body);
    let answer = server.exchange(request).await;
    let sentence = refusal(&answer, 413);
    assert!(sentence.contains("1048576"), "{sentence}");
    assert_eq!(header(&answer, "connection"), Some("close"));

    let client = reqwest::Client::new();
    let answer =
        client.post(server.url("/echo")).header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(answer.json::<Value>().await.unwrap()["success"], false);
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn an_endless_chunked_body_is_refused_at_the_limit() {
    let server = Server::with(Limits { max_body_bytes: 10_000, ..Limits::default() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let flood = tokio::spawn(async move {
        let chunk = format!("400\r\n{}\r\n", "a".repeat(1024));
        while writing.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    let mut answer = [0; 1024];
    let count = timeout(Duration::from_secs(5), reading.read(&mut answer)).await.unwrap().unwrap();
    refusal(&String::from_utf8_lossy(&answer[..count]), 413);
    // Nobody listens to the flood for ever.
    timeout(Duration::from_secs(10), flood).await.expect("the connection stays open").unwrap();
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn a_body_at_the_limit_arrives_whole_in_whatever_pieces_it_comes() {
    let server = Server::with(Limits { max_body_bytes: 200_000, ..Limits::default() }).await;
    let client = reqwest::Client::new();
    for (length, expected) in [(0, 200), (1, 200), (200_000, 200), (200_001, 413)] {
        let answer = client.post(server.url("/echo")).body(vec![b'a'; length]).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{length}");
        if expected == 200 {
            assert_eq!(answer.json::<Value>().await.unwrap()["length"], length);
        }
    }
    let mut stream = server.connect().await;
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await
        .unwrap();
    for piece in ["3\r\nabc\r\n", "2\r\nde\r\n", "1\r\nf\r\n0\r\n\r\n"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(body(&read_to_end(&mut stream).await)["head"], "abcdef");
}

#[tokio::test]
async fn a_body_that_drips_gets_408() {
    let server = Server::with(Limits { body_timeout: Duration::from_millis(300), ..Limits::default() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n").await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writing.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = [0; 1024];
    let count = timeout(Duration::from_secs(20), reading.read(&mut answer)).await.unwrap().unwrap();
    refusal(&String::from_utf8_lossy(&answer[..count]), 408);
    drip.abort();
    assert_eq!(server.seen(), 0);
}

fn post(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test]
async fn bodies_that_are_still_arriving_share_one_budget() {
    let limits = Limits { max_body_bytes: 8 * 1024, max_buffered_bytes: 10 * 1024, ..Limits::default() };
    let server = Server::with(limits).await;
    let whole = post("/echo", 8 * 1024) + &"a".repeat(8 * 1024);
    let mut held = server.connect().await;
    // A promise costs nothing.
    held.write_all(post("/echo", 8 * 1024).as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let closing = whole.replacen("Host: a", "Host: a\r\nConnection: close", 1);
    assert_eq!(status(&server.exchange(&closing).await), 200);

    held.write_all("a".repeat(6 * 1024).as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let answer = server.exchange(&whole).await;
    refusal(&answer, 503);
    assert!(header(&answer, "retry-after").is_some());
    assert_eq!(header(&answer, "connection"), Some("close"));
    assert_eq!(status(&server.ask("GET /echo", "").await), 200);

    // Who is in the middle may finish, and gives everything back.
    held.write_all("a".repeat(2 * 1024).as_bytes()).await.unwrap();
    let mut answer = [0; 1024];
    let count = timeout(Duration::from_secs(5), held.read(&mut answer)).await.unwrap().unwrap();
    assert_eq!(body(&String::from_utf8_lossy(&answer[..count]))["length"], 8 * 1024);
    assert_eq!(status(&server.exchange(&closing).await), 200);
    assert_eq!(server.seen(), 4);
}

#[tokio::test]
async fn a_body_counts_until_its_request_is_answered() {
    let body = "a".repeat(1024);
    let limits = Limits { max_body_bytes: 1024, max_buffered_bytes: 0, ..Limits::default() };
    let server = Server::with(limits).await;
    let mut slow = server.connect().await;
    slow.write_all((post("/gated", 1024) + &body).as_bytes()).await.unwrap();
    server.until_seen(1).await;
    refusal(&server.exchange(post("/echo", 1024) + &body).await, 503);
    server.open_gate();
    let mut answer = [0; 1024];
    let count = timeout(Duration::from_secs(5), slow.read(&mut answer)).await.unwrap().unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&answer[..count])), 200);
    slow.write_all((post("/echo", 1024) + &body).as_bytes()).await.unwrap();
    let count = timeout(Duration::from_secs(5), slow.read(&mut answer)).await.unwrap().unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&answer[..count])), 200);
}

#[tokio::test]
async fn a_promised_body_that_never_comes_frees_its_place() {
    let limits = Limits { body_timeout: Duration::from_millis(300), max_connections: 1, ..Limits::default() };
    let server = Server::with(limits).await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        .await
        .unwrap();
    let answer = read_to_end(&mut stream).await;
    let (go_on, last) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(go_on, "HTTP/1.1 100 Continue");
    refusal(last, 408);
    drop(stream);
    assert_eq!(status(&server.ask("GET /echo", "").await), 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_the_client_is_told_to_send_it() {
    let server = Server::start().await;
    let answer = server
        .exchange("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        .await;
    refusal(&answer, 413);
}

#[tokio::test]
async fn broken_chunks_are_refused() {
    let server = Server::start().await;
    let answer = server
        .exchange("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n")
        .await;
    refusal(&answer, 400);
    assert_eq!(server.seen(), 0);
}

#[tokio::test]
async fn a_refusal_does_not_mistake_the_body_for_the_next_request() {
    let server = Server::start().await;
    let refused = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: a\r\nContent-Type: b\r\nContent-Length: 8\r\n\r\n";
    let mut stream = server.connect().await;
    stream.write_all(format!("{refused}{{\n\n\n\n\n\n}}").as_bytes()).await.unwrap();
    stream.write_all(b"GET /id HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    let both = read_to_end(&mut stream).await;
    let (first, second) = both.split_at(both.rfind("HTTP/1.1 ").unwrap());
    refusal(first, 400);
    assert_eq!(status(second), 200);

    let mut late = server.connect().await;
    late.write_all(refused.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let _ = late.write_all(b"{\n\n\n\n\n\n}").await;
    let answer = read_to_end(&mut late).await;
    refusal(&answer, 400);
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1);
}

#[tokio::test]
async fn many_pieces_on_one_kept_connection_stay_apart() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    for _ in 0..20 {
        for piece in ["POST /echo HTTP/1.1\r", "\nHost: a\r\nContent-Length: 6\r\n", "\r\na\nb", "\n\n\n"] {
            stream.write_all(piece.as_bytes()).await.unwrap();
            sleep(Duration::from_millis(2)).await;
        }
        let mut answer = [0; 4096];
        let count = timeout(Duration::from_secs(5), stream.read(&mut answer)).await.unwrap().unwrap();
        assert_eq!(body(&String::from_utf8_lossy(&answer[..count]))["length"], 6);
    }
}
