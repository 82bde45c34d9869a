//! What an endpoint can do to us, and where it ends.

use std::time::Duration;

use playhouse::webhooks::Outcome;

use super::*;

/// Less than the time that a delivery has, and far less than any of these endpoints would like to take.
const SOON: Duration = Duration::from_secs(12);

/// What the sender makes of a receiver that behaves like this.
async fn meets(behaviour: Behaviour) -> (Attempted, Receiver) {
    meets_in(settings().timeout_seconds, behaviour).await
}

/// The same of a sender that waits for so many seconds.
async fn meets_in(timeout_seconds: u64, behaviour: Behaviour) -> (Attempted, Receiver) {
    let receiver = Receiver::that(move |_| behaviour.clone()).await;
    let sender = Sender::new(&config::Webhooks { timeout_seconds, ..settings() }).unwrap();
    let attempted = send(&sender, &receiver.url).await;
    assert_eq!(receiver.requests().len(), 1, "it is asked once");
    assert!(attempted.duration < SOON, "{attempted:?}");
    receiver.wait_until_closed().await;
    (attempted, receiver)
}

fn told(attempted: &Attempted) -> (Option<u16>, Outcome, &str) {
    (attempted.status, attempted.outcome, attempted.error.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_left_in_time() {
    let (attempted, _) = meets_in(2, Behaviour::Hang).await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "no answer within 2 s"));
    assert!(attempted.duration >= Duration::from_secs(2));
}

#[tokio::test]
async fn a_head_that_dribbles_is_left_in_time() {
    let head = b"HTTP/1.1 200 OK\r\nx-a: b".to_vec();
    let (attempted, _) = meets_in(2, Behaviour::Endless(head, Duration::from_millis(50))).await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "no answer within 2 s"));
}

#[tokio::test]
async fn a_body_that_dribbles_is_left_in_time_and_its_beginning_is_kept() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nfor ever".to_vec();
    let (attempted, _) = meets_in(3, Behaviour::Endless(head, Duration::from_millis(50))).await;
    assert_eq!(told(&attempted), (Some(200), Outcome::Failed, "the answer did not end within 3 s"));
    assert!(attempted.excerpt.unwrap().starts_with("for everr"));
}

#[tokio::test]
async fn of_an_endless_answer_little_is_read_and_its_status_counts() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\nx".to_vec();
    let (attempted, receiver) = meets(Behaviour::Endless(head, Duration::ZERO)).await;
    assert_eq!(told(&attempted), (Some(200), Outcome::Delivered, ""));
    assert_eq!(attempted.excerpt, Some("x".repeat(4096)));
    // What the system buffers on the way is all that goes beyond.
    assert!(receiver.written() < 16 * 1024 * 1024, "{} bytes were taken", receiver.written());
    let chunked = b"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\nx".to_vec();
    let (attempted, receiver) = meets(Behaviour::Endless(chunked, Duration::ZERO)).await;
    assert_eq!(told(&attempted), (Some(500), Outcome::Failed, "the endpoint answered 500 Internal Server Error"));
    assert!(receiver.written() < 16 * 1024 * 1024, "{} bytes were taken", receiver.written());
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let (attempted, receiver) = meets(Behaviour::Endless(b"HTTP/1.1 200 OK\r\nx-a: b".to_vec(), Duration::ZERO)).await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "the head of the answer is too large"));
    assert!(receiver.written() < 16 * 1024 * 1024, "{} bytes were taken", receiver.written());
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    // The beginning of a stream that would unpack to gigabytes.
    let bomb = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xed; 8000]].concat();
    for coding in ["gzip", "br", "deflate", "zstd", "gzip, gzip"] {
        let headers = vec![("content-encoding", coding.to_owned())];
        let receiver = Receiver::that({
            let bomb = bomb.clone();
            move |_| Behaviour::Answer(200, headers.clone(), bomb.clone())
        })
        .await;
        let attempted = send(&sender(), &receiver.url).await;
        assert_eq!((told(&attempted), attempted.excerpt.as_deref()), ((Some(200), Outcome::Delivered, ""), None));
        assert!(receiver.requests()[0].headers.iter().all(|(name, _)| name != "accept-encoding"));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failed_attempt() {
    let (attempted, _) = meets(Behaviour::Reset).await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "the connection was reset"));
    let (attempted, _) = meets(Behaviour::Close).await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "the connection was closed before an answer"));
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    let (attempted, _) = meets(Behaviour::Raw(half)).await;
    let sentence = "the connection was lost in the middle of the answer";
    assert_eq!(told(&attempted), (Some(200), Outcome::Failed, sentence));
    assert_eq!(attempted.excerpt.as_deref(), Some("half"));
    let gone = b"HTTP/1.1 410 Gone\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    let (attempted, _) = meets(Behaviour::Raw(gone)).await;
    assert_eq!(told(&attempted), (Some(410), Outcome::Gone, "the endpoint answered 410 Gone"));
}

#[tokio::test]
async fn what_is_no_http_is_a_failed_attempt() {
    for answer in [&b"SSH-2.0-OpenSSH_9.6\r\n"[..], b"\0\0\0\0\0\0\0\0\r\n\r\n", b"HTTP/1.1 9 No\r\n\r\n"] {
        let (attempted, _) = meets(Behaviour::Raw(answer.to_vec())).await;
        assert_eq!(told(&attempted), (None, Outcome::Failed, "what came back is no HTTP answer"));
    }
    let (attempted, _) = meets(Behaviour::Raw(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).await;
    assert_eq!(attempted.outcome, Outcome::Delivered, "an answer may end with its connection");
}

#[tokio::test]
async fn an_excerpt_is_text_that_a_database_takes() {
    let binary: Vec<u8> = (0..=255).cycle().take(8000).collect();
    let receiver = Receiver::that(move |_| Behaviour::Answer(500, vec![], binary.clone())).await;
    let excerpt = send(&sender(), &receiver.url).await.excerpt.unwrap();
    assert!(!excerpt.contains('\0') && excerpt.len() <= 4096);
}

#[tokio::test]
async fn nobody_there_is_told_apart_from_no_such_name() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let attempted = send(&sender(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "the connection was refused; nothing listens there"));
    let settings = settings();
    let sender = Sender::with(&settings, Names::default().guard(&settings), &[]).unwrap();
    let attempted = send(&sender, "http://nowhere.example/").await;
    assert_eq!(told(&attempted), (None, Outcome::Failed, "the name nowhere.example does not resolve"));
}
