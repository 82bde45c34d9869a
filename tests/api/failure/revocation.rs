//! A revocation holds on every server from its answer on.

use super::{
    load::{count, statuses},
    *,
};
use crate::support::{app::tenant, process::Process};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_that_begins_after_a_revocation_was_answered_is_accepted_by_any_of_four_servers() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let start = || Process::start(&url, &[]);
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    let urls = [&a, &b, &c, &d].map(|server| server.url.as_str());
    let load = Load::start(&urls, &tenant.key, &json!({ "game_id": tenant.game }), 6, Duration::ZERO);
    load.answers(200).await;

    let (mut closed, mut open) = (Vec::new(), Vec::new());
    for round in 0..6 {
        let revoked = set_active(urls[round % 4], &tenant, false).await;
        assert_eq!(revoked.status, 200, "{}", revoked.text);
        let from = Instant::now();
        load.answers(150).await;
        closed.push((from, Instant::now()));
        assert_eq!(set_active(urls[(round + 1) % 4], &tenant, true).await.status, 200);
        let from = Instant::now();
        load.answers(150).await;
        open.push((from, Instant::now()));
    }
    assert_eq!(delete_key(urls[2], &tenant).await.status, 200);
    let from = Instant::now();
    load.answers(200).await;
    closed.push((from, Instant::now()));

    let calls = load.stop().await;
    assert_eq!(statuses(&calls), [200, 401]);
    for (from, to) in closed {
        assert_eq!(count(&calls, 200, from, to), 0, "accepted although the revocation was answered");
        assert!(count(&calls, 401, from, to) > 100);
    }
    for (from, to) in open {
        assert_eq!(count(&calls, 401, from, to), 0, "refused although the reactivation was answered");
        assert!(count(&calls, 200, from, to) > 100);
    }
    let accepted = calls.iter().filter(|call| call.status == 200).count();
    let made = database::number(&url, "select count(*) from game_sessions").await;
    assert_eq!(usize::try_from(made).unwrap(), accepted);
}

#[tokio::test]
async fn a_revocation_by_sql_reaches_every_server_too() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (a, b) = tokio::join!(Process::start(&url, &[]), Process::start(&url, &[]));
    for server in [&a, &b] {
        assert_eq!(create(&server.url, &tenant).await.status, 200);
    }
    database::execute(&url, "update organizations set tier = 'free'").await;
    for server in [&a, &b] {
        within(10, "the tier is known", async || create(&server.url, &tenant).await.status == 403).await;
    }
    database::execute(&url, &format!("update org_api_keys set is_active = false where id = {}", tenant.key_id)).await;
    for server in [&a, &b] {
        within(10, "the key is revoked", async || create(&server.url, &tenant).await.status == 401).await;
    }
}
