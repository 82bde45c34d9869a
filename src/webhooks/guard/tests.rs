use std::{io, net::IpAddr, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};

use super::{Guard, Lookup, parse};
use crate::config::Config;

/// Knows the names that a test gives it, as their addresses, separated by dashes.
struct Fixed;

impl Lookup for Fixed {
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let known: &[&str] = match name.trim_end_matches('.') {
            "public.example" => &["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
            "mixed.example" => &["93.184.215.14", "10.0.0.1"],
            "mixed6.example" => &["93.184.215.14", "fd00::1"],
            "meta.example" => &["169.254.169.254"],
            "localhost" | "dev.example" => &["127.0.0.1"],
            _ => &[],
        };
        let addresses: Vec<IpAddr> = known.iter().map(|text| text.parse().unwrap()).collect();
        async move { if addresses.is_empty() { Err(io::Error::other("unknown")) } else { Ok(addresses) } }.boxed()
    }
}

fn guard(variables: &[(&str, &str)]) -> Guard {
    let variables = variables.iter().map(|(name, value)| (format!("PLAYHOUSE_WEBHOOKS__{name}"), (*value).to_owned()));
    let config = Config::from_sources(variables, None).unwrap();
    Guard::with(&config.webhooks, Arc::new(Fixed))
}

async fn refusal(guard: &Guard, url: &str) -> String {
    guard.check(url).await.map_or_else(|refusal| refusal.to_string(), |url| panic!("{url} was accepted"))
}

#[tokio::test]
async fn every_spelling_of_an_address_is_that_address() {
    let guard = guard(&[("ALLOW_HTTP", "true")]);
    for (host, words) in [
        ("169.254.169.254", "169.254.169.254 is a metadata address"),
        ("[::ffff:a9fe:a9fe]", "is an IPv4-mapped address"),
        ("[::ffff:169.254.169.254]", "is an IPv4-mapped address"),
        ("0x7f000001", "127.0.0.1 is a loopback address"),
        ("2130706433", "127.0.0.1 is a loopback address"),
        ("017700000001", "127.0.0.1 is a loopback address"),
        ("127.1", "127.0.0.1 is a loopback address"),
        ("0x7f.1", "127.0.0.1 is a loopback address"),
        ("127.0.0.1.", "127.0.0.1 is a loopback address"),
        ("①②⑦.⓪.⓪.①", "127.0.0.1 is a loopback address"),
        ("127。0。0。1", "127.0.0.1 is a loopback address"),
        ("%31%32%37.0.0.1", "127.0.0.1 is a loopback address"),
        ("0.0.0.0", "0.0.0.0 is a reserved address"),
        ("0", "0.0.0.0 is a reserved address"),
        ("10.0.0.0", "10.0.0.0 is a private address"),
        ("10.255.255.255", "10.255.255.255 is a private address"),
        ("192.168.1.1", "is a private address"),
        ("100.64.0.1", "is a carrier-private address"),
        ("[fd00::]", "fd00:: is a private address"),
        ("[fd00:ec2::254]", "is a metadata address"),
        ("[::1]", "::1 is a loopback address"),
        ("[::]", ":: is a reserved address"),
        ("[64:ff9b::a9fe:a9fe]", "is a NAT64 address"),
        ("[2002:7f00:1::]", "is a 6to4 address"),
        ("[fe80::1]", "is a link-local address"),
        ("255.255.255.255", "is a reserved address"),
    ] {
        for scheme in ["http", "https"] {
            let refusal = refusal(&guard, &format!("{scheme}://{host}/hook")).await;
            assert!(refusal.contains(words) && refusal.ends_with("address, which is refused"), "{host}: {refusal}");
        }
    }
}

#[tokio::test]
async fn names_are_judged_by_what_they_are_called_and_where_they_lead() {
    let guard = guard(&[]);
    for name in [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "printer.local",
        "db.internal",
        "router.home.arpa",
        "intranet",
    ] {
        let refusal = refusal(&guard, &format!("https://{name}/")).await;
        assert!(refusal.ends_with("is a name of private networks, which is refused"), "{name}: {refusal}");
    }
    for name in ["metadata.google.internal", "metadata.google.internal.", "metadata.goog", "metadata"] {
        assert!(refusal(&guard, &format!("https://{name}/")).await.contains("leads to a metadata service"), "{name}");
    }
    assert_eq!(
        refusal(&guard, "https://mixed.example/").await,
        "mixed.example leads to a private address, which is refused"
    );
    assert_eq!(
        refusal(&guard, "https://mixed6.example/").await,
        "mixed6.example leads to a private address, which is refused"
    );
    assert_eq!(
        refusal(&guard, "https://meta.example/").await,
        "meta.example leads to a metadata address, which is refused"
    );
    for accepted in [
        "https://public.example/a?b=c",
        "https://public.example.:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
    ] {
        assert_eq!(guard.check(accepted).await.unwrap().as_str(), accepted);
    }
    assert!(guard.check("https://nowhere.example/").await.is_ok(), "what is only down may come up");
    assert_eq!(
        guard.resolve("nowhere.example").await.unwrap_err().to_string(),
        "the name nowhere.example does not resolve"
    );
    assert!(guard.resolve("mixed.example").await.is_err(), "one private address refuses the name");
}

#[tokio::test]
async fn only_plain_https_to_a_port_of_http_is_an_endpoint() {
    let guard = guard(&[("ALLOW_HTTP", "false")]);
    for (url, words) in [
        ("http://public.example/", "only https:// is allowed"),
        ("file:///etc/passwd", "does not begin with https://"),
        ("gopher://public.example/", "does not begin with https://"),
        ("ftp://public.example/", "does not begin with https://"),
        ("javascript:alert(1)", "does not begin with https://"),
        ("//public.example/", "does not begin with https://"),
        ("public.example", "does not begin with https://"),
        ("", "does not begin with https://"),
        ("https:public.example", "does not begin with https://"),
        ("https://user@public.example/", "a user or a password"),
        ("https://user:word@public.example/", "a user or a password"),
        ("https://@public.example/", "a user or a password"),
        ("https://public.example@8.8.8.8/", "a user or a password"),
        ("https://public.example:22/", "port 22 belongs to another protocol"),
        ("https://public.example:25/", "port 25 belongs to another protocol"),
        ("https://public.example:0/", "port 0 belongs to another protocol"),
        ("https://public.example:6667/", "port 6667 belongs to another protocol"),
        ("https://public.example:99999/", "is no URL"),
        ("https:///", "is no URL"),
        ("https://exa mple/", "a space"),
        ("https://public.example/\n", "a space, a control character"),
        ("ht\ttps://public.example/", "a space, a control character"),
        ("https://public.example\\@8.8.8.8/", "a backslash"),
        ("https://public.example/#a", "a fragment"),
        ("https://[::1/", "is no URL"),
        ("https://256.256.256.256/", "is no URL"),
    ] {
        let refusal = refusal(&guard, url).await;
        assert!(refusal.contains(words), "{url}: {refusal}");
    }
    let long = format!("https://public.example/{}", "a".repeat(2048));
    assert!(refusal(&guard, &long).await.contains("longer than 2048"));
    assert!(parse(&long[..2048]).is_ok());
}

#[tokio::test]
async fn an_opened_network_is_reached_by_address_and_by_name() {
    let guard = guard(&[("ALLOW_HTTP", "true"), ("ALLOW_SUBNETS", "127.0.0.0/8")]);
    for url in ["http://127.0.0.1:3000/", "http://localhost:3000/", "http://dev.example/", "https://127.1/"] {
        assert!(guard.check(url).await.is_ok(), "{url}");
    }
    for url in
        ["http://10.0.0.1/", "http://[::1]/", "http://mixed.example/", "http://metadata/", "http://meta.example/"]
    {
        refusal(&guard, url).await;
    }
}
