//! Relations.

use super::super::case::{Case, get, players};

pub(super) fn cases() -> Vec<Case> {
    [to_many(), to_one(), filtered(), refused()].into_iter().flatten().collect()
}

fn to_many() -> Vec<Case> {
    vec![
        get("players?select=external_id,consents(channel)&order=external_id&consents.order=recorded_at&limit=4").json(
            r#"[{"external_id":"amy","consents":[{"channel":"email"},{"channel":"sms"}]},
                {"external_id":"ben","consents":[{"channel":"email"}]}, {"external_id":"cal","consents":[]},
                {"external_id":"dot","consents":[{"channel":"email"},{"channel":"sms"}]}]"#,
        ),
        get("players?select=external_id,consents(channel)&order=external_id&limit=1&consents.limit=1&consents.order=recorded_at.desc")
            .json(r#"[{"external_id":"amy","consents":[{"channel":"sms"}]}]"#),
        get("players?select=external_id,consents(channel)&external_id=eq.amy&consents.offset=1&consents.order=recorded_at")
            .json(r#"[{"external_id":"amy","consents":[{"channel":"sms"}]}]"#),
        get("players?select=external_id,given:consents(how:channel)&external_id=eq.ben")
            .json(r#"[{"external_id":"ben","given":[{"how":"email"}]}]"#),
        get("players?select=external_id,e:consents(channel),s:consents(channel)&e.channel=eq.email&s.channel=eq.sms&external_id=eq.amy")
            .json(r#"[{"external_id":"amy","e":[{"channel":"email"}],"s":[{"channel":"sms"}]}]"#),
        get("players?select=external_id,...consents(channels:channel)&consents.order=channel&external_id=in.(amy,cal)&order=external_id")
            .json(r#"[{"external_id":"amy","channels":["email","sms"]},{"external_id":"cal","channels":[]}]"#),
    ]
}

fn to_one() -> Vec<Case> {
    let first = "order=recorded_at&limit=1";
    vec![
        get("consents?select=channel,player:players(external_id)&order=recorded_at.desc&limit=1")
            .json(r#"[{"channel":"email","player":{"external_id":"eli"}}]"#),
        get(&format!("consents?select=channel,player_id(external_id)&{first}"))
            .json(r#"[{"channel":"email","player_id":{"external_id":"amy"}}]"#),
        get(&format!("consents?select=channel,consents_player_id_fkey(external_id)&{first}"))
            .json(r#"[{"channel":"email","consents_player_id_fkey":{"external_id":"amy"}}]"#),
        get(&format!("consents?select=channel,players!player_id(external_id)&{first}"))
            .json(r#"[{"channel":"email","players":{"external_id":"amy"}}]"#),
        get(&format!("consents?select=channel,...players(external_id)&{first}"))
            .json(r#"[{"channel":"email","external_id":"amy"}]"#),
        get("consents?select=channel,players(external_id)&order=players(external_id).desc,channel&limit=1")
            .json(r#"[{"channel":"email","players":{"external_id":"eli"}}]"#),
        get("consents?select=players(external_id,consents(channel))&order=recorded_at.desc&limit=1")
            .json(r#"[{"players":{"external_id":"eli","consents":[{"channel":"email"}]}}]"#),
    ]
}

fn filtered() -> Vec<Case> {
    vec![
        get("players?select=external_id,consents(status)&consents.status=eq.granted&order=external_id&limit=2").json(
            r#"[{"external_id":"amy","consents":[{"status":"granted"}]},{"external_id":"ben","consents":[{"status":"granted"}]}]"#,
        ),
        get("players?select=external_id,consents!inner(status)&consents.status=eq.revoked&order=external_id").json(
            r#"[{"external_id":"amy","consents":[{"status":"revoked"}]},{"external_id":"dot","consents":[{"status":"revoked"}]}]"#,
        ),
        get("players?select=external_id,consents!inner(status)&consents.status=eq.revoked&order=external_id&limit=1")
            .prefer("count=exact")
            .status(206)
            .is("content-range", "0-0/2"),
        get("consents?select=channel,players!inner(external_id)&players.external_id=eq.dot&order=recorded_at").json(
            r#"[{"channel":"email","players":{"external_id":"dot"}},{"channel":"sms","players":{"external_id":"dot"}}]"#,
        ),
        get("players?select=external_id,consents(channel)&consents.or=(channel.eq.sms,status.eq.none)&external_id=eq.amy")
            .json(r#"[{"external_id":"amy","consents":[{"channel":"sms"}]}]"#),
        get("players?select=external_id,consents()&consents=not.is.null").finds("amy ben dot eli"),
        get("players?select=external_id,consents()&consents=is.null").finds("cal flo gil hei"),
        get("players?select=external_id,consents()&consents.channel=eq.sms&or=(consents.not.is.null,tier.is.null)")
            .finds("amy dot flo"),
    ]
}

fn refused() -> Vec<Case> {
    vec![
        players("consents.status=eq.granted").fails(400, "PGRST108"),
        players("order=consents(channel)").fails(400, "PGRST108"),
        get("players?select=external_id,consents(channel)&order=consents(channel)").fails(400, "PGRST118"),
        get("players?select=external_id,consents(channel)&consents=eq.x").fails(400, "PGRST120"),
        get("players?select=external_id,nowhere(channel)").fails(400, "PGRST200"),
        get("players?select=external_id,...consents(n:count())").fails(400, "PGRST127"),
        get("players?select=external_id,consents(foo)").fails(400, "42703"),
        get("players?select=external_id,consents(channel").fails(400, "PGRST100"),
    ]
}
