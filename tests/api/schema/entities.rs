//! The entities are what the table face and the documents are made of, so they must say what the database has.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, IdenStatic, Identity, Iterable, RelationTrait, sea_query::ColumnType,
};

use super::texts;
use crate::support::database;

/// The name that `information_schema` has for a type.
fn sql_type(kind: &ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "integer",
        ColumnType::SmallInteger => "smallint",
        ColumnType::BigInteger => "bigint",
        ColumnType::Decimal(None) => "numeric",
        ColumnType::String(_) | ColumnType::Text => "text",
        ColumnType::Boolean => "boolean",
        ColumnType::Uuid => "uuid",
        ColumnType::TimestampWithTimeZone => "timestamp with time zone",
        ColumnType::Date => "date",
        ColumnType::Json => "json",
        ColumnType::JsonBinary => "jsonb",
        ColumnType::Blob => "bytea",
        ColumnType::Inet => "inet",
        ColumnType::Array(of) if matches!(**of, ColumnType::String(_) | ColumnType::Text) => "text[]",
        ColumnType::Array(of) if matches!(**of, ColumnType::Integer) => "integer[]",
        other => panic!("{other:?} is no type of ours"),
    }
}

/// Name, type, whether it may be null, whether the database fills it, per column.
async fn columns<E: EntityTrait>(db: &DatabaseConnection, table: &str) {
    let entity: BTreeSet<String> = E::Column::iter()
        .map(|column| {
            let definition = column.def();
            let null = if definition.is_null() { " null" } else { "" };
            let default = if definition.get_column_default().is_some() { " default" } else { "" };
            format!("{} {}{null}{default}", column.as_str(), sql_type(definition.get_column_type()))
        })
        .collect();
    // A view cannot say what may be null.
    let sql = format!(
        "select c.column_name || ' ' || case c.data_type when 'ARRAY' then case c.udt_name when '_text' then 'text[]' \
         when '_int4' then 'integer[]' end else c.data_type end \
         || case when c.is_nullable = 'YES' and t.table_type = 'BASE TABLE' then ' null' else '' end \
         || case when c.column_default is not null or c.is_identity = 'YES' then ' default' else '' end as text \
         from information_schema.columns c join information_schema.tables t using (table_schema, table_name) \
         where table_schema = 'public' and table_name = '{table}'"
    );
    assert_eq!(entity, texts(db, &sql).await, "{table}");
}

fn names(columns: &Identity) -> String {
    columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Name, columns, target and its columns per foreign key.
async fn foreign_keys<E: EntityTrait>(db: &DatabaseConnection, table: &str) {
    let entity: BTreeSet<String> = E::Relation::iter()
        .map(|relation| {
            let key = relation.def();
            let name = key.fk_name.as_deref().unwrap_or("unnamed");
            let target = key.to_tbl.sea_orm_table().to_string();
            format!("{name} ({}) {target} ({})", names(&key.from_col), names(&key.to_col))
        })
        .collect();
    let list = |columns: &str, of: &str| {
        format!(
            "(select string_agg(a.attname, ', ' order by k.at) from unnest(c.{columns}) with ordinality k(number, at) \
             join pg_attribute a on a.attrelid = c.{of} and a.attnum = k.number)"
        )
    };
    let (from, to) = (list("conkey", "conrelid"), list("confkey", "confrelid"));
    let sql = format!(
        "select c.conname || ' (' || {from} || ') ' || c.confrelid::regclass || ' (' || {to} || ')' as text \
         from pg_constraint c where c.contype = 'f' and c.conrelid = '{table}'::regclass"
    );
    assert_eq!(entity, texts(db, &sql).await, "{table}");
}

#[tokio::test]
async fn entities_have_exactly_the_tables_columns_defaults_and_foreign_keys_of_the_database() {
    let db = database::owner(&database::fresh().await).await;
    let mut known = BTreeSet::new();
    macro_rules! compare_all {
        ($($entity:ident),+ $(,)?) => {$(
            let table = sea_orm::EntityName::table_name(&entity::$entity::Entity);
            columns::<entity::$entity::Entity>(&db, table).await;
            foreign_keys::<entity::$entity::Entity>(&db, table).await;
            known.insert(table.to_owned());
        )+};
    }
    compare_all!(
        api_key,
        api_key_secret,
        api_key_usage,
        audit_entry,
        campaign,
        consent,
        content_item,
        credential_change,
        event,
        event_outbox,
        game,
        game_session,
        idempotency_key,
        journey,
        member,
        membership,
        org_api_key,
        org_api_key_usage,
        organization,
        player,
        property,
        rate_counter,
        replica,
        segment,
        session_expiry,
        session_token,
        stream,
        suppression,
        template,
        webhook,
        webhook_attempt,
        webhook_delivery,
        webhook_lane,
        webhook_redelivery,
        webhook_secret,
    );
    // The weeks of a log are parts of its table.
    let sql = "select c.relname::text as text from pg_class c where c.relnamespace = 'public'::regnamespace \
               and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like 'seaql%' \
               union all select viewname::text from pg_views where schemaname = 'public'";
    assert_eq!(known, texts(&db, sql).await);
}
