//! The SQL of every feature, as reviewed snapshots.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use uuid::uuid;

use super::{
    Level, Statement,
    keyset::{Cursor, Signer},
    read::Window,
    write::{Conflict, Inserting, Returning, Writing},
};
use crate::{
    error::ApiError,
    tables::{
        body::{self, Purpose},
        catalog::Playhouse,
        grammar::{self, ast::Query},
        media::BodyMedia,
        registry::{Catalog, Registry},
        table::Table,
    },
    tenant::PropertyId,
};

const TENANT: PropertyId = PropertyId(uuid!("01900000-0000-7000-8000-00000000000a"));

fn registry() -> &'static Registry {
    Playhouse::registry()
}

fn query(text: &str) -> Query {
    grammar::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn level<'a>(table: &'a Table, query: &'a Query) -> Result<Level<'a>, ApiError> {
    Level::of(registry(), table, query, TENANT, &|_| Ok(()))
}

fn shown(title: &str, Statement { text, params }: &Statement) -> String {
    let values: Vec<&str> = params.iter().skip(1).map(|value| value.as_deref().unwrap_or("NULL")).collect();
    format!("{title}\n  {text}\n  {values:?}\n")
}

fn page(asked: &str) -> String {
    let (table, text) = asked.split_once('?').unwrap_or((asked, ""));
    let query = query(text);
    let table = registry().table(table).unwrap();
    let window = Window { limit: Some(25), ..Window::default() };
    match level(table, &query).and_then(|level| level.page(&window)) {
        Ok(reading) => shown(asked, &reading.statement),
        Err(error) => format!("{asked}\n  {} {error}\n", error.code().unwrap_or_default()),
    }
}

fn pages(asked: &[&str]) -> String {
    asked.iter().map(|asked| page(asked)).collect::<Vec<_>>().join("\n")
}

#[test]
fn filters() {
    insta::assert_snapshot!(pages(&[
        "segments",
        "segments?name.eq=a",
        "segments?select=id&name=neq.a&name=not.eq.b&created_at.gte=2024-01-05",
        "players?select=id&visits.gt=1&visits.lte=9&adt.gte=12.50&birth_date.lt=2000-01-01",
        "players?select=id&tier.in=(Gold,\"VIP, Black\")&visits.in=()",
        "players?select=id&email.ilike=*@example.com&zip.like=8*&last_name.not.like=*x*",
        "players?select=id&first_name.match=^A&first_name.imatch=b$",
        "players?select=id&phone.is=null&email.is=not_null&tier.isdistinct=gold",
        "players?select=id&visits=eq(any).{1,2}&first_name=like(all).{A*,*b}",
        "players?select=id&tags.cs={vip,\"a b\"}&tags.ov={x}&attributes.cs={\"vip\":true}",
        "players?select=id&last_name.fts(english)=stone&attributes.wfts=kim",
        "players?select=id&attributes->>city.eq=Reno&attributes->host->level.gt=1&tags->0.eq=\"vip\"",
        "players?select=id&or=(status.eq.active,and(visits.gt.3,not.or(tier.is.null,tier.eq.x)))",
        "players?select=id&q=ada 50%25",
        "members?select=role&role.eq=owner",
    ]));
}

#[test]
fn refusals() {
    insta::assert_snapshot!(pages(&[
        "players?select=nme",
        "players?firstname.eq=a",
        "players?search_text.eq=a",
        "games?organization_id.eq=1",
        "players?visits.like=1*",
        "players?visits.eq=abc",
        "players?adt.gt=1e999999",
        "players?id.eq=nope",
        "players?created_at.gt=soon",
        "players?tags.in=(a)",
        "players?visits.is=true",
        "players?visits.sl=1",
        "players?select=visits::money",
        "players?select=first_name.sum()",
        "players?select=attributes->>a->b",
        "players?select=consnts(*)",
        "players?consents.status.eq=granted",
        "players?select=id,consents(id)&consents.eq=1",
        "players?select=id,consents(id)&order=consents(channel)",
        "consents?q=a",
    ]));
}

#[test]
fn outputs() {
    insta::assert_snapshot!(pages(&[
        "segments?select=name,label:description,created_at::date,filter::text",
        "players?select=attributes->host->>name,n:attributes->scores->0,tags->0",
        "players?select=count()",
        "players?select=status,n:count(),adt.sum(),visits.avg()::int,created_at.max()&order=status",
        "players?select=level:attributes->host->>level::int.sum()",
    ]));
}

#[test]
fn relations() {
    insta::assert_snapshot!(pages(&[
        "players?select=id,consents(channel,status)",
        "consents?select=id,player:players(external_id)",
        "consents?select=id,...players(external_id,level:tier)",
        "players?select=id,...consents(channels:channel)&consents.order=channel",
        "players?select=id,consents!inner(id)&consents.status.eq=granted&consents.order=recorded_at.desc&consents.limit=1",
        "players?select=id,consents()&consents=is.null",
        "players?select=id,consents(count())",
        "players?select=id,e:consents(id),s:consents(id)&e.channel.eq=email&s.channel.eq=sms",
        "consents?select=id,players(id,consents(id,players(external_id)))",
        "games?select=id,streams(id,name)&streams.status.eq=active",
        "consents?select=players(tier),count()",
    ]));
}

#[test]
fn orders_and_places() {
    insta::assert_snapshot!(pages(&[
        "segments?select=id&order=created_at.desc",
        "segments?select=id&order=name,created_at.desc.nullslast",
        "players?select=id&order=attributes->>city.desc",
        "consents?select=id,players(id)&order=players(external_id).desc",
        "players?select=name:first_name&order=id",
    ]));
}

#[test]
fn pages_behind_a_cursor() {
    let mut text = String::new();
    for (asked, values) in [
        ("order=created_at.desc", vec![Some("2024-01-05 10:00:00+00"), Some("00000000-0000-4000-8000-000000000001")]),
        ("order=visits", vec![Some("3"), Some("00000000-0000-4000-8000-000000000001")]),
        ("order=visits", vec![None, Some("00000000-0000-4000-8000-000000000001")]),
        (
            "order=tier.desc,visits.asc.nullsfirst",
            vec![Some("gold"), None, Some("00000000-0000-4000-8000-000000000001")],
        ),
    ] {
        let asked = query(&format!("select=id&{asked}"));
        let cursor = Cursor(values.iter().map(|value| value.map(str::to_owned)).collect());
        let window = Window { limit: Some(25), offset: 0, after: Some(&cursor) };
        let reading = level(registry().table("players").unwrap(), &asked).unwrap().page(&window).unwrap();
        writeln!(text, "{}", shown(&asked.to_query_string(), &reading.statement)).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn one_row_and_counts() {
    let (table, asked) = (registry().table("segments").unwrap(), query("name.eq=a"));
    let mut one = level(table, &asked).unwrap();
    one.one("00000000-0000-4000-8000-000000000001").unwrap();
    let counted = level(table, &asked).unwrap();
    let grouped = query("select=name,count()");
    insta::assert_snapshot!(
        [
            shown("row", &one.versioned(1).unwrap().statement),
            shown("count", &counted.count().unwrap()),
            shown("estimate", &counted.estimate().unwrap()),
            shown("groups", &level(table, &grouped).unwrap().count().unwrap()),
        ]
        .join("\n")
    );
}

fn insert(title: &str, table: &str, text: &str, asked: &str, conflict: Conflict, returning: Returning) -> String {
    let (table, asked) = (registry().table(table).unwrap(), query(asked));
    let (columns, missing_default) = (asked.columns.as_deref(), asked.columns.is_some());
    let payload =
        body::read(table, BodyMedia::Json, text.as_bytes(), columns, Purpose::Insert, TENANT, missing_default).unwrap();
    let on = asked.on_conflict.as_deref();
    let how = Inserting { on, conflict, returning, now: now() };
    shown(title, &level(table, &asked).unwrap().insert(&payload, &how).unwrap().statement)
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

#[test]
fn inserts() {
    use Conflict::{Ignore, Merge, Refuse, Replace};
    let one = r#"{"name":"a","description":null}"#;
    let many = r#"[{"name":"a"},{"name":"b"}]"#;
    insta::assert_snapshot!(
        [
            insert("one", "segments", one, "", Refuse, Returning::Rows),
            insert("one, its id", "segments", one, "", Refuse, Returning::Ids),
            insert("many", "segments", many, "select=name", Refuse, Returning::Rows),
            insert(
                "defaults",
                "players",
                r#"[{"external_id":"a"},{"external_id":"b","visits":1}]"#,
                "columns=external_id,visits,tags",
                Refuse,
                Returning::Count
            ),
            insert("ignored", "players", r#"{"external_id":"a"}"#, "on_conflict=external_id", Ignore, Returning::Count),
            insert(
                "merged",
                "players",
                r#"{"external_id":"a","tier":"x"}"#,
                "on_conflict=external_id",
                Merge,
                Returning::Count
            ),
            insert(
                "replaced",
                "suppressions",
                r#"{"id":"00000000-0000-4000-8000-000000000001","channel":"sms","address":"x"}"#,
                "",
                Replace,
                Returning::Count
            ),
            insert(
                "with relations",
                "players",
                r#"{"external_id":"a"}"#,
                "select=id,consents(id)&order=id",
                Refuse,
                Returning::Rows
            ),
        ]
        .join("\n")
    );
}

#[test]
fn updates_and_deletes() {
    let table = registry().table("segments").unwrap();
    let written = |writing: Result<Writing, ApiError>, title: &str| shown(title, &writing.unwrap().statement);
    let payload = |text: &str, purpose| {
        body::read(table, BodyMedia::Json, text.as_bytes(), None, purpose, TENANT, false).unwrap()
    };
    let filtered = query("name.eq=a");
    let all = query("select=name");
    let one = payload(r#"{"name":"b","filter":null}"#, Purpose::Update);
    let each = payload(
        r#"[{"id":"00000000-0000-4000-8000-000000000001","name":"b"},{"id":"00000000-0000-4000-8000-000000000002","filter":"x"}]"#,
        Purpose::BulkUpdate,
    );
    let mut by_id = level(table, &all).unwrap();
    by_id.one("00000000-0000-4000-8000-000000000001").unwrap();
    by_id.unchanged(vec![7, 8]);
    insta::assert_snapshot!(
        [
            written(level(table, &filtered).unwrap().update(&one, Returning::Count, now()), "update"),
            written(by_id.update(&one, Returning::Rows, now()), "update of a version"),
            written(level(table, &all).unwrap().update_each(&each, Returning::Rows, now()), "update of each"),
            written(by_id.replace(&one, Returning::Rows, now()), "replace"),
            written(level(table, &filtered).unwrap().delete(Returning::Count), "delete"),
            written(by_id.delete(Returning::Rows), "delete of a version"),
        ]
        .join("\n")
    );
}

#[test]
fn a_cursor_opens_for_its_tenant_and_order_only() {
    let (signer, other) = (Signer::new(b"secret"), Signer::new(b"other"));
    let cursor = Cursor(vec![Some("a".to_owned()), None]);
    let text = signer.seal(TENANT, "players?x", &cursor);
    assert_eq!(signer.open(TENANT, "players?x", &text).unwrap(), cursor);
    let foreign = PropertyId(uuid!("01900000-0000-7000-8000-00000000000b"));
    let changed = format!("{}A{}", &text[..30], &text[31..]);
    for (tenant, order, text, signer) in [
        (foreign, "players?x", &*text, &signer),
        (TENANT, "players?y", &*text, &signer),
        (TENANT, "players?x", &text[..text.len() - 2], &signer),
        (TENANT, "players?x", &*changed, &signer),
        (TENANT, "players?x", "", &signer),
        (TENANT, "players?x", "%%%", &signer),
        (TENANT, "players?x", &*text, &other),
    ] {
        assert_eq!(signer.open(tenant, order, text).unwrap_err().code(), Some("cursor_invalid"), "{text}");
    }
}
