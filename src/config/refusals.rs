//! What is convenient on a developer's machine and dangerous in production.

use anyhow::bail;

use super::{Config, Environment, names};

impl Config {
    /// Refuses to serve in production with settings that belong on a developer's machine; names all of them, a line each.
    ///
    /// For the start of the server: `spec`, `migrate` and the like work without it.
    pub fn refuse_unsafe(&self) -> anyhow::Result<()> {
        match self.refusals() {
            sentences if sentences.is_empty() => Ok(()),
            sentences => bail!("{}", sentences.join("\n")),
        }
    }

    /// Refuses demo data in production.
    pub fn refuse_demo(&self) -> anyhow::Result<()> {
        if self.environment == Environment::Production {
            bail!(
                "Demo data is refused in production: its tenants and their passwords are public. Set PLAYHOUSE_ENV=development to try things out."
            );
        }
        Ok(())
    }

    /// The reasons why these settings cannot serve in production, a sentence each; none in any other environment.
    pub fn refusals(&self) -> Vec<String> {
        if self.environment != Environment::Production {
            return Vec::new();
        }
        let mut sentences = Vec::new();
        let mut refuse = |wrong: bool, sentence: String| {
            if wrong {
                sentences.push(sentence);
            }
        };
        refuse(
            self.database.url.is_none(),
            "The embedded Postgres is refused in production; name a server in DATABASE_URL.".to_owned(),
        );
        refuse(
            self.secrets.encryption_key.is_none(),
            format!(
                "A missing encryption key is refused in production; set {} to 32 random bytes as base64, the same on every replica.",
                names::variable("secrets.encryption_key")
            ),
        );
        refuse(
            self.server.public_url.is_none() && self.server.listen.ip().to_canonical().is_unspecified(),
            format!(
                "Listening on every address without a public one is refused in production: links would lead to {}; set {} to how the outside reaches this server.",
                self.server.listen,
                names::variable("server.public_url")
            ),
        );
        refuse(
            self.auth.dev_issuer,
            "The development issuer is refused in production: anybody at this machine could sign in as anybody; set auth.dev_issuer to false.".to_owned(),
        );
        refuse(
            self.webhooks.allow_http,
            "Webhooks over http are refused in production: their contents could be read on the way; set webhooks.allow_http to false.".to_owned(),
        );
        refuse(
            self.compliance.clock.is_some(),
            "A fixed compliance clock is refused in production: quiet hours would be wrong; unset compliance.clock."
                .to_owned(),
        );
        for (name, address) in [
            ("auth.clerk.issuer", &self.auth.clerk.issuer),
            ("auth.clerk.jwks_url", &self.auth.clerk.jwks_url),
            ("auth.cognito.issuer", &self.auth.cognito.issuer),
            ("auth.cognito.jwks_url", &self.auth.cognito.jwks_url),
        ] {
            let plain = address.as_deref().is_some_and(|address| !address.to_ascii_lowercase().starts_with("https://"));
            refuse(
                plain,
                format!(
                    "An http address in {name} is refused in production: keys could be exchanged on the way; use https."
                ),
            );
        }
        sentences
    }
}
