//! `playhouse token`.

use anyhow::ensure;
use chrono::TimeDelta;
use clap::{Args, ValueEnum};

use super::out;
use crate::{
    auth::token::{IssuerKind, development::DevelopmentIssuer},
    clock::Clock,
    config::Config,
};

/// Print a token of the development issuer.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// Whose tokens to imitate.
    #[arg(long, value_enum)]
    issuer: Issuer,
    /// Who the token is for, as memberships name the subject.
    #[arg(long)]
    subject: String,
    /// Ignored: organizations and roles come from memberships, not from tokens.
    #[arg(long)]
    org: Option<String>,
    /// How long it holds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(i64).range(1..=1440))]
    minutes: i64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Issuer {
    Clerk,
    Cognito,
}

impl Token {
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        ensure!(config.auth.dev_issuer, "auth.dev_issuer is off: only development has an issuer of its own");
        let kind = match self.issuer {
            Issuer::Clerk => IssuerKind::Clerk,
            Issuer::Cognito => IssuerKind::Cognito,
        };
        let issuer = DevelopmentIssuer::open(&config.data.directory)?;
        let token = issuer.mint(kind, &self.subject, TimeDelta::minutes(self.minutes), &Clock::default())?;
        out(token.expose())
    }
}
