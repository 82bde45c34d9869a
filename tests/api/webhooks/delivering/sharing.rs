//! Several workers, many endpoints: who gets what, and what nobody gets.

use tokio::sync::watch;

use super::*;

/// No attempt ends by itself while a test looks at what is under way.
const PATIENT: (&str, &str) = ("PLAYHOUSE_WEBHOOKS__TIMEOUT_SECONDS", "120");

/// Deliveries that are due, made without any server: so many events, each for every endpoint of a property.
async fn due(url: &str, property: Uuid, count: u32, columns: &str) {
    let sql = format!(
        "with e as (insert into events (property_id, type, payload) \
           select '{property}', 'player.created', json_build_object('type', 'player.created', 'n', n) \
           from generate_series(1, {count}) n returning id) \
         insert into webhook_deliveries (property_id, webhook_id, event_id, event_type, attempts) \
           select '{property}', w.id, e.id, 'player.created', {columns} from e cross join webhooks w \
            where w.property_id = '{property}'; notify webhooks"
    );
    database::execute(url, &sql).await;
}

const DELIVERED: &str = "select count(*) from webhook_deliveries where state = 'delivered' and attempts = 1";

/// More servers over the same database.
async fn more(app: &TestApp, variables: &[(&str, &str)]) -> TestApp {
    TestApp::over(&app.database_url, &[&LOOPBACK, variables].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_workers_share_and_no_endpoint_has_more_than_four_under_way() {
    let scene = Scene::set().await;
    let (second, third) = tokio::join!(more(&scene.app, &[]), more(&scene.app, &[]));
    let receiver = Receiver::that(|_| Behaviour::Later(Duration::from_millis(3), 200)).await;
    for number in 0..20 {
        scene.endpoint(&format!("{}/{number}", receiver.url)).await;
    }
    due(&scene.app.database_url, scene.tenant.property, 100, "0").await;
    let requests = receiver.wait_for(2000).await;
    scene.until(DELIVERED, 2000).await;
    let mut once: Vec<_> = requests.iter().map(|request| (&request.line, request.id())).collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!((once.len(), receiver.requests().len()), (2000, 2000), "each came once");
    for number in 0..20 {
        let most = receiver.most_at_once(&format!("/{number}"));
        assert!((1..=4).contains(&most), "{most} at once");
    }
    for app in [scene.app, second, third] {
        app.stop().await;
    }
    receiver.wait_until_closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_property_has_no_more_under_way_than_it_may_over_all_workers() {
    let few = [PATIENT, ("PLAYHOUSE_WEBHOOKS__MAX_IN_FLIGHT_PER_PROPERTY", "8")];
    let scene = Scene::with(&few).await;
    let second = more(&scene.app, &few).await;
    let (go, gone) = watch::channel(false);
    let receiver = Receiver::that(move |_| Behaviour::When(gone.clone(), 200)).await;
    for number in 0..5 {
        scene.endpoint(&format!("{}/{number}", receiver.url)).await;
    }
    due(&scene.app.database_url, scene.tenant.property, 10, "0").await;
    receiver.wait_for(8).await;
    // Time for two looks of both.
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(receiver.under_way(), 8);
    assert_eq!(scene.number("select count(*) from webhook_lanes where lease_until > now()").await, 2);
    go.send(true).unwrap();
    scene.until(DELIVERED, 50).await;
    scene.app.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_property_with_more_endpoints_than_it_may_be_served_at_once_serves_them_in_turn() {
    let scene = Scene::with(&[("PLAYHOUSE_WEBHOOKS__MAX_IN_FLIGHT_PER_PROPERTY", "8")]).await;
    let receiver = Receiver::start().await;
    for number in 0..20 {
        scene.endpoint(&format!("{}/{number}", receiver.url)).await;
    }
    // Two at a time; if each were kept for a while after its delivery, this would take minutes.
    for round in 1..=10 {
        scene.player(&format!("P-{round}")).await;
        receiver.wait_for(20 * round).await;
    }
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_that_were_made_before_leave_half_of_the_places_to_new_ones() {
    let scene = Scene::with(&[PATIENT, ("PLAYHOUSE_WEBHOOKS__MAX_IN_FLIGHT", "8")]).await;
    let url = scene.app.database_url.clone();
    let (go, gone) = watch::channel(false);
    let hanging = Receiver::that(move |_| Behaviour::When(gone.clone(), 200)).await;
    for number in 0..6 {
        let tenant = scene.app.tenant().await;
        endpoint(&scene.app, tenant.property, &format!("{}/{number}", hanging.url), "{}").await;
        due(&url, tenant.property, 10, "1").await;
    }
    hanging.wait_for(4).await;
    let healthy = Receiver::start().await;
    scene.endpoint(&healthy.url).await;
    for number in 0..20 {
        scene.player(&format!("P-{number}")).await;
    }
    healthy.wait_for(20).await;
    assert_eq!(hanging.under_way(), 4);
    go.send(true).unwrap();
    scene.until("select count(*) from webhook_deliveries where state = 'delivered'", 80).await;
    scene.app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_to_an_endpoint_that_never_answers_delays_nobody_else() {
    let scene = Scene::with(&[PATIENT]).await;
    let url = scene.app.database_url.clone();
    let dead = Receiver::that(|_| Behaviour::Hang).await;
    let flooded = scene.app.tenant().await;
    endpoint(&scene.app, flooded.property, &dead.url, "{}").await;
    due(&url, flooded.property, 10_000, "0").await;
    dead.wait_for(4).await;
    let healthy = Receiver::start().await;
    let mut tenants = Vec::new();
    for number in 0..50 {
        let tenant = scene.app.tenant().await;
        endpoint(&scene.app, tenant.property, &format!("{}/{number}", healthy.url), "{}").await;
        tenants.push(tenant.property);
    }
    for property in tenants {
        due(&url, property, 20, "0").await;
    }
    healthy.wait_for(1000).await;
    assert_eq!((dead.under_way(), dead.most_at_once("/")), (4, 4));
    let waiting = "select count(*) from webhook_deliveries where state in ('pending', 'sending') \
         and webhook_id = (select webhook_id from webhook_deliveries group by 1 order by count(*) desc limit 1)";
    assert_eq!(scene.number(waiting).await, 10_000);
    scene.app.begin_stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_endpoints_than_places_are_served_in_turn() {
    let scene = Scene::with(&[("PLAYHOUSE_WEBHOOKS__MAX_IN_FLIGHT", "2")]).await;
    let receiver = Receiver::that(|_| Behaviour::Later(Duration::from_millis(2), 200)).await;
    for number in 0..9 {
        scene.endpoint(&format!("{}/{number}", receiver.url)).await;
    }
    due(&scene.app.database_url, scene.tenant.property, 10, "0").await;
    scene.until(DELIVERED, 90).await;
    scene.app.stop().await;
}

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
