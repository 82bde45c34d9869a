//! The log: lines on standard error, for people or for collectors.

use std::io::{IsTerminal, stderr};

use anyhow::anyhow;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Format, Log};

/// Starts the log of this process.
///
/// An error when the filter cannot be read or another log has been started.
pub fn init(settings: &Log) -> anyhow::Result<()> {
    let lines = fmt().with_writer(stderr).with_env_filter(EnvFilter::try_new(&settings.filter)?);
    match settings.format {
        Format::Text => lines.with_ansi(stderr().is_terminal()).try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    }
    .map_err(|error| anyhow!(error))
}
