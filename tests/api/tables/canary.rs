//! Every text of one tenant bears a word that nobody can guess, and the other tenant asks for everything there is: the
//! word comes back in no body and no header, nor does a secret of either of them.

use futures_util::{StreamExt, stream};
use playhouse::{
    auth::key_text,
    tables::{
        kind::Kind,
        registry::Verb,
        relation,
        table::{KEY, Table},
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    neighbours::{Neighbours, pair, plain, registry, whole_row},
    walk::operations,
};
use crate::support::{
    app::{Answer, send},
    database,
};

/// A word that stands in all texts of the other tenant, so that patterns find them if anything does.
const BIRD: &str = "heron";

/// What must not come back.
struct Aviary {
    stage: Neighbours,
    word: String,
    secrets: Vec<String>,
}

impl Aviary {
    async fn open() -> Self {
        let word = format!("{BIRD}-{}", Uuid::new_v4().simple());
        let stage = Neighbours::meet_with(&[], "wren", &word).await;
        let mut secrets = vec![word.clone(), stage.theirs.tenant.property.to_string()];
        for side in [&stage.ours, &stage.theirs] {
            for key in [&side.key, &side.reader, &side.tenant.key] {
                let hash = key_text::hash(key);
                secrets.push(key.clone());
                secrets.push(hash.iter().map(|byte| format!("{byte:02x}")).collect());
            }
            secrets.push(stage.app.session(&side.tenant).await);
        }
        for table in registry().tables() {
            let hidden = table.columns.iter().filter(|column| column.hidden && column.kind == Kind::Text);
            secrets.extend(hidden.map(|column| format!("wren {}", column.name)));
        }
        Self { stage, word, secrets }
    }

    /// Nothing that must not come back is in the answer.
    fn clean(&self, answer: &Answer, asked: &str) {
        self.clean_but(answer, asked, "");
    }

    /// The same, where the caller itself sent one of them and may get it back.
    fn clean_but(&self, answer: &Answer, asked: &str, sent: &str) {
        for secret in self.secrets.iter().filter(|secret| *secret != sent) {
            assert!(!answer.text.contains(secret), "{asked}: {}", answer.text);
            for (name, value) in &answer.headers {
                let value = String::from_utf8_lossy(value.as_bytes());
                assert!(!value.contains(secret), "{asked}: {name}: {value}");
            }
        }
        assert!(answer.status < 500, "{asked}: {} {}", answer.status, answer.text);
    }

    /// Asks many things at once.
    async fn ask_all(&self, paths: Vec<String>) {
        let all = stream::iter(paths).map(|path| async move {
            let answer = self.stage.ask("GET", &path).await;
            self.clean(&answer, &path);
        });
        all.buffer_unordered(8).collect::<()>().await;
    }
}

#[tokio::test]
async fn no_operation_shows_the_other_tenants_rows() {
    let aviary = Aviary::open().await;
    let stage = &aviary.stage;
    for side in [&stage.theirs, &stage.ours] {
        for operation in operations(stage, side).await {
            for body in
                [Value::Null, json!({}), json!([]), json!({ "name": "x" }), json!({ "id": side.ids["players"] })]
            {
                // What is ours must stay for those that come after.
                let dry = [("prefer", "tx=rollback,return=representation,count=exact")];
                let answer = stage.send_with(&operation.method, &operation.path, &dry, &body).await;
                aviary.clean(&answer, &operation.id);
            }
        }
    }
}

#[tokio::test]
async fn no_list_no_relation_and_no_order_shows_them() {
    let aviary = Aviary::open().await;
    let mut paths = Vec::new();
    for table in registry().tables() {
        let base = format!("/api/{}", table.name);
        for query in [
            "",
            "select=*",
            "limit=1000",
            "select=*&order=id.desc&limit=1",
            "select=count()",
            "or=(id.is.null,id.not.is.null)",
        ] {
            paths.push(format!("{base}?{query}"));
        }
        for column in table.visible() {
            let name = column.name;
            for query in [
                format!("order={name}.desc.nullsfirst"),
                format!("select={name}::text"),
                format!("select={name},count()"),
                format!("select={name}.max()"),
                format!("select={name}.min()::text"),
                format!("select={name}.count()"),
                format!("select={name}->>note"),
                format!("order={name}&select={name}&limit=1"),
            ] {
                paths.push(format!("{base}?{query}"));
            }
        }
        for (target, hint) in ways(table) {
            for query in [
                format!("select=*,{target}{hint}(*)"),
                format!("select=*,{target}{hint}!inner(*)"),
                format!("select=*,...{target}{hint}(*)"),
                format!("select=id,{target}{hint}(count())"),
                format!("select=id,x:{target}{hint}(*)&x.order=id.desc&x.limit=5"),
                format!("select=id,x:{target}{hint}()&x=not.is.null"),
            ] {
                paths.push(format!("{base}?{query}"));
            }
            let Some(next) = registry().table(target) else { continue };
            for (further, hint_on) in ways(next) {
                paths.push(format!("{base}?select=*,{target}{hint}(*,{further}{hint_on}(*))"));
            }
        }
    }
    assert!(paths.len() > 1000, "{} questions are no crawl", paths.len());
    aviary.ask_all(paths).await;
}

/// The relations of a table, each with the hint that makes it the only one.
fn ways(table: &Table) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for relation in relation::all(registry(), table) {
        let Some(target) = registry().table(relation.table.name) else { continue };
        let hints = table.foreign_keys.iter().chain(&target.foreign_keys).map(|key| format!("!{}", key.constraint));
        found.extend(hints.chain([String::new()]).map(|hint| (target.name, hint)));
    }
    found
}

#[tokio::test]
async fn no_filter_finds_them() {
    let aviary = Aviary::open().await;
    let (stage, word) = (&aviary.stage, &aviary.word);
    let mut questions: Vec<(String, &'static str, String)> = Vec::new();
    for table in registry().tables() {
        let theirs = whole_row(table, &stage.theirs.ids, word);
        for column in table.visible() {
            let value = match column.name {
                KEY => stage.theirs.ids[table.name].clone(),
                name => theirs.get(name).cloned().unwrap_or_else(|| super::neighbours::value(column, word)),
            };
            let exact = plain(&value);
            let operators: &[&str] = match column.kind {
                Kind::Text => {
                    &["eq", "like", "ilike", "match", "imatch", "gte", "fts", "plfts", "phfts", "wfts", "isdistinct"]
                }
                Kind::TextArray => &["cs", "ov", "eq"],
                Kind::Json => &["cs", "eq"],
                Kind::Uuid => &["eq", "in", "gte"],
                _ => &["eq", "gte", "lte"],
            };
            for operator in operators {
                let values = match (column.kind, *operator) {
                    (Kind::Text, "like" | "ilike") => vec![format!("*{BIRD}*"), format!("{BIRD}*"), "*on-*".to_owned()],
                    (Kind::Text, "match" | "imatch") => vec![BIRD.to_owned(), format!("^{BIRD}")],
                    (Kind::Text, _) => vec![exact.clone(), BIRD.to_owned()],
                    (Kind::TextArray, _) => vec![format!("{{\"{word} {}\"}}", column.name)],
                    (_, "in") => vec![format!("({exact})")],
                    _ => vec![exact.clone()],
                };
                for value in values {
                    questions.push((table.name.to_owned(), column.name, format!("{operator}.{value}")));
                }
            }
        }
        if !table.search.is_empty() {
            questions.push((table.name.to_owned(), "q", BIRD.to_owned()));
            questions.push((table.name.to_owned(), "q", word.clone()));
        }
    }
    let all = stream::iter(questions).map(|(table, column, value)| {
        let aviary = &aviary;
        async move {
            for media in ["application/json", "text/csv"] {
                let request = aviary.stage.app.request("GET", &format!("/api/{table}?{}", pair(column, &value)));
                let request = request.header("x-api-key", &aviary.stage.ours.key).header("accept", media);
                let mut answer = send(request.header("prefer", "count=exact")).await;
                // The question itself may be repeated.
                answer.headers.remove("content-location");
                let asked = format!("{table}?{column}={value}");
                let sent = if answer.status >= 400 { &*aviary.word } else { "" };
                aviary.clean_but(&answer, &asked, sent);
                if value.contains(BIRD)
                    && answer.status < 300
                    && !value.starts_with("gte")
                    && !value.starts_with("isdistinct")
                {
                    assert!(answer.header("content-range").ends_with("*/0"), "{asked}: {:?}", answer.headers);
                }
            }
        }
    });
    all.buffer_unordered(8).collect::<()>().await;
}

#[tokio::test]
async fn no_count_includes_them() {
    let aviary = Aviary::open().await;
    let stage = &aviary.stage;
    // Many of theirs, so that no estimate could hide them.
    let more = format!(
        "insert into players (property_id, external_id) select '{}', '{}' || n from generate_series(1, 500) n; analyze players",
        stage.theirs.tenant.property, aviary.word
    );
    database::execute(&stage.app.database_url, &more).await;
    for table in registry().tables().iter().filter(|table| table.name != "members") {
        let sql = format!("select count(*) from {} where property_id = '{}'", table.name, stage.ours.tenant.property);
        let own = database::number(&stage.app.database_url, &sql).await;
        let base = format!("/api/{}", table.name);
        for (method, query) in
            [("GET", ""), ("HEAD", ""), ("GET", "?limit=0"), ("GET", "?limit=1"), ("GET", "?id=not.is.null")]
        {
            let count = [("prefer", "count=exact")];
            let answer = stage.send_with(method, &format!("{base}{query}"), &count, &Value::Null).await;
            let total = answer.header("content-range").split_once('/').unwrap().1;
            assert_eq!(
                (total, answer.header("x-total-count")),
                (&*own.to_string(), &*own.to_string()),
                "{base}{query}"
            );
        }
        let answer = stage.ask("GET", &format!("{base}?select=count()")).await;
        assert_eq!(answer.body, json!([{ "count": own }]), "{base}");
    }
    for table in registry().tables().iter().filter(|table| Verb::DeleteMany.fits(table.access)) {
        let sql = format!("select count(*) from {} where property_id = '{}'", table.name, stage.ours.tenant.property);
        let own = database::number(&stage.app.database_url, &sql).await;
        let base = format!("/api/{}", table.name);
        let dry = [("prefer", "count=exact,tx=rollback")];
        let answer =
            stage.send_with("DELETE", &format!("{base}?or=(id.is.null,id.not.is.null)"), &dry, &Value::Null).await;
        assert_eq!((answer.status, answer.header("content-range")), (204, &*format!("*/{own}")), "{base}");
    }
    let answer = stage.send_with("GET", "/api/players?limit=1", &[("prefer", "count=planned")], &Value::Null).await;
    let planned: i64 = answer.header("x-total-count").parse().unwrap();
    assert!(planned < 500, "the plan of our rows counts theirs: {planned}");
}

#[tokio::test]
async fn no_error_quotes_them() {
    let aviary = Aviary::open().await;
    let stage = &aviary.stage;
    for table in registry().tables().iter().filter(|table| Verb::Create.fits(table.access)) {
        let base = format!("/api/{}", table.name);
        // Their own values, sent by us: what comes of it speaks of our rows alone.
        let theirs = whole_row(table, &stage.theirs.ids, BIRD);
        let broken: Vec<Value> = theirs
            .iter()
            .flat_map(|(name, _)| {
                [json!(null), json!("x".repeat(10_000)), json!("\u{fffe}"), json!(-1), json!({}), json!([])].map(
                    |value| {
                        let mut row = theirs.clone();
                        row.insert(name.clone(), value);
                        Value::Object(row)
                    },
                )
            })
            .collect();
        for row in [Value::Object(theirs.clone())].iter().chain(&broken) {
            for _ in 0..2 {
                aviary.clean(&stage.send("POST", &base, row).await, table.name);
            }
            let merge = [("prefer", "resolution=merge-duplicates,return=representation")];
            aviary.clean(&stage.send_with("POST", &base, &merge, &json!([row, row])).await, table.name);
            let path = format!("{base}/{}", stage.theirs.id(table.name));
            aviary.clean(&stage.send("PATCH", &path, row).await, table.name);
            aviary.clean(&stage.send("PUT", &path, row).await, table.name);
        }
    }
}

#[tokio::test]
async fn no_cursor_and_no_idempotency_key_of_theirs_opens_anything() {
    let aviary = Aviary::open().await;
    let stage = &aviary.stage;
    let ask_as_them = |method: &str, path: &str| stage.app.request(method, path).header("x-api-key", &stage.theirs.key);
    for table in registry().tables() {
        for order in ["", "&order=id", "&order=id.desc"] {
            let path = format!("/api/{}?limit=1{order}", table.name);
            let page = send(ask_as_them("GET", &path)).await;
            let Some((_, cursor)) = page.header("link").split_once("after=") else {
                panic!("{path} has no cursor: {:?}", page.headers);
            };
            let cursor = cursor.split(['&', '>']).next().unwrap();
            let answer = stage.ask("GET", &format!("{path}&after={cursor}")).await;
            assert_eq!((answer.status, &answer.body["code"]), (400, &json!("cursor_invalid")), "{path}");
            aviary.clean(&answer, &path);
        }
    }
    let row = json!({ "name": format!("{BIRD} of theirs") });
    let theirs = send(ask_as_them("POST", "/api/segments").header("idempotency-key", "k-1").json(&row)).await;
    let ours = stage.send_with("POST", "/api/segments", &[("idempotency-key", "k-1")], &row).await;
    assert_eq!((theirs.status, ours.status), (201, 201), "{}", ours.text);
    assert_eq!(ours.header("idempotency-replayed"), "");
    assert_ne!(ours.body["id"], theirs.body["id"]);
    aviary.clean(&ours, "idempotency");
}
