//! The rows of somebody else.

use super::super::case::{Case, delete, get, patch, players, post};

pub(super) fn cases() -> Vec<Case> {
    let ute = ("players?select=first_name&id=eq.$theirs", r#"[{"first_name":"Ute"}]"#);
    let body = r#"{"first_name":"Stolen"}"#;
    vec![
        players("or=(visits.gte.0,visits.lt.0)").finds("amy ben cal dot eli flo gil hei"),
        get("players?select=id&id=eq.$theirs").json("[]"),
        get("players/$theirs").fails(404, "not_found"),
        get("consents?select=channel,players(external_id)").rows(6),
        get("players?select=external_id,consents(channel)").rows(8),
        get("players?select=count()").json(r#"[{"count":8}]"#),
        patch("players?id=eq.$theirs", body).status(204).is("content-range", "*/*").then_other(ute.0, ute.1),
        patch("players/$theirs", body).fails(404, "not_found").then_other(ute.0, ute.1),
        delete("players?id=eq.$theirs")
            .prefer("count=exact")
            .status(204)
            .is("content-range", "*/0")
            .then_other(ute.0, ute.1),
        delete("players/$theirs").fails(404, "not_found").then_other(ute.0, ute.1),
        // The same id in this property is another row.
        post("players", r#"{"id":"$theirs","external_id":"ivy","first_name":"Stolen"}"#)
            .prefer("resolution=merge-duplicates")
            .status(201)
            .then_other(ute.0, ute.1),
        post("consents", r#"{"player_id":"$theirs","channel":"sms","status":"granted"}"#).fails(409, "23503"),
    ]
}
