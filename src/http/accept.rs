//! Takes connections and serves them until told to stop.

use std::{convert::Infallible, future::poll_fn, io, pin::pin, sync::Arc, task::Poll, time::Duration};

use http_body_util::combinators::BoxBody;
use hyper::{
    body::{Body as _, Bytes, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use poem::{
    Addr, Endpoint,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Limits,
    socket::{Activity, Socket},
};

/// Room for a head whose URI alone is too long, so that it can be told 414 and not 431.
const LONGEST_URI: usize = 64 * 1024;

const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves an endpoint over HTTP/1.1 and HTTP/2 without TLS until `stop`, then lets requests in progress finish.
///
/// No new connection is taken after `stop`; idle ones are closed at once; what is still open after `drain` is cut. The
/// number of connections cut is returned.
pub async fn serve<E: Endpoint + 'static>(
    listener: TcpListener,
    endpoint: E,
    limits: Limits,
    stop: CancellationToken,
    drain: Duration,
) -> usize {
    let endpoint = Arc::new(endpoint);
    let protocols = Arc::new(protocols(&limits));
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let mut connections = JoinSet::new();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let next = async {
            let slot = slots.clone().acquire_owned().await.expect("the semaphore is never closed");
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => {
                log_panic(ended);
                continue;
            }
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => {
                pause = SHORTEST_PAUSE;
                let connection = connection(stream, endpoint.clone(), protocols.clone(), limits, stop.child_token());
                connections.spawn(async move {
                    connection.await;
                    drop(slot);
                });
            }
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::warn!(%error, open = connections.len(), "cannot accept connections");
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                }
            }
        }
    }
    drop(listener);
    let all_closed = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    let _ = timeout(drain, all_closed).await;
    while connections.try_join_next().is_some() {}
    let cut = connections.len();
    connections.shutdown().await;
    cut
}

fn protocols(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // The library's own timer cannot tell an idle connection from a half-sent head, and starts only after the
        // first bytes; `Activity` does both.
        .header_read_timeout(None)
        .max_headers(limits.max_headers)
        .max_buf_size(limits.max_header_bytes + LONGEST_URI);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_streams)
        .max_pending_accept_reset_streams(20)
        .max_header_list_size(u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX));
    builder
}

async fn connection<E: Endpoint + 'static>(
    stream: TcpStream,
    endpoint: Arc<E>,
    protocols: Arc<auto::Builder<TokioExecutor>>,
    limits: Limits,
    stop: CancellationToken,
) {
    let (Ok(local), Ok(remote)) = (stream.local_addr(), stream.peer_addr()) else { return };
    let _ = stream.set_nodelay(true);
    let activity = Activity::new();
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let endpoint = endpoint.clone();
        let serving = activity.begin(request.version(), !request.body().is_end_stream());
        let local = LocalAddr(Addr::SocketAddr(local));
        let remote = RemoteAddr(Addr::SocketAddr(remote));
        async move {
            let response = endpoint.get_response((request, local, remote, Scheme::HTTP).into()).await;
            serving.answered(response.status());
            Ok::<hyper::Response<BoxBody<Bytes, io::Error>>, Infallible>(response.into())
        }
    });
    let io = TokioIo::new(Socket::new(stream, activity.clone()));
    let mut conn = pin!(protocols.serve_connection(io, service));
    let mut stopped = pin!(stop.cancelled());
    let mut timer = pin!(sleep_until(Instant::now() + limits.header_timeout));
    let mut closing = false;
    let mut asked_to_close = false;
    poll_fn(|cx| {
        loop {
            if conn.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if !asked_to_close && stopped.as_mut().poll(cx).is_ready() {
                asked_to_close = true;
                conn.as_mut().graceful_shutdown();
                continue;
            }
            let Some(due) = activity.due(&limits) else { return Poll::Pending };
            // Deadlines mostly move away; the timer is only moved back when it fires, not on every request.
            if due < timer.deadline() {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() < due {
                timer.as_mut().reset(due);
            } else if activity.gives_up_head() || closing {
                return Poll::Ready(());
            } else {
                // An HTTP/2 client gets a GOAWAY and one more idle time to let go.
                closing = true;
                activity.touch();
                conn.as_mut().graceful_shutdown();
            }
        }
    })
    .await;
}

/// Errors that concern one connection that was given up before we took it.
fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task ended early");
    }
}
