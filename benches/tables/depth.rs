//! A page far down a list, behind a cursor, against the first.

use anyhow::{Context, ensure};

use super::hall::Hall;
use crate::support::{
    CLIENTS,
    http::{self, Requests},
    server::Server,
    stage::Stage,
    window::Measured,
};

/// The page that is compared with the first.
const PAGE: usize = 1_000;
const FIRST: &str = "/api/players?order=created_at.desc&limit=25";

/// Both pages, as paths.
pub(crate) struct Pages {
    key: String,
    paths: [String; 2],
}

impl Pages {
    /// Walks to the far page as a client would, from link to link, in the property that has so many.
    pub(crate) async fn walk(server: &Server, hall: &Hall) -> anyhow::Result<Self> {
        let (client, key) = (reqwest::Client::new(), hall.key(0).to_owned());
        let mut path = FIRST.to_owned();
        for page in 1..PAGE {
            let url = format!("http://{}{path}", server.address);
            let answer = client.get(url).header("x-api-key", &key).send().await?.error_for_status()?;
            let link = answer.headers().get("link").and_then(|link| link.to_str().ok());
            let link = link.with_context(|| format!("page {page} has no next one"))?;
            let begin = link.find("/api/").context("a link within the face")?;
            let end = link.find('>').context("a link has an end")?;
            ensure!(link.contains("after="), "the next page is not behind a cursor: {link}");
            path = link[begin..end].to_owned();
        }
        Ok(Self { key, paths: [FIRST.to_owned(), path] })
    }

    /// The first page and the far one.
    pub(crate) async fn round(
        &self,
        server: &Server,
        stage: &Stage,
        seconds: u64,
    ) -> anyhow::Result<(Measured, Measured)> {
        let [first, far] = &self.paths;
        Ok((self.measure(first, server, stage, seconds).await?, self.measure(far, server, stage, seconds).await?))
    }

    async fn measure(&self, path: &str, server: &Server, stage: &Stage, seconds: u64) -> anyhow::Result<Measured> {
        let clients = vec![Requests::same("GET", path, &[("x-api-key", &self.key)], ""); CLIENTS];
        Ok(http::load(server.address, clients, (Some(server.pid), stage.postmaster), seconds).await?.0)
    }
}
