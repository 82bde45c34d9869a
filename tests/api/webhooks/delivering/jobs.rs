//! Sending again what failed.

use super::*;

/// Failed deliveries of an endpoint, each with an event of its own, and some delivered ones between them.
async fn failed(scene: &Scene, webhook: Uuid, count: u32) {
    let property = scene.tenant.property;
    scene
        .execute(&format!(
            "with e as (insert into events (property_id, type, payload) \
               select '{property}', 'player.created', json_build_object('type', 'player.created', 'n', n) \
               from generate_series(1, {count}) n returning id) \
             insert into webhook_deliveries (property_id, webhook_id, event_id, event_type, state, attempts, finished_at, created_at) \
               select '{property}'::uuid, '{webhook}'::uuid, id, 'player.created', 'failed', 10, now() - interval '1 hour', \
                 now() - interval '4 days' from e \
               union all (select '{property}'::uuid, '{webhook}'::uuid, id, 'player.created', 'delivered', 1, now() - interval '1 hour', \
                 now() - interval '4 days' from e limit 10)"
        ))
        .await;
}

const MANUAL: &str = "select count(*) from webhook_deliveries where trigger = 'manual' and state = 'delivered'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_failed_since_a_time_are_sent_again_under_their_ids() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    let webhook = scene.endpoint(&receiver.url).await;
    failed(&scene, webhook, 30).await;
    scene
        .execute(
            "update webhook_deliveries set finished_at = now() - interval '3 hours' where id in \
        (select id from webhook_deliveries where state = 'failed' order by id limit 10)",
        )
        .await;
    let property = scene.tenant.property;
    scene
        .execute(&format!(
            "insert into webhook_redeliveries (property_id, webhook_id, since) \
             values ('{property}', '{webhook}', now() - interval '2 hours')"
        ))
        .await;
    scene.until(MANUAL, 20).await;
    let done = "select count(*) from webhook_redeliveries where state = 'done' and redelivered = 20 and finished_at is not null";
    assert_eq!(scene.number(done).await, 1);
    let same = "select count(*) from webhook_deliveries m join webhook_deliveries f using (event_id) \
         where m.trigger = 'manual' and f.state = 'failed' and f.trigger = 'scheduled'";
    assert_eq!(scene.number(same).await, 20);
    assert_eq!(scene.number("select count(*) from webhook_attempts where trigger = 'manual'").await, 20);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_worker_died_goes_on_where_it_was_and_makes_nothing_twice() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    let webhook = scene.endpoint(&receiver.url).await;
    failed(&scene, webhook, 2500).await;
    let property = scene.tenant.property;
    scene
        .execute(&format!(
            "insert into webhook_redeliveries (property_id, webhook_id, since, after_id, state, redelivered, claim_id, lease_until) \
             select '{property}', '{webhook}', now() - interval '5 days', \
               (select id from webhook_deliveries order by id offset 999 limit 1), 'running', \
               (select count(*) from (select state from webhook_deliveries order by id limit 1000) d where state = 'failed'), \
               gen_random_uuid(), now() + interval '2 seconds'"
        ))
        .await;
    scene.until("select count(*) from webhook_redeliveries where state = 'done' and redelivered = 2500", 1).await;
    let made = scene.number("select count(*) from webhook_deliveries where trigger = 'manual'").await;
    let first = "select count(*) from (select state from webhook_deliveries where trigger = 'scheduled' order by id limit 1000) d \
         where state = 'failed'";
    assert_eq!(made, 2500 - scene.number(first).await);
    assert_eq!(
        scene.number("select count(distinct event_id) from webhook_deliveries where trigger = 'manual'").await,
        made
    );
    scene.until(MANUAL, made).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_another_worker_holds_is_left_alone() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    let webhook = scene.endpoint(&receiver.url).await;
    failed(&scene, webhook, 5).await;
    let property = scene.tenant.property;
    scene
        .execute(&format!(
            "insert into webhook_redeliveries (property_id, webhook_id, since, state, claim_id, lease_until) \
             values ('{property}', '{webhook}', now() - interval '5 days', 'running', gen_random_uuid(), now() + interval '1 hour')"
        ))
        .await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(scene.number("select count(*) from webhook_deliveries where trigger = 'manual'").await, 0);
    scene.app.stop().await;
}
