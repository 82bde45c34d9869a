//! The embedded Postgres: kept data, shared use, outages, and nothing left behind.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use playhouse::postgres::{Embedded, running};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A folder that the server's user can reach when the tests run as root.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a place for temporary files");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    folder
}

async fn connect(server: &Embedded) -> PgConnection {
    PgConnection::connect(&server.url("playhouse")).await.expect("the server takes connections")
}

async fn count(server: &Embedded) -> i64 {
    let count = sqlx::query_scalar("select count(*) from kept");
    count.fetch_one(&mut connect(server).await).await.expect("the table is there")
}

/// Lets a process of its own hold the server of a folder.
fn holder(folder: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this program has a file"))
        .args(["embedded::holds_a_server_until_killed", "--exact", "--ignored"])
        .env("PLAYHOUSE_TEST_HOLD", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("this program runs")
}

/// Waits for a state of the server that comes without our doing.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether the server's own lock file is there; looking does not make us its user.
fn has_server(home: &Path) -> bool {
    home.join("data/postmaster.pid").exists()
}

#[tokio::test]
#[ignore = "the other half of tests here, which run it as a process"]
async fn holds_a_server_until_killed() {
    let Some(folder) = std::env::var_os("PLAYHOUSE_TEST_HOLD") else { return };
    let server = Embedded::start(Path::new(&folder)).await.unwrap();
    fs::write(Path::new(&folder).join(format!("held-{}", std::process::id())), server.port().to_string()).unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn data_are_kept_between_runs() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    assert!(server.started_here());
    let mut connection = connect(&server).await;
    sqlx::raw_sql("create table kept as select 1 as one").execute(&mut connection).await.unwrap();
    server.stop().await.unwrap();
    assert!(running(folder.path()).await.is_none());

    let began = Instant::now();
    let server = Embedded::start(folder.path()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(20), "ready after {:?}", began.elapsed());
    assert_eq!(count(&server).await, 1);
    let log = fs::read_to_string(server.home().join("log")).unwrap();
    assert!(!log.contains("not properly shut down"), "{log}");
    server.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_password_opens_it_and_fsync_is_on() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    let password = fs::read_to_string(server.home().join("password")).unwrap();
    assert_eq!(fs::metadata(server.home().join("password")).unwrap().mode() & 0o777, 0o600);
    assert!(!format!("{server:?}").contains(&password));
    let guess = server.url("playhouse").replace(&password, "guess");
    assert!(PgConnection::connect(&guess).await.is_err());
    let mut connection = connect(&server).await;
    for (setting, value) in [
        ("fsync", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("timezone", "UTC"),
    ] {
        let query = sqlx::query_scalar("select current_setting($1)").bind(setting);
        let found: String = query.fetch_one(&mut connection).await.unwrap();
        assert_eq!(found, value, "{setting}");
    }
    server.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_leaves_last_stops_the_server() {
    let folder = folder();
    let starts = (0..4).map(|_| {
        let path = folder.path().to_owned();
        tokio::spawn(async move { Embedded::start(&path).await })
    });
    let starts = futures_util::future::join_all(starts).await;
    let mut handles: Vec<Embedded> = starts.into_iter().map(|start| start.unwrap().unwrap()).collect();
    assert_eq!(handles.iter().filter(|handle| handle.started_here()).count(), 1);
    handles.push(running(folder.path()).await.unwrap());
    let address = handles[0].url("playhouse");
    assert!(handles.iter().all(|handle| handle.url("playhouse") == address));
    let last = handles.pop().unwrap();
    for handle in handles {
        handle.stop().await.unwrap();
    }
    connect(&last).await;
    last.stop().await.unwrap();
    assert!(PgConnection::connect(&address).await.is_err());
}

#[tokio::test]
async fn an_outage_keeps_the_address_and_the_committed_rows() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    let mut connection = connect(&server).await;
    sqlx::raw_sql("create table kept as select 1 as one").execute(&mut connection).await.unwrap();
    let address = server.url("playhouse");

    server.stop_server().await.unwrap();
    assert!(sqlx::query("select 1").execute(&mut connection).await.is_err());
    assert!(PgConnection::connect(&address).await.is_err());
    server.start_again().await.unwrap();
    assert_eq!(count(&server).await, 1);

    server.kill_server().await.unwrap();
    assert!(PgConnection::connect(&address).await.is_err());
    server.start_again().await.unwrap();
    assert_eq!((count(&server).await, server.url("playhouse")), (1, address));

    server.restart().await.unwrap();
    assert_eq!(count(&server).await, 1);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn killed_programs_leave_no_server_behind() {
    let folder = folder();
    let ours = Embedded::start(folder.path()).await.unwrap();
    let home = ours.home().to_owned();
    let mut others = [holder(folder.path()), holder(folder.path())];
    for other in &others {
        let held = folder.path().join(format!("held-{}", other.id()));
        eventually("the other process never came", async || held.exists()).await;
    }
    ours.stop().await.unwrap();
    others[0].kill().unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(has_server(&home), "the server went under a living user");
    others[1].kill().unwrap();
    eventually("the server stays without a user", async || !has_server(&home)).await;
    for mut other in others {
        other.wait().unwrap();
    }
    assert!(running(folder.path()).await.is_none());
    Embedded::start(folder.path()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_dropped_handle_lets_the_server_go() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    let home = server.home().to_owned();
    drop(server);
    let server = Embedded::start(folder.path()).await.unwrap();
    assert!(!server.started_here(), "the grace was too short for the next process");
    drop(server);
    eventually("the server stays without a user", async || !has_server(&home)).await;
}

#[tokio::test]
async fn numbers_of_dead_processes_mean_nothing() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    let (home, port) = (server.home().to_owned(), server.port());
    server.stop().await.unwrap();
    // Both numbers are alive, but neither is what it was.
    let me = std::process::id();
    fs::write(home.join("data/postmaster.pid"), format!("{me}\n{}\n1\n{port}\n\n*\n1 1\nready\n", home.display()))
        .unwrap();
    fs::create_dir_all(home.join("users")).unwrap();
    fs::write(home.join(format!("users/{me}-stranger")), "1").unwrap();
    assert!(running(folder.path()).await.is_none());
    let server = Embedded::start(folder.path()).await.unwrap();
    assert!(server.started_here());
    server.stop().await.unwrap();
    assert!(!has_server(&home), "a stranger counts as a user");
}

#[tokio::test]
async fn a_taken_port_is_passed_over() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    let port = server.port();
    server.stop().await.unwrap();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let server = Embedded::start(folder.path()).await.unwrap();
    assert_ne!(server.port(), port);
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_failed_start_tells_why_and_hides_the_password() {
    let folder = folder();
    let server = Embedded::start(folder.path()).await.unwrap();
    let home = server.home().to_owned();
    server.stop().await.unwrap();
    let password = fs::read_to_string(home.join("password")).unwrap();
    fs::write(home.join("data/postgresql.auto.conf"), format!("nonsense_{password} = 1\n")).unwrap();
    let error = format!("{:#}", Embedded::start(folder.path()).await.unwrap_err());
    assert!(error.contains("nonsense_<hidden>"), "{error}");
    assert!(!error.contains(&password), "{error}");
}

#[tokio::test]
async fn a_home_that_the_servers_user_cannot_reach_moves_for_good() {
    let folder = folder();
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        // Only root hands the server to another user.
        return;
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let server = Embedded::start(&folder.path().join("home")).await.unwrap();
    let home = server.home().to_owned();
    assert!(!home.starts_with(folder.path()));
    server.stop().await.unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let server = Embedded::start(&folder.path().join("home")).await.unwrap();
    assert_eq!(server.home(), home);
    server.stop().await.unwrap();
    fs::remove_dir_all(home).unwrap();
}
