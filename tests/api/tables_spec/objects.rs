//! Rows, bodies and their examples.

use playhouse::tables::{
    catalog::Playhouse,
    registry::{Catalog, Registry},
    table::{Access, Table},
};
use serde_json::{Value, json};

use super::catalogs::{Arcade, document, told};

fn schema<'d>(document: &'d Value, name: &str) -> &'d Value {
    let schema = &document["components"]["schemas"][name];
    assert!(schema.is_object(), "there is no {name}");
    schema
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().into_iter().flatten().map(|(name, _)| &**name).collect()
}

/// The schema that a JSON body of an operation refers to in its first form.
fn first_body<'d>(document: &'d Value, path: &str, method: &str) -> &'d Value {
    let schema = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
    let reference = schema["$ref"].as_str().or(schema["oneOf"][0]["$ref"].as_str()).expect("the body is a component");
    document.pointer(reference.trim_start_matches('#')).expect("it leads somewhere")
}

/// The schema of one row of a table.
fn row<'d>(document: &'d Value, table: &Table) -> &'d Value {
    let media = &document["paths"][format!("/api/{}/{{id}}", table.name)]["get"]["responses"]["200"]["content"];
    let reference = media["application/json"]["schema"]["$ref"].as_str().expect("a row is a component");
    document.pointer(reference.trim_start_matches('#')).expect("it leads somewhere")
}

fn objects_have_the_columns_that_their_use_allows<C: Catalog>() {
    let document = document::<C>();
    for table in C::registry().tables() {
        let name = table.name;
        let visible: Vec<&str> = table.visible().map(|column| column.name).collect();
        let row = row(&document, table);
        assert_eq!(names(&row["properties"]), visible, "{name}");
        assert_eq!(names(&row["examples"][0]), visible, "{name}");
        for column in table.visible().filter(|column| column.server_set) {
            assert_eq!(row["properties"][column.name]["readOnly"], true, "{name}.{}", column.name);
        }
        if table.access != Access::ReadOnly {
            let new = first_body(&document, &format!("/api/{name}"), "post");
            let required: Vec<&str> =
                table.writable().filter(|column| column.required).map(|column| column.name).collect();
            let created =
                table.writable().map(|column| column.name).filter(|name| *name != "id" || table.has_own_ids());
            assert_eq!(names(&new["properties"]), created.collect::<Vec<_>>(), "{name}");
            assert_eq!(new["required"], if required.is_empty() { Value::Null } else { json!(required) }, "{name}");
            assert_eq!(new["additionalProperties"], false, "{name}");
            for required in required {
                assert!(new["examples"][0].get(required).is_some(), "{name}: the example lacks {required}");
            }
        }
        if table.access == Access::Full {
            let update = first_body(&document, &format!("/api/{name}/{{id}}"), "patch");
            assert!(update["required"].is_null(), "{name}");
            assert_eq!(update["additionalProperties"], false, "{name}");
            assert!(update["examples"][0].as_object().is_some_and(|example| !example.is_empty()), "{name}");
        }
    }
}

#[test]
fn objects_have_the_columns_that_their_use_allows_and_examples_of_them() {
    objects_have_the_columns_that_their_use_allows::<Arcade>();
    objects_have_the_columns_that_their_use_allows::<Playhouse>();
}

#[test]
fn members_have_the_types_of_their_columns() {
    let document = document::<Arcade>();
    let players = &schema(&document, "Player")["properties"];
    for (member, kind) in [
        ("id", json!({ "type": "string", "format": "uuid" })),
        ("email", json!({ "type": ["string", "null"] })),
        ("adt", json!({ "type": ["number", "null"] })),
        ("visits", json!({ "type": ["integer", "null"], "format": "int32" })),
        ("birth_date", json!({ "type": ["string", "null"], "format": "date" })),
        ("tags", json!({ "type": ["array", "null"], "items": { "type": "string" } })),
        ("attributes", json!({})),
        ("status", json!({ "$ref": "#/components/schemas/PlayerStatus" })),
        ("created_at", json!({ "type": "string", "format": "date-time", "readOnly": true })),
    ] {
        let mut told = players[member].clone();
        told.as_object_mut().unwrap().retain(|key, _| key != "description" && key != "examples");
        assert_eq!(told, kind, "{member}");
    }
    assert_eq!(schema(&document, "GameSession")["properties"]["id"]["format"], "int64");
    assert_eq!(schema(&document, "PlayerStatus")["enum"], json!(["active", "closed"]));
}

#[test]
fn examples_look_like_what_they_stand_for() {
    let document = document::<Arcade>();
    let player = &schema(&document, "Player")["examples"][0];
    assert_eq!((&player["first_name"], &player["phone"]), (&json!("Alex"), &json!("+17755550123")));
    let session = &schema(&document, "GameSession")["examples"][0];
    assert_eq!(session["game_id"], schema(&document, "Game")["examples"][0]["id"], "references lead to examples");
    assert_eq!(told::<Arcade>().v3_1, told::<Arcade>().v3_1, "examples are the same each time");
}

#[test]
fn rows_name_the_tables_that_select_can_bring_along() {
    let document = document::<Arcade>();
    let words = |name: &str| schema(&document, name)["description"].as_str().unwrap().to_owned();
    assert!(words("GameSession").contains("`games` (one row or null, by `game_id`)"), "{}", words("GameSession"));
    assert!(words("Game").contains("`game_sessions` (a list)"), "{}", words("Game"));
    assert!(!words("Player").contains("Related tables"));
}

#[test]
fn hidden_columns_are_nowhere_in_the_documents() {
    let told = told::<Arcade>();
    for hidden in ["coin_in", "org_api_key_id"] {
        for text in [&told.v3_1, &told.v3_0] {
            let found = text.lines().find(|line| line.contains(hidden));
            assert!(found.is_none(), "{hidden}: {found:?}");
        }
    }
    // Of columns with common names, the objects and filters of their own table must be free.
    let document = document::<Arcade>();
    for table in Arcade::registry().tables() {
        for column in table.columns.iter().filter(|column| column.hidden) {
            let dotted = format!("{}.", column.name);
            let row = row(&document, table);
            assert!(row["properties"].get(column.name).is_none() && row["examples"][0].get(column.name).is_none());
            let list = document["paths"][format!("/api/{}", table.name)]["get"]["parameters"].as_array().unwrap();
            for parameter in list {
                let parameter = super::catalogs::resolved(&document, parameter);
                assert!(!parameter["name"].as_str().unwrap().starts_with(&dotted), "{}: {parameter}", table.name);
            }
        }
    }
}

#[test]
#[should_panic(expected = "two schemas have the name Game")]
fn two_tables_cannot_share_the_name_of_their_rows() {
    struct Twice;
    impl Catalog for Twice {
        fn registry() -> &'static Registry {
            static REGISTRY: std::sync::LazyLock<Registry> = std::sync::LazyLock::new(|| {
                Registry::new(vec![
                    Table::of::<entity::game::Entity>("game"),
                    Table::of::<entity::stream::Entity>("game"),
                ])
            });
            &REGISTRY
        }
    }
    document::<Twice>();
}
