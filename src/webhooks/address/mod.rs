//! Which addresses are not the public internet's, by the registries of special-purpose addresses that IANA keeps.
//!
//! IPv4 is public where no range says otherwise. Of IPv6 only 2000::/3 has been handed out, so everything outside it is
//! refused without a name of its own, and within it the ranges below. An IPv6 address that stands for an IPv4 address
//! (mapped, NAT64, 6to4) is refused like the rest; where an operator opens such a range, as a network without IPv4 has
//! to, the address inside is judged too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(a: u16, b: u16, c: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

const SPECIAL_V4: &[(Ipv4Net, &str)] = &[
    (v4(0, 0, 0, 0, 8), "reserved"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "carrier-private"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "reserved"),
    (v4(192, 0, 2, 0, 24), "documentation"),
    (v4(192, 31, 196, 0, 24), "reserved"),
    (v4(192, 52, 193, 0, 24), "reserved"),
    (v4(192, 88, 99, 0, 24), "reserved"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(192, 175, 48, 0, 24), "reserved"),
    (v4(198, 18, 0, 0, 15), "benchmarking"),
    (v4(198, 51, 100, 0, 24), "documentation"),
    (v4(203, 0, 113, 0, 24), "documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

/// The only IPv6 that has been handed out.
const UNICAST: Ipv6Net = v6(0x2000, 0, 0, 3);

const SPECIAL_V6: &[(Ipv6Net, &str)] = &[
    (Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128), "loopback"),
    (MAPPED, "IPv4-mapped"),
    (NAT64, "NAT64"),
    (LOCAL_NAT64, "NAT64"),
    (v6(0xfc00, 0, 0, 7), "private"),
    (v6(0xfe80, 0, 0, 10), "link-local"),
    (v6(0xfec0, 0, 0, 10), "private"),
    (v6(0xff00, 0, 0, 8), "multicast"),
    // Within 2000::/3. The first holds Teredo, benchmarking, ORCHID and anycast services: nobody's receiver.
    (v6(0x2001, 0, 0, 23), "reserved"),
    (v6(0x2001, 0xdb8, 0, 32), "documentation"),
    (SIX_TO_FOUR, "6to4"),
    (v6(0x2620, 0x4f, 0x8000, 48), "reserved"),
    (v6(0x3fff, 0, 0, 20), "documentation"),
];

const COMPATIBLE: Ipv6Net = v6(0, 0, 0, 96);
const MAPPED: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
const NAT64: Ipv6Net = v6(0x64, 0xff9b, 0, 96);
const LOCAL_NAT64: Ipv6Net = v6(0x64, 0xff9b, 1, 48);
const SIX_TO_FOUR: Ipv6Net = v6(0x2002, 0, 0, 16);

/// Where clouds tell a machine its own secrets; no setting opens these.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

/// Why an address is refused, as the word before "address"; `None` when it may be reached. `open` are the networks that
/// an operator opened.
pub fn refused(address: IpAddr, open: &[IpNet]) -> Option<&'static str> {
    if METADATA.contains(&address) {
        return Some("metadata");
    }
    let kind = special(address)?;
    if !open.iter().any(|network| network.contains(&address)) {
        return Some(kind);
    }
    inside(address).and_then(|address| refused(address.into(), open))
}

/// The kind of an address that is not a public one.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => SPECIAL_V4.iter().find(|(network, _)| network.contains(&address)).map(|(_, kind)| *kind),
        IpAddr::V6(address) => SPECIAL_V6
            .iter()
            .find(|(network, _)| network.contains(&address))
            .map(|(_, kind)| *kind)
            .or_else(|| (!UNICAST.contains(&address)).then_some("reserved")),
    }
}

/// The IPv4 address that an IPv6 address stands for.
fn inside(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else { return None };
    let bits = address.to_bits();
    if SIX_TO_FOUR.contains(&address) {
        return Some(Ipv4Addr::from_bits((bits >> 80) as u32));
    }
    let last = [MAPPED, NAT64, LOCAL_NAT64].iter().any(|network| network.contains(&address))
        || (COMPATIBLE.contains(&address) && bits > 1);
    last.then(|| Ipv4Addr::from_bits(bits as u32))
}

#[cfg(test)]
mod tests;
