//! The life of a row in every table, by every verb that the table knows.

use playhouse::tables::{
    kind::Kind,
    registry::Verb,
    table::{CREATED_AT, KEY, TENANT, Table, UPDATED_AT},
};
use serde_json::{Value, json};

use super::{
    super::neighbours::{absent, least_row, pair, plain, whole_row},
    *,
};

#[tokio::test]
async fn every_table_shows_its_rows_and_nothing_hidden() {
    let stage = Neighbours::meet().await;
    for table in registry().tables() {
        let list = stage.ask("GET", &format!("/api/{}", table.name)).await;
        assert_eq!(list.status, 200, "{}: {}", table.name, list.text);
        let rows = list.body.as_array().unwrap();
        assert!(!rows.is_empty(), "{}", table.name);
        assert_eq!(list.header("content-range"), format!("0-{}/*", rows.len() - 1));
        let visible: Vec<&str> = table.visible().map(|column| column.name).collect();
        for row in rows {
            assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), visible, "{}", table.name);
            assert_eq!(row[TENANT], json!(stage.ours.tenant.property), "{}", table.name);
        }
        let one = stage.ask("GET", &format!("/api/{}/{}", table.name, stage.ours.id(table.name))).await;
        assert_eq!(one.status, 200, "{}: {}", table.name, one.text);
        assert!(rows.contains(&one.body), "{}: {}", table.name, one.text);
        for verb in Verb::ALL.into_iter().filter(|verb| !verb.fits(table.access)) {
            let (method, one) = method(verb);
            let id = if one { format!("/{}", stage.ours.id(table.name)) } else { String::new() };
            let answer = stage.send(method, &format!("/api/{}{id}", table.name), &json!({})).await;
            assert_is_error(&answer, 405, "PGRST117", table.name);
            assert!(!answer.header("allow").contains(method), "{}: {}", table.name, answer.header("allow"));
        }
    }
}

#[tokio::test]
async fn every_column_can_be_selected_sorted_and_filtered_by_its_own_value() {
    let stage = Neighbours::meet().await;
    for table in registry().tables() {
        let row = stage.ask("GET", &format!("/api/{}/{}", table.name, stage.ours.id(table.name))).await.body;
        for column in table.visible() {
            let name = column.name;
            if column.kind == Kind::JsonText {
                kept_as_text(&stage, table, name, &row).await;
                continue;
            }
            let answer = stage.ask("GET", &format!("/api/{}?select={name}&order={name}.desc", table.name)).await;
            assert_eq!(answer.status, 200, "{}.{name}: {}", table.name, answer.text);
            let filter = match (&row[name], column.kind) {
                (Value::Null, _) => "is.null".to_owned(),
                (Value::Array(elements), _) => {
                    let elements = elements.iter().map(|element| element.to_string()).collect::<Vec<_>>();
                    format!("cs.{{{}}}", elements.join(","))
                }
                (value, Kind::Json) => format!("cs.{value}"),
                (value, _) => format!("eq.{}", plain(value)),
            };
            let path = format!("/api/{}?select={KEY}&{}", table.name, pair(name, &filter));
            let answer = stage.ask("GET", &path).await;
            assert_eq!(answer.status, 200, "{}.{name}={filter}: {}", table.name, answer.text);
            let found = answer.body.as_array().unwrap();
            assert!(
                found.iter().any(|found| found[KEY] == row[KEY]),
                "{}.{name}={filter}: {}",
                table.name,
                answer.text
            );
        }
        for column in table.columns.iter().filter(|column| column.hidden) {
            for query in [
                format!("select={}", column.name),
                format!("order={}", column.name),
                format!("{}=not.is.null", column.name),
                format!("or=({}.is.null)", column.name),
                format!("select={}.count()", column.name),
            ] {
                let answer = stage.ask("GET", &format!("/api/{}?{query}", table.name)).await;
                assert_is_error(&answer, 400, "42703", &query);
            }
        }
    }
}

/// JSON that keeps its text has no order and no equality, but members.
async fn kept_as_text(stage: &Neighbours, table: &Table, name: &str, row: &Value) {
    let base = format!("/api/{}?select={KEY},{name}", table.name);
    for wrong in ["order=NAME", "NAME=eq.1", "NAME=in.(1)", "NAME=cs.{}", "order=NAME->note", "NAME->note=eq.1"] {
        let answer = stage.ask("GET", &format!("{base}&{}", wrong.replace("NAME", name))).await;
        assert_is_error(&answer, 400, "42883", wrong);
    }
    let (member, value) = row[name].as_object().unwrap().iter().next().unwrap();
    let path = format!("{base}&{}", pair(&format!("{name}->>{member}"), &format!("eq.{}", plain(value))));
    for path in [path.clone(), format!("{path}&order={name}->>{member}")] {
        let answer = stage.ask("GET", &path).await;
        assert_eq!((answer.status, &answer.body[0][name]), (200, &row[name]), "{path}: {}", answer.text);
    }
    let grouped = stage.ask("GET", &format!("/api/{}?select={name},count()", table.name)).await;
    assert_eq!(grouped.status, 200, "{}", grouped.text);
}

#[tokio::test]
async fn a_row_of_every_table_is_made_read_changed_and_deleted() {
    let stage = Neighbours::meet().await;
    for table in registry().tables().iter().filter(|table| Verb::Create.fits(table.access)) {
        let base = format!("/api/{}", table.name);
        let whole = Value::Object(whole_row(table, &stage.ours.ids, "whole"));
        let made = stage.send("POST", &base, &whole).await;
        assert_eq!(made.status, 201, "{}: {}", table.name, made.text);
        holds(table, &made.body, &whole);
        let row = lasting(table, &made.body);
        let id = plain(&made.body[KEY]);
        assert!(made.header("location").ends_with(&format!("{base}?id=eq.{id}")), "{}", made.header("location"));
        let read = stage.ask("GET", &format!("{base}/{id}")).await;
        assert_eq!((read.status, &read.body), (200, &row), "{}", table.name);
        assert_eq!(read.header("etag"), made.header("etag"), "{}", table.name);

        let least = Value::Object(least_row(table, &stage.ours.ids, "least"));
        let second = stage.send("POST", &base, &json!([least])).await;
        assert_eq!(second.status, 201, "{}: {}", table.name, second.text);
        holds(table, &second.body[0], &least);
        if Verb::Update.fits(table.access) {
            changed(&stage, table, &made.body, &second.body[0]).await;
            deleted(&stage, table, &id, &plain(&second.body[0][KEY])).await;
        }
    }
}

async fn changed(stage: &Neighbours, table: &Table, first: &Value, second: &Value) {
    let (base, id) = (format!("/api/{}", table.name), plain(&first[KEY]));
    let least = least_row(table, &stage.ours.ids, "other");
    for (name, value) in &least {
        let answer = stage.send("PATCH", &format!("{base}/{id}"), &json!({ name: value })).await;
        assert_eq!((answer.status, &answer.body[name]), (200, value), "{}: {}", table.name, answer.text);
        assert_ne!(answer.header("etag"), "", "{}", table.name);
    }
    let free = |name: &str| table.column(name).is_some_and(|column| column.choices.is_empty());
    let name = least.keys().find(|name| free(name)).expect("every table demands a text");
    let value = super::super::neighbours::value(table.column(name).unwrap(), "in bulk");
    let bulk = json!([{ "id": second[KEY], name: value }]);
    let answer = stage.send_with("PATCH", &base, &[("prefer", "return=representation")], &bulk).await;
    assert_eq!((answer.status, &answer.body[0][KEY]), (200, &second[KEY]), "{}: {}", table.name, answer.text);
    assert_eq!(answer.body[0][name], value, "{}", table.name);
    let mut row = whole_row(table, &stage.ours.ids, "replaced");
    row.insert(KEY.to_owned(), first[KEY].clone());
    let row = Value::Object(row);
    for body in [row.clone(), Value::Object(whole_row(table, &stage.ours.ids, "replaced"))] {
        let answer = stage.send("PUT", &format!("{base}/{id}"), &body).await;
        assert_eq!(answer.status, 200, "{}: {}", table.name, answer.text);
        holds(table, &answer.body, &row);
        assert_eq!(answer.body[CREATED_AT], first[CREATED_AT], "{}", table.name);
    }
}

async fn deleted(stage: &Neighbours, table: &Table, first: &str, second: &str) {
    let base = format!("/api/{}", table.name);
    let answer = stage.ask("DELETE", &format!("{base}/{first}")).await;
    assert_eq!((answer.status, &*answer.text), (204, ""), "{}", table.name);
    let representation = [("prefer", "return=representation")];
    let answer = stage.send_with("DELETE", &format!("{base}?id=eq.{second}"), &representation, &Value::Null).await;
    assert_eq!((answer.status, plain(&answer.body[0][KEY])), (200, second.to_owned()), "{}", table.name);
    for id in [first, second] {
        for method in ["GET", "DELETE", "PATCH"] {
            let body = if method == "PATCH" { json!({}) } else { Value::Null };
            let answer = stage.send(method, &format!("{base}/{id}"), &body).await;
            assert_is_error(&answer, 404, "not_found", table.name);
        }
    }
}

#[tokio::test]
async fn every_reference_to_nothing_is_refused() {
    let stage = Neighbours::meet().await;
    for table in registry().tables().iter().filter(|table| Verb::Create.fits(table.access)) {
        for column in table.writable() {
            let Some(target) = super::super::neighbours::reference(table, column.name) else { continue };
            let Some(target) = registry().table(&target.table) else { continue };
            let mut row = whole_row(table, &stage.ours.ids, "lost");
            row.insert(column.name.to_owned(), absent(target));
            let answer = stage.send("POST", &format!("/api/{}", table.name), &Value::Object(row)).await;
            assert_is_error(&answer, 409, "23503", column.name);
        }
    }
}

/// A new row without what was shown this once.
fn lasting(table: &Table, made: &Value) -> Value {
    let mut row = made.clone();
    if let Some(shown) = table.warden.and_then(|warden| warden.shown_once()) {
        let secret = row.as_object_mut().unwrap().remove(shown.name);
        assert!(secret.is_some_and(|secret| secret.is_string()), "{}: {made}", table.name);
    }
    row
}

/// A row has the values that were sent.
fn holds(table: &Table, row: &Value, sent: &Value) {
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(&row[name], value, "{}.{name}", table.name);
    }
    for name in [CREATED_AT, UPDATED_AT] {
        assert!(table.column(name).is_none() || row[name].is_string(), "{}.{name}", table.name);
    }
}

/// The method of a verb, and whether its path names a row.
fn method(verb: Verb) -> (&'static str, bool) {
    let method = match verb {
        Verb::List | Verb::Get => "GET",
        Verb::Query => "QUERY",
        Verb::Create => "POST",
        Verb::UpdateMany | Verb::Update => "PATCH",
        Verb::Put | Verb::Replace => "PUT",
        Verb::DeleteMany | Verb::Delete => "DELETE",
    };
    (method, verb.is_of_one())
}
