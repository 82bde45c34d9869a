//! Two tenants of one server with a row in every table each: whatever one of them asks for must not show the other.
//!
//! Rows are made from the registry, so a new table is walked as soon as it is registered.

use std::collections::{BTreeMap, BTreeSet};

use playhouse::{
    property_keys::NewPropertyKey,
    tables::{
        catalog::Playhouse,
        kind::Kind,
        registry::{Catalog, Registry},
        table::{Column, ForeignKey, KEY, TENANT, Table},
    },
    tenant::PropertyId,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, FromQueryResult, Statement};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::{
    TestApp,
    app::{Answer, Tenant, send},
    database,
    property_keys::{generous, property_key},
};

/// Guesses and unknown credentials do not run out while somebody walks.
pub(super) const PATIENT: (&str, &str) = ("PLAYHOUSE_LIMITS__PUBLIC_UNKNOWN_PER_MINUTE", "1000000");

/// A number that no row will ever have.
pub(super) const NO_NUMBER: i64 = 2_000_000_000;

/// All tables of the product.
pub(super) fn registry() -> &'static Registry {
    Playhouse::registry()
}

/// A server and two tenants on it.
pub(super) struct Neighbours {
    pub(super) app: TestApp,
    pub(super) ours: Side,
    pub(super) theirs: Side,
}

/// A tenant with its keys and its rows.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) tenant: Tenant,
    /// Both rights and every table, the guarded ones too.
    pub(super) key: String,
    /// The same without the right to write.
    pub(super) reader: String,
    /// The id of one row in each table.
    pub(super) ids: BTreeMap<&'static str, Value>,
}

impl Neighbours {
    pub(super) async fn meet() -> Self {
        Self::meet_with(&[], "ours", "theirs").await
    }

    /// The same with settings, and with a word of their own in every text of their rows.
    pub(super) async fn meet_with(settings: &[(&str, &str)], our_word: &str, their_word: &str) -> Self {
        let app = TestApp::with(&[&[PATIENT][..], settings].concat()).await;
        let ours = Side::settle(&app, our_word).await;
        let theirs = Side::settle(&app, their_word).await;
        Self { app, ours, theirs }
    }

    /// A request of ours without a body.
    pub(super) async fn ask(&self, method: &str, path: &str) -> Answer {
        send(self.app.request(method, path).header("x-api-key", &self.ours.key)).await
    }

    /// A request of ours with a body of JSON.
    pub(super) async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send_with(method, path, &[], body).await
    }

    /// The same with headers.
    pub(super) async fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = self.app.request(method, path).header("x-api-key", &self.ours.key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(if body.is_null() { request } else { request.json(body) }).await
    }
}

impl Side {
    async fn settle(app: &TestApp, word: &str) -> Self {
        let tenant = app.tenant().await;
        let all = NewPropertyKey {
            allowed_tables: Some(registry().tables().iter().map(|table| table.name.to_owned()).collect()),
            ..generous()
        };
        let read = NewPropertyKey { scopes: vec![playhouse::auth::property_key::Right::Read], ..all.clone() };
        let (_, key) = property_key(&app.database_url, &tenant, all).await;
        let (_, reader) = property_key(&app.database_url, &tenant, read).await;
        let ids = lay(&app.database_url, &tenant, word).await;
        Self { tenant, key, reader, ids }
    }

    pub(super) fn id(&self, table: &str) -> String {
        plain(&self.ids[table])
    }
}

/// A value as a path or a filter writes it.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A query string of one pair, encoded.
pub(super) fn pair(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

/// An id that no row of a table has.
pub(super) fn absent(table: &Table) -> Value {
    if table.has_own_ids() { json!(Uuid::now_v7()) } else { json!(NO_NUMBER) }
}

/// The reference that a column is.
pub(super) fn reference<'t>(table: &'t Table, column: &str) -> Option<&'t ForeignKey> {
    table.foreign_keys.iter().find(|key| key.on.iter().any(|(here, _)| here == column))
}

/// A body that names every column that callers may write, but the id; references lead to the rows of `ids`.
pub(super) fn whole_row(table: &Table, ids: &BTreeMap<&'static str, Value>, word: &str) -> Map<String, Value> {
    let columns = table.writable().filter(|column| column.name != KEY);
    let member = |column: &Column| {
        let value = match reference(table, column.name) {
            Some(key) => ids.get(&*key.table).cloned().unwrap_or_default(),
            None => value(column, word),
        };
        (column.name.to_owned(), value)
    };
    columns.map(member).collect()
}

/// A body with no more than it must have.
pub(super) fn least_row(table: &Table, ids: &BTreeMap<&'static str, Value>, word: &str) -> Map<String, Value> {
    let whole = whole_row(table, ids, word);
    let required = |name: &str| table.columns.iter().any(|column| column.name == name && column.required);
    whole.into_iter().filter(|(name, _)| required(name)).collect()
}

/// A value that fits a column.
pub(super) fn value(column: &Column, word: &str) -> Value {
    if let Some(choice) = column.choices.first() {
        return json!(choice);
    }
    // What a warden judges is more than a value of its type.
    match column.name {
        "url" => return json!(format!("https://192.88.98.1/{}", word.replace(' ', "-"))),
        "event_types" => return json!(["player.created"]),
        _ if column.write_only => return json!({}),
        _ => {}
    }
    match column.kind {
        Kind::SmallInt | Kind::Integer | Kind::BigInt => json!(3),
        Kind::Numeric | Kind::Double => json!(12.5),
        Kind::Boolean => json!(true),
        Kind::Text => json!(format!("{word} {}", column.name)),
        Kind::Uuid => json!(Uuid::now_v7()),
        // Of two times of a row the one that ends it comes later, in the alphabet too.
        Kind::Timestamp if column.name.starts_with("end") => json!("2031-01-02T03:04:05+00:00"),
        Kind::Timestamp => json!("2030-01-02T03:04:05+00:00"),
        Kind::Date => json!("1990-05-17"),
        Kind::Json | Kind::JsonText => json!({ "note": format!("{word} {}", column.name) }),
        Kind::Inet => json!("192.0.2.7"),
        Kind::Bytes => json!("\\x00"),
        Kind::TextArray => json!([format!("{word} {}", column.name)]),
        Kind::IntegerArray => json!([1, 2]),
    }
}

/// Gives a tenant a row in every table, hidden columns included, as the owner of the database.
async fn lay(url: &str, tenant: &Tenant, word: &str) -> BTreeMap<&'static str, Value> {
    let db = database::owner(url).await;
    let fixed = texts(
        &db,
        "select attrelid::regclass::text || '.' || attname from pg_attribute where attgenerated <> '' \
         union all select oid::regclass::text from pg_class where relkind = 'v' and relnamespace = 'public'::regnamespace",
    )
    .await;
    let member = format!(
        "insert into memberships (id, issuer, subject, organization_id, property_id, role) overriding system value \
         values ({}, 'clerk', '{word} subject', {}, '{}', 'viewer')",
        some_number(),
        tenant.org,
        tenant.property
    );
    db.execute_unprepared(&member).await.unwrap();
    let mut ids = BTreeMap::new();
    let mut waiting: Vec<&'static Table> = registry().tables().iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        for table in std::mem::take(&mut waiting) {
            if table.foreign_keys.iter().any(|key| key.table != table.name && is_open(&ids, key)) {
                waiting.push(table);
                continue;
            }
            let id = match fixed.contains(table.name) {
                true => last_of_view(&db, table, tenant).await,
                false => insert(&db, table, tenant, word, &ids, &fixed).await,
            };
            ids.insert(table.name, id);
        }
        assert!(waiting.len() < before, "tables refer to each other in a circle: {waiting:?}");
    }
    db.close().await.unwrap();
    ids
}

fn is_open(ids: &BTreeMap<&'static str, Value>, key: &ForeignKey) -> bool {
    registry().table(&key.table).is_some() && !ids.contains_key(&*key.table)
}

async fn insert(
    db: &DatabaseConnection,
    table: &Table,
    tenant: &Tenant,
    word: &str,
    ids: &BTreeMap<&'static str, Value>,
    fixed: &BTreeSet<String>,
) -> Value {
    let own_id = match table.has_own_ids() {
        true => Uuid::now_v7().to_string(),
        false => some_number().to_string(),
    };
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in &table.columns {
        let literal = match column.name {
            TENANT => tenant.property.to_string(),
            "organization_id" => tenant.org.to_string(),
            KEY => own_id.clone(),
            name if fixed.contains(&format!("{}.{name}", table.name)) => continue,
            name => match reference(table, name) {
                Some(key) => ids.get(&*key.table).map(plain).unwrap_or_default(),
                None => literal(table, column, word),
            },
        };
        names.push(format!("\"{}\"", column.name));
        values.push(format!("'{}'", literal.replace('\'', "''")));
    }
    let (names, values) = (names.join(", "), values.join(", "));
    let sql = format!("insert into {} ({names}) overriding system value values ({values})", table.name);
    db.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    as_id(table, own_id)
}

/// A number that stands in no text by accident.
fn some_number() -> i64 {
    1_000_000_000 + i64::try_from(Uuid::new_v4().as_u128() % 900_000_000).unwrap()
}

fn as_id(table: &Table, id: String) -> Value {
    if table.has_own_ids() { json!(id) } else { json!(id.parse::<i64>().unwrap()) }
}

/// What the database takes in a column; some demand words that the registry does not know.
fn literal(table: &Table, column: &Column, word: &str) -> String {
    match (table.name, column.name) {
        ("api_keys", "scopes") => "{read}".to_owned(),
        ("audit_log", "actor_kind") => "user".to_owned(),
        _ => match value(column, word) {
            Value::Array(elements) => {
                format!("{{{}}}", elements.iter().map(Value::to_string).collect::<Vec<_>>().join(","))
            }
            value => plain(&value),
        },
    }
}

async fn last_of_view(db: &DatabaseConnection, table: &Table, tenant: &Tenant) -> Value {
    let txn = playhouse::tenant::begin(db, PropertyId(tenant.property)).await.unwrap();
    let ids = texts(&txn, &format!("select id::text from {}", table.name)).await;
    txn.commit().await.unwrap();
    let id = ids.into_iter().max_by_key(|id| (id.len(), id.clone()));
    as_id(table, id.unwrap_or_else(|| panic!("{} shows no row", table.name)))
}

/// Lines of text, as a connection reads them.
pub(super) async fn texts(db: &impl ConnectionTrait, sql: &str) -> BTreeSet<String> {
    #[derive(FromQueryResult)]
    struct Row {
        line: String,
    }
    let statement = format!("select line from ({sql}) as rows(line)");
    let rows = Row::find_by_statement(Statement::from_string(DbBackend::Postgres, statement)).all(db).await;
    rows.unwrap_or_else(|error| panic!("{sql}: {error}")).into_iter().map(|row| row.line).collect()
}
