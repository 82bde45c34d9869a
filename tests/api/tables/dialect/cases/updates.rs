//! Changed rows.

use super::super::case::{Case, patch};

const ROWS: &str = "return=representation";

pub(super) fn cases() -> Vec<Case> {
    [done(), nothing(), refused()].into_iter().flatten().collect()
}

fn done() -> Vec<Case> {
    vec![
        patch("players?external_id=eq.ben", r#"{"tier":"gold"}"#)
            .status(204)
            .is("content-range", "0-0/*")
            .nothing()
            .then("players?select=tier&external_id=eq.ben", r#"[{"tier":"gold"}]"#),
        patch("players?status=eq.inactive&select=external_id,status", r#"{"status":"active"}"#)
            .prefer("return=representation, count=exact")
            .status(200)
            .is("content-range", "0-1/2")
            .elements(r#"[{"external_id":"cal","status":"active"},{"external_id":"gil","status":"active"}]"#),
        patch("players?external_id=eq.ben&select=external_id,tier,email", r#"{"tier":null}"#)
            .prefer(ROWS)
            .status(200)
            .is("content-range", "0-0/*")
            .is("preference-applied", ROWS)
            .json(r#"[{"external_id":"ben","tier":null,"email":"ben@north.test"}]"#),
        patch("players?external_id=eq.amy", r#"{"tier":"x"}"#)
            .prefer("return=headers-only")
            .status(204)
            .is("preference-applied", "return=headers-only")
            .nothing(),
        patch("players?external_id=eq.amy&columns=status,visits&select=status,visits", r#"{"status":"inactive"}"#)
            .prefer("return=representation, missing=default")
            .status(200)
            .is("preference-applied", "missing=default, return=representation")
            .json(r#"[{"status":"inactive","visits":0}]"#),
        patch("players?external_id=eq.amy&select=external_id", r#"{"tier":"x"}"#)
            .prefer(ROWS)
            .accept("application/vnd.pgrst.object+json")
            .status(200)
            .json(r#"{"external_id":"amy"}"#),
    ]
}

fn nothing() -> Vec<Case> {
    let nobody = "players?external_id=eq.nobody";
    vec![
        patch(nobody, r#"{"tier":"x"}"#).status(204).is("content-range", "*/*").nothing(),
        patch(nobody, r#"{"tier":"x"}"#).prefer(ROWS).status(200).is("content-range", "*/*").json("[]"),
        patch(nobody, r#"{"tier":"x"}"#).prefer("count=exact").status(204).is("content-range", "*/0").nothing(),
        patch(nobody, r#"{"tier":"x"}"#).accept("application/vnd.pgrst.object+json").fails(406, "PGRST116"),
        patch("players?external_id=eq.amy", "[]").status(204).is("content-range", "*/*").nothing(),
        patch("players?external_id=eq.amy", "{}").status(204).is("content-range", "*/*").nothing(),
        patch("players?status=eq.active", r#"{"tier":"x"}"#)
            .accept("application/vnd.pgrst.object+json")
            .fails(406, "PGRST116")
            .then("players?select=external_id&tier=eq.x", "[]"),
    ]
}

fn refused() -> Vec<Case> {
    let amy = |body| patch("players?external_id=eq.amy", body);
    vec![
        amy("}{ x").fails(400, "PGRST102"),
        amy(r#"{"foo":1}"#).fails(400, "PGRST204"),
        amy(r#"{"visits":"abc"}"#).fails(400, "22P02"),
        amy(r#"{"status":"weird"}"#).fails(400, "23514"),
        amy(r#"{"external_id":null}"#).fails(400, "23502"),
        amy(r#"{"external_id":"ben"}"#).fails(409, "23505"),
        patch("players?foo=eq.1", r#"{"tier":"x"}"#).fails(400, "42703"),
        patch("players?visits=eq.abc", r#"{"tier":"x"}"#).fails(400, "22P02"),
    ]
}
