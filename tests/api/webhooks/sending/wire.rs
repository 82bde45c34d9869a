//! What arrives.

use playhouse::webhooks::{Outcome, headers, signature};

use super::*;

#[tokio::test]
async fn a_delivery_is_a_post_with_exactly_the_headers_of_the_standard() {
    let receiver = Receiver::start().await;
    let (event, at) = (Uuid::now_v7(), Clock::default().now());
    let endpoint = endpoint(&format!("{}/hook?a=b", receiver.url));
    let attempted = sender().send(&endpoint, event, Bytes::from_static(BODY), at).await;
    assert_eq!((attempted.status, attempted.outcome, attempted.error), (Some(200), Outcome::Delivered, None));
    assert_eq!(attempted.excerpt.as_deref(), Some("ok"));
    let [request] = &receiver.requests()[..] else { panic!("one request came") };
    assert_eq!(request.line, "POST /hook?a=b HTTP/1.1");
    assert_eq!(request.body, BODY);
    let mut headers = request.headers.clone();
    headers.sort();
    let signed = signature::sign(&endpoint.keys, &event.to_string(), at.timestamp(), BODY);
    let mut expected = [
        ("accept", "*/*".to_owned()),
        ("content-length", BODY.len().to_string()),
        ("content-type", "application/json".to_owned()),
        ("host", format!("127.0.0.1:{}", receiver.port)),
        ("user-agent", format!("Playhouse/{}", env!("CARGO_PKG_VERSION"))),
        ("webhook-id", event.to_string()),
        ("webhook-signature", signed),
        ("webhook-timestamp", at.timestamp().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    expected.sort();
    assert_eq!(headers, expected);
}

#[tokio::test]
async fn during_a_rotation_a_delivery_carries_two_signatures() {
    let receiver = Receiver::start().await;
    let mut endpoint = endpoint(&receiver.url);
    endpoint.keys.push(SigningKey::generate());
    deliver(&sender(), &endpoint, Uuid::now_v7()).await;
    let [request] = &receiver.requests()[..] else { panic!("one request came") };
    let stamp: i64 = request.header("webhook-timestamp").parse().unwrap();
    let (first, second) = request.header("webhook-signature").split_once(' ').unwrap();
    assert_eq!(first, signature::sign(&endpoint.keys[..1], request.id(), stamp, BODY));
    assert_eq!(second, signature::sign(&endpoint.keys[1..], request.id(), stamp, BODY));
}

#[tokio::test]
async fn an_endpoints_own_headers_travel_and_never_stand_in_for_ours() {
    let receiver = Receiver::start().await;
    let mut endpoint = endpoint(&receiver.url);
    endpoint.headers = headers::checked([("Authorization", "Bearer t0ken"), ("X-Env", "prod")]).unwrap();
    // Whatever may have been saved once.
    for name in ["webhook-id", "webhook-signature", "webhook-timestamp", "content-type", "user-agent"] {
        endpoint.headers.insert(name, "forged".parse().unwrap());
    }
    let event = Uuid::now_v7();
    deliver(&sender(), &endpoint, event).await;
    let [request] = &receiver.requests()[..] else { panic!("one request came") };
    assert_eq!((request.header("authorization"), request.header("x-env")), ("Bearer t0ken", "prod"));
    assert_eq!(request.id(), event.to_string());
    assert!(request.headers.iter().all(|(_, value)| value != "forged"), "{:?}", request.headers);
}

#[tokio::test]
async fn deliveries_to_one_endpoint_share_a_connection() {
    let receiver = Receiver::start().await;
    let sender = sender();
    for _ in 0..5 {
        assert_eq!(send(&sender, &receiver.url).await.outcome, Outcome::Delivered);
    }
    assert_eq!((receiver.requests().len(), receiver.connections()), (5, 1));
}

#[tokio::test]
async fn every_status_is_told_in_words() {
    let receiver = Receiver::that(|request| {
        let status = request.line.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        Behaviour::Answer(status, vec![("retry-after", "120".to_owned())], b"why not".to_vec())
    })
    .await;
    let sender = sender();
    let wait = Some(std::time::Duration::from_secs(120));
    for (status, outcome, error) in [
        (200, Outcome::Delivered, None),
        (299, Outcome::Delivered, None),
        (400, Outcome::Failed, Some("the endpoint answered 400 Bad Request")),
        (410, Outcome::Gone, Some("the endpoint answered 410 Gone")),
        (429, Outcome::Throttled(wait), Some("the endpoint answered 429 Too Many Requests")),
        (500, Outcome::Failed, Some("the endpoint answered 500 Internal Server Error")),
        (503, Outcome::Throttled(wait), Some("the endpoint answered 503 Service Unavailable")),
        (599, Outcome::Failed, Some("the endpoint answered 599")),
    ] {
        let attempted = send(&sender, &format!("{}/{status}", receiver.url)).await;
        assert_eq!((attempted.status, attempted.outcome, attempted.error.as_deref()), (Some(status), outcome, error));
        assert_eq!(attempted.excerpt.as_deref(), Some("why not"));
    }
}
