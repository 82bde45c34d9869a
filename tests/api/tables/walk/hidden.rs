//! Hidden columns do not exist: no operation of their table speaks of them, and no answer does.

use std::collections::BTreeSet;

use playhouse::tables::{
    registry::Verb,
    relation,
    table::{Column, KEY, Table},
};
use serde_json::{Value, json};

use super::{super::neighbours::pair, *};
use crate::support::app::send;

fn hidden(table: &Table) -> Vec<&Column> {
    table.columns.iter().filter(|column| column.hidden).collect()
}

/// The names that a part of a document gives to members, parameters and columns; what it refers to is part of it.
fn names<'d>(document: &'d Value, part: &'d Value, seen: &mut BTreeSet<&'d str>, found: &mut BTreeSet<String>) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = part["$ref"].as_str() {
                if seen.insert(reference) {
                    names(document, document.pointer(reference.trim_start_matches('#')).unwrap(), seen, found);
                }
                return;
            }
            found.extend(part["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
            found.extend(part["name"].as_str().map(str::to_owned));
            found.extend(words(part["description"].as_str().unwrap_or_default()));
            for example in ["example", "examples", "default"] {
                texts(&part[example], found);
            }
            members.values().for_each(|part| names(document, part, seen, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| names(document, part, seen, found)),
        Value::String(text) => _ = found.insert(text.clone()),
        _ => {}
    }
}

/// Members and values of an example.
fn texts(example: &Value, found: &mut BTreeSet<String>) {
    match example {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            found.insert(name.clone());
            texts(value, found);
        }),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::String(text) => found.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned)),
        _ => {}
    }
}

/// What a sentence quotes as a name.
fn words(sentence: &str) -> impl Iterator<Item = String> {
    sentence.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[tokio::test]
async fn no_operation_of_the_documents_speaks_of_a_hidden_column_of_its_table() {
    let stage = Neighbours::meet().await;
    for path in ["/openapi.json", "/openapi-3.0.json"] {
        let document = stage.app.get(path).await.body;
        let mut hidden_ones = 0;
        for table in registry().tables() {
            let mut found = BTreeSet::new();
            for below in ["", "/query", "/{id}"] {
                let operations = &document["paths"][format!("/api/{}{below}", table.name)];
                names(&document, operations, &mut BTreeSet::new(), &mut found);
            }
            let first = table.visible().next().unwrap().name;
            assert!(found.contains(first), "the walk does not see {}.{first}", table.name);
            for column in hidden(table) {
                hidden_ones += 1;
                let filter = format!("{}.", column.name);
                let told = found.iter().find(|name| **name == column.name || name.starts_with(&filter));
                assert!(told.is_none(), "{path}: {} tells of {told:?}", table.name);
            }
        }
        assert!(hidden_ones > 3, "{hidden_ones} hidden columns are no walk");
    }
}

#[tokio::test]
async fn no_answer_shows_a_hidden_column_or_its_name() {
    let stage = Neighbours::meet().await;
    for table in registry().tables() {
        let base = format!("/api/{}", table.name);
        let plain = stage.ask("GET", &format!("{base}?limit=1")).await;
        is_free(table, &plain.body[0], &base);
        let csv = stage.app.request("GET", &format!("{base}?limit=1")).header("x-api-key", &stage.ours.key);
        let csv = send(csv.header("accept", "text/csv")).await;
        let header: Vec<&str> = csv.text.lines().next().unwrap().split(',').collect();
        assert_eq!(header, table.visible().map(|column| column.name).collect::<Vec<_>>(), "{base}");
        for relation in relation::all(registry(), table) {
            let (name, path) = (relation.table.name, format!("{base}?select=id,{}(*)", relation.table.name));
            let rows = stage.ask("GET", &path).await;
            for row in rows.body.as_array().into_iter().flatten() {
                let inside = row[name].as_array().map_or_else(|| vec![&row[name]], |rows| rows.iter().collect());
                inside.into_iter().for_each(|inside| is_free(relation.table, inside, &path));
            }
        }
        for column in hidden(table) {
            let near = &column.name[..column.name.len() - 1];
            for query in [format!("select={near}"), format!("order={near}"), format!("{near}.is=null")] {
                let answer = stage.ask("GET", &format!("{base}?{query}")).await;
                assert_is_error(&answer, 400, "42703", &query);
                silent(column, &answer, &query);
            }
            if Verb::Create.fits(table.access) {
                let written = stage.send("POST", &base, &json!({ column.name: "x" })).await;
                assert_is_error(&written, 400, "PGRST204", column.name);
                let near = stage.send("POST", &base, &json!({ near: "x" })).await;
                assert_is_error(&near, 400, "PGRST204", column.name);
                silent(column, &near, column.name);
                for parameter in ["columns", "on_conflict"] {
                    let path = format!("{base}?{}", pair(parameter, column.name));
                    let merge = [("prefer", "resolution=merge-duplicates")];
                    let answer =
                        stage.send_with("POST", &path, &merge, &json!({ KEY: stage.ours.ids[table.name] })).await;
                    assert!((400..500).contains(&answer.status), "{path}: {}", answer.text);
                }
            }
        }
    }
}

fn is_free(table: &Table, row: &Value, asked: &str) {
    for column in hidden(table) {
        assert!(row.get(column.name).is_none(), "{asked} shows {}: {row}", column.name);
    }
}

fn silent(column: &Column, answer: &Answer, asked: &str) {
    let hint = answer.body["hint"].as_str().unwrap_or_default();
    assert!(!hint.contains(column.name), "{asked}: {}", answer.text);
}
