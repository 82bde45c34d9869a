//! From the outbox to deliveries: whose they are, which are claimed at once, and that each is made once.

use playhouse::webhooks::worker::HAND_OUT;

use super::*;

/// A property with no server: nobody but the test hands out.
struct Quiet {
    url: String,
    property: Uuid,
    worker: Uuid,
}

impl Quiet {
    async fn set() -> Self {
        let url = database::fresh().await;
        let property = crate::support::app::tenant(&url).await.property;
        Self { url, property, worker: Uuid::now_v7() }
    }

    /// A webhook; its id.
    async fn webhook(&self) -> Uuid {
        let id = Uuid::now_v7();
        let sql = format!(
            "insert into webhooks (property_id, id, url) values ('{}', '{id}', 'https://example.com/')",
            self.property
        );
        database::execute(&self.url, &sql).await;
        id
    }

    async fn players(&self, count: u32) {
        let sql = format!(
            "insert into players (property_id, external_id) select '{}', gen_random_uuid() from generate_series(1, {count})",
            self.property
        );
        database::execute(&self.url, &sql).await;
    }

    /// The statement of a worker with room for so many deliveries in the lanes of these webhooks.
    fn statement(&self, rooms: &[(Uuid, i64)], share: i64) -> String {
        let list = |items: Vec<String>| format!("'{{{}}}'", items.join(","));
        let values = [
            format!("'{}'", self.worker),
            format!("'{}'", Uuid::from_u128(7)),
            "30".to_owned(),
            list(rooms.iter().map(|_| self.property.to_string()).collect()),
            list(rooms.iter().map(|(webhook, _)| webhook.to_string()).collect()),
            list(rooms.iter().map(|(_, room)| room.to_string()).collect()),
            list(vec![self.property.to_string()]),
            share.to_string(),
            "'{t}'".to_owned(),
        ];
        values
            .iter()
            .enumerate()
            .fold(HAND_OUT.to_owned(), |sql, (at, value)| sql.replace(&format!("${}", at + 1), value))
    }

    async fn hand_out(&self, rooms: &[(Uuid, i64)]) {
        database::execute(&self.url, &self.statement(rooms, 1000)).await;
    }

    async fn number(&self, sql: &str) -> i64 {
        database::number(&self.url, sql).await
    }

    /// Deliveries of a webhook in a state, after so many attempts.
    async fn deliveries(&self, webhook: Uuid, state: &str) -> i64 {
        self.number(&format!(
            "select count(*) from webhook_deliveries where webhook_id = '{webhook}' and state = '{state}'"
        ))
        .await
    }
}

const OUTBOX: &str = "select count(*) from event_outbox";

#[tokio::test]
async fn a_lane_gets_what_it_has_room_for_as_claimed_and_the_rest_waits() {
    let quiet = Quiet::set().await;
    let (held, foreign) = (quiet.webhook().await, quiet.webhook().await);
    let lease = format!(
        "update webhook_lanes set claim_id = '{}', lease_until = now() + interval '1 minute' where webhook_id = '{held}'",
        quiet.worker
    );
    database::execute(&quiet.url, &lease).await;
    quiet.players(5).await;
    assert_eq!(quiet.number(OUTBOX).await, 5);
    // It says that it has room in a lane that it does not hold.
    quiet.hand_out(&[(held, 2), (foreign, 9)]).await;
    assert_eq!(quiet.number(OUTBOX).await, 0);
    assert_eq!((quiet.deliveries(held, "sending").await, quiet.deliveries(held, "pending").await), (2, 3));
    assert_eq!((quiet.deliveries(foreign, "sending").await, quiet.deliveries(foreign, "pending").await), (0, 5));
    let claimed = format!(
        "select count(*) from webhook_deliveries d join events e on e.id = d.event_id \
         where state = 'sending' and attempts = 1 and claim_id = '{}' and lease_until > now() and due_at = e.created_at \
           and d.event_id in (select id from events where type = 'player.created' order by id limit 2)",
        Uuid::from_u128(7)
    );
    assert_eq!(quiet.number(&claimed).await, 2, "the oldest are claimed");
    let waits = "select count(*) from webhook_deliveries where state = 'pending' and attempts = 0 and claim_id is null \
                 and lease_until is null and trigger = 'scheduled'";
    assert_eq!(quiet.number(waits).await, 8);
}

#[tokio::test]
async fn who_listened_when_it_happened_gets_it() {
    let quiet = Quiet::set().await;
    let (stays, left, off) = (quiet.webhook().await, quiet.webhook().await, quiet.webhook().await);
    let (gone, late) = (quiet.webhook().await, quiet.webhook().await);
    let change = async |sql: &str, webhook: Uuid| {
        database::execute(&quiet.url, &format!("{sql} where id = '{webhook}'")).await;
    };
    change("update webhooks set enabled = false, disabled_at = now() - interval '1 hour'", off).await;
    change("update webhooks set created_at = now() + interval '1 hour'", late).await;
    change("update webhooks set created_at = now() - interval '1 hour'", left).await;
    quiet.players(1).await;
    // By the time at which its transaction began this one was off before.
    change("update webhooks set enabled = false, disabled_at = now() - interval '5 seconds'", left).await;
    change("delete from webhooks", gone).await;
    quiet.hand_out(&[]).await;
    let mut got = Vec::new();
    for webhook in [stays, left, off, gone, late] {
        got.push(quiet.deliveries(webhook, "pending").await);
    }
    // What was switched off in between has its delivery, to be sent when it is switched on again.
    assert_eq!(got, [1, 1, 0, 0, 0]);
}

#[tokio::test]
async fn what_is_not_recent_is_left_to_the_search_for_all() {
    let quiet = Quiet::set().await;
    let webhook = quiet.webhook().await;
    quiet.players(2).await;
    let older = "with o as (update event_outbox set event_id = uuid_floor(now() - interval '5 minutes') \
         where event_id = (select event_id from event_outbox order by 1 limit 1) returning event_id) \
         insert into events (property_id, id, type, payload) select property_id, o.event_id, type, payload from o, events limit 1";
    database::execute(&quiet.url, older).await;
    let recent = quiet.statement(&[], 1000).replace("'{t}'", "'{f}'");
    database::execute(&quiet.url, "update webhooks set created_at = now() - interval '1 hour'").await;
    database::execute(&quiet.url, &recent).await;
    assert_eq!((quiet.number(OUTBOX).await, quiet.deliveries(webhook, "pending").await), (1, 1));
    quiet.hand_out(&[]).await;
    assert_eq!((quiet.number(OUTBOX).await, quiet.deliveries(webhook, "pending").await), (0, 2));
}

#[tokio::test]
async fn two_that_hand_out_at_once_make_each_delivery_once() {
    let quiet = Quiet::set().await;
    let webhook = quiet.webhook().await;
    quiet.players(100).await;
    let statement = quiet.statement(&[], 7);
    let work = async || {
        let db = database::owner(&quiet.url).await;
        while database::number(&quiet.url, OUTBOX).await > 0 {
            db.execute_unprepared(&statement).await.unwrap();
        }
    };
    tokio::join!(work(), work(), work());
    assert_eq!(quiet.deliveries(webhook, "pending").await, 100);
    assert_eq!(quiet.number("select count(distinct event_id) from webhook_deliveries").await, 100);
}

#[tokio::test]
async fn an_event_that_is_no_longer_kept_leaves_the_outbox_without_a_delivery() {
    let quiet = Quiet::set().await;
    let webhook = quiet.webhook().await;
    quiet.players(2).await;
    let oldest = "delete from events where id = (select min(id::text)::uuid from events where type = 'player.created')";
    database::execute(&quiet.url, oldest).await;
    quiet.hand_out(&[]).await;
    assert_eq!((quiet.number(OUTBOX).await, quiet.deliveries(webhook, "pending").await), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_while_no_worker_lived_is_found_by_the_next_one() {
    let scene = Scene::set().await;
    let receiver = Receiver::start().await;
    scene.endpoint(&receiver.url).await;
    let Scene { app, tenant, .. } = scene;
    let url = app.database_url.clone();
    app.stop().await;
    let sql = format!(
        "insert into players (property_id, external_id) select '{}', 'P-' || n from generate_series(1, 700) n",
        tenant.property
    );
    database::execute(&url, &sql).await;
    let next = TestApp::over(&url, &LOOPBACK).await;
    until(&url, "select count(*) from webhook_deliveries where state = 'delivered'", 700).await;
    assert_eq!(database::number(&url, OUTBOX).await, 0);
    let ids: std::collections::HashSet<String> =
        receiver.wait_for(700).await.iter().map(|request| request.id().to_string()).collect();
    assert_eq!(ids.len(), 700);
    next.stop().await;
}
