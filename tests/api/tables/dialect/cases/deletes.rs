//! Deleted rows.

use super::super::case::{Case, delete};

pub(super) fn cases() -> Vec<Case> {
    let gone = "players?select=external_id&external_id=eq.hei";
    vec![
        delete("players?external_id=eq.hei").status(204).is("content-range", "*/*").nothing().then(gone, "[]"),
        delete("players?external_id=eq.hei")
            .prefer("count=exact")
            .status(204)
            .is("content-range", "*/1")
            .is("preference-applied", "count=exact")
            .nothing(),
        delete("players?external_id=eq.hei&select=external_id")
            .prefer("return=representation")
            .status(200)
            .json(r#"[{"external_id":"hei"}]"#)
            .then(gone, "[]"),
        delete("players?external_id=eq.nobody")
            .prefer("return=representation")
            .status(200)
            .is("content-range", "*/*")
            .json("[]"),
        delete("players?external_id=eq.nobody").status(204).nothing(),
        // Clients send a media type without a body, or an empty object.
        delete("players?external_id=eq.hei").sends("application/json").status(204).nothing(),
        delete("players?external_id=eq.hei").sends("application/json").with_body("{}").status(204).nothing(),
        delete("players?status=eq.active")
            .accept("application/vnd.pgrst.object+json")
            .fails(406, "PGRST116")
            .then("players?select=count()", r#"[{"count":8}]"#),
    ]
}
