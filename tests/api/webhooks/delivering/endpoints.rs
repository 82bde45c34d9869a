//! What an endpoint's own settings do to its deliveries.

use std::time::Instant;

use playhouse::webhooks::signature::sign;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_own_limit_spreads_deliveries_over_time() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    scene.endpoint_with(&receiver.url, r#"{"rate_limit": 5}"#).await;
    let began = Instant::now();
    let many: Vec<Value> = (0..11).map(|number| json!({ "external_id": format!("P-{number}") })).collect();
    scene.app.keyed(&scene.key, "POST", "/api/players", json!(many)).await;
    receiver.wait_for(11).await;
    assert!(began.elapsed() >= Duration::from_secs(2), "one at once, the others each a fifth of a second later");
    scene.until("select count(*) from webhook_deliveries where state = 'delivered' and attempts = 1", 11).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn during_a_rotation_both_secrets_sign_and_afterwards_the_new_one() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    let webhook = scene.endpoint(&receiver.url).await;
    let (new, old) = (SigningKey::generate(), SigningKey::generate());
    let seal = |key: &SigningKey| scene.app.app.sealer.seal(Purpose::WebhookSecret, webhook, key.as_bytes());
    let db = database::owner(&scene.app.database_url).await;
    let sql = "update webhook_secrets set current = $1, previous = $2, previous_expires_at = now() + interval '1 hour'";
    let values = [seal(&new).into(), seal(&old).into()];
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await.unwrap();
    scene.player("P-1").await;
    let request = receiver.wait_for(1).await.remove(0);
    let signed = |keys: &[SigningKey], request: &crate::support::receiver::Received| {
        sign(keys, request.id(), request.header("webhook-timestamp").parse().unwrap(), &request.body)
    };
    assert_eq!(request.header("webhook-signature"), signed(&[new.clone(), old.clone()], &request));
    db.execute_unprepared("update webhook_secrets set previous_expires_at = now()").await.unwrap();
    db.close().await.unwrap();
    scene.player("P-2").await;
    let request = receiver.wait_for(2).await.remove(1);
    assert_eq!(request.header("webhook-signature"), signed(&[new], &request));
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_was_changed_is_where_the_next_delivery_goes() {
    let scene = Scene::set().await;
    let (before, after) = (Receiver::start().await, Receiver::start().await);
    scene.endpoint(&before.url).await;
    scene.player("P-1").await;
    before.wait_for(1).await;
    scene.execute(&format!("update webhooks set url = '{}'", after.url)).await;
    scene.player("P-2").await;
    after.wait_for(1).await;
    assert_eq!(before.requests().len(), 1);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_is_switched_off_is_sent_nothing_and_loses_nothing() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    receiver.wait_for(1).await;
    // Between the write and the switch a worker may be quicker, so the delivery is made due only afterwards.
    scene.execute("update webhook_lanes set blocked_until = now() + interval '1 hour'").await;
    scene.until("select count(*) from webhook_lanes where claim_id is null", 1).await;
    scene.player("P-2").await;
    scene.execute("update webhooks set enabled = false; update webhook_lanes set blocked_until = null").await;
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(receiver.requests().len(), 1);
    scene.execute("update webhooks set enabled = true").await;
    receiver.wait_for(2).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_does_not_open_fails_the_delivery_and_says_why() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver.url).await;
    scene.execute("update webhook_secrets set current = '\\x01'").await;
    scene.player("P-1").await;
    scene
        .until(
            "select count(*) from webhook_deliveries where attempts = 1 and state = 'pending' and last_status is null",
            1,
        )
        .await;
    assert_eq!(
        scene.number("select count(*) from webhook_deliveries where last_error like 'the webhook secret of%'").await,
        1
    );
    assert_eq!(receiver.requests().len(), 0);
    scene.app.stop().await;
}
