//! A real Chromium, spoken to over WebDriver.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// One browser window; everything ends when it is dropped.
pub(crate) struct Browser {
    session: String,
    client: reqwest::Client,
    _driver: Child,
}

impl Browser {
    /// Opens a window, or says `None` on a machine without Chromium and its driver.
    pub(crate) async fn open() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let driver_url = format!("http://127.0.0.1:{port}");
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": { "goog:chromeOptions": { "args": args } } } });
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let Ok(answer) = client.post(format!("{driver_url}/session")).json(&wanted).send().await else { continue };
            let answer: Value = answer.json().await.unwrap();
            let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("no window: {answer}"));
            return Some(Self { session: format!("{driver_url}/session/{id}"), client, _driver: driver });
        }
        panic!("chromedriver does not answer");
    }

    /// Goes to a page and waits for it.
    pub(crate) async fn go(&self, url: &str) {
        self.call("url", json!({ "url": url })).await;
    }

    /// The value of a script's `return`.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.call("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Waits until a script returns something other than null or false.
    pub(crate) async fn until(&self, script: &str) -> Value {
        for _ in 0..100 {
            let value = self.run(script).await;
            if !value.is_null() && value != json!(false) {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never came true in the browser: {script}");
    }

    /// Ends the window.
    pub(crate) async fn close(self) {
        self.client.delete(&self.session).send().await.unwrap();
    }

    async fn call(&self, command: &str, body: Value) -> Value {
        let answer = self.client.post(format!("{}/{command}", self.session)).json(&body).send().await.unwrap();
        let (status, answer) = (answer.status(), answer.json::<Value>().await.unwrap());
        assert!(status.is_success(), "{command}: {answer}");
        answer["value"].clone()
    }
}
