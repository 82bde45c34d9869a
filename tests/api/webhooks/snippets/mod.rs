//! The snippets of `docs/WEBHOOKS.md` on deliveries as they arrive: those with the official libraries of Standard
//! Webhooks, which know nothing of this server, and those without.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod rust_with_library;
mod rust_without;

use std::path::PathBuf;

use bytes::Bytes;
use playhouse::{
    clock::Clock,
    config,
    webhooks::{Endpoint, Sender, SigningKey},
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use uuid::Uuid;

use crate::support::{
    app,
    clients::{at_hand, folder, installed, program, run},
    receiver::Receiver,
};

const PAGE: &str = include_str!("../../../../docs/WEBHOOKS.md");
const EVENT: &str = r#"{"type":"player.updated","timestamp":"2026-02-17T12:00:00.5+00:00","data":{"first_name":"Zoë 🦀","adt":1.50},"previous":{"adt":null}}"#;

/// The first block of code under a heading of the page.
fn snippet(heading: &str) -> &'static str {
    let (_, below) = PAGE.split_once(&format!("### {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let (_, code) = below.split_once("\n```").unwrap().1.split_once('\n').unwrap();
    code.split_once("```").unwrap().0
}

/// A delivery as it arrived during a rotation, the two secrets that sign it, and one that does not.
struct Captured {
    headers: HeaderMap,
    body: Vec<u8>,
    secrets: [String; 2],
    stranger: String,
    at: i64,
}

impl Captured {
    async fn new() -> Self {
        let receiver = Receiver::start().await;
        let keys = [(); 3].map(|()| SigningKey::generate());
        let [current, previous, stranger] = keys.clone().map(|key| key.text().expose().to_owned());
        let settings = config::Webhooks {
            allow_http: true,
            allow_subnets: vec!["127.0.0.1/32".parse().unwrap()],
            ..app::config(&[]).webhooks
        };
        let url = receiver.url.parse().unwrap();
        let endpoint = Endpoint { url, headers: HeaderMap::new(), keys: keys[..2].to_vec() };
        let now = Clock::default().now();
        Sender::new(&settings).unwrap().send(&endpoint, Uuid::now_v7(), Bytes::from(EVENT), now).await;
        let request = receiver.requests().remove(0);
        let pairs = request.headers.iter();
        let pair = |(name, value): &(String, String)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let headers = pairs.map(pair).collect();
        Self { headers, body: request.body, secrets: [current, previous], stranger, at: now.timestamp() }
    }

    /// A folder with the delivery and a snippet in files; it lies where libraries are found from.
    fn beside(&self, name: &str, snippet: &str) -> (TempDir, PathBuf, PathBuf) {
        std::fs::create_dir_all(folder()).unwrap();
        let place = tempfile::tempdir_in(folder()).unwrap();
        let (module, capture) = (place.path().join(name), place.path().join("capture.json"));
        let pairs = self.headers.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())));
        let headers = Value::Object(pairs.collect::<Map<_, _>>());
        let body = String::from_utf8(self.body.clone()).unwrap();
        let told = json!({ "headers": headers, "body": body, "secrets": self.secrets, "stranger": self.stranger });
        std::fs::write(&module, snippet).unwrap();
        std::fs::write(&capture, told.to_string()).unwrap();
        (place, module, capture)
    }

    /// Tries a function of ours on the delivery and on everything that is none.
    fn try_with(&self, verify: impl Fn(&str, &HeaderMap, &[u8]) -> bool) {
        assert_eq!(self.body, EVENT.as_bytes());
        for secret in &self.secrets {
            assert!(verify(secret, &self.headers, &self.body));
            for place in 0..self.body.len() {
                let mut changed = self.body.clone();
                changed[place] ^= 1;
                assert!(!verify(secret, &self.headers, &changed), "byte {place}");
            }
            for (name, value) in [
                ("webhook-id", "another".to_owned()),
                ("webhook-timestamp", (self.at + 1).to_string()),
                ("webhook-timestamp", (self.at - 301).to_string()),
                ("webhook-timestamp", "x".to_owned()),
                ("webhook-signature", "v1,".to_owned()),
            ] {
                let mut changed = self.headers.clone();
                changed.insert(name, value.parse().unwrap());
                assert!(!verify(secret, &changed, &self.body), "{name}: {value}");
            }
        }
        assert!(!verify(&self.stranger, &self.headers, &self.body));
    }
}

#[tokio::test]
async fn the_javascript_library_verifies_deliveries_during_a_rotation() {
    if installed("node_modules/standardwebhooks").is_none() {
        return;
    }
    let (_place, module, capture) = Captured::new().await.beside("verify.mjs", snippet("JavaScript, with the library"));
    run(Command::new("node").arg(program("webhooks.mjs")).args([module, capture])).await;
}

#[tokio::test]
async fn javascript_verifies_deliveries_without_a_library() {
    if !at_hand("node") {
        return;
    }
    let (_place, module, capture) = Captured::new().await.beside("verify.mjs", snippet("JavaScript, without"));
    run(Command::new("node").arg(program("webhooks.mjs")).args([module, capture])).await;
}

#[tokio::test]
async fn the_python_library_verifies_deliveries_during_a_rotation() {
    let Some(python) = installed("python/bin/python") else { return };
    let (_place, module, capture) = Captured::new().await.beside("verify.py", snippet("Python, with the library"));
    run(Command::new(python).arg(program("webhooks.py")).args([module, capture])).await;
}

#[tokio::test]
async fn python_verifies_deliveries_without_a_library() {
    if !at_hand("python3") {
        return;
    }
    let (_place, module, capture) = Captured::new().await.beside("verify.py", snippet("Python, without"));
    run(Command::new("python3").arg(program("webhooks.py")).args([module, capture])).await;
}

#[tokio::test]
async fn go_verifies_deliveries_without_a_library() {
    if !at_hand("go") {
        return;
    }
    // Only a program can be run.
    let code = snippet("Go, without").replace("package receiver", "package main");
    let (place, module, capture) = Captured::new().await.beside("verify.go", &code);
    // The files of a program lie together.
    let main = place.path().join("main.go");
    std::fs::copy(program("webhooks.go"), &main).unwrap();
    run(Command::new("go").arg("run").args([main, module, capture])).await;
}

#[tokio::test]
async fn the_rust_library_verifies_deliveries_during_a_rotation() {
    assert_eq!(
        snippet("Rust, with the library"),
        include_str!("rust_with_library.rs"),
        "the page shows what is tested"
    );
    let captured = Captured::new().await;
    captured.try_with(|secret, headers, body| rust_with_library::verify(secret, headers, body).is_ok());
}

#[tokio::test]
async fn rust_verifies_deliveries_without_a_library() {
    assert_eq!(snippet("Rust, without"), include_str!("rust_without.rs"), "the page shows what is tested");
    let captured = Captured::new().await;
    let now = captured.at;
    captured.try_with(|secret, headers, body| rust_without::verify(secret, headers, body, now).is_some());
}
