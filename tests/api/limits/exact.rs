//! Exactly the limit passes, however the calls come and over however many servers.

use super::*;
use crate::support::{
    app::{key, tenant},
    process::Process,
};

/// Limits, how many calls more than the limit, and how many of them at once.
const CASES: [(i32, usize, usize); 4] = [(60, 10, 1), (60, 60, 40), (300, 100, 64), (1200, 300, 128)];

async fn admit_exactly(url: &str, urls: &[&str], cases: &[(i32, usize, usize)]) {
    let tenant = tenant(url).await;
    for &(limit, more, at_once) in cases {
        let (id, key) = key(url, tenant.org, limit, 1_000_000).await;
        minute_with(url, 25).await;
        let allowed = usize::try_from(limit).unwrap();
        let outcome = burst(urls, &key, &tenant, allowed + more, at_once).await;
        let name = format!("limit {limit}, {at_once} at once: {outcome:?}");
        let admitted = outcome[&200];
        assert_eq!(outcome, tally([(200, admitted), (429, allowed + more - admitted)]), "{name}");
        if limit < 1000 {
            assert_eq!(admitted, allowed, "{name}");
        } else {
            // A server may hold a few units of a high limit when its last call has come; they go back at once.
            assert!((allowed - 20..=allowed).contains(&admitted), "{name}");
            settles(url, id, i32::try_from(admitted).unwrap()).await;
            // As long as a server remembers a refusal.
            sleep(Duration::from_millis(520)).await;
            let rest = burst(urls, &key, &tenant, 40, 1).await;
            assert_eq!(admitted + rest.get(&200).copied().unwrap_or_default(), allowed, "{name}");
        }
        let counter = counter(url, id).await;
        assert_eq!((counter.minute_used, counter.day_used), (limit, limit.into()));
        let sessions = format!("select count(*) from game_sessions where org_api_key_id = {id}");
        assert_eq!(database::number(url, &sessions).await, i64::from(limit));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_admits_exactly_the_limit() {
    let url = database::fresh().await;
    let server = Process::start(&url, &[PATIENT]).await;
    admit_exactly(&url, &[&server.url], &CASES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_servers_admit_exactly_the_limit_together_also_behind_a_skewed_balancer() {
    let url = database::fresh().await;
    let start = || Process::start(&url, &[PATIENT]);
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    let [a, b, c, d] = [&a, &b, &c, &d].map(|server| server.url.as_str());
    admit_exactly(&url, &[a, b, c, d], &CASES).await;
    let skewed: Vec<_> = std::iter::repeat_n(a, 17).chain([b, c, d]).collect();
    admit_exactly(&url, &skewed, &[(60, 60, 40), (1200, 300, 128)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_counts_no_days_is_exact_too() {
    let url = database::fresh().await;
    let quota = Quota { per_minute: 800, per_day: None };
    let subject = Subject::Guesses("203.0.113.7".parse().unwrap());
    let replicas: Vec<_> = (0..4).map(|_| Replica::over(&url)).collect();
    minute_with(&url, 8).await;
    // Once the row of the day is there, its day must not stand in the way of counting its minutes.
    assert!(replicas[0].quotas.spend(subject, quota).await.is_ok());
    let spenders: Vec<_> = (0..8)
        .map(|n| {
            let quotas = replicas[n % 4].quotas.clone();
            tokio::spawn(async move {
                let mut spent = 0;
                while quotas.spend(subject, quota).await.is_ok() {
                    spent += 1;
                }
                spent
            })
        })
        .collect();
    let mut spent = 1;
    for spender in spenders {
        spent += spender.await.unwrap();
    }
    assert_eq!(spent, 800);
}

#[tokio::test]
async fn a_refused_call_spends_nothing() {
    let url = database::fresh().await;
    let tenant = tenant(&url).await;
    let (id, _) = key(&url, tenant.org, 10, 100).await;
    let (one, other) = (Replica::over(&url), Replica::over(&url));
    let quota = Quota { per_minute: 10, per_day: Some(100) };
    minute_with(&url, 10).await;
    let mut admitted = 0;
    for _ in 0..20 {
        for replica in [&one, &other] {
            admitted += i32::from(replica.spend(id, quota).await);
        }
    }
    let before = counter(&url, id).await;
    assert_eq!((admitted, before.minute_used, before.day_used), (10, 10, 10));
    // What is refused now is refused by the database as well as from memory.
    for _ in 0..3 {
        sleep(Duration::from_millis(510)).await;
        assert!(!one.spend(id, quota).await && !other.spend(id, quota).await);
    }
    assert_eq!(counter(&url, id).await, before);
}
