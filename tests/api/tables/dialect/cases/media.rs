//! Media types.

use super::super::case::{Case, get};

const OBJECT: &str = "application/vnd.pgrst.object+json";

pub(super) fn cases() -> Vec<Case> {
    let eli = || get("players?select=external_id&external_id=eq.eli");
    let nobody = || get("players?select=external_id&external_id=eq.nobody");
    let two = || get("players?select=external_id,tier&external_id=in.(amy,flo)&order=external_id");
    vec![
        eli().is("content-type", "application/json; charset=utf-8").finds("eli"),
        eli().accept("*/*").finds("eli"),
        eli()
            .accept(OBJECT)
            .is("content-type", "application/vnd.pgrst.object+json; charset=utf-8")
            .json(r#"{"external_id":"eli"}"#),
        eli().accept("application/vnd.pgrst.object").json(r#"{"external_id":"eli"}"#),
        nobody().accept(OBJECT).fails(406, "PGRST116"),
        get("players?select=external_id&status=eq.active").accept(OBJECT).fails(406, "PGRST116"),
        two()
            .accept("application/vnd.pgrst.array+json;nulls=stripped")
            .json(r#"[{"external_id":"amy","tier":"gold"},{"external_id":"flo"}]"#),
        get("players?select=external_id,tier&external_id=eq.flo")
            .accept("application/vnd.pgrst.object+json;nulls=stripped")
            .json(r#"{"external_id":"flo"}"#),
        two().accept("text/csv").has("content-type", "text/csv").text("external_id,tier\namy,gold\nflo,"),
        get("players?select=adt,tags,last_name,created_at&external_id=in.(dot,flo)&order=external_id")
            .accept("text/csv")
            .text(concat!(
                "adt,tags,last_name,created_at\n",
                "410.75,\"{vip,table,poker}\",\"Hill, Sr\",\"2025-01-04 08:00:00+00\"\n",
                "75.00,,\"Double\"\"Mark\",\"2025-01-06 08:00:00+00\"",
            )),
        nobody().accept("text/csv").text("\n"),
        eli().accept("text/unheardof").fails(406, "PGRST107"),
        eli().accept("application/openapi+json").fails(406, "PGRST107"),
        eli().accept("text/unheardof, */*").finds("eli"),
        eli().accept("text/csv;q=0.1, application/json;q=0.9").finds("eli"),
        eli().accept("text/csv;q=0.9, application/json;q=0.1").text("external_id\neli"),
    ]
}
