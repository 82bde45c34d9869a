//! The same over HTTP/2, spoken byte by byte.

use super::*;

const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// GET with a path that needs no Huffman code.
fn get(stream: u32, path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend_from_slice(path.as_bytes());
    block.extend_from_slice(b"\x01\x01a");
    frame(1, 0x05, stream, &block)
}

async fn connect(server: &Server) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

async fn next(stream: &mut TcpStream) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    let read = timeout(Duration::from_secs(5), stream.read_exact(&mut head)).await.expect("the server hangs");
    read.ok()?;
    let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

async fn seek(stream: &mut TcpStream, kind: u8) -> Option<Vec<u8>> {
    while let Some((found, _, payload)) = next(stream).await {
        if found == kind {
            return Some(payload);
        }
    }
    None
}

#[tokio::test]
async fn requests_over_http2_without_tls_are_answered() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    stream.write_all(&get(1, "/echo")).await.unwrap();
    let block = seek(&mut stream, 1).await.unwrap();
    assert_eq!(block[0], 0x88, "status 200");
    let data = seek(&mut stream, 0).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&data).unwrap()["method"], "GET");
}

#[tokio::test]
async fn a_client_may_wait_for_our_greeting_before_it_asks() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    assert!(seek(&mut stream, SETTINGS).await.is_some());
    sleep(Duration::from_millis(50)).await;
    // The length of this frame is a line feed.
    stream.write_all(&get(1, "/id")).await.unwrap();
    assert_eq!(seek(&mut stream, 1).await.unwrap()[0], 0x88, "status 200");
    stream.write_all(&get(3, "/id")).await.unwrap();
    assert_eq!(seek(&mut stream, 1).await.unwrap()[0], 0x88, "status 200");
}

#[tokio::test]
async fn a_flood_of_reset_streams_ends_the_connection_and_no_other() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    let mut flood = Vec::new();
    for number in 0..2_000 {
        flood.extend(get(2 * number + 1, "/slow"));
        flood.extend(frame(3, 0, 2 * number + 1, &8_u32.to_be_bytes()));
    }
    let _ = stream.write_all(&flood).await;
    let goaway = seek(&mut stream, GOAWAY).await;
    assert!(goaway.is_some_and(|payload| payload[4..8] != [0; 4]), "the flood went through");
    assert_eq!(status(&server.ask("GET /echo", "").await), 200);
}

#[tokio::test]
async fn endless_continuations_end_the_connection() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    let mut flood = frame(1, 0x00, 1, &[0x82, 0x86, 0x84]);
    let mut line = b"\x00\x01a\x7f\x81\x7f".to_vec();
    line.extend_from_slice(&[b'b'; 256]);
    for _ in 0..2_000 {
        flood.extend(frame(9, 0, 1, &line));
    }
    let _ = stream.write_all(&flood).await;
    // A reset can overtake the GOAWAY, since the flood is not read to its end.
    let _ = seek(&mut stream, GOAWAY).await;
    assert_eq!(server.seen(), 0);
    assert_eq!(status(&server.ask("GET /echo", "").await), 200);
}

#[tokio::test]
async fn an_idle_http2_connection_is_let_go() {
    let limits = Limits { idle_timeout: Duration::from_millis(300), ..Limits::default() };
    let server = Server::with(limits).await;
    let mut stream = connect(&server).await;
    stream.write_all(&get(1, "/echo")).await.unwrap();
    assert!(seek(&mut stream, 0).await.is_some());
    assert!(seek(&mut stream, GOAWAY).await.is_some());
}

#[tokio::test]
async fn a_stop_lets_http2_requests_finish() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    stream.write_all(&get(1, "/gated")).await.unwrap();
    server.until_seen(1).await;
    server.stop.cancel();
    server.open_gate();
    let mut done = false;
    while let Some((kind, _, payload)) = next(&mut stream).await {
        match kind {
            0 => done |= payload == b"done",
            // The server waits for this echo to know that we have seen its GOAWAY.
            6 => stream.write_all(&frame(6, 1, 0, &payload)).await.unwrap(),
            _ => {}
        }
    }
    assert!(done);
    assert_eq!(timeout(Duration::from_secs(20), server.served).await.unwrap().unwrap(), 0);
}
