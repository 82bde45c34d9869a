//! The day is counted through everything that can happen to a server.

use super::*;
use crate::support::{
    app::{key, tenant},
    process::Process,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_is_counted_over_a_restart_and_a_kill_under_load() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (id, key) = key(&url, tenant.org, 1000, 200).await;

    let mut server = Process::start(&url, &[PATIENT]).await;
    minute_with(&url, 10).await;
    assert_eq!(burst(&[&server.url], &key, &tenant, 60, 8).await, tally([(200, 60)]));
    server.terminate().await;
    assert!(server.wait().await);
    assert_eq!(counter(&url, id).await.day_used, 60);

    let mut server = Process::start(&url, &[PATIENT]).await;
    let address = server.url.clone();
    let load = tokio::spawn({
        let (key, tenant) = (key.clone(), tenant.clone());
        async move { burst(&[&address], &key, &tenant, 120, 4).await }
    });
    let sessions = format!("select count(*) from game_sessions where org_api_key_id = {id}");
    while database::number(&url, &sessions).await < 70 {}
    server.kill().await;
    let answered = load.await.unwrap().get(&200).copied().unwrap_or_default();
    let used = counter(&url, id).await.day_used;
    assert!(used <= 200 && used >= 60 + i64::try_from(answered).unwrap(), "{used} used, {answered} answered");
    // What the killed server had in hand is lost, a sixteenth of the limit of a minute at the most.
    let made = database::number(&url, &sessions).await;
    assert!((0..=1000 / 16 + 4).contains(&(used - made)), "{used} used, {made} made");

    let server = Process::start(&url, &[PATIENT]).await;
    let rest = usize::try_from(200 - used).unwrap();
    minute_with(&url, 10).await;
    let outcome = burst(&[&server.url], &key, &tenant, 200, 8).await;
    assert_eq!(outcome.get(&200).copied().unwrap_or_default(), rest);
    assert_eq!(outcome.get(&429).copied().unwrap_or_default(), 200 - rest);
    assert_eq!(counter(&url, id).await.day_used, 200);
    assert!(database::number(&url, &sessions).await <= 200);
}
