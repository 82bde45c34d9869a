//! Which kind of place a process runs in, and what that place says by itself.

use std::{fmt, net::SocketAddr, path::Path};

use anyhow::{Context, bail};

use super::layers::Layers;

/// Which kind of place a process runs in; `PLAYHOUSE_ENV`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine.
    Development,
    /// The real thing.
    Production,
    /// Another one, described by a file of its own; as free as development.
    Other(String),
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
            Self::Other(name) => name,
        })
    }
}

impl Environment {
    /// The place that the variables name, or that they look like.
    pub(super) fn choose(variables: &[(String, String)]) -> anyhow::Result<Self> {
        let value = |wanted: &str| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
        let Some(name) = value("PLAYHOUSE_ENV") else {
            let has_database = variables.iter().any(|(name, _)| super::setting(name) == "database.url");
            let address: Option<SocketAddr> = match value("PLAYHOUSE_SERVER__LISTEN") {
                Some(listen) => listen.parse().ok(),
                None => Some(([127, 0, 0, 1], 0).into()),
            };
            let local = address.is_some_and(|address| address.ip().to_canonical().is_loopback());
            return Ok(if local && !has_database { Self::Development } else { Self::Production });
        };
        match name.to_lowercase().as_str() {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            "default" => {
                bail!(
                    "PLAYHOUSE_ENV is `{name}`, but config/default.toml is the manual of all environments and none itself."
                )
            }
            other if other.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') => {
                Ok(Self::Other(other.to_owned()))
            }
            _ => bail!(
                "PLAYHOUSE_ENV is `{name}`. Allowed: letters, digits, - and _, such as development or production."
            ),
        }
    }

    /// Lays the files of this place over the manual.
    pub(super) fn lay(&self, layers: &mut Layers, folder: Option<&Path>) -> anyhow::Result<()> {
        match self {
            Self::Development => {
                layers.file("config/development.toml", include_str!("../../config/development.toml"))?;
            }
            Self::Production => {
                layers.file("config/production.toml", include_str!("../../config/production.toml"))?;
            }
            Self::Other(_) => {}
        }
        let path = folder.map(|folder| folder.join(format!("{self}.toml")));
        match path.filter(|path| path.exists()) {
            Some(path) => {
                let text =
                    std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
                layers.file(&path.display().to_string(), &text)
            }
            // A slip in PLAYHOUSE_ENV must not quietly become a place with fewer refusals than production.
            None if matches!(self, Self::Other(_)) => bail!(
                "PLAYHOUSE_ENV is `{self}`, and there is no config/{self}.toml. Allowed: development, production, or the name of such a file."
            ),
            None => Ok(()),
        }
    }
}
