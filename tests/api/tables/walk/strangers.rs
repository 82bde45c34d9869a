//! A row of another tenant is a row that does not exist: in every table, by every verb, to the last header (rows 58, 62
//! and 64 of the attacks).

use std::collections::BTreeMap;

use playhouse::tables::{
    registry::Verb,
    table::{KEY, Table},
};
use serde_json::{Value, json};

use super::{
    super::neighbours::{absent, least_row, plain, reference, whole_row},
    *,
};

/// What is asked of one id: method, path and query, headers, body.
type Question = (&'static str, String, Vec<(&'static str, &'static str)>, Value);

/// What an answer says once the id in it is called ID, without what differs from call to call.
fn told(answer: &Answer, id: &str) -> (u16, BTreeMap<String, String>, String) {
    let changing = |name: &str| {
        name.starts_with("ratelimit")
            || name.starts_with("x-ratelimit")
            || ["date", "x-request-id", "etag", "content-length"].contains(&name)
    };
    let headers = answer.headers.iter().filter(|(name, _)| !changing(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(id, "ID")));
    let mut body = answer.body.clone();
    forget_times(&mut body);
    let text = if body.is_null() { answer.text.clone() } else { body.to_string() };
    (answer.status, headers.collect(), text.replace(id, "ID"))
}

/// Times of the server's clock and new secrets are different for everybody.
fn forget_times(body: &mut Value) {
    match body {
        Value::Array(rows) => rows.iter_mut().for_each(forget_times),
        Value::Object(row) => {
            for name in ["created_at", "updated_at", "recorded_at", "secret"] {
                if let Some(time) = row.get_mut(name) {
                    *time = Value::Null;
                }
            }
            row.values_mut().for_each(forget_times);
        }
        _ => {}
    }
}

async fn ask(stage: &Neighbours, (method, path, headers, body): &Question) -> Answer {
    stage.send_with(method, path, headers, body).await
}

/// Asks the same of the id of somebody else's row and of an id that nobody has.
async fn compare(stage: &Neighbours, table: &Table, questions: impl Fn(&Value) -> Vec<Question>) {
    let mut told_of = Vec::new();
    for id in [stage.theirs.ids[table.name].clone(), absent(table)] {
        let mut answers = Vec::new();
        for question in questions(&id) {
            answers.push(told(&ask(stage, &question).await, &plain(&id)));
        }
        told_of.push(answers);
    }
    let asked = questions(&absent(table));
    for ((question, foreign), unknown) in asked.iter().zip(&told_of[0]).zip(&told_of[1]) {
        assert_eq!(foreign, unknown, "{}: {question:?}", table.name);
    }
}

#[tokio::test]
async fn the_row_of_another_tenant_reads_like_one_that_does_not_exist() {
    let stage = Neighbours::meet().await;
    for table in registry().tables() {
        compare(&stage, table, |id| reads(table, &plain(id))).await;
    }
}

fn reads(table: &Table, id: &str) -> Vec<Question> {
    let base = format!("/api/{}", table.name);
    let mut questions: Vec<Question> = Vec::new();
    for (headers, path) in [
        (vec![], format!("{base}/{id}")),
        (vec![("accept", "text/csv")], format!("{base}/{id}")),
        (vec![("accept", "application/vnd.pgrst.object+json")], format!("{base}/{id}")),
        (vec![("if-none-match", "*")], format!("{base}/{id}")),
        (vec![("if-match", "*")], format!("{base}/{id}")),
        (vec![], format!("{base}/{id}?select=id")),
        (vec![], format!("{base}?id=eq.{id}")),
        (vec![], format!("{base}?id.eq={id}")),
        (vec![], format!("{base}?id.in=({id})")),
        (vec![], format!("{base}?id=in.({id})&limit=1")),
        (vec![], format!("{base}?id=eq(any).{{{id}}}")),
        (vec![], format!("{base}?or=(id.eq.{id},and(id.eq.{id},id.not.is.null))")),
        (vec![], format!("{base}?not.and=(id.neq.{id})")),
        (vec![], format!("{base}?id=isdistinct.{id}&id=eq.{id}")),
        (vec![("prefer", "count=exact")], format!("{base}?id=eq.{id}")),
        (vec![("prefer", "count=exact")], format!("{base}?id=eq.{id}&limit=0")),
        (vec![("prefer", "count=exact"), ("range", "0-0")], format!("{base}?id=eq.{id}")),
        (vec![("accept", "application/vnd.pgrst.object+json")], format!("{base}?id=eq.{id}")),
        (vec![], format!("{base}?select=count()&id=eq.{id}")),
    ] {
        questions.push(("GET", path.clone(), headers.clone(), Value::Null));
        questions.push(("HEAD", path, headers, Value::Null));
    }
    for column in table.visible().filter(|column| reference(table, column.name).is_some()) {
        questions.push(("GET", format!("{base}?{}=eq.{id}", column.name), vec![], Value::Null));
    }
    let batch = json!({ "operations": [
        { "method": "GET", "path": format!("/{}?id=eq.{id}", table.name) },
        { "method": "GET", "path": format!("/{}/{id}", table.name) },
    ] });
    questions.push(("POST", "/api/batch".to_owned(), vec![], batch));
    questions
}

#[tokio::test]
async fn the_row_of_another_tenant_is_written_like_one_that_does_not_exist() {
    let stage = Neighbours::meet().await;
    let ids = stage.ours.ids.clone();
    let before = theirs(&stage).await;
    for table in registry().tables().iter().filter(|table| Verb::Create.fits(table.access)) {
        if Verb::Update.fits(table.access) {
            compare(&stage, table, |id| changes(table, id, &least_row(table, &ids, "stranger").into())).await;
        }
        compare(&stage, table, |id| makings(table, id, &whole_row(table, &ids, "stranger").into())).await;
    }
    assert_eq!(theirs(&stage).await, before);
}

const REPRESENTATION: (&str, &str) = ("prefer", "return=representation");

fn changes(table: &Table, id: &Value, least: &Value) -> Vec<Question> {
    let (base, text) = (format!("/api/{}", table.name), plain(id));
    let (one, filtered) = (format!("{base}/{text}"), format!("{base}?id=eq.{text}"));
    let mut bulk = least.clone();
    bulk[KEY] = id.clone();
    vec![
        ("PATCH", one.clone(), vec![], json!({})),
        ("PATCH", one.clone(), vec![], least.clone()),
        ("PATCH", one.clone(), vec![("if-match", "\"1-00000000\"")], least.clone()),
        ("PATCH", one.clone(), vec![("if-match", "*")], least.clone()),
        ("PATCH", one.clone(), vec![("prefer", "return=minimal")], least.clone()),
        ("PATCH", filtered.clone(), vec![], least.clone()),
        ("PATCH", filtered.clone(), vec![REPRESENTATION], least.clone()),
        ("PATCH", filtered.clone(), vec![("prefer", "count=exact")], least.clone()),
        (
            "PATCH",
            filtered.clone(),
            vec![("accept", "application/vnd.pgrst.object+json"), REPRESENTATION],
            least.clone(),
        ),
        ("PATCH", format!("{base}?id=in.({text})"), vec![("prefer", "handling=strict,max-affected=0")], least.clone()),
        ("PATCH", base.clone(), vec![], json!([bulk])),
        ("PATCH", base.clone(), vec![REPRESENTATION], json!([bulk])),
        ("PATCH", base.clone(), vec![("prefer", "count=exact")], json!([bulk])),
        ("PUT", one.clone(), vec![("if-match", "\"1-00000000\"")], least.clone()),
        ("PUT", one.clone(), vec![("if-match", "*")], least.clone()),
        ("PUT", filtered.clone(), vec![("prefer", "tx=rollback,return=representation")], bulk.clone()),
        ("DELETE", one.clone(), vec![], Value::Null),
        ("DELETE", one.clone(), vec![REPRESENTATION], Value::Null),
        ("DELETE", one, vec![("if-match", "\"1-00000000\"")], Value::Null),
        ("DELETE", filtered.clone(), vec![], Value::Null),
        ("DELETE", filtered.clone(), vec![REPRESENTATION], Value::Null),
        ("DELETE", filtered, vec![("prefer", "count=exact")], Value::Null),
        (
            "POST",
            "/api/batch".to_owned(),
            vec![],
            json!({ "operations": [
            { "method": "PATCH", "path": format!("/{}?id=eq.{text}", table.name), "body": least },
            { "method": "DELETE", "path": format!("/{}?id=eq.{text}", table.name) },
        ] }),
        ),
        (
            "POST",
            "/api/batch".to_owned(),
            vec![],
            json!({ "operations": [
            { "method": "DELETE", "path": format!("/{}/{text}", table.name) },
        ] }),
        ),
    ]
}

/// Rows with the id of somebody else's, which is as free as any other id; what is made is undone at once.
fn makings(table: &Table, id: &Value, whole: &Value) -> Vec<Question> {
    let (base, text) = (format!("/api/{}", table.name), plain(id));
    let mut named = whole.clone();
    named[KEY] = id.clone();
    let mut questions: Vec<Question> = vec![
        ("POST", base.clone(), vec![("prefer", "tx=rollback")], named.clone()),
        ("POST", base.clone(), vec![("prefer", "tx=rollback,resolution=merge-duplicates")], json!([named])),
        ("POST", base.clone(), vec![("prefer", "tx=rollback,resolution=ignore-duplicates")], named.clone()),
        (
            "POST",
            format!("{base}?on_conflict=id"),
            vec![("prefer", "tx=rollback,resolution=merge-duplicates")],
            named.clone(),
        ),
    ];
    if Verb::Replace.fits(table.access) {
        let one = format!("{base}/{text}");
        questions.extend([
            ("PUT", one.clone(), vec![("prefer", "tx=rollback")], named.clone()),
            ("PUT", one.clone(), vec![("prefer", "tx=rollback"), ("if-none-match", "*")], whole.clone()),
            ("PUT", one.clone(), vec![], named),
            ("DELETE", one, vec![], Value::Null),
        ]);
    }
    questions
}

#[tokio::test]
async fn a_reference_to_the_row_of_another_tenant_is_a_reference_to_nothing() {
    let stage = Neighbours::meet().await;
    for table in registry().tables().iter().filter(|table| Verb::Create.fits(table.access)) {
        for column in table.writable() {
            let target = reference(table, column.name).and_then(|key| registry().table(&key.table));
            let Some(target) = target else { continue };
            let row = Value::Object(whole_row(table, &stage.ours.ids, "orphan"));
            let own = stage.ours.id(table.name);
            compare(&stage, target, |id| {
                let base = format!("/api/{}", table.name);
                let mut child = row.clone();
                child[column.name] = id.clone();
                let mut all: Vec<Question> = vec![
                    ("POST", base.clone(), vec![], child.clone()),
                    ("POST", base.clone(), vec![], json!([row, child])),
                    ("POST", base.clone(), vec![("prefer", "resolution=ignore-duplicates")], child.clone()),
                ];
                if Verb::Update.fits(table.access) {
                    all.extend([
                        ("PATCH", format!("{base}/{own}"), vec![], json!({ column.name: id })),
                        ("PATCH", format!("{base}?id=eq.{own}"), vec![], json!({ column.name: id })),
                        ("PATCH", base.clone(), vec![], json!([{ "id": own, column.name: id }])),
                        ("PUT", format!("{base}/{own}"), vec![], child),
                    ]);
                }
                all
            })
            .await;
            let mut child = row.clone();
            child[column.name] = stage.theirs.ids[target.name].clone();
            let answer = stage.send("POST", &format!("/api/{}", table.name), &child).await;
            assert_is_error(&answer, 409, "23503", column.name);
        }
    }
}

/// All rows of the other tenant, as it reads them itself.
async fn theirs(stage: &Neighbours) -> Vec<Value> {
    let mut all = Vec::new();
    for table in registry().tables().iter().filter(|table| !["audit_log", "api_keys"].contains(&table.name)) {
        let request = stage.app.request("GET", &format!("/api/{}", table.name));
        let answer = crate::support::app::send(request.header("x-api-key", &stage.theirs.key)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        all.push(answer.body);
    }
    all
}
