//! The log of events at the server, read over its own API.

use std::time::Duration;

use anyhow::Context;
use reqwest::{Client, Response, StatusCode, Url, header::RETRY_AFTER, redirect::Policy};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::place::Place;
use crate::{
    secret::Secret,
    webhooks::{self, describe},
};

/// Time between two looks.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// Time for one look.
const PATIENCE: Duration = Duration::from_secs(30);
/// Events of one page.
const PAGE: usize = 200;

/// An event of the log.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) id: Uuid,
    #[serde(rename = "type")]
    pub(super) name: String,
    /// Its text as it came, because it is what gets signed.
    pub(super) payload: Box<RawValue>,
}

/// Why the log cannot be read.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may work in a moment; after the wait, if the server named one.
    Passing(String, Option<Duration>),
    /// It will not work like this.
    Lasting(String),
}

/// The log of a property.
#[derive(Debug)]
pub(super) struct Log {
    client: Client,
    events: Url,
    key: Secret,
}

impl Log {
    pub(super) fn new(server: &str, key: Secret) -> anyhow::Result<Self> {
        let events = format!("{}/api/events", server.trim_end_matches('/'));
        let events = Url::parse(&events).context("--server is no address")?;
        let mut client = Client::builder().redirect(Policy::none()).timeout(PATIENCE);
        // A proxy is for what is outside this machine.
        if matches!(events.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            client = client.no_proxy();
        }
        let client = client.tls_backend_preconfigured(webhooks::tls_config(&[])?).build()?;
        Ok(Self { client, events, key })
    }

    /// The server, as a person would name it.
    pub(super) fn server(&self) -> String {
        self.events.origin().ascii_serialization()
    }

    /// The end of the log as it is now.
    pub(super) async fn end(&self) -> Result<Place, Trouble> {
        let youngest: Vec<Id> = self.ask(&[("select", "id"), ("order", "id.desc"), ("limit", "1")]).await?;
        let Some(Id { id: youngest }) = youngest.first() else { return Ok(Place::behind(Uuid::nil())) };
        let mut place = Place::near(*youngest);
        let mut behind = place.settled();
        loop {
            let filter = format!("gt.{behind}");
            let query = [("select", "id"), ("id", &filter), ("order", "id"), ("limit", "1000")];
            let ids: Vec<Id> = self.ask(&query).await?;
            let Some(last) = ids.last() else { return Ok(place) };
            behind = last.id;
            ids.iter().filter(|id| id.id <= *youngest).for_each(|id| place.pass(id.id));
        }
    }

    /// The next events behind one, in the order of their ids; none at the end.
    pub(super) async fn page(&self, behind: Uuid) -> Result<Vec<Event>, Trouble> {
        let (behind, limit) = (format!("gt.{behind}"), PAGE.to_string());
        self.ask(&[("select", "id,type,payload"), ("id", &behind), ("order", "id"), ("limit", &limit)]).await
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&self, query: &[(&str, &str)]) -> Result<Vec<T>, Trouble> {
        let mut url = self.events.clone();
        url.query_pairs_mut().extend_pairs(query);
        let request = self.client.get(url).header("X-Api-Key", self.key.expose());
        let passing = |error: &reqwest::Error| {
            let why = describe(error, &self.events);
            Trouble::Passing(format!("{} does not answer: {why}", self.server()), None)
        };
        let answer = request.send().await.map_err(|error| passing(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(self.refused(answer).await);
        }
        let bytes = answer.bytes().await.map_err(|error| passing(&error))?;
        serde_json::from_slice(&bytes)
            .map_err(|_| Trouble::Lasting(format!("what {} answers is no list of events", self.server())))
    }

    async fn refused(&self, answer: Response) -> Trouble {
        #[derive(Deserialize)]
        struct Body {
            error: String,
        }
        let status = answer.status();
        let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let wait = wait.map(Duration::from_secs);
        let body = answer.bytes().await.unwrap_or_default();
        let said = serde_json::from_slice(&body).map_or_else(|_| status.to_string(), |body: Body| body.error);
        let sentence = format!("{} says: {said}", self.server());
        match status {
            StatusCode::UNAUTHORIZED => Trouble::Lasting(format!("{} does not accept the key", self.server())),
            StatusCode::TOO_MANY_REQUESTS => Trouble::Passing(sentence, wait),
            _ if status.is_server_error() => Trouble::Passing(sentence, wait),
            _ => Trouble::Lasting(sentence),
        }
    }
}

#[derive(Deserialize)]
struct Id {
    id: Uuid,
}
