//! The installation's key: what it seals opens after a restart, and cursors still hold.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use playhouse::{app::App, config::Config, outside::Outside, sealing::Purpose};
use uuid::Uuid;

use crate::support::{
    TestApp, database,
    property_keys::{generous, property_key},
};

async fn over(url: &str, data: &Path) -> TestApp {
    let data = data.to_str().unwrap();
    TestApp::over(url, &[("PLAYHOUSE_DATA__DIRECTORY", data), ("PLAYHOUSE_AUTH__DEV_ISSUER", "false")]).await
}

#[tokio::test]
async fn a_key_that_nobody_configured_is_made_once_and_kept() {
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let url = database::fresh().await;
    let first = over(&url, here.path()).await;
    let file = here.path().join("encryption_key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();

    let owner = Uuid::now_v7();
    let sealed = first.app.sealer.seal(Purpose::WebhookSecret, owner, b"secret");
    let (_, key) = property_key(&url, &first.tenant().await, generous()).await;
    let events = |app: &TestApp, path: &str| app.request("GET", path).header("x-api-key", &key).send();
    let page = events(&first, "/api/events?order=id&limit=1").await.unwrap();
    let link = page.headers()["link"].to_str().unwrap().to_owned();
    let next = link.split_once("/api/").unwrap().1.split_once('>').unwrap().0.to_owned();
    assert!(next.contains("after="), "{next}");
    first.stop().await;

    let second = over(&url, here.path()).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(second.app.sealer.open(Purpose::WebhookSecret, owner, &sealed).unwrap(), b"secret");
    assert_eq!(events(&second, &format!("/api/{next}")).await.unwrap().status(), 200);
    second.stop().await;

    let stranger = over(&url, elsewhere.path()).await;
    assert!(stranger.app.sealer.open(Purpose::WebhookSecret, owner, &sealed).is_err());
    assert_eq!(events(&stranger, &format!("/api/{next}")).await.unwrap().status(), 400);
    stranger.stop().await;
}

#[tokio::test]
async fn a_key_file_that_holds_no_key_is_named() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("encryption_key"), "nonsense").unwrap();
    let data = here.path().display().to_string();
    let refused = built(&[("PLAYHOUSE_ENV", "development"), ("PLAYHOUSE_DATA__DIRECTORY", &data)]).await;
    assert!(refused.contains("encryption_key holds no key; remove it for a new one"), "{refused}");
}

#[tokio::test]
async fn production_makes_no_key_of_its_own() {
    let here = tempfile::tempdir().unwrap();
    let data = here.path().display().to_string();
    let refused = built(&[("PLAYHOUSE_ENV", "production"), ("PLAYHOUSE_DATA__DIRECTORY", &data)]).await;
    assert_eq!(refused, "secrets.encryption_key is not set");
    assert!(fs::read_dir(here.path()).unwrap().next().is_none(), "nothing is written");
}

/// What an app over these settings is refused with.
async fn built(variables: &[(&str, &str)]) -> String {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let off = [("PLAYHOUSE_AUTH__DEV_ISSUER".to_owned(), "false".to_owned())];
    let config = Config::from_sources(variables.chain(off), None).unwrap();
    let built = App::build(config, "postgres://nobody@127.0.0.1:1/none", Outside::default());
    format!("{:#}", built.expect_err("there is no key"))
}
