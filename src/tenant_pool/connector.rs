//! From a database URL to a connection of the driver.
//!
//! The URL is read by the same parser as that of the other pools, so what is accepted there is accepted here, `PGHOST`
//! and the password file included; the driver's own parser refuses parameters that it does not know.

use std::{future::poll_fn, time::Duration};

use anyhow::Context;
use percent_encoding::percent_decode_str;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, CancelToken, Client, Config, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::{config::Database, database};

/// What sessions of tenants say of themselves. Values come as text; this is how an ambiguous date among them is read,
/// whatever the server's own setting. And they may remember what they learn of a property's listeners
/// (`learn_listening` in the database), since they never change rows but of the property that they speak for.
pub const SESSION_OPTIONS: &str = "-c datestyle=ISO,MDY -c app.remembers=on";
/// The connections of tenants.
pub(super) const TABLES: Purpose =
    Purpose { name: "playhouse tables", role: database::RUNTIME_ROLE, options: SESSION_OPTIONS };
/// A peer that vanished without a word is noticed after a minute and a half.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;

/// Makes connections to one database as the running server.
pub(crate) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
}

/// Who a connection is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    /// What Postgres shows of it.
    pub(crate) name: &'static str,
    /// The role that it works as.
    pub(crate) role: &'static str,
    /// Further options of the session, as `-c name=value`.
    pub(crate) options: &'static str,
}

impl Connector {
    /// Reads the URL, and the files that it names; connects to nothing.
    pub(crate) fn new(url: &str, settings: &Database, purpose: Purpose) -> anyhow::Result<Self> {
        let options = database::server_options(url, settings, purpose.role)?;
        let (password, files) = without_getters(&options);
        let tls = tls::connector(options.get_ssl_mode(), &files).context("the TLS settings of the database URL")?;
        Ok(Self { config: driver_config(&options, password, purpose), tls })
    }

    /// Connects, and lets the connection's own half run until the client is dropped. `heard` is told the process of
    /// each backend that notifies.
    pub(crate) async fn connect(
        &self,
        heard: impl Fn(i32) + Send + 'static,
    ) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let driver = tokio::spawn(async move {
            loop {
                match poll_fn(|cx| connection.poll_message(cx)).await {
                    Some(Ok(AsyncMessage::Notice(notice))) => tracing::debug!("Postgres says: {}", notice.message()),
                    Some(Ok(AsyncMessage::Notification(notification))) => heard(notification.process_id()),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => {
                        tracing::debug!(%error, "a connection to Postgres ended");
                        return;
                    }
                    None => return,
                }
            }
        });
        Ok((client, driver))
    }

    /// Asks the server to break off what a connection does; it does not say whether it did.
    pub(super) async fn cancel(&self, token: &CancelToken) -> Result<(), tokio_postgres::Error> {
        token.cancel_query(self.tls.clone()).await
    }
}

fn driver_config(options: &PgConnectOptions, password: Option<Vec<u8>>, purpose: Purpose) -> Config {
    let mut config = Config::new();
    config.user(options.get_username()).port(options.get_port()).application_name(purpose.name);
    // Without a name of its own the database is called like the user, which is Postgres' rule too.
    options.get_database().map(|name| config.dbname(name));
    password.map(|password| config.password(password));
    config.options(format!("{} {}", options.get_options().unwrap_or_default(), purpose.options));
    let host = options.get_host();
    match options.get_socket() {
        Some(folder) => config.host_path(folder).ssl_mode(SslMode::Disable),
        // Nobody listens on the way through a socket of this machine, and Postgres does not encrypt there.
        None if host.starts_with('/') => config.host_path(host).ssl_mode(SslMode::Disable),
        None => {
            let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            config.host(host).ssl_mode(tls::mode(options.get_ssl_mode()))
        }
    };
    config.keepalives_idle(KEEPALIVE_IDLE).keepalives_interval(KEEPALIVE_INTERVAL);
    config.keepalives_retries(KEEPALIVE_RETRIES);
    config
}

/// The password and the files of TLS can be set on the parser's options but not asked of them; written out as a URL
/// they can. A user or host that would not survive in a URL is replaced before.
fn without_getters(options: &PgConnectOptions) -> (Option<Vec<u8>>, tls::Files) {
    let url = options.clone().username("user").host("localhost").to_url_lossy();
    let password = url.password().map(|password| percent_decode_str(password).collect());
    let mut files = tls::Files::default();
    for (name, value) in url.query_pairs() {
        match &*name {
            "sslrootcert" => files.authorities = Some(value.into_owned()),
            "sslcert" => files.certificate = Some(value.into_owned()),
            "sslkey" => files.key = Some(value.into_owned()),
            _ => {}
        }
    }
    (password, files)
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::Host;

    use super::*;
    use crate::config::Config as Settings;

    fn read(url: &str) -> Config {
        let settings = Settings::from_sources([("PLAYHOUSE_ENV".to_owned(), "development".to_owned())], None).unwrap();
        Connector::new(url, &settings.database, TABLES).unwrap().config
    }

    #[test]
    fn a_url_is_read_with_everything_that_needs_escaping() {
        let config = read("postgres://us%40er:p%2F%3A%25w%C3%A4@db.example.com:6432/na%20me?sslmode=verify-full");
        assert_eq!(config.get_user(), Some("us@er"));
        assert_eq!(config.get_password(), Some("p/:%wä".as_bytes()));
        assert_eq!(config.get_hosts(), [Host::Tcp("db.example.com".to_owned())]);
        assert_eq!((config.get_ports(), config.get_dbname()), ([6432].as_slice(), Some("na me")));
        assert_eq!(config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn every_connection_says_its_role_and_settings_when_it_connects() {
        let options = read("postgres://user@localhost/name?options=-c%20geqo%3Doff").get_options().unwrap().to_owned();
        for part in
            ["geqo=off", "role=playhouse_app", "app.remembers=on", "plan_cache_mode=force_generic_plan", "timezone=UTC"]
        {
            assert!(options.contains(part), "{options}");
        }
        assert!(options.contains("statement_timeout=10s"), "{options}");
    }

    #[test]
    fn the_modes_of_tls_are_those_of_the_other_pools() {
        for (mode, expected) in [
            ("", SslMode::Prefer),
            ("?sslmode=disable", SslMode::Disable),
            ("?sslmode=allow", SslMode::Disable),
            ("?ssl-mode=prefer", SslMode::Prefer),
            ("?sslmode=require", SslMode::Require),
            ("?sslmode=verify-ca", SslMode::Require),
        ] {
            assert_eq!(read(&format!("postgres://user@localhost/name{mode}")).get_ssl_mode(), expected, "{mode}");
        }
    }

    #[test]
    fn sockets_and_addresses_of_version_six_are_hosts_too() {
        let socket = read("postgres://user@%2Fvar%2Frun%2Fpostgresql/name?sslmode=require");
        assert_eq!(socket.get_hosts(), [Host::Unix("/var/run/postgresql".into())]);
        assert_eq!(socket.get_ssl_mode(), SslMode::Disable);
        let query = read("postgres:///name?host=/tmp&user=us/er&password=secret");
        assert_eq!(query.get_hosts(), [Host::Unix("/tmp".into())]);
        assert_eq!((query.get_user(), query.get_password()), (Some("us/er"), Some(b"secret".as_slice())));
        assert_eq!(read("postgres://user@[::1]:5433/name").get_hosts(), [Host::Tcp("::1".to_owned())]);
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_the_password() {
        let settings = Settings::from_sources([("PLAYHOUSE_ENV".to_owned(), "development".to_owned())], None).unwrap();
        for url in [
            "postgres://user:hunter2@host:port/name",
            "postgres://user:hunter2@host/name?sslmode=verify-full&sslrootcert=/does/not/exist",
            "postgres://user:hunter2@host/name?sslcert=/does/not/exist",
        ] {
            let error = format!("{:?}", Connector::new(url, &settings.database, TABLES).err().unwrap());
            assert!(!error.contains("hunter2"), "{error}");
            assert!(["cannot be read", "one of sslcert"].iter().any(|reason| error.contains(reason)), "{error}");
        }
    }
}
