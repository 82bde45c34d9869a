//! Quotas of property keys: exact over replicas, for one unit and for many at once.

use std::sync::Arc;

use playhouse::limits::{Quota, Quotas, Refusal, Subject};

use super::*;
use crate::support::{app::config, database::minute_with};

async fn used(url: &str, key: Uuid) -> i64 {
    let sql = format!("select minute_used from rate_counters where subject = 'p'::bytea || uuid_send('{key}')");
    database::number(url, &format!("select coalesce(({sql}), 0)")).await
}

fn replica(url: &str) -> Arc<Quotas> {
    let pools = playhouse::database::connect(url, &config(&[]).database).unwrap();
    Arc::new(Quotas::new(pools.counters).0)
}

fn left(outcome: Result<playhouse::limits::standing::Standing, Refusal>) -> i64 {
    match outcome {
        Err(Refusal::Exhausted(standing)) => standing.minute_left,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_admit_exactly_the_limit_of_a_key() {
    let stage = Stage::set().await;
    let other = stage.app.replica().await;
    let (id, key) = stage.key(NewPropertyKey { rate_limit: 40, rate_limit_per_day: None, ..generous() }).await;
    minute_with(&stage.app.database_url, 10).await;
    let calls = (0..60).map(|n| whoami(if n % 3 == 0 { &other } else { &stage.app }, &key));
    let answers = futures_util::future::join_all(calls).await;
    let admitted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(admitted, 40);
    let refused_one = answers.iter().find(|answer| answer.status != 200).unwrap();
    refused(refused_one, 429, "rate_limited");
    let wait = refused_one.body["retry_after"].as_i64().unwrap();
    assert!((1..=60).contains(&wait) && refused_one.header("retry-after") == wait.to_string());
    assert_eq!(refused_one.header("x-ratelimit-remaining"), "0");
    assert_eq!(used(&stage.app.database_url, id).await, 40);
}

#[tokio::test]
async fn the_day_of_a_key_is_counted_when_it_has_a_limit() {
    let stage = Stage::set().await;
    let (_, key) = stage.key(NewPropertyKey { rate_limit: 100, rate_limit_per_day: Some(2), ..generous() }).await;
    minute_with(&stage.app.database_url, 5).await;
    for status in [200, 200, 429, 429] {
        assert_eq!(whoami(&stage.app, &key).await.status, status);
    }
    let answer = whoami(&stage.app, &key).await;
    assert!(answer.header("ratelimit").contains("\"day\";r=0;"), "{}", answer.header("ratelimit"));
}

#[tokio::test]
async fn a_batch_is_charged_whole_or_not_at_all() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(NewPropertyKey { rate_limit: 60, rate_limit_per_day: None, ..generous() }).await;
    let url = &stage.app.database_url;
    minute_with(url, 10).await;
    let batch = async |units: u32| {
        let request = stage.request(&[("x-api-key", &key)]);
        let caller = PropertyCaller::uncharged(&request).await.unwrap();
        (caller.spend(units).await, caller.standing().unwrap())
    };
    let (outcome, standing) = batch(50).await;
    assert!(outcome.is_ok() && standing.minute_left == 10, "{standing:?}");
    for _ in 0..3 {
        let (outcome, standing) = batch(50).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.status_code().as_u16(), 429);
        assert_eq!(standing.minute_left, 10, "nothing was spent");
        assert_eq!(used(url, id).await, 50);
    }
    assert!(batch(10).await.0.is_ok(), "what is left can still be spent");
    assert!(batch(1).await.0.is_err());
    assert_eq!(used(url, id).await, 60);
}

#[tokio::test]
async fn a_refused_batch_does_not_stand_in_the_way_of_single_calls() {
    let url = database::fresh().await;
    let (quotas, id) = (replica(&url), Uuid::now_v7());
    let (subject, quota) = (Subject::PropertyKey(id), Quota { per_minute: 12, per_day: Some(1000) });
    minute_with(&url, 5).await;
    assert_eq!(left(quotas.spend_units(subject, quota, 13).await), 12);
    for _ in 0..2 {
        assert!(quotas.spend(subject, quota).await.is_ok());
    }
    assert_eq!(left(quotas.spend_units(subject, quota, 11).await), 10);
    assert_eq!(left(quotas.spend_units(subject, quota, 11).await), 10, "a refusal is repeated from memory");
    assert!(quotas.spend_units(subject, quota, 10).await.is_ok());
    assert_eq!(left(quotas.spend(subject, quota).await), 0);
    assert_eq!(used(&url, id).await, 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_and_single_calls_of_several_replicas_never_pass_the_limit() {
    let url = database::fresh().await;
    let replicas: Vec<_> = (0..3).map(|_| replica(&url)).collect();
    for per_minute in [97, 1500] {
        let id = Uuid::now_v7();
        let (subject, quota) = (Subject::PropertyKey(id), Quota { per_minute, per_day: None });
        minute_with(&url, 15).await;
        let spenders: Vec<_> = (0..9)
            .map(|n: usize| {
                let (quotas, units) = (replicas[n % 3].clone(), [1, 7, 20][n / 3]);
                tokio::spawn(async move {
                    let mut spent = 0;
                    while quotas.spend_units(subject, quota, units).await.is_ok() {
                        spent += units;
                    }
                    spent
                })
            })
            .collect();
        let mut spent = 0;
        for spender in spenders {
            spent += spender.await.unwrap();
        }
        assert!(spent <= per_minute, "{spent} of {per_minute}");
        assert!(spent > per_minute - 60, "{spent} of {per_minute}: only what batches left and other replicas hold");
        assert!(used(&url, id).await <= per_minute.into());
    }
}

#[tokio::test]
async fn units_in_hand_count_towards_a_batch() {
    let url = database::fresh().await;
    let (quotas, id) = (replica(&url), Uuid::now_v7());
    let (subject, quota) = (Subject::PropertyKey(id), Quota { per_minute: 100_000, per_day: None });
    minute_with(&url, 8).await;
    let mut spent = 0;
    // A quick spender of a high limit has units in hand.
    for _ in 0..5000 {
        quotas.spend(subject, quota).await.unwrap();
        spent += 1;
    }
    for units in [50, 1000, 3] {
        assert!(quotas.spend_units(subject, quota, units).await.is_ok());
        spent += i64::from(units);
    }
    let taken = used(&url, id).await;
    assert!(taken >= spent, "{taken} {spent}");
    let rest = i32::try_from(100_000 - spent).unwrap();
    assert_eq!(left(quotas.spend_units(subject, quota, rest + 1).await), i64::from(rest));
    assert!(quotas.spend_units(subject, quota, rest).await.is_ok(), "to the last unit");
}

#[tokio::test]
async fn a_user_has_no_quota() {
    let stage = Stage::set().await;
    let token = stage.app.token(&stage.tenant.owner);
    let caller = stage.caller(&[("authorization", &format!("Bearer {token}"))]).await.unwrap();
    assert!(caller.spend(1_000_000).await.is_ok() && caller.standing().is_none());
}

#[tokio::test]
async fn a_limit_that_is_changed_holds_at_once() {
    let stage = Stage::set().await;
    let (id, key) = stage.key(generous()).await;
    assert_eq!(whoami(&stage.app, &key).await.status, 200);
    for (limit, status) in [(0, 429), (500, 200)] {
        stage.execute(&format!("update api_keys set rate_limit = {limit} where id = '{id}'")).await;
        stage.app.app.changes.acknowledged().await.unwrap();
        let answer = whoami(&stage.app, &key).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.header("ratelimit-policy").starts_with(&format!("\"minute\";q={limit};w=60")));
    }
}
