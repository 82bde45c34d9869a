//! What fails while deliveries go out: workers, Postgres, receivers. A ledger is kept of every event, and at the end each
//! one has arrived.

use std::{
    collections::{HashMap, HashSet},
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use playhouse::{outside::Outside, postgres::Embedded};
use sea_orm::FromQueryResult;

use super::{
    super::sending::{Names, twins},
    *,
};
use crate::support::{
    app::{send, tenant},
    process::Process,
    receiver::Received,
};

const ENDPOINTS: usize = 12;
/// The making of the key that writes is an event too.
const PLAYERS: &str = r#"{"event_types": "player.created"}"#;

/// The key that processes and tests seal with.
const KEY: (&str, &str) = ("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");

/// Short attempts make short leases: what a dead worker held is due again 15 s after the time of an attempt.
fn variables(seconds: &'static str) -> Vec<(&'static str, &'static str)> {
    let own = [
        KEY,
        ("PLAYHOUSE_WEBHOOKS__TIMEOUT_SECONDS", seconds),
        ("PLAYHOUSE_WEBHOOKS__SCHEDULE", "1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s,1s"),
    ];
    [LOOPBACK.as_slice(), &own].concat()
}

/// Endpoints of a tenant at a receiver, and a key to write with.
async fn endpoints(url: &str, receiver: &Receiver) -> (Tenant, String) {
    endpoints_at(url, &receiver.url).await
}

async fn endpoints_at(url: &str, base: &str) -> (Tenant, String) {
    let tenant = tenant(url).await;
    let sealer = playhouse::sealing::Sealer::new(&playhouse::secret::Secret::new(KEY.1)).unwrap();
    for number in 0..ENDPOINTS {
        endpoint_sealed(url, &sealer, tenant.property, &format!("{base}/{number}"), PLAYERS).await;
    }
    let (_, key) = property_key(url, &tenant, generous()).await;
    (tenant, key)
}

/// Writes players through servers in turn until told to stop; how many were answered 201.
fn writing(urls: Vec<String>, key: String, stop: Arc<AtomicBool>) -> tokio::task::JoinHandle<usize> {
    tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let mut written = 0;
        for number in 0.. {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let url = &urls[number % urls.len()];
            let body = json!({ "external_id": format!("P-{number}") });
            let request = client.post(format!("{url}/api/players")).header("x-api-key", &key).json(&body);
            // A server that was killed answers nobody.
            if let Ok(answer) = request.send().await {
                written += usize::from(answer.status() == 201);
            } else {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        written
    })
}

const OPEN: &str = "select count(*) from webhook_deliveries where state in ('pending', 'sending')";

/// Every event has arrived at every endpoint, and what arrived twice is the same.
async fn balanced(url: &str, requests: &[Received]) -> usize {
    #[derive(FromQueryResult)]
    struct Row {
        id: String,
    }
    let db = database::owner(url).await;
    let sql = "select id::text as id from events where type = 'player.created'";
    let rows = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(&db).await.unwrap();
    let events: HashSet<String> = rows.into_iter().map(|row| row.id).collect();
    db.close().await.unwrap();
    let (mut arrived, mut bodies) = (HashSet::new(), HashMap::new());
    for request in requests {
        let (path, id) = (request.line.split(' ').nth(1).unwrap().to_owned(), request.id().to_owned());
        assert!(events.contains(&id), "{id} is no event");
        let body = bodies.entry(id.clone()).or_insert_with(|| request.body.clone());
        assert_eq!(*body, request.body, "the same id has the same bytes");
        arrived.insert((path, id));
    }
    assert_eq!(arrived.len(), events.len() * ENDPOINTS, "an event did not arrive at every endpoint");
    events.len()
}

async fn settled(url: &str) {
    for _ in 0..1200 {
        if database::number(url, OPEN).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} deliveries are never settled", database::number(url, OPEN).await);
}

/// Twenty players that one call makes arrive everywhere in the end.
async fn twenty_arrive(app: &TestApp, key: &str, receiver: &Receiver) {
    let (url, undelivered) = (&app.database_url, "select count(*) from webhook_deliveries where state <> 'delivered'");
    let many: Vec<Value> = (0..20).map(|number| json!({ "external_id": format!("P-{number}") })).collect();
    let answer = send(app.request("POST", "/api/players").header("x-api-key", key).json(&many)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    settled(url).await;
    assert_eq!(balanced(url, &receiver.requests()).await, 20);
    assert_eq!(database::number(url, undelivered).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_workers_is_killed_under_load_and_nothing_is_lost() {
    let url = database::fresh().await;
    let receiver = Receiver::that(|_| Behaviour::Later(Duration::from_millis(5), 200)).await;
    let (_, key) = endpoints(&url, &receiver).await;
    let variables = variables("5");
    let (mut one, two, three) = tokio::join!(
        Process::start(&url, &variables),
        Process::start(&url, &variables),
        Process::start(&url, &variables)
    );
    let stop = Arc::new(AtomicBool::new(false));
    let urls = vec![one.url.clone(), two.url.clone(), three.url.clone()];
    let writers = [0, 1, 2].map(|turn| {
        let mut urls = urls.clone();
        urls.rotate_left(turn);
        writing(urls, key.clone(), stop.clone())
    });
    // At a moment that nobody chose, twice.
    for _ in 0..2 {
        let before = receiver.requests().len();
        receiver.wait_for(before + 300 + usize::from(Uuid::new_v4().as_bytes()[0])).await;
        one.kill().await;
        let other = Process::start(&url, &variables).await;
        one = other;
    }
    let before = receiver.requests().len();
    receiver.wait_for(before + 300).await;
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    settled(&url).await;
    let events = balanced(&url, &receiver.requests()).await;
    assert!(events > 50, "{events}");
    for number in 0..ENDPOINTS {
        let most = receiver.most_at_once(&format!("/{number}"));
        // What a killed worker had under way is still being answered when it is gone, and its lane is not free before.
        assert!(most <= 4, "{most} at once");
    }
    for mut process in [one, two, three] {
        process.terminate().await;
        assert!(process.wait().await);
    }
    let queues = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'playhouse%' \
         and application_name <> 'playhouse admin'";
    until(&url, queues, 0).await;
    receiver.wait_until_closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_goes_away_twice_and_nothing_is_lost() {
    playhouse::auth::token::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Embedded::start(folder.path()).await.unwrap();
    let url = postgres.url("playhouse");
    playhouse::database::migrate(&url).await.unwrap();
    let receiver = Receiver::that(|_| Behaviour::Later(Duration::from_millis(5), 200)).await;
    let (_, key) = endpoints(&url, &receiver).await;
    let variables = variables("2");
    let (a, b) = tokio::join!(TestApp::over(&url, &variables), TestApp::over(&url, &variables));
    let stop = Arc::new(AtomicBool::new(false));
    let writers = [0, 1].map(|_| writing(vec![a.url.clone(), b.url.clone()], key.clone(), stop.clone()));
    for sudden in [false, true] {
        let before = receiver.requests().len();
        receiver.wait_for(before + 200).await;
        if sudden {
            postgres.kill_server().await.unwrap();
        } else {
            postgres.stop_server().await.unwrap();
        }
        postgres.start_again().await.unwrap();
    }
    let before = receiver.requests().len();
    receiver.wait_for(before + 200).await;
    // All connections at once, while everything goes on.
    database::execute(
        &url,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'playhouse%' and pid <> pg_backend_pid()",
    )
    .await;
    let before = receiver.requests().len();
    receiver.wait_for(before + 200).await;
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
    settled(&url).await;
    balanced(&url, &receiver.requests()).await;
    a.stop().await;
    b.stop().await;
    receiver.wait_until_closed().await;
    postgres.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_changes_between_question_and_connection_leads_nowhere_else_and_loses_nothing() {
    let closing = |_: &Received| Behaviour::Answer(200, vec![("connection", "close".to_owned())], vec![]);
    let (receiver, trap) = twins(closing).await;
    // Whoever asked twice would connect to what nobody judged; after a while the name comes to rest.
    let (good, bad, both) = (&["127.0.0.1"][..], &["127.0.0.2"][..], &["127.0.0.1", "169.254.169.254"][..]);
    let mut answers = [good, bad, good, both].repeat(40);
    answers.push(good);
    let outside = Outside { names: Arc::new(Names::one("hook.example", &answers)), ..Outside::default() };
    let url = database::fresh().await;
    let (_, key) = endpoints_at(&url, &format!("http://hook.example:{}", receiver.port)).await;
    let mut variables = variables("1");
    variables.retain(|(name, _)| *name != "PLAYHOUSE_WEBHOOKS__ALLOW_SUBNETS");
    variables.push(("PLAYHOUSE_WEBHOOKS__ALLOW_SUBNETS", "127.0.0.1/32"));
    let app = TestApp::amid(&url, &variables, outside).await;
    twenty_arrive(&app, &key, &receiver).await;
    for reason in ["leads to a loopback address, which is refused", "leads to a metadata address, which is refused"] {
        let refused = format!("select count(*) from webhook_attempts where error = 'hook.example {reason}'");
        assert!(database::number(&url, &refused).await > 0, "{reason}");
    }
    assert_eq!(trap.connections(), 0);
    app.stop().await;
    receiver.wait_until_closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_does_everything_wrong_gets_everything_in_the_end() {
    let calls = Arc::new(AtomicUsize::new(0));
    let trap = Receiver::on("127.0.0.2:0", None, |_| Behaviour::Status(200)).await;
    let elsewhere = vec![("location", format!("{}/latest/meta-data/", trap.url))];
    // The beginning of a stream that would unpack to gigabytes.
    let bomb = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &[0xed; 8000]].concat();
    let packed = vec![("content-encoding", "gzip".to_owned())];
    let receiver = Receiver::that(move |_| match calls.fetch_add(1, Ordering::SeqCst) % 19 {
        1 => Behaviour::Hang,
        3 => Behaviour::Reset,
        5 => Behaviour::Close,
        7 => Behaviour::Status(500),
        9 => Behaviour::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()),
        // A byte a second, ten gigabytes, a bomb, and the way to somebody else.
        11 => Behaviour::Endless(b"HTTP/1.1 200 OK\r\nx-a: b".to_vec(), Duration::from_secs(1)),
        13 => Behaviour::Endless(b"HTTP/1.1 500 No\r\ncontent-length: 10000000000\r\n\r\nx".to_vec(), Duration::ZERO),
        15 => Behaviour::Answer(500, packed.clone(), bomb.clone()),
        17 => Behaviour::Answer(307, elsewhere.clone(), vec![]),
        _ => Behaviour::Status(200),
    })
    .await;
    let url = database::fresh().await;
    let (_, key) = endpoints(&url, &receiver).await;
    let app = TestApp::over(&url, &variables("1")).await;
    twenty_arrive(&app, &key, &receiver).await;
    let untold = "select count(*) from webhook_deliveries d where d.attempts <> \
         (select count(*) from webhook_attempts a where a.delivery_id = d.id)";
    assert_eq!(database::number(&url, untold).await, 0, "every attempt is logged");
    assert_eq!(trap.connections(), 0);
    app.stop().await;
    receiver.wait_until_closed().await;
}
