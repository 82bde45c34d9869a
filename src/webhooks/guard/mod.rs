//! What may be reached: the check of an endpoint's address, when it is saved and whenever something is sent to it.
//!
//! A URL is read as browsers read it, so that `127.1`, `0x7f000001` and `[::ffff:7f00:1]` are the addresses that a
//! connection would go to. Names are judged by where they lead: one private address among the public ones refuses the
//! name. At the send, the addresses that were judged are the ones that are connected to; nothing is asked twice.

use std::{borrow::Cow, fmt, net::IpAddr, sync::Arc, time::Duration};

use ipnet::IpNet;
use reqwest::Url;
use url::Host;

use super::{
    address,
    lookup::{Lookup, System},
};
use crate::config;

/// Characters of a URL.
const LONGEST_URL: usize = 2048;
/// How long a name may take to resolve when an endpoint is saved; one that takes longer is judged at the send.
const PATIENCE: Duration = Duration::from_secs(3);
/// Where clouds tell a machine its own secrets, by name; no setting opens these.
const METADATA: &[&str] =
    &["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];
/// What names end in that only a private network knows.
const LOCAL: &[&str] =
    &["localhost", "local", "localdomain", "internal", "intranet", "lan", "corp", "home", "home.arpa"];
/// Ports of protocols that an HTTP request could be mistaken for: those that browsers refuse (WHATWG Fetch, "port blocking").
const BAD_PORTS: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// Why something may not be reached or sent: a clause for the person who configured it, to stand behind a colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Cow<'static, str>);

impl Refusal {
    pub(super) fn new(clause: impl Into<Cow<'static, str>>) -> Self {
        Self(clause.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// What may be reached under the settings; clones are the same one.
#[derive(Clone)]
pub struct Guard {
    allow_http: bool,
    open: Arc<[IpNet]>,
    names: Arc<dyn Lookup>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("allow_http", &self.allow_http).field("open", &self.open).finish_non_exhaustive()
    }
}

impl Guard {
    /// Names are looked up as the operating system does.
    pub fn new(config: &config::Webhooks) -> Self {
        Self::with(config, Arc::new(System))
    }

    /// The same with another way to look names up.
    pub fn with(config: &config::Webhooks, names: Arc<dyn Lookup>) -> Self {
        Self { allow_http: config.allow_http, open: config.allow_subnets.clone().into(), names }
    }

    /// The URL of an endpoint that somebody wants to save.
    ///
    /// # Errors
    ///
    /// When it is no address that deliveries may go to: not https (unless `webhooks.allow_http`), with user and password, to
    /// a port of another protocol, or leading to an address that is not public (unless `webhooks.allow_subnets`). A name that
    /// does not resolve at present is accepted, because what is only down may come up.
    pub async fn check(&self, text: &str) -> Result<Url, Refusal> {
        let url = parse(text)?;
        self.examine(&url)?;
        if let Some(Host::Domain(name)) = url.host()
            && let Ok(Ok(addresses)) = tokio::time::timeout(PATIENCE, self.names.addresses(name.to_owned())).await
        {
            self.judge_all(name, &addresses)?;
        }
        Ok(url)
    }

    /// What can be told of a URL without asking anybody.
    pub fn examine(&self, url: &Url) -> Result<(), Refusal> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(Refusal::new("it begins with http://, and only https:// is allowed")),
            _ => return Err(Refusal::new("it does not begin with https://")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::new("it contains a user or a password; use a header for credentials"));
        }
        if let Some(port) = url.port().filter(|port| BAD_PORTS.contains(port)) {
            return Err(Refusal::new(format!("port {port} belongs to another protocol and is refused")));
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.judge_literal(address.into()),
            Some(Host::Ipv6(address)) => self.judge_literal(address.into()),
            Some(Host::Domain(name)) => self.judge_name(name),
            None => Err(Refusal::new("it has no host")),
        }
    }

    /// The addresses of a name, each of which may be reached.
    pub(super) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        self.judge_name(name)?;
        let addresses = self.names.addresses(name.to_owned()).await.unwrap_or_default();
        if addresses.is_empty() {
            return Err(Refusal::new(format!("the name {name} does not resolve")));
        }
        self.judge_all(name, &addresses)?;
        Ok(addresses)
    }

    fn judge_literal(&self, address: IpAddr) -> Result<(), Refusal> {
        match address::refused(address, &self.open) {
            Some(kind) => Err(Refusal::new(format!("{address} is {} address, which is refused", with_article(kind)))),
            None => Ok(()),
        }
    }

    fn judge_name(&self, name: &str) -> Result<(), Refusal> {
        let plain = name.trim_end_matches('.').to_ascii_lowercase();
        let local = !plain.contains('.')
            || LOCAL.iter().any(|end| plain.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')));
        if METADATA.contains(&plain.as_str()) {
            return Err(Refusal::new(format!("{name} leads to a metadata service, which is refused")));
        }
        // Where networks were opened, their addresses decide.
        if local && self.open.is_empty() {
            return Err(Refusal::new(format!("{name} is a name of private networks, which is refused")));
        }
        Ok(())
    }

    /// Does not tell the address: what a name leads to inside this network is nobody's business outside.
    fn judge_all(&self, name: &str, addresses: &[IpAddr]) -> Result<(), Refusal> {
        match addresses.iter().find_map(|address| address::refused(*address, &self.open)) {
            Some(kind) => {
                Err(Refusal::new(format!("{name} leads to {} address, which is refused", with_article(kind))))
            }
            None => Ok(()),
        }
    }
}

fn with_article(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with("IP") { "an" } else { "a" })
}

/// A URL as it was written; reading it as browsers do would forgive too much.
fn parse(text: &str) -> Result<Url, Refusal> {
    if text.len() > LONGEST_URL {
        return Err(Refusal::new(format!("it is longer than {LONGEST_URL} characters")));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(Refusal::new("it contains a space, a control character or a backslash"));
    }
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| Refusal::new("it does not begin with https://"))?;
    // An empty user would be dropped in silence.
    if rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@')) {
        return Err(Refusal::new("it contains a user or a password; use a header for credentials"));
    }
    if text.contains('#') {
        return Err(Refusal::new("it has a fragment, which is never sent"));
    }
    Url::parse(text).map_err(|error| Refusal::new(format!("it is no URL ({error})")))
}

#[cfg(test)]
mod tests;
