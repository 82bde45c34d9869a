//! Settings: what stops the start, and with which words.

use playhouse::config::Config;

use super::{load, load_with};

/// A value that must never be printed.
const CANARY: &str = "c4n4ry";
/// The same as a key of 32 bytes.
const CANARY_KEY: &str = "c4n4ryAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn refusal<const N: usize>(variables: [(&str, &str); N]) -> String {
    load(variables).expect_err("must be refused").to_string()
}

fn production<const N: usize>(more: [(&str, &str); N]) -> Config {
    let fit = [
        ("PLAYHOUSE_ENV", "production"),
        ("DATABASE_URL", "postgres://localhost/playhouse"),
        ("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", CANARY_KEY),
    ];
    let variables = fit.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Config::from_sources(variables, None).expect("these settings fit")
}

#[test]
fn an_unknown_variable_stops_the_start_with_the_nearest_name() {
    assert_eq!(
        refusal([("PLAYHOUSE_SERVER__LISEN", "x")]),
        "unknown setting `server.lisen` (from PLAYHOUSE_SERVER__LISEN); did you mean `server.listen`? Its variable is PLAYHOUSE_SERVER__LISTEN."
    );
    for (variable, meant) in [
        ("PLAYHOUSE_SERVER_LISTEN", "`server.listen`"),
        ("PLAYHOUSE_LISTEN", "`server.listen`"),
        ("PLAYHOUSE_AUTH__CLERK_ISSUER", "`auth.clerk.issuer`"),
        ("PLAYHOUSE_WEBHOOKS__ALLOW_SUBNET", "`webhooks.allow_subnets`"),
        ("PLAYHOUSE_AUTH__CLERK", "that is a section"),
        ("PLAYHOUSE_QQQQ", "config/default.toml lists every setting"),
    ] {
        let refusal = refusal([(variable, "x")]);
        assert!(refusal.contains(variable) && refusal.contains(meant), "{refusal}");
    }
}

#[test]
fn unknown_names_of_a_file_stop_the_start_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[server]\nlisen = \"x\"\n[databse]\nurl = \"x\"\n[auth.clerk]\nissuers = []\n";
    std::fs::write(folder.path().join("development.toml"), text).unwrap();
    let refusal = load_with([], Some(folder.path())).unwrap_err().to_string();
    assert_eq!(refusal.lines().count(), 3, "{refusal}");
    for meant in ["`server.listen`", "`database.url`", "`auth.clerk.issuer`"] {
        assert!(refusal.contains(&format!("development.toml); did you mean {meant}?")), "{refusal}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_answered_with_the_manual() {
    insta::assert_snapshot!(refusal([("PLAYHOUSE_SERVER__DRAIN_SECONDS", "9999")]), @"setting `server.drain_seconds` came from PLAYHOUSE_SERVER__DRAIN_SECONDS as `9999`, which does not fit: it lies outside 0 to 3600. Allowed: Time that requests in flight get to finish when the server stops, in seconds: 0 to 3600.");
    for (variable, value, part) in [
        ("PLAYHOUSE_SERVER__LISTEN", "8080", "Address and port"),
        ("PLAYHOUSE_SERVER__PUBLIC_URL", "play.example.com", "http"),
        ("PLAYHOUSE_SERVER__CORS_ORIGINS", "*", "`*` is no origin"),
        ("PLAYHOUSE_SERVER__CORS_ORIGINS", "https://a.example/path", "ends after host and port"),
        ("PLAYHOUSE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8,nonsense", "`nonsense` is no address"),
        ("PLAYHOUSE_SERVER__MAX_BODY_BYTES", "true", "no whole number"),
        ("PLAYHOUSE_SERVER__MAX_BODY_BYTES", "-1", "no whole number"),
        ("PLAYHOUSE_AUTH__DEV_ISSUER", "maybe", "true or false"),
        ("PLAYHOUSE_AUTH__CLERK__ISSUER", "https://user:pw@clerk.example", "without user and password"),
        ("PLAYHOUSE_SESSIONS__PLAY_URL", "{base}/{id}", "{token} is missing"),
        ("PLAYHOUSE_SESSIONS__PLAY_URL", "{base}/{token}/{game}", "`{game}` is no placeholder"),
        ("PLAYHOUSE_WEBHOOKS__SCHEDULE", "5s,5x", "`5x` is no wait"),
        ("PLAYHOUSE_COMPLIANCE__CLOCK", "yesterday", "RFC 3339"),
        ("PLAYHOUSE_LOG__FORMAT", "xml", "neither text nor json"),
        ("PLAYHOUSE_LOG__FILTER", "playhouse=loud", "directives"),
        ("PLAYHOUSE_ENV", "../etc", "letters, digits"),
        ("PLAYHOUSE_ENV", "prodution", "there is no config/prodution.toml"),
        ("PLAYHOUSE_ENV", "default", "the manual of all environments"),
    ] {
        let refusal = refusal([(variable, value)]);
        assert!(refusal.contains(part) && refusal.contains(value), "{variable}: {refusal}");
    }
}

#[test]
fn secrets_are_neither_shown_nor_repeated_in_refusals() {
    let config = load([
        ("PLAYHOUSE_DATABASE__URL", "postgres://u:c4n4ry@h/d"),
        ("PLAYHOUSE_DATABASE__MIGRATE_URL", "postgres://u:c4n4ry@h/d"),
        ("PLAYHOUSE_DATABASE__READ_URL", "postgres://u:c4n4ry@h/d"),
        ("PLAYHOUSE_MAIL__SMTP_URL", "smtp://u:c4n4ry@h"),
        ("PLAYHOUSE_SMS__TOKEN", CANARY),
        ("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", CANARY_KEY),
    ])
    .unwrap();
    let shown = format!("{config:?} {config:#?}");
    assert!(!shown.contains(CANARY), "{shown}");
    assert_eq!(format!("{config:?}").matches("<hidden>").count(), 6);

    for variable in ["DATABASE_URL", "PLAYHOUSE_DATABASE__READ_URL", "PLAYHOUSE_MAIL__SMTP_URL"] {
        let refusal = refusal([(variable, CANARY)]);
        assert!(refusal.contains(variable) && !refusal.contains(CANARY), "{refusal}");
    }
    let folder = tempfile::tempdir().unwrap();
    for (setting, value) in [
        ("[database]\nurl", "[\"c4n4ry\"]"),
        ("[sms]\ntoken", "{ c4n4ry = 1 }"),
        ("[secrets]\nencryption_key", "\"c4n4ry"),
        ("[secrets]\nencryption_key", "c4n4ry"),
    ] {
        std::fs::write(folder.path().join("development.toml"), format!("{setting} = {value}\n")).unwrap();
        let refusal = format!("{:#}", load_with([], Some(folder.path())).unwrap_err());
        assert!(refusal.contains("development.toml") && !refusal.contains(CANARY), "{refusal}");
    }
}

#[test]
fn an_encryption_key_that_is_none_is_refused_by_name() {
    let key = |length: usize| format!("{CANARY}{}", "A".repeat(length - CANARY.len()));
    for wrong in [CANARY.to_owned(), format!("{CANARY}!"), key(42), key(44), format!("{}+_", key(41)), key(64)] {
        let refusal = refusal([("PLAYHOUSE_SECRETS__ENCRYPTION_KEY", &wrong)]);
        assert!(refusal.contains("`secrets.encryption_key`") && refusal.contains("32 bytes"), "{refusal}");
        assert!(!refusal.contains(CANARY), "{refusal}");
    }
}

#[test]
fn a_cognito_pool_without_app_clients_is_refused() {
    let issuer = ("PLAYHOUSE_AUTH__COGNITO__ISSUER", "https://cognito.example/pool");
    assert_eq!(
        refusal([issuer]),
        "auth.cognito.issuer is set, but no app client whose tokens are accepted; name at least one in PLAYHOUSE_AUTH__COGNITO__CLIENT_IDS."
    );
    assert!(refusal([issuer, ("PLAYHOUSE_AUTH__COGNITO__CLIENT_IDS", " , ")]).contains("CLIENT_IDS"));
    load([issuer, ("PLAYHOUSE_AUTH__COGNITO__CLIENT_IDS", "one")]).unwrap();
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    load([
        ("PG_BIN_DIR", "/usr/lib/postgresql"),
        ("PLAYHOUSE_ENV", "development"),
        ("PLAYHOUSE_SERVICE_HOST", "10.0.0.1"),
        ("PLAYHOUSE_SERVICE_PORT_HTTP", "80"),
        ("PLAYHOUSE_PORT", "tcp://10.0.0.1:80"),
        ("PLAYHOUSE_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("PLAYHOUSE_PORT_80_TCP_ADDR", "10.0.0.1"),
    ])
    .unwrap();
    assert!(refusal([("PLAYHOUSE_SERVER_PORT", "80")]).contains("unknown setting"));
}

#[test]
fn production_that_is_fit_is_not_refused() {
    production([]).refuse_unsafe().unwrap();
    production([("PLAYHOUSE_AUTH__CLERK__ISSUER", "HTTPS://clerk.example")]).refuse_unsafe().unwrap();
    let public = ("PLAYHOUSE_SERVER__PUBLIC_URL", "https://play.example.com");
    production([("PLAYHOUSE_SERVER__LISTEN", "0.0.0.0:8080"), public]).refuse_unsafe().unwrap();
    production([("PLAYHOUSE_SERVER__LISTEN", "192.0.2.1:8080")]).refuse_unsafe().unwrap();
}

#[test]
fn production_refuses_each_convenience_of_development_with_a_sentence() {
    for (variable, value, part) in [
        ("PLAYHOUSE_SERVER__LISTEN", "0.0.0.0:8080", "PLAYHOUSE_SERVER__PUBLIC_URL"),
        ("PLAYHOUSE_SERVER__LISTEN", "[::]:8080", "PLAYHOUSE_SERVER__PUBLIC_URL"),
        ("PLAYHOUSE_AUTH__DEV_ISSUER", "true", "development issuer"),
        ("PLAYHOUSE_WEBHOOKS__ALLOW_HTTP", "true", "Webhooks over http"),
        ("PLAYHOUSE_COMPLIANCE__CLOCK", "2026-01-01T00:00:00Z", "compliance clock"),
        ("PLAYHOUSE_AUTH__CLERK__JWKS_URL", "http://clerk.example/keys", "auth.clerk.jwks_url"),
        ("PLAYHOUSE_AUTH__COGNITO__JWKS_URL", "http://cognito.example/keys", "auth.cognito.jwks_url"),
    ] {
        let refusals = production([(variable, value)]).refusals();
        assert!(matches!(&refusals[..], [only] if only.contains(part) && only.ends_with('.')), "{refusals:?}");
    }
    // An http issuer's keys come over http too.
    assert_eq!(production([("PLAYHOUSE_AUTH__CLERK__ISSUER", "http://clerk.example")]).refusals().len(), 2);
}

#[test]
fn production_lists_everything_that_it_refuses_at_once() {
    let variables = [("PLAYHOUSE_ENV", "production"), ("PLAYHOUSE_AUTH__DEV_ISSUER", "true")];
    let refusal = load(variables).unwrap().refuse_unsafe().unwrap_err().to_string();
    assert_eq!(refusal.lines().count(), 3, "{refusal}");
    assert!(refusal.contains("embedded Postgres") && refusal.contains("missing encryption key"), "{refusal}");
}

#[test]
fn demo_data_is_refused_in_production_only() {
    assert!(production([]).refuse_demo().is_err());
    load([]).unwrap().refuse_demo().unwrap();
    load([]).unwrap().refuse_unsafe().unwrap();
}
