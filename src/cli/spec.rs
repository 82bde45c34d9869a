//! `playhouse spec`.

use clap::{Args, ValueEnum};

use super::out;
use crate::documents;

/// Print the OpenAPI document; needs no database and no settings.
#[derive(Debug, Args)]
pub(super) struct Spec {
    /// Which of the documents.
    #[arg(long, value_enum, default_value_t = Version::V31)]
    version: Version,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Version {
    /// OpenAPI 3.1, the canonical one.
    #[value(name = "3.1")]
    V31,
    /// OpenAPI 3.0, for tools that need it.
    #[value(name = "3.0")]
    V30,
    /// The session and key calls in the published form.
    #[value(name = "dailyplay")]
    DailyPlay,
}

impl Spec {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let documents = documents::documents(documents::PRINTED_BASE);
        out(match self.version {
            Version::V31 => documents.v3_1,
            Version::V30 => documents.v3_0,
            Version::DailyPlay => documents.dailyplay,
        }
        .trim_end())
    }
}
