//! Encrypted connections, and whom they trust.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use playhouse::postgres::Embedded;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;

/// An authority and its certificate in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(file: PathBuf) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// Certificate and key of a server of this name.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// Has the server itself write the file, to which its key must belong.
async fn write_at_server(url: &str, file: &str, text: &str) {
    let sql = format!("copy (select unnest(string_to_array('{text}', e'\n'))) to program 'umask 077; cat > {file}'");
    database::execute(url, &sql).await;
}

async fn encrypt(url: &str, (certificate, key): &(String, String)) {
    write_at_server(url, "server.crt", certificate).await;
    write_at_server(url, "server.key", key).await;
    database::execute(url, "alter system set ssl = on").await;
    database::execute(url, "select pg_reload_conf()").await;
    let began = Instant::now();
    while database::number(url, "select count(*) from pg_settings where name = 'ssl' and setting = 'on'").await == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "the server does not encrypt");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a pool with these parameters in its URL reaches the server, and whether it is encrypted then.
async fn reaches(notes: &Notes, parameters: &str) -> Option<bool> {
    let pool = pool(&format!("{}?{parameters}", notes.url), 1);
    let mut connection = pool.acquire(notes.a).await.ok()?;
    assert_own(&connection.query(ALL, &[]).await.unwrap(), notes.a);
    // This one's, since another's may be listed a moment longer than it lives.
    let own = connection.query("select pg_backend_pid()", &[]).await.unwrap();
    let own = i32::from_be_bytes(own.get(0).unwrap().bytes(0).unwrap().try_into().unwrap());
    let encrypted = notes.number(&format!("select count(*) from pg_stat_ssl where pid = {own} and ssl")).await == 1;
    drop(connection);
    pool.close().await;
    Some(encrypted)
}

#[tokio::test]
async fn a_connection_is_encrypted_and_trusts_whom_its_url_says() {
    playhouse::auth::token::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Embedded::start(&folder.path().join("postgres")).await.unwrap();
    let url = postgres.url("playhouse");
    playhouse::database::migrate(&url).await.unwrap();
    let notes = Notes::over(url, 1).await;
    let file = |name: &str| folder.path().join(name);
    let (authority, stranger) = (Authority::new(file("authority.pem")), Authority::new(file("stranger.pem")));
    let with = |mode: &str, root: &Path| format!("sslmode={mode}&sslrootcert={}", root.display());

    assert_eq!(reaches(&notes, "sslmode=prefer").await, Some(false), "the server does not encrypt yet");
    assert_eq!(reaches(&notes, "sslmode=require").await, None);

    encrypt(&notes.url, &authority.certify("127.0.0.1")).await;
    for (parameters, expected) in [
        ("sslmode=disable".to_owned(), Some(false)),
        ("sslmode=prefer".to_owned(), Some(true)),
        ("sslmode=require".to_owned(), Some(true)),
        (with("verify-full", &authority.file), Some(true)),
        (with("verify-ca", &authority.file), Some(true)),
        (with("verify-full", &stranger.file), None),
        (with("verify-ca", &stranger.file), None),
        ("sslmode=verify-full".to_owned(), None),
    ] {
        assert_eq!(reaches(&notes, &parameters).await, expected, "{parameters}");
    }

    encrypt(&notes.url, &authority.certify("db.example.com")).await;
    // The certificate is read anew by the sessions that come after the reload.
    let began = Instant::now();
    while reaches(&notes, &with("verify-full", &authority.file)).await.is_some() {
        assert!(began.elapsed() < Duration::from_secs(20), "the server keeps its former name");
    }
    assert_eq!(reaches(&notes, &with("verify-ca", &authority.file)).await, Some(true));
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn an_encrypted_statement_whose_caller_left_ends_at_the_server_too() {
    playhouse::auth::token::install_crypto();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Embedded::start(&folder.path().join("postgres")).await.unwrap();
    let url = postgres.url("playhouse");
    playhouse::database::migrate(&url).await.unwrap();
    let mut notes = Notes::over(url, 1).await;
    encrypt(&notes.url, &Authority::new(folder.path().join("authority.pem")).certify("127.0.0.1")).await;
    notes.pool = pool(&format!("{}?sslmode=require", notes.url), 1);
    let mut connection = notes.acquire(notes.a).await;
    tokio::select! {
        _ = connection.query("select pg_sleep(600)", &[]) => panic!("nobody sleeps that well"),
        () = notes.until_sessions("state = 'active' and query like '%pg_sleep%'", 1) => {}
    }
    drop(connection);
    assert_eq!(notes.read(notes.b).await.unwrap(), NOTES);
    notes.until_sessions("state = 'active' and query like '%pg_sleep%'", 0).await;
    postgres.stop().await.unwrap();
}
