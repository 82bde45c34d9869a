//! Who is calling, and who only says so.

use super::*;

fn find(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    for name in ["x-real-ip", "forwarded", "x-client-ip", "true-client-ip", "cf-connecting-ip"] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static("66.66.66.66"));
    }
    let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
    ClientAddress::find(peer.parse().unwrap(), &headers, &trusted).to_string()
}

#[test]
fn strangers_are_not_believed() {
    assert_eq!(find("9.9.9.9", &["1.1.1.1"], &[]), "9.9.9.9");
    assert_eq!(find("9.9.9.9", &["1.1.1.1, 10.0.0.1"], &["10.0.0.0/8"]), "9.9.9.9");
}

#[test]
fn the_last_stranger_before_trusted_proxies_is_the_client() {
    let trusted = &["10.0.0.0/8", "fd00::/8"];
    for (lines, client) in [
        (&["8.8.8.8"][..], "8.8.8.8"),
        (&["6.6.6.6, 8.8.8.8"], "8.8.8.8"),
        (&["6.6.6.6, 8.8.8.8, 10.2.3.4"], "8.8.8.8"),
        (&["6.6.6.6", "8.8.8.8,10.2.3.4"], "8.8.8.8"),
        (&["8.8.8.8", "fd00::1"], "8.8.8.8"),
        (&["6.6.6.6, 8.8.8.8:4711"], "8.8.8.8"),
        (&["[2001:db8::1]:4711"], "2001:db8::1"),
        (&["::ffff:8.8.8.8"], "8.8.8.8"),
        (&["6.6.6.6, ::ffff:10.1.1.1"], "6.6.6.6"),
        (&["10.9.9.9, 10.8.8.8"], "10.9.9.9"),
        (&["6.6.6.6, bogus, 10.8.8.8"], "10.8.8.8"),
        (&["6.6.6.6, , 10.8.8.8"], "10.8.8.8"),
        (&["6.6.6.6", "\u{ff}"], "10.0.0.1"),
        (&[], "10.0.0.1"),
    ] {
        assert_eq!(find("10.0.0.1", lines, trusted), client, "{lines:?}");
        assert_eq!(find("::ffff:10.0.0.1", lines, trusted), client, "{lines:?}");
    }
}

#[test]
fn a_whole_ipv6_network_counts_as_one_client() {
    let network =
        |ip: &str| ClientAddress::find(ip.parse::<IpAddr>().unwrap(), &HeaderMap::new(), &[]).network().to_string();
    assert_eq!(network("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::/64");
    assert_eq!(network("2001:db8:1:2:bbbb::ffff"), "2001:db8:1:2::/64");
    assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
    assert_eq!(network("8.8.8.8"), "8.8.8.8/32");
    assert_eq!(network("::ffff:8.8.8.8"), network("8.8.8.8"));
}

#[tokio::test]
async fn handlers_see_the_address_of_the_connection() {
    let server = Server::start().await;
    let answer = server.ask("GET /client", "X-Forwarded-For: 1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n").await;
    assert!(answer.ends_with("127.0.0.1"), "{answer}");
}
