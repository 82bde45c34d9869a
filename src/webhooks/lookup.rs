//! From names to addresses, checked before anything connects to them.
//!
//! The operating system's resolver takes a thread for as long as it waits, and cannot be told to stop. So all who want
//! the same name wait for one question, and few questions are open at once: endpoints whose name servers are silent can
//! neither take all threads nor ask again with every attempt.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{LazyLock, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::Guard;

/// Who knows the addresses of names.
pub trait Lookup: Send + Sync + 'static {
    /// Every address of a name, of both families; an error or none when it has no address or nobody answers.
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Questions that are open at once in this process; half of the threads that there are for such work.
static OPEN: Semaphore = Semaphore::const_new(256);
/// The questions that are open, by name.
static ASKED: LazyLock<Mutex<HashMap<String, Answer>>> = LazyLock::new(Mutex::default);

/// What all who asked are told: the addresses, or that there are none.
type Answer = Shared<BoxFuture<'static, Option<Vec<IpAddr>>>>;

/// The operating system.
#[derive(Debug, Default, Clone, Copy)]
pub struct System;

impl Lookup for System {
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = asked.entry(name).or_insert_with_key(|name| ask(name.clone())).clone();
        async move { answer.await.ok_or_else(|| io::ErrorKind::NotFound.into()) }.boxed()
    }
}

/// Asks in a task of its own, because whoever asked first may not wait for the answer.
fn ask(name: String) -> Answer {
    let open = name.clone();
    let task = tokio::spawn(async move {
        let asking = Asking(open);
        let _permit = OPEN.acquire().await.ok()?;
        let found = tokio::net::lookup_host((asking.0.as_str(), 0)).await.ok()?;
        Some(found.map(|address| address.ip()).collect())
    });
    let answer = async move {
        task.await.unwrap_or_else(|_| {
            // A task that never began, because the process stops, closes nothing.
            drop(Asking(name));
            None
        })
    };
    answer.boxed().shared()
}

/// A question that is open until this is dropped.
struct Asking(String);

impl Drop for Asking {
    fn drop(&mut self) {
        ASKED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// Resolves the names of endpoints; the connection is made to the addresses that were checked, never to the name.
pub(super) struct Checked(pub(super) Guard);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let addresses = guard.resolve(name.as_str()).await?;
            // Port 0 stands for the port of the URL.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_system_knows_this_machine_and_forgets_the_question() {
        let answers = futures_util::future::join_all((0..10).map(|_| System.addresses("localhost".to_owned()))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().iter().any(IpAddr::is_loopback)));
        assert!(System.addresses("no-such-name.invalid".to_owned()).await.is_err());
        while ASKED.lock().unwrap().contains_key("localhost") {
            tokio::task::yield_now().await;
        }
    }
}
