//! Addresses of hosts and networks.

use std::net::IpAddr;

use super::{super::kind::Kind, BadValue};

/// An address of either family, with the length of a network's prefix or without.
pub(super) fn inet(text: &str) -> Result<&str, BadValue> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| BadValue::syntax(Kind::Inet))?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let is_prefix = |prefix: &str| {
        let plain = prefix.bytes().all(|byte| byte.is_ascii_digit()) && (prefix == "0" || !prefix.starts_with('0'));
        plain && prefix.parse::<u8>().is_ok_and(|length| length <= bits)
    };
    if prefix.is_none_or(is_prefix) { Ok(text) } else { Err(BadValue::syntax(Kind::Inet)) }
}
