//! Bodies that are broken, odd or hostile: always a sentence that helps, never a word about the inside.

use serde_json::{Value, json};

use super::{KEYS, PATIENT, SESSIONS, Stage, body_of, refused};
use crate::support::app::{Answer, send};

impl Stage {
    /// Every call that reads a body, with its credential and without the body.
    async fn readers(&self) -> Vec<reqwest::RequestBuilder> {
        let (key, owner) = (&self.tenant.key, self.app.token(&self.tenant.owner));
        let token = self.ticket().await;
        let keyed = |path: &str| self.app.request("POST", path).header("x-api-key", key);
        vec![
            keyed(SESSIONS),
            keyed("/api/org-api-keys?action=create-session"),
            keyed("/api/org-api-keys?action=revoke-session"),
            self.app.request("POST", &format!("{SESSIONS}/{token}/consume")),
            self.app.request("POST", "/api/org-api-keys?action=consume-session"),
            self.app.request("POST", KEYS).bearer_auth(&owner),
            self.app.request("PATCH", KEYS).bearer_auth(&owner),
        ]
    }

    /// createSession for the tenant's game with further members as text.
    async fn create_with(&self, members: &str) -> Answer {
        let request = self.app.request("POST", SESSIONS).header("x-api-key", &self.tenant.key);
        let body = format!(r#"{{"game_id":{}{members}}}"#, self.tenant.game);
        send(body_of(request, "application/json", body)).await
    }
}

#[tokio::test]
async fn a_body_that_is_not_announced_as_json_in_utf8_is_refused() {
    let stage = Stage::with(&[PATIENT]).await;
    for content_type in [
        "",
        "text/plain",
        "application/x-json",
        "text/json",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "json",
    ] {
        for request in stage.readers().await {
            let answer = send(body_of(request, content_type, "{}")).await;
            assert_eq!(refused(&answer, 415), "Content-Type must be application/json in UTF-8", "{content_type}");
        }
    }
    for request in stage.readers().await {
        refused(&send(request.body("{}")).await, 415);
    }
    for content_type in ["application/json", "Application/JSON; Charset=\"UTF-8\""] {
        let request = stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key);
        let body = json!({ "game_id": stage.tenant.game }).to_string();
        assert_eq!(send(body_of(request, content_type, body)).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_by_every_call() {
    let stage = Stage::with(&[PATIENT]).await;
    let mut bodies: Vec<Vec<u8>> = [
        " ",
        "null",
        "[]",
        "1",
        "\"text\"",
        "true",
        "{",
        "{}}",
        "{\"name\":1,}",
        "{'name':1}",
        "{name:1}",
        "{} {}",
        "{}x",
        "\u{feff}{}",
        "{\"name\":\"a\",\"name\":\"a\"}",
        "{\"m\":{\"a\":1,\"a\":2}}",
        "{\"m\":[{\"\\u0061\":1,\"a\":2}]}",
        "{\"name\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"m\":{\"a\":[\"\\u0000\"]}}",
        "{\"m\":{\"a\\u0000b\":1}}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"\\udc00\\ud800\"}",
        "{\"name\":\"\\x41\"}",
        "{\"name\":\"a\nb\"}",
        "{\"n\":1e400}",
        "{\"n\":-1e999}",
        "{\"n\":NaN}",
        "{\"n\":Infinity}",
        "{\"n\":+1}",
        "{\"n\":01}",
        "{\"n\":1.}",
        "{\"n\":0x10}",
        "{\"n\":٥}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    bodies.push(b"{\"name\":\"\xff\"}".to_vec());
    bodies.push(b"{\"name\":\"\xed\xa0\x80\"}".to_vec());
    bodies.push(b"{\"name\":\"\xc0\x80\"}".to_vec());
    bodies.push("{\"name\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect());
    for depth in [200, 100_000] {
        bodies.push(["{\"m\":".repeat(depth).as_bytes(), b"1", "}".repeat(depth).as_bytes()].concat());
        bodies.push([b"{\"m\":", "[".repeat(depth).as_bytes(), "]".repeat(depth).as_bytes(), b"}"].concat());
    }
    for body in bodies {
        for request in stage.readers().await {
            refused(&send(body_of(request, "application/json", body.clone())).await, 400);
        }
    }
}

#[tokio::test]
async fn an_announced_but_empty_body_is_none() {
    let stage = Stage::set().await;
    let session = stage.app.session(&stage.tenant).await;
    let request = stage.app.request("POST", &format!("{SESSIONS}/{session}/consume"));
    let answer = send(request.header("content-type", "application/json").header("content-length", "0")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = send(body_of(
        stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key),
        "application/json",
        vec![],
    ))
    .await;
    assert_eq!(refused(&answer, 400), "The body is empty; a JSON object is expected");
}

#[tokio::test]
async fn numbers_of_metadata_come_back_as_they_went() {
    let stage = Stage::set().await;
    let metadata =
        json!({ "n": [f64::MAX, f64::MIN_POSITIVE, 5e-324, -1.3776622557181346e304, u64::MAX, i64::MIN, 0.1] });
    let made = stage.app.keyed(
        &stage.tenant.key,
        "POST",
        SESSIONS,
        json!({ "game_id": stage.tenant.game, "metadata": metadata }),
    );
    let session = made.await.body["data"]["token"].as_str().unwrap().to_owned();
    let answer = stage.app.get(&format!("{SESSIONS}/{session}")).await;
    assert_eq!(answer.body["data"]["metadata"], metadata, "{}", answer.text);
}

#[tokio::test]
async fn a_number_that_is_no_id_is_named_with_what_came() {
    let stage = Stage::set().await;
    for wrong in [
        "0",
        "-1",
        "1.5",
        "1.0",
        "1e2",
        "\"5\"",
        "2147483648",
        "9007199254740993",
        "9223372036854775808",
        "18446744073709551616",
        "1e300",
        "true",
        "[]",
        "[1]",
        "{}",
        "\"\"",
        "\"1 or 1=1\"",
    ] {
        for member in ["game_id", "stream_id"] {
            let request = stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key);
            let answer = send(body_of(request, "application/json", format!(r#"{{"{member}":{wrong}}}"#))).await;
            let came: Value = serde_json::from_str(wrong).unwrap();
            assert_eq!(
                refused(&answer, 400),
                format!("{member} must be a whole number from 1 to 2147483647, got {came}")
            );
        }
    }
    for (members, sentence) in [
        (r#","external_ref":5"#, "external_ref must be a text of 0 to 255 characters, got 5"),
        (r#","external_ref":{"$ne":1}"#, "external_ref must be a text of 0 to 255 characters, got {\"$ne\":1}"),
        (r#","metadata":"{}""#, "metadata must be a JSON object, got \"{}\""),
        (r#","metadata":[]"#, "metadata must be a JSON object, got []"),
    ] {
        assert_eq!(refused(&stage.create_with(members).await, 400), sentence);
    }
}

#[tokio::test]
async fn unknown_members_of_a_body_are_ignored() {
    let stage = Stage::set().await;
    let answer = stage
        .create_with(r#","unknown":{"a":[1]},"organization_id":99,"status":"consumed","token":"x","id":1,"Game_Id":2"#)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        stage
            .number(&format!(
                "select count(*) from game_sessions where status = 'active' and organization_id = {}",
                stage.tenant.org
            ))
            .await,
        1
    );
}

#[tokio::test]
async fn an_instant_that_no_calendar_has_is_refused() {
    let stage = Stage::set().await;
    for wrong in [
        json!("0000-00-00"),
        json!("0000-00-00T00:00:00Z"),
        json!("+1000000-01-01T00:00:00Z"),
        json!("10000-01-01T00:00:00Z"),
        json!("2027-02-29T00:00:00Z"),
        json!("2027-13-01T00:00:00Z"),
        json!("2027-01-01T24:00:00Z"),
        json!("2027-01-01T23:59:60Z"),
        json!("2016-12-31T23:59:60Z"),
        json!("2027-01-01T00:00:00+25:00"),
        json!("2027-01-01T00:00:00"),
        json!("2027-01-01"),
        json!("1969-12-31T23:59:59Z"),
        json!("-0001-01-01T00:00:00Z"),
        json!("tomorrow"),
        json!("infinity"),
        json!("now()"),
        json!(""),
        json!(1_798_761_600),
        json!(true),
        json!({}),
    ] {
        let answer = stage.change_key(stage.tenant.key_id.into(), json!({ "expires_at": wrong })).await;
        assert!(
            refused(&answer, 400)
                .starts_with("expires_at must be an instant such as 2027-01-01T00:00:00Z (RFC 3339), got ")
        );
        let answer =
            stage.manage("POST", "", json!({ "org_id": stage.tenant.org, "name": "A key", "expires_at": wrong })).await;
        refused(&answer, 400);
    }
    assert_eq!(stage.number("select count(*) from org_api_keys where expires_at is null").await, 1);
}

#[tokio::test]
async fn whatever_is_in_metadata_is_data() {
    let stage = Stage::set().await;
    let nested = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    let metadata = format!(
        r#"{{"__proto__":{{"admin":true}},"constructor":{{"prototype":1}},"toString":null,"$where":"1","":"","a.b":1,"big":9007199254740993,"small":-9223372036854775808,"half":0.5,"text":"'; drop table games; -- <script> \u202e 😀 \" \\ \n","nested":{nested}}}"#
    );
    let answer = stage.create_with(&format!(r#","metadata":{metadata}"#)).await;
    let token = answer.body["data"]["token"].as_str().unwrap();
    let sent: Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(stage.validate(token).await.body["data"]["metadata"], sent);
    assert_eq!(stage.consume(token).await.body["data"]["metadata"], sent);
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_understood() {
    let stage = Stage::set().await;
    let long = "x".repeat(1_000_000);
    let answer = stage.create_with(&format!(r#","external_ref":"{long}""#)).await;
    assert!(refused(&answer, 400).starts_with("external_ref must be a text of 0 to 255 characters, got \"xxx"));
    let many: Vec<_> = (0..10_000).map(|place| format!("\"k{place}\":1")).collect();
    let answer = stage.create_with(&format!(r#","metadata":{{{}}}"#, many.join(","))).await;
    assert!(refused(&answer, 400).starts_with("metadata must be at most 16384 bytes of JSON, got "));
    let answer = stage.create_with(&format!(r#","unknown":"{}""#, "x".repeat(1_048_576))).await;
    refused(&answer, 413);
    let request =
        stage.app.request("POST", SESSIONS).header("x-api-key", &stage.tenant.key).header("content-encoding", "gzip");
    refused(&send(request.json(&json!({ "game_id": stage.tenant.game }))).await, 415);
}
