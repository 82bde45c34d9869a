//! One attempt against real receivers: the wire, the bounds, and what may be reached.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod bounds;
mod reach;
mod tls;
mod wire;

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use playhouse::{
    clock::Clock,
    config,
    webhooks::{Attempted, Endpoint, Guard, Sender, SigningKey, lookup::Lookup},
};
use reqwest::header::HeaderMap;
use uuid::Uuid;

use crate::support::{
    app,
    receiver::{Behaviour, Received, Receiver},
};

const BODY: &[u8] = br#"{"type":"player.updated","timestamp":"2026-02-17T12:00:00Z","data":{"first_name":"Zo\u00eb"}}"#;

/// The settings of deliveries that may reach one address of the loopback, with so much time that no slow machine
/// uses it up.
fn settings() -> config::Webhooks {
    config::Webhooks {
        allow_http: true,
        allow_subnets: vec!["127.0.0.1/32".parse().unwrap()],
        timeout_seconds: 15,
        ..app::config(&[]).webhooks
    }
}

fn sender() -> Sender {
    Sender::new(&settings()).unwrap()
}

fn endpoint(url: &str) -> Endpoint {
    let url = url.parse().unwrap();
    Endpoint { url, headers: HeaderMap::new(), keys: vec![SigningKey::generate()] }
}

async fn send(sender: &Sender, url: &str) -> Attempted {
    deliver(sender, &endpoint(url), Uuid::now_v7()).await
}

async fn deliver(sender: &Sender, endpoint: &Endpoint, event: Uuid) -> Attempted {
    sender.send(endpoint, event, Bytes::from_static(BODY), Clock::default().now()).await
}

/// Names with the addresses that a test gives them, one list after the other at each time of asking; the last one stays.
#[derive(Clone, Default)]
pub(super) struct Names(Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>);

impl Names {
    pub(super) fn one(name: &str, answers: &[&[&str]]) -> Self {
        let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        let this = Self::default();
        this.0.lock().unwrap().insert(name.to_owned(), answers.iter().map(parse).collect());
        this
    }

    fn guard(&self, settings: &config::Webhooks) -> Guard {
        Guard::with(settings, Arc::new(self.clone()))
    }
}

/// A receiver on the address that may be reached, and a trap at the same port of another one, as a rebinding attacker would
/// have it.
pub(super) async fn twins(decide: fn(&Received) -> Behaviour) -> (Receiver, Receiver) {
    loop {
        let trap = Receiver::on("127.0.0.2:0", None, |_| Behaviour::Status(200)).await;
        let address = format!("127.0.0.1:{}", trap.port);
        if tokio::net::TcpListener::bind(&address).await.is_ok() {
            return (Receiver::on(&address, None, decide).await, trap);
        }
    }
}

impl Lookup for Names {
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut names = self.0.lock().unwrap();
        let addresses = match names.get_mut(&name) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers[0].clone()),
            None => Err(io::Error::other("no such name")),
        };
        async move { addresses }.boxed()
    }
}
