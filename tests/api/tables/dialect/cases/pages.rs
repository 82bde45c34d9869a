//! Pages, ranges and counts.

use super::super::case::{Case, get, head, players};

const ALL: &str = "amy ben cal dot eli flo gil hei";

pub(super) fn cases() -> Vec<Case> {
    let sorted = |rest: &str| players(&format!("order=external_id{rest}"));
    let exact = "count=exact";
    vec![
        sorted("").is("content-range", "0-7/*").lacks("x-total-count").finds_in_order(ALL),
        sorted("&limit=2").is("content-range", "0-1/*").finds_in_order("amy ben"),
        sorted("&offset=6").is("content-range", "6-7/*").finds_in_order("gil hei"),
        sorted("&limit=2&offset=3").is("content-range", "3-4/*").finds_in_order("dot eli"),
        sorted("&limit=0").is("content-range", "*/*").json("[]"),
        sorted("&offset=50").is("content-range", "*/*").json("[]"),
        sorted("&limit=-1").fails(416, "PGRST103"),
        sorted("&limit=0&offset=5").fails(416, "PGRST103"),
        sorted("&limit=many").fails(400, "PGRST100"),
        sorted("&offset=-1").fails(400, "PGRST100"),
        sorted("&offset=few").fails(400, "PGRST100"),
        // The header.
        sorted("").range("0-1").is("content-range", "0-1/*").finds_in_order("amy ben"),
        sorted("").range("5-").is("content-range", "5-7/*").finds_in_order("flo gil hei"),
        sorted("").range("2-3").with("range-unit", "items").is("content-range", "2-3/*").finds_in_order("cal dot"),
        sorted("&limit=5").range("0-1").is("content-range", "0-1/*").finds_in_order("amy ben"),
        sorted("").range("items=0-1").is("content-range", "0-7/*").finds_in_order(ALL),
        sorted("").range("1-0").fails(416, "PGRST103"),
        head("players?select=external_id&order=external_id").range("0-1").is("content-range", "0-7/*").nothing(),
        // Counts.
        sorted("").prefer(exact).is("content-range", "0-7/8").is("x-total-count", "8").finds_in_order(ALL),
        sorted("&limit=3").prefer(exact).status(206).is("content-range", "0-2/8").is("x-total-count", "8"),
        sorted("&limit=3").prefer(exact).status(206).is("preference-applied", exact).finds_in_order("amy ben cal"),
        sorted("&offset=8").prefer(exact).status(206).is("content-range", "*/8").json("[]"),
        sorted("&offset=9").prefer(exact).is("content-range", "*/8").fails(416, "PGRST103"),
        sorted("&offset=1&status=eq.nobody").prefer(exact).is("content-range", "*/0").fails(416, "PGRST103"),
        sorted("&status=eq.nobody").prefer(exact).is("content-range", "*/0").json("[]"),
        sorted("&limit=2&status=eq.active").prefer(exact).status(206).is("content-range", "0-1/5"),
        head("players?select=external_id&order=external_id").prefer(exact).is("content-range", "0-7/8").nothing(),
        sorted("&limit=2")
            .prefer("count=planned")
            .status_of(&[200, 206])
            .has("content-range", "0-1/")
            .is("preference-applied", "count=planned")
            .finds_in_order("amy ben"),
        sorted("&limit=2").prefer("count=estimated").status(206).is("content-range", "0-1/8").finds_in_order("amy ben"),
        // Where the list is, with its parameters sorted.
        get("players?visits=eq.20&external_id=eq.amy&select=external_id")
            .ends("content-location", "/players?external_id=eq.amy&select=external_id&visits=eq.20")
            .finds("amy"),
    ]
}
