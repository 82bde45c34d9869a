//! Settings: what an operator may decide, and from where it is heard.
//!
//! Three voices speak, the later ones louder: the *manual* (`config/default.toml`, compiled in), the *environment's file*
//! (`config/<PLAYHOUSE_ENV>.toml`; those of development and production are compiled in, and one in the working
//! directory is laid over them), and *variables* (`PLAYHOUSE_SERVER__LISTEN`, and `DATABASE_URL` by its usual name).
//! A name that nobody knows stops the start with the name that was probably meant, a value that does not fit with the
//! line of the manual. What must not run in production is [refused](Config::refuse_unsafe) when the server starts.

mod environment;
mod issuers;
mod layers;
pub mod names;
mod parse;
mod refusals;
mod sections;

use std::path::Path;

use serde::Deserialize;

pub use environment::Environment;
pub use issuers::{Auth, Clerk, Cognito};
use layers::Layers;
pub use sections::{
    Audit, Compliance, Data, Database, Format, Limits, Log, Mail, Secrets, Server, Sessions, Sms, Webhooks,
};

/// What the names of our variables begin with.
const PREFIX: &str = "PLAYHOUSE_";
/// Variables with our prefix that are no settings.
const NOT_SETTINGS: [&str; 1] = ["PLAYHOUSE_ENV"];
/// Where the environments' files are, seen from the working directory.
const FOLDER: &str = "config";

/// Declares the settings twice from one list: as they are read, and as the code sees them.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// All sections as the files spell them.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sections { $($name: $kind,)* }

        /// All settings of a process; fields have the settings' names.
        #[derive(Debug, Clone)]
        pub struct Config {
            /// Which kind of place this is.
            pub environment: Environment,
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl Config {
            fn assemble(environment: Environment, sections: Sections) -> Self {
                Self { environment, $($name: sections.$name,)* }
            }
        }
    };
}

sections! {
    /// Listeners and their bounds.
    server: Server,
    /// Where the rows live.
    database: Database,
    /// What is kept outside the database.
    data: Data,
    /// Game sessions.
    sessions: Sessions,
    /// Whose tokens are believed.
    auth: Auth,
    /// Throttles per client address.
    limits: Limits,
    /// Usage and audit records.
    audit: Audit,
    /// Deliveries to subscribers.
    webhooks: Webhooks,
    /// Mail that goes out.
    mail: Mail,
    /// Text messages that go out.
    sms: Sms,
    /// Rules of consent and time.
    compliance: Compliance,
    /// Keys of this installation.
    secrets: Secrets,
    /// What is written to standard error.
    log: Log,
}

impl Config {
    /// Reads the settings of this process; the error is for the operator, a line for each thing that is wrong.
    pub fn load() -> anyhow::Result<Self> {
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        Self::from_sources(std::env::vars_os().map(|(name, value)| (text(name), text(value))), Some(Path::new(FOLDER)))
    }

    /// Reads the settings from given variables and the files of a folder; without a folder only from what is compiled in.
    pub fn from_sources(
        variables: impl IntoIterator<Item = (String, String)>,
        folder: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let mut variables: Vec<_> = variables
            .into_iter()
            .filter(|(name, value)| (name.starts_with(PREFIX) || name == "DATABASE_URL") && !value.trim().is_empty())
            .filter(|(name, value)| !is_service_link(name, value))
            .collect();
        // DATABASE_URL sorts before PLAYHOUSE_DATABASE__URL, which therefore wins.
        variables.sort();
        let environment = Environment::choose(&variables)?;

        let mut layers = Layers::default();
        layers.file("config/default.toml", names::MANUAL)?;
        environment.lay(&mut layers, folder)?;
        for (variable, value) in variables {
            if !NOT_SETTINGS.contains(&variable.as_str()) {
                layers.variable(&setting(&variable), &variable, value)?;
            }
        }
        let mut sections = layers.read()?;
        sections.auth.fill();
        sections.auth.check()?;
        Ok(Self::assemble(environment, sections))
    }

    /// The beginning of every link that this server hands out, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.public_url.clone().unwrap_or_else(|| format!("http://{}", self.server.listen))
    }
}

/// The setting that a variable sets.
fn setting(variable: &str) -> String {
    match variable.strip_prefix(PREFIX) {
        Some(name) => name.to_lowercase().replace("__", "."),
        None => "database.url".to_owned(),
    }
}

/// Kubernetes gives every container variables about each service; those of a service called `playhouse…` are not ours.
fn is_service_link(name: &str, value: &str) -> bool {
    let about_port = name.ends_with("_PORT") || name.contains("_PORT_");
    !name.contains("__")
        && (name.ends_with("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT")
            || (about_port && ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme)))
            || ["_TCP_ADDR", "_TCP_PORT", "_TCP_PROTO", "_UDP_ADDR", "_UDP_PORT", "_UDP_PROTO"]
                .iter()
                .any(|end| name.ends_with(end)))
}
