//! Whose address is counted: nobody escapes the throttle by saying that it is somebody else.

use uuid::Uuid;

use super::*;
use crate::support::{TestApp, app::send};

const LIMIT: (&str, &str) = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "8");
const PROXY: (&str, &str) = ("PLAYHOUSE_SERVER__TRUSTED_PROXIES", "127.0.0.1/32");

async fn guess(app: &TestApp, headers: &[(&str, &str)]) -> u16 {
    let mut request = app.request("GET", &format!("{SESSIONS}/{}", Uuid::new_v4()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request).await.status
}

#[tokio::test]
async fn invented_addresses_do_not_help_a_guesser() {
    let app = TestApp::with(&[LIMIT]).await;
    minute_with(&app.database_url, 8).await;
    let mut answered = 0;
    for n in 0..24 {
        let (v4, v6) = (format!("203.0.113.{n}"), format!("for=\"[2001:db8::{n}]\""));
        let headers = match n % 4 {
            0 => vec![("x-forwarded-for", v4.as_str())],
            1 => vec![("x-real-ip", v4.as_str()), ("true-client-ip", v4.as_str())],
            2 => vec![("forwarded", v6.as_str())],
            _ => vec![],
        };
        answered += i32::from(guess(&app, &headers).await == 200);
    }
    assert_eq!(answered, 8);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_by_itself() {
    let app = TestApp::with(&[LIMIT, PROXY]).await;
    minute_with(&app.database_url, 10).await;
    let from = |address: String| {
        let app = &app;
        async move { guess(app, &[("x-forwarded-for", &address)]).await }
    };
    for n in 0..10 {
        // What the client itself wrote stands to the left of what the proxy saw.
        let status = from(format!("198.51.100.{n}, 203.0.113.7")).await;
        assert_eq!(status, if n < 8 { 200 } else { 429 });
    }
    assert_eq!(from("::ffff:203.0.113.7".to_owned()).await, 429, "the same address in its longer form");
    assert_eq!(from("203.0.113.8".to_owned()).await, 200);

    for n in 0..10_u32 {
        let status = from(format!("2001:db8:1:2:{:x}::{n:x}", n * 6553)).await;
        assert_eq!(status, if n < 8 { 200 } else { 429 }, "a /64 is one client");
    }
    assert_eq!(from("2001:db8:1:3::1".to_owned()).await, 200);
    assert_eq!(guess(&app, &[]).await, 200, "the proxy itself");
    let rows = "select count(*) from rate_counters where substring(subject from 1 for 1) = 'u'";
    assert_eq!(database::number(&app.database_url, rows).await, 5);
}
