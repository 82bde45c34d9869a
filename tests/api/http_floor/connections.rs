//! How long a connection may be silent, and how it ends.

use super::*;

/// Well after all that is short here, and well before all that is long.
const EARLY: Duration = Duration::from_secs(20);

fn impatient() -> Limits {
    Limits {
        header_timeout: Duration::from_millis(300),
        // So much longer that who is closed early is told from who is closed late, on a busy machine too.
        idle_timeout: Duration::from_secs(60),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_head_that_drips_gets_408_however_it_drips() {
    let server = Server::with(impatient()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /echo HTTP/1.1\r\nHost: a\r\nX-Drip: ").await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writing.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let began = Instant::now();
    let mut answer = Vec::new();
    let _ =
        timeout(Duration::from_secs(60), reading.read_to_end(&mut answer)).await.expect("the head may drip for ever");
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(status(&answer), 408);
    assert_eq!(header(&answer, "content-length").unwrap().parse(), Ok(answer.split_once("\r\n\r\n").unwrap().1.len()));
    assert_eq!(body(&answer)["success"], false);
    assert!(began.elapsed() < EARLY, "{:?}", began.elapsed());
    drip.abort();
}

#[tokio::test]
async fn a_second_head_that_drips_on_a_kept_connection_gets_408() {
    let server = Server::with(impatient()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /id HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 2048];
    let count = stream.read(&mut first).await.unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&first[..count])), 200);
    sleep(Duration::from_millis(400)).await;
    let began = Instant::now();
    stream.write_all(b"GET /id HT").await.unwrap();
    assert_eq!(status(&read_to_end(&mut stream).await), 408);
    assert!(began.elapsed() < EARLY, "{:?}", began.elapsed());
}

#[tokio::test]
async fn silent_connections_are_closed_early_before_and_late_after_a_request() {
    let server = Server::with(impatient()).await;
    let began = Instant::now();
    assert_eq!(read_to_end(&mut server.connect().await).await, "");
    assert!(began.elapsed() < EARLY, "{:?}", began.elapsed());

    let server = Server::with(Limits { idle_timeout: Duration::from_millis(1500), ..impatient() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /id HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let began = Instant::now();
    assert_eq!(status(&read_to_end(&mut stream).await), 200);
    assert!(began.elapsed() > Duration::from_millis(1200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_handler_may_take_longer_than_clients_may() {
    let limits = Limits {
        header_timeout: Duration::from_millis(50),
        idle_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::with(limits).await;
    assert_eq!(status(&server.ask("GET /slow", "").await), 200);
}

#[tokio::test]
async fn more_idle_connections_than_allowed_do_not_keep_others_out_for_long() {
    let server = Server::with(Limits { max_connections: 20, ..impatient() }).await;
    let mut idle = Vec::new();
    for _ in 0..50 {
        idle.push(server.connect().await);
    }
    let answer = reqwest::Client::new().get(server.url("/echo")).timeout(Duration::from_secs(20)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn requests_on_one_connection_are_answered_one_after_the_other() {
    let server = Server::start().await;
    let answer = server
        .exchange(
            "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\
             GET /id HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[tokio::test]
async fn a_stop_lets_requests_finish_closes_idle_connections_and_takes_no_new_ones() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /id HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 2048];
    assert!(idle.read(&mut answer).await.unwrap() > 0);
    let mut unused = server.connect().await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /gated HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    server.until_seen(2).await;

    let began = Instant::now();
    server.stop.cancel();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert_eq!(read_to_end(&mut unused).await, "");
    assert!(began.elapsed() < EARLY, "{:?}", began.elapsed());
    assert!(TcpStream::connect(server.address).await.is_err());
    server.open_gate();
    let answer = read_to_end(&mut busy).await;
    assert_eq!(status(&answer), 200);
    assert_eq!(header(&answer, "connection"), Some("close"));
    assert!(answer.ends_with("done"));
    assert_eq!(timeout(EARLY, server.served).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn what_is_not_done_after_the_drain_is_cut_and_counted() {
    let server = Server::with_drain(Limits::default(), Duration::from_millis(50)).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    server.until_seen(1).await;
    server.stop.cancel();
    assert_eq!(timeout(EARLY, server.served).await.unwrap().unwrap(), 1);
    assert_eq!(read_to_end(&mut busy).await, "");
}
