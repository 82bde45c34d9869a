//! Who is calling.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use poem::{Addr, Request, http::HeaderMap};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client, as far as it can be believed.
///
/// It is the address of the connection, unless that belongs to a trusted proxy: then it is the last address in
/// `X-Forwarded-For` that no trusted proxy has. Every other header that claims an address is ignored. An IPv4 address
/// that came in IPv6 form is an IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client's address.
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// What one client controls and limits therefore count as one: an IPv4 address, or an IPv6 /64.
    pub fn network(self) -> IpNet {
        match self.0 {
            IpAddr::V4(ip) => IpNet::V4(Ipv4Net::from(ip)),
            IpAddr::V6(ip) => IpNet::V6(Ipv6Net::new_assert(ip, 64).trunc()),
        }
    }

    /// Finds the client behind a connection's peer; `trusted` are the proxies whose word counts.
    pub fn find(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
        let mut client = peer.to_canonical();
        if !is_trusted(&client) {
            return Self(client);
        }
        // Each proxy appends the address it saw, so the list is read from the end; what stands before the first
        // stranger was written by that stranger.
        for line in headers.get_all(FORWARDED_FOR).iter().rev() {
            let Ok(line) = line.to_str() else { break };
            for hop in line.rsplit(',') {
                let Some(ip) = parse(hop.trim()) else { return Self(client) };
                client = ip;
                if !is_trusted(&client) {
                    return Self(client);
                }
            }
        }
        Self(client)
    }

    pub(super) fn of(request: &Request, trusted: &[IpNet]) -> Self {
        match &request.remote_addr().0 {
            Addr::SocketAddr(peer) => Self::find(peer.ip(), request.headers(), trusted),
            _ => Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        }
    }
}

impl std::fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Some proxies write the port too.
fn parse(hop: &str) -> Option<IpAddr> {
    let ip = hop.parse().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
    Some(ip.to_canonical())
}
