//! The database goes away and comes back.

use std::{fs, os::unix::fs::PermissionsExt};

use playhouse::postgres::Embedded;

use super::{
    load::{count, statuses},
    *,
};
use crate::support::{app::tenant, process::Process};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_calls_get_503_and_when_it_is_back_they_work_again() {
    playhouse::auth::token::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Embedded::start(folder.path()).await.unwrap();
    let url = postgres.url("playhouse");
    playhouse::database::migrate(&url).await.unwrap();
    let tenant = tenant(&url).await;
    let (a, b) = tokio::join!(Process::start(&url, &[]), Process::start(&url, &[]));
    let urls = [a.url.as_str(), b.url.as_str()];
    let load = Load::start(&urls, &tenant.key, &json!({ "game_id": tenant.game }), 4, Duration::from_millis(2));
    load.answers(50).await;

    let mut outages = Vec::new();
    for sudden in [false, true] {
        if sudden {
            postgres.kill_server().await.unwrap();
        } else {
            postgres.stop_server().await.unwrap();
        }
        let gone = Instant::now();
        for url in urls {
            within(10, "it is not ready", async || get(url, "/readyz").await.status == 503).await;
            assert_eq!(get(url, "/livez").await.status, 200);
            let refused = get(url, &format!("{SESSIONS}/{}", uuid::Uuid::new_v4())).await;
            assert_eq!((refused.status, refused.header("retry-after").is_empty()), (503, false));
        }
        let back = Instant::now();
        postgres.start_again().await.unwrap();
        for url in urls {
            let took = within(20, "it is ready again", async || is_ready(url).await).await;
            assert!(took < Duration::from_secs(20));
        }
        within(20, "calls work again", async || create(&a.url, &tenant).await.status == 200).await;
        within(20, "calls work again", async || create(&b.url, &tenant).await.status == 200).await;
        outages.push((gone, back, Instant::now()));
        load.answers(100).await;
    }
    // What was known before the outage is not believed after it without asking.
    assert_eq!(set_active(&a.url, &tenant, false).await.status, 200);
    let revoked = Instant::now();
    load.answers(30).await;
    let calls = load.stop().await;

    assert_eq!(statuses(&calls), [200, 401, 503]);
    assert!(calls.iter().all(|call| call.status != 503 || call.has_retry_after));
    assert!(calls.iter().all(|call| call.took < Duration::from_secs(15)), "nobody waits for ever");
    assert_eq!(count(&calls, 200, revoked, Instant::now()), 0);
    for (gone, back, well) in outages {
        assert!(count(&calls, 503, gone, well) > 0);
        assert!(count(&calls, 200, well, revoked) > 0);
        // The sessions of a killed server may answer for a moment longer.
        let gone = gone + Duration::from_millis(500);
        let mut meanwhile = calls.iter().filter(|call| call.began > gone && call.began + call.took < back);
        assert!(meanwhile.all(|call| call.status == 503));
    }
    let made = database::number(&url, "select count(*) from game_sessions").await;
    let accepted = calls.iter().filter(|call| call.status == 200).count();
    assert!(usize::try_from(made).unwrap() >= accepted, "what was answered 200 is stored");
    drop((a, b));
    postgres.stop().await.unwrap();
}
