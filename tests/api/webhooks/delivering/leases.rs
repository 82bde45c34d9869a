//! Leases of lanes and deliveries: given back at a stop, lost, and found again.

use tokio::sync::watch;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_a_stop_what_was_not_begun_is_given_back_and_what_was_is_finished() {
    let scene = Scene::with(&[PATIENT]).await;
    let (go, gone) = watch::channel(false);
    let receiver = Receiver::that(move |_| Behaviour::When(gone.clone(), 200)).await;
    scene.endpoint(&receiver.url).await;
    let url = scene.app.database_url.clone();
    due(&url, scene.tenant.property, 50, "0").await;
    receiver.wait_for(4).await;
    scene.app.begin_stop();
    // Given back at once, not when the others are done.
    until(
        &url,
        "select count(*) from webhook_deliveries where state = 'pending' and attempts = 0 and claim_id is null",
        46,
    )
    .await;
    go.send(true).unwrap();
    scene.app.stop().await;
    assert_eq!(database::number(&url, DELIVERED).await, 4);
    let free = "select count(*) from webhook_lanes where claim_id is null and lease_until is null";
    assert_eq!(database::number(&url, free).await, 1);
    assert_eq!(receiver.requests().len(), 4);
    receiver.wait_until_closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_comes_after_its_lease_changes_nothing_and_is_logged() {
    let scene = Scene::with(&[PATIENT]).await;
    let (go, gone) = watch::channel(false);
    let receiver = Receiver::that(move |_| Behaviour::When(gone.clone(), 200)).await;
    scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    receiver.wait_for(1).await;
    // Somebody else has it by now.
    let other = Uuid::now_v7();
    scene
        .execute(&format!(
            "update webhook_deliveries set claim_id = '{other}', lease_until = now() + interval '1 hour'"
        ))
        .await;
    go.send(true).unwrap();
    let logged = "select count(*) from webhook_attempts where status = 200 and number = 1 and next_attempt_at is null \
         and error = 'the lease was lost before the outcome could be noted'";
    scene.until(logged, 1).await;
    let theirs = format!(
        "select count(*) from webhook_deliveries where state = 'sending' and claim_id = '{other}' and attempts = 1 \
         and last_status is null and finished_at is null"
    );
    assert_eq!(scene.number(&theirs).await, 1);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_was_lost_is_let_go_without_touching_its_new_holder() {
    let scene = Scene::with(&[PATIENT]).await;
    let (go, gone) = watch::channel(false);
    let receiver = Receiver::that(move |_| Behaviour::When(gone.clone(), 200)).await;
    scene.endpoint(&receiver.url).await;
    due(&scene.app.database_url, scene.tenant.property, 20, "0").await;
    receiver.wait_for(4).await;
    let other = Uuid::now_v7();
    scene
        .execute(&format!("update webhook_lanes set claim_id = '{other}', lease_until = now() + interval '1 hour'"))
        .await;
    scene.until("select count(*) from webhook_deliveries where state = 'pending' and attempts = 0", 16).await;
    go.send(true).unwrap();
    scene.until(DELIVERED, 4).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(receiver.requests().len(), 4, "it sends nothing more");
    let held = format!("select count(*) from webhook_lanes where claim_id = '{other}' and lease_until > now()");
    assert_eq!(scene.number(&held).await, 1);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_worker_held_is_due_again_and_counts_as_tried() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver.url).await;
    scene.execute("update webhook_lanes set blocked_until = now() + interval '1 hour'").await;
    scene.player("P-1").await;
    scene.until("select count(*) from webhook_deliveries", 1).await;
    scene
        .execute(
            "update webhook_deliveries set state = 'sending', attempts = 1, claim_id = gen_random_uuid(), \
             lease_until = now() - interval '1 second'",
        )
        .await;
    scene
        .until(
            "select count(*) from webhook_deliveries where state = 'pending' and attempts = 1 and claim_id is null",
            1,
        )
        .await;
    assert_eq!(
        scene
            .number(
                "select count(*) from webhook_attempts where error = 'the sender was lost before it told the outcome'"
            )
            .await,
        1
    );
    scene.execute("update webhook_lanes set blocked_until = null").await;
    scene.until("select count(*) from webhook_deliveries where state = 'delivered' and attempts = 2", 1).await;
    // What kills its sender every time ends too.
    scene
        .execute(
            "update webhook_deliveries set state = 'sending', attempts = 10, finished_at = null, \
             claim_id = gen_random_uuid(), lease_until = now() - interval '1 second'",
        )
        .await;
    scene.until("select count(*) from webhook_deliveries where state = 'failed' and attempts = 10", 1).await;
    scene.app.stop().await;
}
