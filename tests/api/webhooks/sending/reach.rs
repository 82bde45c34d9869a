//! What cannot be reached: the addresses and names of private networks, by no way.

use playhouse::webhooks::Outcome;

use super::*;

/// Every address, name and spelling that a tenant could try, on a port where somebody listens.
fn forbidden(port: u16) -> Vec<String> {
    let hosts = [
        "169.254.169.254",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:169.254.169.254]",
        "[::a9fe:a9fe]",
        "0x7f000002",
        "2130706434",
        "127.2",
        "127.0.2",
        "0177.0.0.2",
        "0x7f.0.0.2",
        "017700000002",
        "127.0.0.2.",
        "①②⑦.0.0.2",
        "%3127.0.0.2",
        "localhost.",
        "LOCALHOST",
        "metadata.google.internal",
        "metadata.google.internal.",
        "10.0.0.0",
        "10.255.255.255",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "[fd00::]",
        "[fd00:ec2::254]",
        "[fdff::1]",
        "[fe80::1]",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.2]",
        "[64:ff9b::7f00:2]",
        "[2002:7f00:2::]",
        "[2001:db8::1]",
        "[2001::1]",
        "[ff02::1]",
        "0.0.0.0",
        "0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "203.0.113.1",
    ];
    hosts.iter().map(|host| format!("http://{host}:{port}/")).collect()
}

#[tokio::test]
async fn no_spelling_of_a_private_address_passes_when_saved_or_sent() {
    let trap = Receiver::on("127.0.0.2:0", None, |_| Behaviour::Status(200)).await;
    // Nothing is opened: also the name of this machine is one of a private network.
    let settings = config::Webhooks { allow_subnets: Vec::new(), ..settings() };
    let sender = Sender::new(&settings).unwrap();
    for url in forbidden(trap.port) {
        let saved = sender.guard().check(&url).await.expect_err(&url).to_string();
        assert!(saved.ends_with("which is refused"), "{url}: {saved}");
        let attempted = send(&sender, &url).await;
        assert_eq!((attempted.status, attempted.outcome), (None, Outcome::Failed), "{url}");
        assert_eq!(attempted.error.as_deref(), Some(saved.as_str()), "{url}");
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn no_other_protocol_user_or_port_passes_when_saved_or_sent() {
    let settings = config::Webhooks { allow_http: false, ..settings() };
    let sender = Sender::new(&settings).unwrap();
    for url in [
        "http://8.8.8.8/",
        "https://user@8.8.8.8/",
        "https://user:word@8.8.8.8/",
        "https://8.8.8.8:22/",
        "https://8.8.8.8:6379@10.0.0.1/",
        "https://8.8.8.8:25/",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "ftp://8.8.8.8/",
        "data:text/plain,a",
        "unix:/run/socket",
    ] {
        assert!(sender.guard().check(url).await.is_err(), "{url}");
        let attempted = send(&sender, url).await;
        assert_eq!((attempted.status, attempted.outcome), (None, Outcome::Failed), "{url}: {attempted:?}");
        assert!(attempted.duration.as_millis() < 500, "nothing was tried: {attempted:?}");
    }
}

#[tokio::test]
async fn a_name_is_refused_when_any_of_its_addresses_is_private() {
    let trap = Receiver::on("127.0.0.2:0", None, |_| Behaviour::Status(200)).await;
    let settings = settings();
    for addresses in
        [&["127.0.0.2"][..], &["127.0.0.1", "127.0.0.2"], &["8.8.8.8", "fd00::1"], &["127.0.0.1", "::ffff:127.0.0.2"]]
    {
        let guard = Names::one("hook.example", &[addresses]).guard(&settings);
        let url = format!("http://hook.example:{}/", trap.port);
        let saved = guard.check(&url).await.expect_err("it leads to a private address").to_string();
        assert!(saved.starts_with("hook.example leads to a") && saved.ends_with("which is refused"), "{saved}");
        assert!(addresses.iter().all(|address| !saved.contains(address)), "what it leads to is not told: {saved}");
        let sender = Sender::with(&settings, guard, &[]).unwrap();
        let attempted = send(&sender, &url).await;
        assert_eq!((attempted.outcome, attempted.error.as_deref()), (Outcome::Failed, Some(saved.as_str())));
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn a_name_that_changes_after_the_check_leads_nowhere_private() {
    let (receiver, trap) = twins(|_| Behaviour::Status(200)).await;
    let settings = settings();
    let url = format!("http://hook.example:{}/", trap.port);

    // Public when saved, private when sent.
    let guard = Names::one("hook.example", &[&["127.0.0.1"], &["127.0.0.2"]]).guard(&settings);
    guard.check(&url).await.unwrap();
    let attempted = send(&Sender::with(&settings, guard, &[]).unwrap(), &url).await;
    assert_eq!(attempted.error.as_deref(), Some("hook.example leads to a loopback address, which is refused"));

    // Private from the second question on: the send asks once, and connects to what was checked.
    let names = Names::one("hook.example", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let sender = Sender::with(&settings, names.guard(&settings), &[]).unwrap();
    assert_eq!(send(&sender, &url).await.outcome, Outcome::Delivered);
    assert_eq!((receiver.requests().len(), trap.connections()), (1, 0));
    // The connection stays where it was opened; what the name says now does not matter to it.
    assert_eq!(send(&sender, &url).await.outcome, Outcome::Delivered);
    assert_eq!((receiver.connections(), trap.connections()), (1, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_no_way() {
    let trap = Receiver::start().await;
    for status in [301, 302, 303, 307, 308] {
        for target in
            [format!("{}/trap", trap.url), "http://169.254.169.254/latest/meta-data/".to_owned(), "/again".to_owned()]
        {
            let location = vec![("location", target)];
            let receiver = Receiver::that(move |_| Behaviour::Answer(status, location.clone(), vec![])).await;
            let attempted = send(&sender(), &receiver.url).await;
            assert_eq!((attempted.status, attempted.outcome), (Some(status), Outcome::Failed));
            let error = attempted.error.unwrap();
            assert!(error.starts_with(&format!("the endpoint answered {status} ")), "{error}");
            assert!(error.ends_with("; redirects are not followed"), "{error}");
            assert_eq!(receiver.requests().len(), 1);
        }
    }
    assert_eq!(trap.connections(), 0);
}
