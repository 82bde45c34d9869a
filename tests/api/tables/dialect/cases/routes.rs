//! Paths, profiles and methods.

use super::super::case::{Case, delete, get, post};

pub(super) fn cases() -> Vec<Case> {
    let eli = || get("players?select=external_id&external_id=eq.eli");
    vec![
        get("players?select=external_id&limit=1").rows(1),
        delete("faketable?id=eq.1").fails(404, "PGRST205"),
        get("playrs").fails(404, "PGRST205"),
        get("players/extra/path").fails(404, "PGRST125"),
        // Clients send both profiles, and a media type without a body.
        eli()
            .with("accept-profile", "public")
            .with("content-profile", "public")
            .with("content-type", "application/json")
            .accept("application/json")
            .finds("eli"),
        eli().with("accept-profile", "unknown").fails(406, "PGRST106"),
        post("players", r#"{"external_id":"ivy"}"#).with("content-profile", "unknown").fails(406, "PGRST106"),
        post("players?select=external_id", r#"{"external_id":"ivy"}"#).with("content-profile", "public").status(201),
        get("players/$eli?select=external_id").json(r#"{"external_id":"eli"}"#),
        get("players/$new").fails(404, "not_found"),
        get("players/nope").fails(400, "22P02"),
    ]
}
