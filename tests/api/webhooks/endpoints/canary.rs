//! Secrets and the values of headers come back nowhere: in no answer, no log, no line of the trail, no record of an
//! answer, no event.

use std::sync::{Arc, Mutex};

use super::*;

const ROTATE: &str = "/api/functions/rotate-webhook-secret";

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

/// What must not come back, in the forms in which it could.
struct Birds(Vec<String>);

impl Birds {
    fn add(&mut self, secret: &Value) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let text = secret.as_str().unwrap();
        let plain = text.strip_prefix("whsec_").unwrap();
        let hex: String = STANDARD.decode(plain).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        self.0.extend([plain.to_owned(), hex]);
    }

    fn silent(&self, text: &str, place: &str) {
        for bird in &self.0 {
            assert!(!text.contains(bird), "{bird} in {place}: {text}");
        }
    }
}

#[tokio::test]
async fn nothing_that_is_secret_comes_back() {
    let pages = Pages::default();
    let writer = pages.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("debug,playhouse=trace,sqlx=trace,tokio_postgres=trace,reqwest=trace,hyper=debug,h2=off")
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With a single subscriber, whoever logs first decides for everybody whether a place is heard at all, and that may be
    // the thread of another test; with two, all subscribers are asked.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let stage = Stage::near().await;
    let receiver = Receiver::answering(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let mut birds = Birds(vec!["heronvalue".to_owned()]);
    let row = json!({ "url": receiver.url, "headers": { "authorization": "Bearer heronvalue" } });
    let key = [("idempotency-key", "c-1")];
    let made = stage.ask("POST", WEBHOOKS, &key, row.clone()).await;
    birds.add(&made.body["secret"]);
    assert_eq!(made.text.matches("heronvalue").count(), 0, "{}", made.text);
    let by_id = json!({ "webhook_id": made.body["id"] });
    let rotated = stage.ask("POST", ROTATE, &key, by_id.clone()).await;
    birds.add(&rotated.body["data"]["secret"]);
    let tested = stage.call("test-webhook", by_id.clone()).await;
    assert_eq!(tested.body["data"]["status"], 204, "{}", tested.text);
    let delivery = stage.get("/api/webhook_deliveries?limit=1").await.body[0]["id"].clone();
    let wrong = json!({ "url": receiver.url, "headers": { "host": "heronvalue" }, "secret": made.body["secret"] });
    let headers = |headers: Value| json!({ "url": FAR, "headers": headers });
    let id = &made.body["id"];
    for (method, path, name, body) in [
        ("POST", WEBHOOKS, "c-1", row.clone()),
        ("POST", ROTATE, "c-1", by_id),
        ("PATCH", &one(&made.body), "", json!({ "headers": { "authorization": "***", "x-b": "heronvalue" } })),
        ("POST", WEBHOOKS, "c-2", wrong.clone()),
        ("POST", WEBHOOKS, "c-3", headers(json!({ "x b": "heronvalue" }))),
        ("PATCH", WEBHOOKS, "", json!([{ "id": id, "headers": { "x-c": "heronvalue\n" } }])),
        (
            "POST",
            "/api/batch",
            "c-4",
            json!({ "operations": [{ "method": "POST", "path": "/webhooks", "body": wrong }] }),
        ),
        ("POST", "/api/functions/redeliver", "", json!({ "delivery_id": delivery })),
        ("POST", ROTATE, "", json!({ "webhook_id": made.body["secret"] })),
        ("POST", ROTATE, "", json!({ "webhook_id": id, "overlap_hours": made.body["secret"] })),
        ("GET", &format!("/api/webhooks?id=eq.{}", made.body["secret"].as_str().unwrap()), "", Value::Null),
        ("GET", "/api/webhooks?select=*", "", Value::Null),
        ("GET", "/api/webhook_deliveries?select=*", "", Value::Null),
        ("GET", "/api/webhook_attempts?select=*", "", Value::Null),
        ("GET", "/api/events?select=*", "", Value::Null),
        ("GET", "/api", "", Value::Null),
    ] {
        let key = if name.is_empty() { vec![] } else { vec![("idempotency-key", name)] };
        let answer = stage.ask(method, path, &key, body).await;
        assert!(answer.status < 500, "{}", answer.text);
        birds.silent(&answer.text, path);
        birds.silent(&format!("{:?}", answer.headers), path);
    }
    // The trail is written every two seconds and at the end.
    let url = stage.app.database_url.clone();
    stage.app.stop().await;
    for table in [
        "audit_log",
        "events",
        "webhooks",
        "webhook_deliveries",
        "webhook_attempts",
        "webhook_lanes",
        "webhook_secrets",
    ] {
        let rows = texts(&url, &format!("select to_json(t)::text from {table} t")).await;
        assert!(!rows.is_empty(), "{table} has no row");
        birds.silent(&rows, table);
    }
    birds.silent(
        &texts(&url, "select convert_from(body, 'UTF8') || headers::text from idempotency_keys").await,
        "idempotency_keys",
    );
    let log = String::from_utf8(pages.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/api/webhooks"), "the log tells of the calls");
    birds.silent(&log, "the log");
}

/// All lines that a statement answers, as the owner reads them.
async fn texts(url: &str, sql: &str) -> String {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};
    let db = database::owner(url).await;
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    db.close().await.unwrap();
    rows.iter().map(|row| row.try_get_by_index::<String>(0).unwrap()).collect::<Vec<_>>().join("\n")
}
