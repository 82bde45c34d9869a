//! Addresses that an endpoint must not have, refused when it is saved.

use super::*;

/// Private, reserved and foreign places in every spelling.
const REFUSED: &[&str] = &[
    "http://169.254.169.254/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::ffff:169.254.169.254]/",
    "https://0x7f000001/",
    "https://2130706433/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://metadata/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://255.255.255.255/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://１２７.０.０.１/",
    "https://user@93.184.216.34/",
    "https://user:pass@93.184.216.34/",
    "https://@93.184.216.34/",
    "https://93.184.216.34:22/",
    "https://93.184.216.34:25/",
    "http://93.184.216.34/",
    "file:///etc/passwd",
    "gopher://93.184.216.34/",
    "ftp://93.184.216.34/",
    "javascript:alert(1)",
    "//93.184.216.34/",
    "93.184.216.34",
    "https://",
    "https:///",
    "https://93.184.216.34/#fragment",
    "https://93.184.216.34/a b",
    "https:\\\\93.184.216.34\\",
    " https://93.184.216.34/",
    "https://93.184.216.34/\r\nHost: x",
    "",
];

#[tokio::test]
async fn no_endpoint_leads_inside() {
    let stage = Stage::with(&[("PLAYHOUSE_WEBHOOKS__ALLOW_HTTP", "false")]).await;
    let made = stage.made(json!({ "url": FAR })).await;
    let long = format!("https://93.184.216.34/{}", "a".repeat(2048));
    for url in REFUSED.iter().copied().chain([&*long]) {
        for (method, path) in [("POST", WEBHOOKS), ("PATCH", &one(&made)), ("PUT", &one(&made))] {
            let answer = stage.ask(method, path, &[], json!({ "url": url })).await;
            let sentence = refused(&answer, 400, "url_refused");
            assert!(sentence.starts_with("url "), "{url}: {sentence}");
            assert!(!answer.text.contains("pass@"), "{}", answer.text);
        }
    }
    for wrong in [json!(7), json!(true), json!(["https://93.184.216.34/"])] {
        let answer = stage.ask("POST", WEBHOOKS, &[], json!({ "url": wrong })).await;
        assert!(refused(&answer, 400, "url_refused").starts_with("url "));
    }
    assert_eq!(stage.number(&format!("select count(*) from webhooks where url <> '{FAR}'")).await, 0);
}

#[tokio::test]
async fn a_setting_opens_what_development_needs_and_no_more() {
    let stage = Stage::near().await;
    let answer = stage.ask("POST", WEBHOOKS, &[], json!({ "url": "http://127.0.0.1:9999/hook" })).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    for url in ["http://127.0.0.2/", "http://169.254.169.254/", "http://metadata.google.internal/", "http://10.0.0.1/"]
    {
        refused(&stage.ask("POST", WEBHOOKS, &[], json!({ "url": url })).await, 400, "url_refused");
    }
}
