//! Counts and sums.

use super::super::case::{Case, get};

pub(super) fn cases() -> Vec<Case> {
    let all = |select: &str| get(&format!("players?select={select}"));
    vec![
        all("count()").json(r#"[{"count":8}]"#),
        all("n:count()").json(r#"[{"n":8}]"#),
        all("count()::text").json(r#"[{"count":"8"}]"#),
        all("adt.count()").json(r#"[{"count":7}]"#),
        all("visits.sum()").json(r#"[{"sum":129}]"#),
        all("adt.sum()").text(r#"[{"sum":1618.50}]"#),
        all("visits.max(),least:visits.min()").json(r#"[{"max":61,"least":0}]"#),
        all("visits.avg()::text").json(r#"[{"avg":"16.1250000000000000"}]"#),
        all("count()&status=eq.active").json(r#"[{"count":5}]"#),
        all("status,n:count()&order=status")
            .json(r#"[{"status":"active","n":5},{"status":"inactive","n":2},{"status":"suspended","n":1}]"#),
        all("status,count()&order=status&limit=1")
            .prefer("count=exact")
            .status(206)
            .is("content-range", "0-0/3")
            .json(r#"[{"status":"active","count":5}]"#),
        all("level:attributes->host->>level::int.sum()").json(r#"[{"level":4}]"#),
        all("external_id,consents(count())&external_id=in.(amy,cal)&order=external_id")
            .json(r#"[{"external_id":"amy","consents":[{"count":2}]},{"external_id":"cal","consents":[{"count":0}]}]"#),
        get("consents?select=...players(external_id),count()").elements(
            r#"[{"external_id":"amy","count":2},{"external_id":"ben","count":1},
                {"external_id":"dot","count":2},{"external_id":"eli","count":1}]"#,
        ),
        all("first_name.sum()").fails(400, "42883"),
        all("visits.median()").fails(400, "PGRST100"),
        all("adt.avg()::numeric(10,2)").fails(400, "PGRST100"),
    ]
}
