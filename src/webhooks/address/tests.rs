use super::*;

fn judge(address: &str, open: &[&str]) -> Option<&'static str> {
    let open: Vec<IpNet> = open.iter().map(|network| network.parse().unwrap()).collect();
    refused(address.parse().unwrap(), &open)
}

#[test]
fn every_special_range_is_refused_from_its_first_address_to_its_last() {
    let every = SPECIAL_V4.iter().map(|(network, kind)| (IpNet::V4(*network), *kind));
    for (network, kind) in every.chain(SPECIAL_V6.iter().map(|(network, kind)| (IpNet::V6(*network), *kind))) {
        for address in [network.network(), network.broadcast()] {
            assert_eq!(refused(address, &[]), Some(kind), "{address} of {network}");
        }
    }
}

#[test]
fn the_neighbours_of_special_ranges_are_public() {
    for address in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "2000::1",
        "2001:200::",
        "2001:db7:ffff::1",
        "2001:db9::",
        "2003::1",
        "2606:4700::1111",
        "2620:4f:8001::",
        "3ffe:ffff::1",
        "3fff:1000::",
    ] {
        assert_eq!(judge(address, &[]), None, "{address}");
    }
}

#[test]
fn what_is_no_unicast_of_the_internet_is_refused_in_every_dress() {
    for address in [
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:10::1",
        "2001:20::1",
        "2001:2::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "255.255.255.255",
        "224.0.0.1",
    ] {
        assert!(judge(address, &[]).is_some(), "{address}");
    }
}

#[test]
fn a_network_that_is_opened_is_reached_and_its_neighbours_are_not() {
    assert_eq!(judge("127.0.0.1", &["127.0.0.1/32"]), None);
    assert_eq!(judge("127.0.0.2", &["127.0.0.1/32"]), Some("loopback"));
    assert_eq!(judge("::1", &["127.0.0.0/8"]), Some("loopback"));
    assert_eq!(judge("::1", &["::1/128"]), None);
    assert_eq!(judge("::ffff:127.0.0.1", &["127.0.0.0/8"]), Some("IPv4-mapped"));
    assert_eq!(judge("10.1.2.3", &["192.168.0.0/16", "10.0.0.0/8"]), None);
}

#[test]
fn an_opened_translation_still_leads_to_no_private_address() {
    let open = ["64:ff9b::/96", "2002::/16", "::ffff:0:0/96"];
    for public in ["64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"] {
        assert_eq!(judge(public, &open), None, "{public}");
    }
    assert_eq!(judge("64:ff9b::a00:1", &open), Some("private"));
    assert_eq!(judge("2002:7f00:1::", &open), Some("loopback"));
    assert_eq!(judge("::ffff:169.254.169.254", &open), Some("metadata"));
}

#[test]
fn nothing_opens_the_metadata_of_a_cloud() {
    for address in METADATA {
        assert_eq!(refused(*address, &["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]), Some("metadata"));
    }
}
