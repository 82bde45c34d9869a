//! Settings: where they come from and which win.

mod refused;

use std::{collections::BTreeSet, path::Path, time::Duration};

use playhouse::config::{Config, Environment, Format, names};

fn load<const N: usize>(variables: [(&str, &str); N]) -> anyhow::Result<Config> {
    load_with(variables, None)
}

fn load_with<const N: usize>(variables: [(&str, &str); N], folder: Option<&Path>) -> anyhow::Result<Config> {
    Config::from_sources(variables.map(|(name, value)| (name.to_owned(), value.to_owned())), folder)
}

/// The names of all fields, read off the indented `Debug` form.
fn field_names(config: &Config) -> BTreeSet<String> {
    let (mut names, mut path) = (BTreeSet::new(), Vec::new());
    for line in format!("{config:#?}").lines() {
        match line.trim().split_once(": ") {
            Some((field, value)) if value.ends_with('{') => path.push(field.to_owned()),
            Some((field, _)) if !path.is_empty() => {
                names.insert(format!("{}.{field}", path.join(".")));
            }
            _ if line.trim() == "}," => {
                path.pop();
            }
            _ => {}
        }
    }
    names
}

#[test]
fn every_setting_stands_in_the_manual_and_nothing_else_does() {
    let manual: BTreeSet<String> = names::all().map(str::to_owned).collect();
    assert_eq!(manual, field_names(&load([]).unwrap()));
    for name in names::all() {
        let meaning = names::meaning(name);
        assert!(meaning.len() > 20 && meaning.ends_with('.'), "{name} needs a sentence, has `{meaning}`");
    }
}

#[test]
fn every_example_of_the_manual_is_a_valid_value() {
    let manual = include_str!("../../../config/default.toml");
    let bare: String = manual
        .lines()
        .map(|line| if line.starts_with("# ") { "\n".into() } else { format!("{}\n", line.trim_start_matches('#')) })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("everything.toml"), bare).unwrap();
    let config = load_with([("PLAYHOUSE_ENV", "everything")], Some(folder.path())).unwrap();
    assert!(!format!("{config:?}").contains("None"), "an example is missing: {config:?}");
}

#[test]
fn defaults_are_those_of_the_contract() {
    let config = load([]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.base_url(), "http://127.0.0.1:8080");
    assert_eq!(config.sessions.play_url, "{base}/play/{kind}/{id}?session_token={token}");
    assert_eq!((config.limits.public_per_minute, config.limits.public_unknown_per_minute), (6000, 120));
    assert_eq!(config.database.acquire_timeout_seconds, 3);
    let waits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map(Duration::from_secs);
    assert_eq!(config.webhooks.schedule, waits);
    assert_eq!(config.webhooks.timeout_seconds, 15);
    assert_eq!(config.webhooks.disable_after_hours, 5 * 24);
}

#[test]
fn variables_win_over_the_environments_file_which_wins_over_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("staging.toml"),
        "[server]\ndrain_seconds = 7\nmax_body_bytes = 2048\n[log]\nformat = \"json\"\n",
    )
    .unwrap();
    let variables = [("PLAYHOUSE_ENV", "staging"), ("PLAYHOUSE_SERVER__DRAIN_SECONDS", "9")];
    let config = load_with(variables, Some(folder.path())).unwrap();
    assert_eq!(config.environment, Environment::Other("staging".to_owned()));
    assert_eq!(config.server.drain_seconds, 9);
    assert_eq!(config.server.max_body_bytes, 2048);
    assert_eq!(config.server.body_timeout_seconds, 30);
    assert_eq!(config.log.format, Format::Json);
}

#[test]
fn a_file_in_the_working_directory_is_laid_over_the_compiled_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("production.toml"), "[server]\nshutdown_delay_seconds = 8\n").unwrap();
    let config = load_with([("PLAYHOUSE_ENV", "production")], Some(folder.path())).unwrap();
    assert_eq!(config.server.shutdown_delay_seconds, 8);
    assert_eq!(config.log.format, Format::Json);
}

#[test]
fn database_url_is_known_by_its_usual_name_and_yields_to_ours() {
    let url = |config: Config| config.database.url.unwrap().expose().to_owned();
    assert_eq!(url(load([("DATABASE_URL", "postgres://a/b")]).unwrap()), "postgres://a/b");
    let both = [("PLAYHOUSE_DATABASE__URL", "postgres://ours/b"), ("DATABASE_URL", "postgres://a/b")];
    assert_eq!(url(load(both).unwrap()), "postgres://ours/b");
}

#[test]
fn every_name_of_the_operating_contract_parses_from_a_variable() {
    let config = load([
        ("DATABASE_URL", "postgresql://a/b"),
        ("PLAYHOUSE_ENV", "development"),
        ("PLAYHOUSE_SERVER__LISTEN", "[::1]:0"),
        ("PLAYHOUSE_SERVER__ADMIN_LISTEN", "0.0.0.0:9090"),
        ("PLAYHOUSE_SERVER__PUBLIC_URL", "https://play.example.com/"),
        ("PLAYHOUSE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.7,::1"),
        ("PLAYHOUSE_SERVER__CORS_ORIGINS", "https://A.example:443,http://localhost:3000/"),
        ("PLAYHOUSE_DATABASE__MIGRATE_URL", "postgres://a/b"),
        ("PLAYHOUSE_DATABASE__READ_URL", "postgres://a/b"),
        ("PLAYHOUSE_DATABASE__MAX_CONNECTIONS", "4"),
        ("PLAYHOUSE_DATABASE__ACQUIRE_TIMEOUT_SECONDS", "1"),
        ("PLAYHOUSE_SESSIONS__PLAY_URL", "https://games.example/{kind}/{id}#{token}"),
        ("PLAYHOUSE_AUTH__CLERK__ISSUER", "http://127.0.0.1:7000/"),
        ("PLAYHOUSE_AUTH__CLERK__JWKS_URL", "http://127.0.0.1:7000/keys"),
        ("PLAYHOUSE_AUTH__CLERK__AUTHORIZED_PARTIES", "https://a.example,https://b.example"),
        ("PLAYHOUSE_AUTH__COGNITO__ISSUER", "https://cognito.example/pool"),
        ("PLAYHOUSE_AUTH__COGNITO__CLIENT_IDS", "one,two"),
        ("PLAYHOUSE_AUTH__DEV_ISSUER", "true"),
        ("PLAYHOUSE_LIMITS__PUBLIC_PER_MINUTE", "60"),
        ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "6"),
        ("PLAYHOUSE_WEBHOOKS__ALLOW_HTTP", "true"),
        ("PLAYHOUSE_WEBHOOKS__ALLOW_SUBNETS", "127.0.0.0/8,::1/128"),
        ("PLAYHOUSE_WEBHOOKS__SCHEDULE", "1s, 5m,2h,1d"),
        ("PLAYHOUSE_WEBHOOKS__TIMEOUT_SECONDS", "2"),
        ("PLAYHOUSE_WEBHOOKS__MAX_IN_FLIGHT_PER_ENDPOINT", "1"),
        ("PLAYHOUSE_WEBHOOKS__DISABLE_AFTER_HOURS", "1"),
        ("PLAYHOUSE_MAIL__SMTP_URL", "smtp://localhost:1025"),
        ("PLAYHOUSE_MAIL__FOLDER", "out/mail"),
        ("PLAYHOUSE_SMS__PROVIDER_URL", "http://localhost:9000"),
        ("PLAYHOUSE_SMS__ACCOUNT", "AC1"),
        ("PLAYHOUSE_SMS__TOKEN", "t"),
        ("PLAYHOUSE_COMPLIANCE__CLOCK", "2026-02-17T13:00:00+01:00"),
        ("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("PLAYHOUSE_LOG__FORMAT", "json"),
    ])
    .unwrap();
    assert_eq!(config.base_url(), "https://play.example.com");
    assert_eq!(format!("{:?}", config.server.trusted_proxies), "[10.0.0.0/8, 192.0.2.7/32, ::1/128]");
    assert_eq!(config.server.cors_origins, ["https://a.example", "http://localhost:3000"]);
    assert_eq!(config.auth.clerk.issuer.as_deref(), Some("http://127.0.0.1:7000/"));
    assert_eq!(config.auth.clerk.jwks_url.as_deref(), Some("http://127.0.0.1:7000/keys"));
    assert_eq!(config.auth.clerk.authorized_parties, ["https://a.example", "https://b.example"]);
    assert_eq!(config.auth.cognito.jwks_url.as_deref(), Some("https://cognito.example/pool/.well-known/jwks.json"));
    assert_eq!(config.auth.cognito.client_ids, ["one", "two"]);
    assert_eq!(config.webhooks.schedule, [1, 300, 7200, 86_400].map(Duration::from_secs));
    assert_eq!(config.compliance.clock.unwrap().to_rfc3339(), "2026-02-17T12:00:00+00:00");
    assert_eq!(config.mail.folder.as_deref(), Some(Path::new("out/mail")));
}

#[test]
fn the_encryption_key_may_be_any_usual_base64_of_32_bytes() {
    let tail = "A".repeat(40);
    for key in [format!("+/8{tail}="), format!("+/8{tail}"), format!("-_8{tail}="), format!("-_8{tail}")] {
        let config = load([("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", &format!("{key}\n"))]).unwrap();
        assert_eq!(config.secrets.encryption_key.unwrap().expose(), key);
    }
}

#[test]
fn lists_and_unsettings_may_be_written_in_files_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("development.toml"),
        "[server]\ncors_origins = [\"https://a.example\", \"https://b.example\"]\n[webhooks]\nschedule = [\"1s\", \"2s\"]\n[mail]\nfolder = \"\"\n[compliance]\nclock = 2026-02-17T12:00:00Z\n",
    )
    .unwrap();
    let config = load_with([], Some(folder.path())).unwrap();
    assert_eq!(config.server.cors_origins.len(), 2);
    assert_eq!(config.webhooks.schedule.len(), 2);
    assert_eq!(config.mail.folder, None);
    assert!(config.compliance.clock.is_some());
}

#[test]
fn without_an_environment_only_a_local_server_without_a_database_is_development() {
    let environment = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Config::from_sources(variables, None).unwrap().environment
    };
    assert_eq!(environment(&[]), Environment::Development);
    assert_eq!(environment(&[("PLAYHOUSE_SERVER__LISTEN", "[::1]:80")]), Environment::Development);
    assert_eq!(environment(&[("PLAYHOUSE_SERVER__LISTEN", "0.0.0.0:80")]), Environment::Production);
    assert_eq!(environment(&[("DATABASE_URL", "postgres://a/b")]), Environment::Production);
    assert_eq!(environment(&[("PLAYHOUSE_DATABASE__URL", "postgres://a/b")]), Environment::Production);
    assert_eq!(environment(&[("DATABASE_URL", ""), ("PLAYHOUSE_ENV", "")]), Environment::Development);
    assert_eq!(
        environment(&[("DATABASE_URL", "postgres://a/b"), ("PLAYHOUSE_ENV", "development")]),
        Environment::Development
    );
}
