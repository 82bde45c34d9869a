//! What may be done with each table.

use std::collections::BTreeSet;

use playhouse::{
    api::Faces,
    tables::{
        catalog::Playhouse,
        registry::{Catalog, Verb},
        table::{Access, Table},
    },
};
use poem_openapi::OpenApi;
use serde_json::Value;

use super::catalogs::{Arcade, document, operations, parameters, resolved, told};

/// Method and path of a verb.
fn place(table: &Table, verb: Verb) -> (String, String) {
    let (method, below) = match verb {
        Verb::List => ("get", ""),
        Verb::Create => ("post", ""),
        Verb::UpdateMany => ("patch", ""),
        Verb::Put => ("put", ""),
        Verb::DeleteMany => ("delete", ""),
        Verb::Query => ("post", "/query"),
        Verb::Get => ("get", "/{id}"),
        Verb::Update => ("patch", "/{id}"),
        Verb::Replace => ("put", "/{id}"),
        Verb::Delete => ("delete", "/{id}"),
    };
    (method.to_owned(), format!("/api/{}{below}", table.name))
}

fn each_table_has_exactly_its_operations<C: Catalog>() {
    let document = document::<C>();
    let told: BTreeSet<_> =
        operations(&document).iter().map(|o| (o.method.clone(), o.path.clone(), o.id.clone())).collect();
    let common = [("get", "/api", "api_root"), ("post", "/api/batch", "batch")];
    let mut wanted: BTreeSet<_> = common.map(|(m, p, id)| (m.to_owned(), p.to_owned(), id.to_owned())).into();
    for table in C::registry().tables() {
        for verb in Verb::ALL.into_iter().filter(|verb| verb.fits(table.access)) {
            let (method, path) = place(table, verb);
            wanted.insert((method, path, format!("{}_{}", table.name, verb.word())));
        }
    }
    assert_eq!(told, wanted);
}

#[test]
fn each_table_has_exactly_the_operations_of_its_access() {
    each_table_has_exactly_its_operations::<Arcade>();
    each_table_has_exactly_its_operations::<Playhouse>();
    let accesses: Vec<Access> = Arcade::registry().tables().iter().map(|table| table.access).collect();
    assert_eq!(accesses, [Access::Full, Access::Full, Access::AppendOnly, Access::ReadOnly]);
}

fn every_operation_is_told_in_full<C: Catalog>() {
    let document = document::<C>();
    let described = document["tags"].as_array().into_iter().flatten().filter(|tag| tag["description"].is_string());
    let tags: Vec<&str> = described.filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let (id, body) = (&operation.id, operation.body);
        assert!(ids.insert(id.clone()), "{id} comes twice");
        for words in ["summary", "description"] {
            assert!(body[words].as_str().is_some_and(|words| !words.is_empty()), "{id} lacks its {words}");
        }
        assert!(tags.contains(&&*operation.tag), "{id}: the tag {} is not described", operation.tag);
        assert_eq!(body["security"].to_string(), r#"[{"propertyKey":[]},{"propertyBearer":[]}]"#, "{id}");
        for parameter in parameters(&document, body) {
            let name = &parameter["name"];
            assert!(parameter["description"].is_string(), "{id}: nothing is said about {name}");
            let schema = resolved(&document, &parameter["schema"]);
            assert!(schema["examples"].is_array(), "{id}: {name} has no example");
        }
    }
}

#[test]
fn every_operation_has_a_summary_words_a_tag_security_and_examples() {
    every_operation_is_told_in_full::<Arcade>();
    every_operation_is_told_in_full::<Playhouse>();
}

fn every_answer_is_told_in_full<C: Catalog>() {
    let document = document::<C>();
    for operation in operations(&document) {
        let id = &operation.id;
        let responses = operation.body["responses"].as_object().expect("it has answers");
        for status in ["400", "401", "403", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{id} can answer {status}");
        }
        let writes_rows = !matches!(operation.method.as_str(), "get") && !id.ends_with("_query");
        assert_eq!(writes_rows, responses.contains_key("409"), "{id}");
        for (status, response) in responses {
            let response = resolved(&document, response);
            assert!(response["description"].as_str().is_some_and(|words| !words.is_empty()), "{id} {status}");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{id} {status}");
            if status.as_str() >= "400" || status == "300" {
                let media = &response["content"]["application/json"];
                assert_eq!(media["schema"]["$ref"], "#/components/schemas/TableError", "{id} {status}");
                for member in ["success", "error", "code", "message", "details", "hint"] {
                    assert!(media["example"].get(member).is_some(), "{id} {status}: the example lacks {member}");
                }
            }
        }
    }
}

#[test]
fn every_answer_has_words_and_every_refusal_the_body_of_both_dialects() {
    every_answer_is_told_in_full::<Arcade>();
    every_answer_is_told_in_full::<Playhouse>();
}

#[test]
fn reads_and_writes_come_as_json_csv_and_single_objects() {
    let document = document::<Arcade>();
    let media = |path: &str, method: &str, status: &str| {
        let content = document["paths"][path][method]["responses"][status]["content"].as_object();
        content.into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(" ")
    };
    let all = "application/json text/csv application/vnd.pgrst.object+json";
    for (path, method, status) in [
        ("/api/players", "get", "200"),
        ("/api/players", "get", "206"),
        ("/api/players/{id}", "get", "200"),
        ("/api/players", "post", "201"),
        ("/api/players", "patch", "200"),
    ] {
        assert_eq!(media(path, method, status), all, "{method} {path}");
    }
    assert_eq!(media("/api/players", "delete", "204"), "");
    let body = document["paths"]["/api/players"]["post"]["requestBody"]["content"].as_object().unwrap();
    assert_eq!(body.keys().collect::<Vec<_>>(), ["application/json", "text/csv"]);
}

#[test]
fn versions_attempts_and_pages_have_their_headers() {
    let document = document::<Arcade>();
    let operation = |path: &str, method: &str| &document["paths"][path][method];
    let has =
        |operation: &Value, name: &str| parameters(&document, operation).iter().any(|known| known["name"] == name);
    for method in ["patch", "put", "delete"] {
        assert!(has(operation("/api/players/{id}", method), "If-Match"), "{method}");
        assert!(operation("/api/players/{id}", method)["responses"]["412"].is_object(), "{method}");
    }
    let get = operation("/api/players/{id}", "get");
    assert!(has(get, "If-None-Match") && get["responses"]["304"].is_object());
    assert!(get["responses"]["200"]["headers"]["ETag"].is_object());
    let create = operation("/api/players", "post");
    assert!(has(create, "Idempotency-Key") && create["responses"]["422"].is_object());
    assert!(create["responses"]["201"]["headers"]["Location"].is_object());
    let list = operation("/api/players", "get");
    for header in ["Content-Range", "Link", "X-Total-Count", "Preference-Applied", "RateLimit"] {
        assert!(list["responses"]["200"]["headers"][header].is_object(), "{header}");
    }
}

#[test]
fn whole_numbers_are_never_created_by_their_id() {
    let document = document::<Arcade>();
    let created = |path: &str| document["paths"][path]["put"]["responses"]["201"].is_object();
    assert!(created("/api/players/{id}") && created("/api/players"));
    assert!(!created("/api/games/{id}") && !created("/api/games"));
}

#[test]
fn no_path_belongs_to_two_faces() {
    let mut paths = BTreeSet::new();
    for path in Faces::meta().into_iter().flat_map(|api| api.paths) {
        assert!(paths.insert(path.path.clone()), "{} would be told once only", path.path);
    }
    assert!(paths.contains("/api/org-api-keys") && paths.contains("/api/players/{id}"));
}

#[test]
fn the_document_of_the_other_face_knows_no_tables() {
    let told: Value = serde_json::from_str(&told::<Playhouse>().dailyplay).unwrap();
    assert!(told["paths"].as_object().unwrap().keys().all(|path| path.starts_with("/api/org-api-keys")));
    for kind in ["schemas", "responses", "headers", "securitySchemes"] {
        for (name, _) in told["components"][kind].as_object().into_iter().flatten() {
            assert!(!["Table", "Player", "property"].iter().any(|word| name.contains(word)), "{name}");
        }
    }
    assert!(told["components"].get("parameters").is_none());
}
