//! Rows that may be there already.

use super::super::case::{Case, post, put};

const MERGE: &str = "return=representation, resolution=merge-duplicates";

pub(super) fn cases() -> Vec<Case> {
    merged().into_iter().chain(replaced()).collect()
}

fn merged() -> Vec<Case> {
    vec![
        post("players?select=external_id,tier,first_name", r#"[{"id":"$amy","external_id":"amy","tier":"platinum"}]"#)
            .prefer(MERGE)
            .status(200)
            .json(r#"[{"external_id":"amy","tier":"platinum","first_name":"Amy"}]"#),
        post("players?on_conflict=external_id&select=id,tier", r#"{"external_id":"amy","tier":"platinum"}"#)
            .prefer(MERGE)
            .status(200)
            .json(r#"[{"id":"0a000000-0000-4000-8000-000000000001","tier":"platinum"}]"#),
        post(
            "players?on_conflict=external_id&select=external_id,tier",
            r#"[{"external_id":"amy","tier":"x"},{"external_id":"ivy","tier":"y"}]"#,
        )
        .prefer(MERGE)
        .status(201)
        .elements(r#"[{"external_id":"amy","tier":"x"},{"external_id":"ivy","tier":"y"}]"#),
        post("players?on_conflict=external_id&select=external_id", r#"[{"external_id":"ben"},{"external_id":"ivy"}]"#)
            .prefer("return=representation, resolution=ignore-duplicates")
            .status(201)
            .is("preference-applied", "resolution=ignore-duplicates, return=representation")
            .json(r#"[{"external_id":"ivy"}]"#),
        post(
            "players?columns=id,external_id,tier&on_conflict=external_id&select=external_id,tier",
            r#"[{"external_id":"ivy","tier":"gold"},{"id":"$ben","external_id":"ben","tier":"gold"}]"#,
        )
        .prefer("return=representation, resolution=merge-duplicates, missing=default")
        .status(201)
        .is("preference-applied", "resolution=merge-duplicates, missing=default, return=representation")
        .elements(r#"[{"external_id":"ben","tier":"gold"},{"external_id":"ivy","tier":"gold"}]"#),
        post("players?on_conflict=email", r#"[{"external_id":"ivy"}]"#)
            .prefer("resolution=merge-duplicates")
            .fails(400, "42P10"),
        post("players?on_conflict=foo", r#"[{"external_id":"ivy"}]"#)
            .prefer("resolution=merge-duplicates")
            .fails(400, "42703"),
        post("players?on_conflict=external_id", r#"[{"external_id":"ivy"},{"external_id":"ivy"}]"#)
            .prefer("resolution=merge-duplicates")
            .fails(400, "21000"),
        // Without a resolution, a duplicate is a duplicate.
        post("players?on_conflict=external_id", r#"{"external_id":"amy"}"#).fails(409, "23505"),
    ]
}

fn replaced() -> Vec<Case> {
    let amy = r#"{"id":"$amy","external_id":"amy","tier":"platinum"}"#;
    vec![
        put("players?id=eq.$new&select=external_id,tier", r#"{"id":"$new","external_id":"ivy","tier":"gold"}"#)
            .prefer("return=representation")
            .status(201)
            .json(r#"[{"external_id":"ivy","tier":"gold"}]"#),
        put("players?id=eq.$amy", amy).status(204).lacks("content-range").nothing().then(
            "players?select=tier,first_name,visits&id=eq.$amy",
            r#"[{"tier":"platinum","first_name":null,"visits":0}]"#,
        ),
        put("players?id=eq.$amy&select=external_id,tier", amy)
            .prefer("return=representation")
            .status(200)
            .json(r#"[{"external_id":"amy","tier":"platinum"}]"#),
        put("players?id=eq.$new", r#"{"id":"$new","external_id":"ivy"}"#)
            .prefer("return=minimal")
            .status(204)
            .is("preference-applied", "return=minimal")
            .nothing(),
        // Of several objects the first counts.
        put(
            "players?id=eq.$amy&select=external_id,tier",
            r#"[{"id":"$amy","external_id":"amy","tier":"platinum"},{"id":"$ben","external_id":"ben","tier":"x"}]"#,
        )
        .prefer("return=representation")
        .accept("application/vnd.pgrst.object+json")
        .status(200)
        .json(r#"{"external_id":"amy","tier":"platinum"}"#)
        .then("players?select=tier&id=eq.$ben", r#"[{"tier":"silver"}]"#),
        put("players?id=eq.$ben", amy).fails(400, "PGRST115"),
        put("players?id=eq.$amy&offset=1", amy).fails(400, "PGRST114"),
        put("players?id=eq.$amy&limit=1", amy).fails(400, "PGRST114"),
        put("players", amy).fails(405, "PGRST105"),
        put("players?external_id=eq.amy", amy).fails(405, "PGRST105"),
        put("players?id=gt.$amy", amy).fails(405, "PGRST105"),
        put("players?id=eq.$amy&tier=eq.gold", amy).fails(405, "PGRST105"),
    ]
}
