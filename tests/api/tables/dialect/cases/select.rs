//! Columns.

use super::super::case::{Case, get};

const ALL: &str = "id external_id email phone first_name last_name status tier adt coin_in visits birth_date state zip \
    time_zone locale tags attributes last_visit_at created_at updated_at";

pub(super) fn cases() -> Vec<Case> {
    let amy = |select: &str| get(&format!("players?select={select}&external_id=eq.amy"));
    vec![
        get("players?external_id=eq.amy").members(ALL),
        amy("").members(ALL),
        amy("*").members(ALL),
        amy("*,n:visits").members("id external_id n visits"),
        amy("external_id,status").text(r#"[{"external_id":"amy","status":"active"}]"#),
        amy("status,external_id").text(r#"[{"status":"active","external_id":"amy"}]"#),
        amy("%20external_id%20,%20status%20").json(r#"[{"external_id":"amy","status":"active"}]"#),
        amy("who:external_id").json(r#"[{"who":"amy"}]"#),
        amy("v:visits::text").json(r#"[{"v":"20"}]"#),
        amy("visits::text").json(r#"[{"visits":"20"}]"#),
        amy("%22external_id%22").json(r#"[{"external_id":"amy"}]"#),
        amy("external_id,external_id").json(r#"[{"external_id":"amy"}]"#),
        amy("adt,coin_in,birth_date,tags,created_at").text(concat!(
            r#"[{"adt":200.50,"coin_in":12000.00,"birth_date":"1981-04-02","tags":["vip","slots"],"#,
            r#""created_at":"2025-01-01T08:00:00+00:00"}]"#
        )),
        get("players?select=adt,birth_date,tags,attributes&external_id=eq.cal")
            .json(r#"[{"adt":null,"birth_date":null,"tags":[],"attributes":{}}]"#),
        amy("foo").fails(400, "42703"),
        amy("visits::nosuchtype").fails(400, "42704"),
        amy("visits::").fails(400, "PGRST100"),
        amy("external_id!x").fails(400, "PGRST100"),
        amy("external_id[]").fails(400, "PGRST100"),
        amy("a:b:c").fails(400, "PGRST100"),
        amy("external_id,").fails(400, "PGRST100"),
        amy("first_name::int").fails(400, "22P02"),
    ]
}
