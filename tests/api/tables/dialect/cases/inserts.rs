//! New rows.

use super::super::case::{Case, get, post};

const ROWS: &str = "return=representation";

pub(super) fn cases() -> Vec<Case> {
    [single(), bulk(), chosen(), csv()].into_iter().flatten().collect()
}

fn single() -> Vec<Case> {
    vec![
        post("players", r#"{"external_id":"ivy","first_name":"Ivy"}"#).status(201).is("content-range", "*/*").then(
            "players?select=external_id,first_name,status,visits&external_id=eq.ivy",
            r#"[{"external_id":"ivy","first_name":"Ivy","status":"active","visits":0}]"#,
        ),
        // One object is answered with one object, unless the dialect's preference asks for a list.
        post("players?select=external_id", r#"{"external_id":"ivy"}"#).status(201).json(r#"{"external_id":"ivy"}"#),
        post("players?select=external_id,status,visits,tags", r#"{"external_id":"ivy"}"#)
            .prefer(ROWS)
            .status(201)
            .is("preference-applied", ROWS)
            .json(r#"[{"external_id":"ivy","status":"active","visits":0,"tags":[]}]"#),
        post("players", r#"{"external_id":"ivy"}"#).prefer("return=minimal").status(201).lacks("location").nothing(),
        post("players?select=id", r#"{"id":"$new","external_id":"ivy"}"#)
            .prefer("return=headers-only")
            .status(201)
            .ends("location", "/players?id=eq.0a000000-0000-4000-8000-0000000000e1")
            .is("preference-applied", "return=headers-only")
            .is("content-range", "*/*")
            .nothing(),
        post(
            "players?select=external_id,attributes,tags",
            r#"{"external_id":"ivy","attributes":{"a":[1,{"b":null}]},"tags":["x","y z"]}"#,
        )
        .prefer(ROWS)
        .status(201)
        .json(r#"[{"external_id":"ivy","attributes":{"a":[1,{"b":null}]},"tags":["x","y z"]}]"#),
        post("players?select=visits,tags", r#"{"external_id":"ivy","visits":"7","tags":"{a,b}"}"#)
            .prefer(ROWS)
            .status(201)
            .json(r#"[{"visits":7,"tags":["a","b"]}]"#),
        // Without a media type a body is JSON.
        get("players?select=external_id")
            .method("POST")
            .with_body(r#"{"external_id":"ivy"}"#)
            .status(201)
            .json(r#"{"external_id":"ivy"}"#),
        post(
            "consents?select=channel,players(external_id)",
            r#"{"player_id":"$cal","channel":"voice","status":"granted"}"#,
        )
        .prefer(ROWS)
        .status(201)
        .json(r#"[{"channel":"voice","players":{"external_id":"cal"}}]"#),
    ]
}

fn bulk() -> Vec<Case> {
    vec![
        post("players?select=external_id", r#"[{"external_id":"ivy"},{"external_id":"jon"}]"#)
            .prefer("return=representation, count=exact")
            .status(201)
            .is("content-range", "*/2")
            .is("preference-applied", "return=representation, count=exact")
            .elements(r#"[{"external_id":"ivy"},{"external_id":"jon"}]"#),
        post("players?select=external_id", r#"[{"external_id":"ivy"}]"#).status(201).json(r#"[{"external_id":"ivy"}]"#),
        post("players?select=external_id", "[]").prefer(ROWS).status(201).json("[]"),
        post("players?select=external_id", r#"[{"external_id":"ivy"},{"external_id":"jon"}]"#)
            .prefer(ROWS)
            .accept("application/vnd.pgrst.object+json")
            .fails(406, "PGRST116")
            .then("players?select=external_id&external_id=in.(ivy,jon)", "[]"),
    ]
}

fn chosen() -> Vec<Case> {
    let body = r#"[{"external_id":"ivy","first_name":"Ivy","visits":1},{"external_id":"jon","visits":2}]"#;
    vec![
        post("players?columns=external_id,visits&select=external_id,visits,first_name",
            r#"{"external_id":"ivy","visits":4,"first_name":"Ivy","garbage":1}"#)
            .prefer(ROWS)
            .status(201)
            .json(r#"[{"external_id":"ivy","visits":4,"first_name":null}]"#),
        post("players?columns=%22external_id%22,%22visits%22,%22first_name%22&select=external_id,first_name,visits", body)
            .prefer(ROWS)
            .status(201)
            .elements(r#"[{"external_id":"ivy","first_name":"Ivy","visits":1},{"external_id":"jon","first_name":null,"visits":2}]"#),
        post("players?columns=external_id,visits,status&select=external_id,visits,status",
            r#"[{"external_id":"ivy"},{"external_id":"jon","visits":9}]"#)
            .prefer("return=representation, missing=default")
            .status(201)
            .is("preference-applied", "missing=default, return=representation")
            .elements(r#"[{"external_id":"ivy","visits":0,"status":"active"},{"external_id":"jon","visits":9,"status":"active"}]"#),
        // Without that preference, what is left out is null.
        post("players?columns=external_id,status", r#"[{"external_id":"ivy"}]"#).fails(400, "23502"),
    ]
}

fn csv() -> Vec<Case> {
    let csv = |target: &str, body| post(target, body).sends("text/csv").prefer(ROWS);
    vec![
        csv("players?select=id", "id,external_id\n$new,ivy")
            .accept("text/csv")
            .status(201)
            .text("id\n0a000000-0000-4000-8000-0000000000e1"),
        csv("players?select=external_id,first_name,tier", "external_id,first_name,tier\nivy,\"Ivy, of course\",NULL\njon,,x\n")
            .status(201)
            .elements(
                r#"[{"external_id":"ivy","first_name":"Ivy, of course","tier":null},{"external_id":"jon","first_name":"","tier":"x"}]"#,
            ),
    ]
}

pub(super) fn errors() -> Vec<Case> {
    let bad = |body, code| post("players", body).fails(400, code);
    let gone = ("players?select=external_id&external_id=eq.ivy", "[]");
    vec![
        bad(r#"[{"external_id":"ivy"},{"external_id":"jon","visits":1}]"#, "PGRST102"),
        bad("", "PGRST102"),
        bad("{\"external_id\":", "PGRST102"),
        bad(r#"{"external_id":"ivy","visits":"abc"}"#, "22P02"),
        bad(r#"{"external_id":"ivy","id":"nope"}"#, "22P02"),
        bad(r#"{"external_id":"ivy","created_at":"2025-01-01"}"#, "read_only_column"),
        bad(r#"{"external_id":"ivy","status":"weird"}"#, "23514"),
        bad(r#"{"external_id":"ivy","foo":1}"#, "PGRST204"),
        bad(r#"{"first_name":"Ivy"}"#, "23502"),
        bad("{}", "23502"),
        bad(r#"{"external_id":"a\u0000b"}"#, "22P05"),
        post("players?columns=", r#"[{"external_id":"ivy"}]"#).fails(400, "PGRST100"),
        post("players?columns=external_id,foo", r#"[{"external_id":"ivy"}]"#).fails(400, "PGRST204"),
        post("players?columns=external_id", r#"[{"external_id":"ivy"},333]"#).fails(400, "22023"),
        post("players", "external_id,visits\nivy,3\njon\n").sends("text/csv").fails(400, "PGRST102"),
        post("players", "external_id=ivy").sends("text/plain").fails(415, "PGRST102"),
        post("players", r#"{"external_id":"amy"}"#).fails(409, "23505"),
        post("players", r#"[{"external_id":"ivy"},{"external_id":"amy"}]"#).fails(409, "23505").then(gone.0, gone.1),
        post("players?select=foo", r#"{"external_id":"ivy"}"#).prefer(ROWS).fails(400, "42703").then(gone.0, gone.1),
        post("consents", r#"{"player_id":"$new","channel":"sms","status":"granted"}"#).fails(409, "23503"),
    ]
}
