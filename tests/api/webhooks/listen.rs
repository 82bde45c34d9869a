//! `playhouse listen`, as a developer runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use playhouse::webhooks::SigningKey;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
};

use crate::support::{
    TestApp,
    property_keys::{generous, property_key},
    receiver::{Behaviour, Received, Receiver},
};

/// The command, running, and what it said so far; killed when dropped.
struct Listening {
    child: Child,
    said: Arc<watch::Sender<Vec<String>>>,
}

impl Listening {
    fn start(server: &str, forward_to: &str, key: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_playhouse"))
            .args(["listen", "--server", server, "--forward-to", forward_to, "--key", key])
            .args(more)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = Arc::new(watch::Sender::new(Vec::new()));
        tokio::spawn(collect(child.stdout.take().unwrap(), said.clone()));
        tokio::spawn(collect(child.stderr.take().unwrap(), said.clone()));
        Self { child, said }
    }

    /// Waits for a line with these words, and gives it.
    async fn says(&self, words: &str) -> String {
        let mut said = self.said.subscribe();
        let found = |lines: &Vec<String>| lines.iter().any(|line| line.contains(words));
        let came = tokio::time::timeout(Duration::from_secs(30), said.wait_for(found)).await;
        assert!(came.is_ok(), "it never said {words}: {:#?}", self.said.borrow());
        self.said.borrow().iter().find(|line| line.contains(words)).unwrap().clone()
    }

    async fn end(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }
}

async fn collect(stream: impl AsyncRead + Unpin, said: Arc<watch::Sender<Vec<String>>>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        said.send_modify(|said| said.push(line));
    }
}

/// A server with a tenant and a key that may do everything.
struct Stage {
    app: TestApp,
    key: String,
}

impl Stage {
    async fn set() -> Self {
        let app = TestApp::start().await;
        let (_, key) = property_key(&app.database_url, &app.tenant().await, generous()).await;
        Self { app, key }
    }

    async fn player(&self, external_id: &str) -> Value {
        let answer = self.app.keyed(&self.key, "POST", "/api/players", json!({ "external_id": external_id })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.body
    }
}

/// From the beginning of the log on, which begins with the tenant itself.
const ALL: [&str; 2] = ["--after", "00000000-0000-0000-0000-000000000000"];
const PLAYERS: [&str; 4] = [ALL[0], ALL[1], "--events", "player.*"];

fn external_ids(requests: &[Received]) -> Vec<String> {
    let id = |request: &Received| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        body["data"]["external_id"].as_str().unwrap_or_default().to_owned()
    };
    requests.iter().map(id).collect()
}

#[tokio::test]
async fn what_happens_arrives_as_a_webhook_would_bring_it() {
    let stage = Stage::set().await;
    stage.player("Zoë").await;
    let receiver = Receiver::start().await;
    let listening = Listening::start(&stage.app.url, &format!("{}/hooks", receiver.url), &stage.key, &PLAYERS);
    let [request] = &receiver.wait_for(1).await[..] else { panic!("one event happened") };
    assert_eq!(request.line, "POST /hooks HTTP/1.1");
    let listed = stage.app.keyed(&stage.key, "GET", "/api/events?type.eq=player.created", Value::Null).await;
    let [event] = &listed.body.as_array().unwrap()[..] else { panic!("{}", listed.text) };
    assert_eq!((event["type"].as_str(), event["id"].as_str()), (Some("player.created"), Some(request.id())));
    let stored = String::from_utf8(request.body.clone()).unwrap();
    assert!(listed.text.contains(&stored), "the bytes of the log are sent: {stored} of {}", listed.text);
    let secret = listening.says("signed with").await.rsplit(' ').next().unwrap().to_owned();
    let pairs = request.headers.iter();
    let headers: HeaderMap = pairs
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect();
    standardwebhooks::Webhook::new(&secret).unwrap().verify(&request.body, &headers).unwrap();
    let line = listening.says("player.created").await;
    assert!(line.contains(request.id()) && line.contains("  200  "), "{line}");
    stage.app.stop().await;
}

#[tokio::test]
async fn it_begins_with_what_happens_after_it_told_its_secret() {
    let stage = Stage::set().await;
    stage.player("before").await;
    let receiver = Receiver::start().await;
    let listening = Listening::start(&stage.app.url, &receiver.url, &stage.key, &[]);
    listening.says("signed with").await;
    for external_id in ["one", "two", "three"] {
        stage.player(external_id).await;
    }
    assert_eq!(external_ids(&receiver.wait_for(3).await), ["one", "two", "three"]);
    stage.app.stop().await;
}

#[tokio::test]
async fn only_the_events_that_were_asked_for_arrive_signed_with_the_secret_that_was_given() {
    let stage = Stage::set().await;
    let player = stage.player("first").await;
    let id = player["id"].as_str().unwrap_or_else(|| player[0]["id"].as_str().unwrap());
    let path = format!("/api/players/{id}");
    stage.app.keyed(&stage.key, "PATCH", &path, json!({ "first_name": "Ada" })).await;
    stage.player("second").await;
    let (receiver, secret) = (Receiver::start().await, SigningKey::generate());
    let text = secret.text();
    let more = [ALL[0], ALL[1], "--events", "campaign.*,player.created", "--secret", text.expose()];
    let _listening = Listening::start(&stage.app.url, &receiver.url, &stage.key, &more);
    let requests = receiver.wait_for(2).await;
    assert_eq!(external_ids(&requests), ["first", "second"]);
    let stamp = requests[0].header("webhook-timestamp").parse().unwrap();
    let signed = playhouse::webhooks::signature::sign(&[secret], requests[0].id(), stamp, &requests[0].body);
    assert_eq!(requests[0].header("webhook-signature"), signed);
    stage.app.stop().await;
}

#[tokio::test]
async fn an_event_waits_for_a_receiver_that_is_down_and_then_comes_once() {
    let stage = Stage::set().await;
    let address = {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        free.local_addr().unwrap().to_string()
    };
    stage.player("waits").await;
    let listening = Listening::start(&stage.app.url, &format!("http://{address}/"), &stage.key, &PLAYERS);
    let line = listening.says("player.created").await;
    assert!(line.contains("the connection was refused; nothing listens there; again in 1 s"), "{line}");
    stage.player("follows").await;
    // The first is answered with an error, which is an answer.
    let receiver = Receiver::on(&address, None, |_| Behaviour::Status(500)).await;
    assert_eq!(external_ids(&receiver.wait_for(2).await), ["waits", "follows"]);
    assert!(listening.says("  500  ").await.contains("the endpoint answered 500 Internal Server Error"));
    stage.app.stop().await;
}

#[tokio::test]
async fn it_waits_for_a_server_that_is_down_and_loses_nothing() {
    let Stage { app, key } = Stage::set().await;
    let (database, address) = (app.database_url.clone(), app.url.trim_start_matches("http://").to_owned());
    let receiver = Receiver::start().await;
    let listening = Listening::start(&app.url, &receiver.url, &key, &PLAYERS);
    let stage = Stage { app, key: key.clone() };
    stage.player("one").await;
    receiver.wait_for(1).await;
    let url = stage.app.url.clone();
    stage.app.stop().await;
    let line = listening.says("does not answer").await;
    assert!(
        line.contains(&format!("{url} does not answer: the connection was ")) && line.contains("; again in "),
        "{line}"
    );
    let app = TestApp::over(&database, &[("PLAYHOUSE_SERVER__LISTEN", &address)]).await;
    let stage = Stage { app, key };
    stage.player("two").await;
    stage.player("three").await;
    assert_eq!(external_ids(&receiver.wait_for(3).await), ["one", "two", "three"]);
    listening.says(" answers again").await;
    stage.app.stop().await;
}

#[tokio::test]
async fn what_cannot_work_ends_it_with_a_sentence() {
    let stage = Stage::set().await;
    let receiver = Receiver::start().await;
    for (key, forward_to, more, sentence) in [
        ("pk_wrong", receiver.url.as_str(), &[][..], "does not accept the key"),
        (&stage.key, "localhost:3000", &[], "--forward-to cannot be used: it does not begin with https://"),
        (
            &stage.key,
            &receiver.url,
            &["--secret", "whsec_short"],
            "a secret is whsec_ and the base64 of 24 to 64 bytes",
        ),
        (&stage.key, &receiver.url, &["--after", "yesterday"], "invalid value 'yesterday' for '--after"),
    ] {
        let mut listening = Listening::start(&stage.app.url, forward_to, key, more);
        listening.says(sentence).await;
        assert!(!listening.end().await.success());
    }
    let narrow =
        playhouse::property_keys::NewPropertyKey { allowed_tables: Some(vec!["players".to_owned()]), ..generous() };
    let tenant = stage.app.tenant().await;
    let (_, key) = property_key(&stage.app.database_url, &tenant, narrow).await;
    let mut listening = Listening::start(&stage.app.url, &receiver.url, &key, &[]);
    let line = listening.says(" says: ").await;
    assert!(line.contains("events"), "{line}");
    assert!(!listening.end().await.success());
    stage.app.stop().await;
}
