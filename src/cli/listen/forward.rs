//! The program that receives the events.

use anyhow::Context;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use tokio::time::sleep;

use super::{log::Event, pause::Pause};
use crate::{
    cli::out,
    clock::Clock,
    config,
    webhooks::{Attempted, Endpoint, Outcome, Sender, SigningKey},
};

/// The program that receives the events.
pub(super) struct Forward {
    sender: Sender,
    endpoint: Endpoint,
    clock: Clock,
}

impl Forward {
    /// Whoever runs this command may reach what they like from their own machine.
    pub(super) async fn new(url: &str, secret: &SigningKey, mut settings: config::Webhooks) -> anyhow::Result<Self> {
        settings.allow_http = true;
        settings.allow_subnets = ["0.0.0.0/0", "::/0"].iter().filter_map(|network| network.parse().ok()).collect();
        let sender = Sender::new(&settings)?;
        let url = sender.guard().check(url).await.context("--forward-to cannot be used")?;
        let endpoint = Endpoint { url, headers: HeaderMap::new(), keys: vec![secret.clone()] };
        Ok(Self { sender, endpoint, clock: Clock::default() })
    }

    /// Sends until there is an answer.
    pub(super) async fn send(&self, event: &Event) {
        let mut pause = Pause::default();
        let body = Bytes::from(event.payload.get().to_owned());
        loop {
            let now = self.clock.now();
            let attempted = self.sender.send(&self.endpoint, event.id, body.clone(), now).await;
            let wait = match attempted.outcome {
                Outcome::Throttled(wait) => Some(wait.unwrap_or_else(|| pause.next())),
                _ => attempted.status.is_none().then(|| pause.next()),
            };
            let again = wait.map(|wait| format!("; again in {} s", wait.as_secs())).unwrap_or_default();
            let time = now.format("%H:%M:%S%.3f");
            // Whoever closed the pipe does not want to read; the events still go on.
            let _ = out(format_args!("{time}  {}  {}  {}{again}", event.name, event.id, outcome(&attempted)));
            match wait {
                Some(wait) => sleep(wait).await,
                None => return,
            }
        }
    }
}

fn outcome(attempted: &Attempted) -> String {
    let millis = attempted.duration.as_millis();
    match (attempted.status, &attempted.error) {
        (Some(status), None) => format!("{status}  {millis} ms"),
        (Some(status), Some(error)) => format!("{status}  {millis} ms  {error}"),
        (None, error) => format!("---  {millis} ms  {}", error.as_deref().unwrap_or_default()),
    }
}
