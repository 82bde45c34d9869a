//! Servers that die or freeze hold nobody up for long.

use tokio::process::Command;

use super::*;
use crate::support::{app::tenant, process::Process};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_delays_a_revocation_by_no_more_than_its_trust() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (alive, mut killed) = tokio::join!(Process::start(&url, &[]), Process::start(&url, &[]));
    assert_eq!(create(&alive.url, &tenant).await.status, 200);
    killed.kill().await;
    assert_eq!(database::number(&url, "select count(*) from replicas").await, 2, "it could not sign off");
    let asked = Instant::now();
    let revoked = set_active(&alive.url, &tenant, false).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert!(asked.elapsed() < PROMPTLY, "answered after {:?}", asked.elapsed());
    assert_eq!(create(&alive.url, &tenant).await.status, 401);
    // The quickest of several: a busy machine delays one, the dead server would delay all.
    let mut quickest = Duration::MAX;
    for active in [true, false, true] {
        let again = Instant::now();
        assert_eq!(set_active(&alive.url, &tenant, active).await.status, 200);
        quickest = quickest.min(again.elapsed());
    }
    assert!(quickest < Duration::from_millis(1500), "once it is known to be gone it delays nobody");
    assert_eq!(create(&alive.url, &tenant).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_froze_wakes_without_trust_in_what_it_knew() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (awake, frozen) = tokio::join!(Process::start(&url, &[]), Process::start(&url, &[]));
    for server in [&awake, &frozen] {
        assert_eq!(create(&server.url, &tenant).await.status, 200);
    }
    let signal = async |name: &str| {
        let pid = frozen.pid().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().await.unwrap().success());
    };
    signal("-STOP").await;
    let asked = Instant::now();
    let revoked = set_active(&awake.url, &tenant, false).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert!(asked.elapsed() < PROMPTLY, "answered after {:?}", asked.elapsed());
    // These wait in the frozen server's queue and are the first that it sees.
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let (url, tenant) = (frozen.url.clone(), tenant.clone());
            tokio::spawn(async move { create(&url, &tenant).await.status })
        })
        .collect();
    sleep(Duration::from_millis(100)).await;
    signal("-CONT").await;
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), 401);
    }
}
