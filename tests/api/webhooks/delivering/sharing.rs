//! Several workers, many endpoints: who gets what, and what nobody gets.

use sqlx::postgres::PgListener;
use tokio::{sync::watch, time::timeout};

use super::*;

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
async fn who_hands_out_into_the_lane_of_another_worker_tells_it_at_once() {
    let scene = Scene::with(&[PATIENT]).await;
    let (go, gone) = watch::channel(false);
    let receiver = Receiver::that(move |_| Behaviour::When(gone.clone(), 200)).await;
    scene.endpoint(&receiver.url).await;
    scene.player("P-0").await;
    // From here on the lane is the first worker's, until this is answered.
    receiver.wait_for(1).await;
    let second = more(&scene.app, &[PATIENT]).await;
    let mut listener = PgListener::connect(&scene.app.database_url).await.unwrap();
    listener.listen(playhouse::webhooks::alarm::CHANNEL).await.unwrap();
    let mut written = 1;
    // The first worker looks by itself every second, so it may be the one that hands out; not each time.
    let told = loop {
        let player = json!({ "external_id": format!("P-{written}") });
        let answer = second.keyed(&scene.key, "POST", "/api/players", player).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        written += 1;
        match timeout(Duration::from_secs(1), listener.recv()).await {
            Ok(told) => break told.unwrap(),
            Err(_) => assert!(written < 30, "nobody is told"),
        }
    };
    assert_eq!(told.payload(), "");
    go.send(true).unwrap();
    receiver.wait_for(written).await;
    scene.until(DELIVERED, i64::try_from(written).unwrap()).await;
    scene.app.stop().await;
    second.stop().await;
}
