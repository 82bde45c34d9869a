//! A wire between a server and Postgres that can be cut in two ways.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Good,
    /// Nothing arrives, nothing fails.
    Silent,
}

/// Carries bytes between its own port and that of a database.
pub(super) struct Proxy {
    address: SocketAddr,
    wire: watch::Sender<Wire>,
    resets: watch::Sender<u32>,
}

impl Proxy {
    /// A good wire to the server of a database URL.
    pub(super) async fn to(database_url: &str) -> Self {
        let target = host_and_port(database_url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (wire, _) = watch::channel(Wire::Good);
        let (resets, _) = watch::channel(0);
        let this = Self { address, wire: wire.clone(), resets: resets.clone() };
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, wire, mut reset) = (target.clone(), wire.subscribe(), resets.subscribe());
                reset.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(target).await else { return };
                    // Closing sends a reset then, not a farewell.
                    near.set_zero_linger().unwrap();
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::select! {
                        () = carry(near_in, far_out, wire.clone()) => {}
                        () = carry(far_in, near_out, wire) => {}
                        _ = reset.changed() => {}
                    }
                });
            }
        });
        this
    }

    /// The database URL by way of this wire.
    pub(super) fn url(&self, database_url: &str) -> String {
        database_url.replace(host_and_port(database_url), &self.address.to_string())
    }

    /// From here on nothing arrives on either side, and nobody is told.
    pub(super) fn silence(&self) {
        self.wire.send_replace(Wire::Silent);
    }

    /// Carries on, with what has waited first.
    pub(super) fn heal(&self) {
        self.wire.send_replace(Wire::Good);
    }

    /// Breaks every connection that is open; new ones work.
    pub(super) fn reset(&self) {
        self.resets.send_modify(|count| *count += 1);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut wire: watch::Receiver<Wire>) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        if wire.wait_for(|wire| *wire == Wire::Good).await.is_err() || to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}

fn host_and_port(url: &str) -> &str {
    url.rsplit_once('@').unwrap().1.split('/').next().unwrap()
}
