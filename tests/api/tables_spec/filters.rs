//! Filters as parameters, and the grammar behind them.

use playhouse::tables::{catalog::Playhouse, registry::Catalog};
use serde_json::Value;

use super::catalogs::{Arcade, document, parameters, resolved, told};

/// The names of the query parameters of an operation.
fn queries(document: &Value, path: &str, method: &str) -> Vec<String> {
    let parameters = parameters(document, &document["paths"][path][method]);
    let queries = parameters.iter().filter(|parameter| parameter["in"] == "query");
    queries.map(|parameter| parameter["name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn operators(document: &Value, path: &str, column: &str) -> String {
    let prefix = format!("{column}.");
    let names = queries(document, path, "get");
    names.iter().filter_map(|name| name.strip_prefix(&prefix)).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_column_has_the_operators_of_its_type() {
    let document = document::<Arcade>();
    for (column, wanted) in [
        ("id", "eq neq in"),
        ("external_id", "eq neq like ilike in"),
        ("email", "eq neq like ilike in is"),
        ("status", "eq neq in"),
        ("adt", "eq neq gt gte lt lte in is"),
        ("birth_date", "eq neq gt gte lt lte is"),
        ("created_at", "eq neq gt gte lt lte"),
        ("tags", "eq cs cd ov is"),
        ("attributes", "cs cd is"),
    ] {
        assert_eq!(operators(&document, "/api/players", column), wanted, "{column}");
    }
}

#[test]
fn values_of_filters_have_the_types_of_their_columns() {
    let document = document::<Arcade>();
    let list = parameters(&document, &document["paths"]["/api/players"]["get"]);
    let of = |name: &str| {
        let parameter = list.iter().find(|parameter| parameter["name"] == name);
        resolved(&document, &parameter.unwrap_or_else(|| panic!("there is no {name}"))["schema"])
    };
    assert_eq!(of("visits.gte")["type"], "integer");
    assert_eq!(of("created_at.lt")["format"], "date-time");
    assert_eq!(of("status.eq")["enum"], serde_json::json!(["active", "closed"]));
    assert_eq!(of("email.ilike")["examples"][0], "*@example.com");
    assert_eq!(of("status.in")["examples"][0], "(active,closed)");
    assert_eq!(of("tags.cs")["examples"][0], "{vip,slots}");
    assert_eq!(of("email.is")["enum"], serde_json::json!(["null", "not_null"]));
}

#[test]
fn changes_of_many_rows_take_the_filters_of_the_list_but_no_page() {
    let document = document::<Playhouse>();
    for table in Playhouse::registry().tables() {
        let path = format!("/api/{}", table.name);
        for method in ["patch", "delete"].into_iter().filter(|method| document["paths"][&path][*method].is_object()) {
            let mut wanted = queries(&document, &path, "get");
            wanted.retain(|name| !["limit", "offset", "after"].contains(&&**name));
            let mut told = queries(&document, &path, method);
            told.retain(|name| name != "columns");
            assert_eq!(told, wanted, "{method} {path}");
        }
    }
    assert_eq!(queries(&document, "/api/players", "put"), ["id.eq", "select"]);
}

#[test]
fn only_tables_that_can_be_searched_have_a_search() {
    let document = document::<Arcade>();
    for (path, wanted) in [("/api/players", true), ("/api/games", false)] {
        assert_eq!(queries(&document, path, "get").contains(&"q".to_owned()), wanted, "{path}");
    }
}

#[test]
fn no_operation_names_a_parameter_twice() {
    let document = document::<Playhouse>();
    for operation in super::catalogs::operations(&document) {
        let mut names: Vec<String> = parameters(&document, operation.body)
            .iter()
            .map(|parameter| format!("{} {}", parameter["in"], parameter["name"]))
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{}", operation.id);
    }
}

#[test]
fn the_grammar_is_told_once_in_both_spellings() {
    let text = told::<Arcade>().v3_1;
    for spelling in ["`status.not.eq=closed`", "`status=not.eq.closed`", "`tier=in.(Gold,\\\"VIP, Black\\\")`"] {
        assert_eq!(text.matches(spelling).count(), 1, "{spelling}");
    }
}

#[test]
fn what_many_operations_share_is_said_once() {
    let document = document::<Arcade>();
    let references = document["paths"]["/api/players"]["get"]["parameters"].as_array().unwrap();
    let inline: Vec<&Value> = references.iter().filter(|parameter| parameter["$ref"].is_null()).collect();
    assert!(inline.is_empty(), "{inline:?}");
    let shared = document["components"]["parameters"].as_object().unwrap();
    for name in ["X-Property-Id", "Prefer", "limit", "created_at.gte", "players.tier.eq"] {
        assert!(shared.contains_key(name), "{name} is not among {:?}", shared.keys());
    }
    let size = told::<Playhouse>().v3_1.len();
    assert!(size < 1_500_000, "{size} bytes are too many to read");
}
