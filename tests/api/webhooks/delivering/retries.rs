//! What does not succeed at once.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use playhouse::tables::{catalog::Playhouse, registry::Catalog};

use super::*;

const PENDING: &str = "select count(*) from webhook_deliveries where state = 'pending'";
const DELIVERED: &str = "select count(*) from webhook_deliveries where state = 'delivered'";
const ATTEMPTS: &str = "select count(*) from webhook_attempts";

/// A receiver whose status can be changed.
async fn fickle(status: u16) -> (Receiver, std::sync::Arc<AtomicU16>) {
    let status = std::sync::Arc::new(AtomicU16::new(status));
    let shown = status.clone();
    (Receiver::that(move |_| Behaviour::Status(shown.load(Ordering::SeqCst))).await, status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_delivery_is_tried_again_by_the_schedule_under_the_same_id() {
    // So long that a slow machine sees each wait before much of it has passed.
    let scene = Scene::with(&[("PLAYHOUSE_WEBHOOKS__SCHEDULE", "100s,10m,30m")]).await;
    let (receiver, status) = fickle(500).await;
    scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    for (number, wait) in [(1, 100), (2, 600), (3, 1800)] {
        receiver.wait_for(number).await;
        let noted = format!(
            "select count(*) from webhook_attempts a join webhook_deliveries d on d.id = a.delivery_id \
             where a.number = {number} and a.status = 500 and a.error = 'the endpoint answered 500 Internal Server Error' \
             and a.next_attempt_at = d.due_at and d.state = 'pending' and d.attempts = {number} \
             and d.due_at - now() between '{wait} s'::interval * 0.75 and '{wait} s'::interval * 1.2"
        );
        scene.until(&noted, 1).await;
        status.store(if number == 3 { 204 } else { 500 }, Ordering::SeqCst);
        scene.hurry().await;
    }
    scene.until(DELIVERED, 1).await;
    let requests = receiver.wait_for(4).await;
    assert!(requests.iter().all(|request| request.id() == requests[0].id() && request.body == requests[0].body));
    assert_eq!(scene.number("select attempts from webhook_deliveries").await, 4);
    assert_eq!(scene.number("select count(distinct number) from webhook_attempts").await, 4);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_schedule_ends_the_delivery_has_failed() {
    let scene = Scene::with(&[("PLAYHOUSE_WEBHOOKS__SCHEDULE", "1h,1h")]).await;
    let (receiver, _) = fickle(404).await;
    scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    for number in 1..=2 {
        scene.until(ATTEMPTS, number).await;
        scene.hurry().await;
    }
    scene.until("select count(*) from webhook_deliveries where state = 'failed' and finished_at is not null", 1).await;
    assert_eq!(receiver.requests().len(), 3);
    assert_eq!(scene.number("select count(*) from webhook_attempts where next_attempt_at is null").await, 1);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_410_disables_the_endpoint_and_enabling_it_resumes() {
    let scene = Scene::set().await;
    let (receiver, status) = fickle(410).await;
    let webhook = scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    let disabled = "select count(*) from webhooks where not enabled and disabled_at is not null \
         and disabled_reason = 'the endpoint answered 410 Gone'";
    scene.until(disabled, 1).await;
    scene.until("select count(*) from events where type = 'webhook.disabled'", 1).await;
    scene.until("select count(*) from webhook_lanes where claim_id is null", 1).await;
    let asked = receiver.requests().len();
    scene.hurry().await;
    status.store(200, Ordering::SeqCst);
    // Two looks of the worker, and nothing goes out.
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!((receiver.requests().len(), scene.number(PENDING).await), (asked, 1));
    scene.execute(&format!("update webhooks set enabled = true where id = '{webhook}'")).await;
    scene.until(DELIVERED, 1).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patience_that_is_asked_for_is_given_and_is_no_failed_attempt() {
    for (status, header) in [(429, "600"), (503, "600")] {
        let scene = Scene::set().await;
        let calls = std::sync::Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let receiver = Receiver::that(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
            0 => Behaviour::Answer(status, vec![("retry-after", header.to_owned())], vec![]),
            _ => Behaviour::Status(200),
        })
        .await;
        scene.endpoint(&receiver.url).await;
        scene.player("P-1").await;
        let waits = "select count(*) from webhook_deliveries d join webhook_lanes l using (webhook_id) \
             where d.state = 'pending' and d.attempts = 0 and d.due_at > now() + interval '9 minutes' \
             and l.blocked_until > now() + interval '9 minutes' and l.failing_since is null and l.claim_id is null \
             and exists (select from webhook_attempts a where a.delivery_id = d.id and a.next_attempt_at = d.due_at)";
        scene.until(waits, 1).await;
        // What comes meanwhile waits as well.
        scene.player("P-2").await;
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        scene.hurry().await;
        scene.until(DELIVERED, 2).await;
        assert_eq!(scene.number("select max(attempts) from webhook_deliveries").await, 1);
        scene.app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_but_failures_for_five_days_disables_the_endpoint() {
    let scene = Scene::set().await;
    let (receiver, status) = fickle(500).await;
    let webhook = scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    scene.until("select count(*) from webhook_lanes where failing_since > now() - interval '1 minute'", 1).await;
    scene.execute("update webhook_lanes set failing_since = now() - interval '119 hours'").await;
    scene.hurry().await;
    scene.until(ATTEMPTS, 2).await;
    assert_eq!(scene.number("select count(*) from webhooks where enabled").await, 1);
    scene.execute("update webhook_lanes set failing_since = now() - interval '121 hours'").await;
    scene.hurry().await;
    let disabled =
        "select count(*) from webhooks where not enabled and disabled_reason = 'every delivery failed for 120 hours'";
    scene.until(disabled, 1).await;
    let told = format!(
        "select count(*) from events where type = 'webhook.disabled' and payload -> 'data' ->> 'id' = '{webhook}' \
         and (payload -> 'data' ->> 'enabled') = 'false'"
    );
    assert_eq!(scene.number(&told).await, 1);
    // The worker writes this payload by itself; it has the columns that the documents show.
    let columns = Playhouse::registry().table("webhooks").unwrap().visible().map(|column| format!("'{}'", column.name));
    let columns: Vec<String> = columns.collect();
    let others = format!(
        "select count(*) from events e, (values ({})) c (name) where type = 'webhook.disabled' \
         and not (payload -> 'data')::jsonb ? c.name",
        columns.join("), (")
    );
    assert_eq!(scene.number(&others).await, 0);
    let keys = "select count(*) from events, json_object_keys(payload -> 'data') where type = 'webhook.disabled'";
    assert_eq!(scene.number(keys).await, i64::try_from(columns.len()).unwrap());
    assert_eq!(scene.number(PENDING).await, 1, "nothing queued is lost");
    status.store(200, Ordering::SeqCst);
    scene.execute("update webhooks set enabled = true").await;
    scene.hurry().await;
    scene.until(DELIVERED, 1).await;
    assert_eq!(scene.number("select count(*) from webhook_lanes where failing_since is null").await, 1);
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_success_ends_the_time_of_failures() {
    let scene = Scene::set().await;
    let (receiver, status) = fickle(500).await;
    scene.endpoint(&receiver.url).await;
    scene.player("P-1").await;
    scene.until("select count(*) from webhook_lanes where failing_since is not null", 1).await;
    status.store(200, Ordering::SeqCst);
    scene.player("P-2").await;
    scene.until("select count(*) from webhook_lanes where failing_since is null and consecutive_failures = 0", 1).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_does_not_answer_is_left_alone_and_then_tried_with_one_delivery() {
    let scene = Scene::set().await;
    let (receiver, status) = fickle(500).await;
    scene.endpoint(&receiver.url).await;
    let many: Vec<Value> = (0..40).map(|number| json!({ "external_id": format!("P-{number}") })).collect();
    scene.app.keyed(&scene.key, "POST", "/api/players", json!(many)).await;
    let open = "select count(*) from webhook_lanes where consecutive_failures >= 10 \
         and blocked_until between now() + interval '20 seconds' and now() + interval '31 seconds' and claim_id is null";
    scene.until(open, 1).await;
    let before = receiver.requests().len();
    assert!((10..=13).contains(&before), "{before} were sent");
    scene.execute("update webhook_lanes set blocked_until = null").await;
    scene.until("select count(*) from webhook_lanes where blocked_until > now() + interval '20 seconds'", 1).await;
    assert_eq!(receiver.requests().len(), before + 1, "one shows whether anybody is there");
    status.store(200, Ordering::SeqCst);
    scene.hurry().await;
    scene.until(DELIVERED, 40).await;
    assert_eq!(scene.number("select max(attempts) from webhook_deliveries").await, 2, "waiting is no attempt");
    scene.app.stop().await;
}
