//! Places inside of JSON.

use super::super::case::{Case, get, players};

const FOUND: &[(&str, &str)] = &[
    ("attributes->>lang=eq.en", "amy dot"),
    ("attributes->>lang=in.(pt,ja)", "ben eli gil"),
    ("attributes->>lang=not.eq.en", "ben eli gil hei"),
    ("attributes->>lang=like.p*", "ben gil"),
    ("attributes->>missing=is.null", "amy ben cal dot eli flo gil hei"),
    ("attributes->host->>name=eq.Max", "amy"),
    ("attributes->host->level=gt.1", "amy"),
    ("attributes->vip=eq.true", "dot"),
    ("attributes->marks->>0=eq.2", "ben"),
    ("attributes->marks->-1=eq.9", "amy"),
    // An array is looked into like JSON.
    ("tags->>0=eq.vip", "amy dot eli"),
];

pub(super) fn cases() -> Vec<Case> {
    let amy = |select: &str| get(&format!("players?select={select}&external_id=eq.amy"));
    let mut cases: Vec<_> = FOUND.iter().map(|(filter, names)| players(filter).finds(names)).collect();
    cases.extend([
        amy("external_id,attributes->>lang").json(r#"[{"external_id":"amy","lang":"en"}]"#),
        amy("tongue:attributes->>lang").json(r#"[{"tongue":"en"}]"#),
        amy("attributes->host").json(r#"[{"host":{"name":"Max","level":3}}]"#),
        amy("attributes->host->>name").json(r#"[{"name":"Max"}]"#),
        amy("attributes->marks->1").json(r#"[{"marks":6}]"#),
        amy("level:attributes->host->>level::int").json(r#"[{"level":3}]"#),
        amy("first:tags->>0").json(r#"[{"first":"vip"}]"#),
        amy("attributes->none->>nothing").json(r#"[{"nothing":null}]"#),
        players("attributes->>lang=not.is.null&order=attributes->>lang.desc,external_id")
            .finds_in_order("ben gil eli hei amy dot"),
        get("players?select=attributes->>--3").fails(400, "PGRST100"),
        get("players?select=attributes->").fails(400, "PGRST100"),
        amy("attributes->>lang::int").fails(400, "22P02"),
        amy("attributes->>host->name").fails(400, "42883"),
    ]);
    cases
}
