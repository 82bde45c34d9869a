//! `Prefer`.

use super::super::case::{Case, delete, get, patch, post};

pub(super) fn cases() -> Vec<Case> {
    let list = || get("players?select=external_id&order=external_id&limit=1");
    let absent = ("players?select=external_id&external_id=eq.ivy", "[]");
    let ivy = || post("players?select=external_id", r#"{"external_id":"ivy"}"#);
    vec![
        list().prefer("handling=strict, anything").fails(400, "PGRST122"),
        list().prefer("handling=strict, foo, bar=1").fails(400, "PGRST122"),
        list().prefer("handling=strict, count=none").fails(400, "PGRST122"),
        list().prefer("handling=lenient, anything").finds("amy"),
        list().prefer("anything").lacks("preference-applied").finds("amy"),
        list().prefer("return=representation").lacks("preference-applied").finds("amy"),
        list()
            .prefer("handling=strict, count=exact")
            .status(206)
            .is("preference-applied", "count=exact, handling=strict"),
        list()
            .with("prefer", "count=exact")
            .with("prefer", "handling=strict")
            .status(206)
            .has("preference-applied", "handling=strict"),
        get("players?select=created_at&external_id=eq.amy")
            .prefer("timezone=-4")
            .json(r#"[{"created_at":"2025-01-01T04:00:00-04:00"}]"#),
        get("players?select=created_at&external_id=eq.amy")
            .prefer("timezone=Asia/Bangkok")
            .is("preference-applied", "timezone=Asia/Bangkok")
            .json(r#"[{"created_at":"2025-01-01T15:00:00+07:00"}]"#),
        list().prefer("timezone=Moon/Tranquility").fails(400, "22023"),
        ivy()
            .prefer("tx=rollback, return=representation")
            .status(201)
            .has("preference-applied", "tx=rollback")
            .json(r#"[{"external_id":"ivy"}]"#)
            .then(absent.0, absent.1),
        ivy().prefer("handling=strict, anything").fails(400, "PGRST122").then(absent.0, absent.1),
        patch("players?status=eq.active", r#"{"tier":"x"}"#)
            .prefer("handling=strict, max-affected=4")
            .fails(400, "PGRST124")
            .then("players?select=external_id&tier=eq.x", "[]"),
        patch("players?status=eq.active", r#"{"tier":"x"}"#)
            .prefer("handling=strict, max-affected=5")
            .status(204)
            .is("preference-applied", "handling=strict, max-affected=5"),
        delete("players?status=eq.active")
            .prefer("handling=strict, max-affected=1")
            .fails(400, "PGRST124")
            .then("players?select=count()", r#"[{"count":8}]"#),
    ]
}
