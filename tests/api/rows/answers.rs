//! Whole answers of several columns and rows.

use playhouse::tables::{
    kind::Kind,
    rows::{Format, Formulas, ListWriter, Nulls, Writer},
};

use super::{cell, columns_of, connect, csv};

const ROWS: &str = "select * from (values \
    ('00000000-0000-4000-8000-000000000001'::uuid, 'Ada', 120.50, 12, '{vip,slots}'::text[], '{\"lang\": null}'::jsonb, \
     '2024-01-05 10:00:00+00'::timestamptz, null::date), \
    ('00000000-0000-4000-8000-000000000002'::uuid, 'Quote\"Mark, (\\', null, 0, '{}'::text[], null, \
     '2024-01-06 10:00:00.25+00'::timestamptz, '1980-12-10'::date), \
    (null, null, null, null, null, null, null, null) \
    ) as t(id, name, adt, visits, tags, \"at,tri\"\"butes\", created_at, birth_date)";

#[tokio::test]
async fn a_list_is_the_one_that_the_server_aggregates() {
    let db = connect().await;
    let rows = db.query(ROWS, &[]).await.unwrap();
    let columns = columns_of(rows[0].columns());
    for (nulls, expression) in [(Nulls::Kept, "row_to_json(r)"), (Nulls::Stripped, "json_strip_nulls(row_to_json(r))")]
    {
        let sql = format!("select '[' || string_agg({expression}::text, ',') || ']' from ({ROWS}) r");
        let mut list = ListWriter::new(columns.clone(), Format::Json(nulls));
        for row in &rows {
            list.push(|number| cell(row, number)).unwrap();
        }
        assert_eq!(list.rows(), 3);
        let written = String::from_utf8(list.finish().concat()).unwrap();
        assert_eq!(written, db.query_one(&sql, &[]).await.unwrap().get::<_, String>(0));
    }
}

#[tokio::test]
async fn csv_is_the_text_of_the_servers_records() {
    let db = connect().await;
    let rows = db.query(ROWS, &[]).await.unwrap();
    let columns = columns_of(rows[0].columns());
    let sql = format!("select string_agg(substring(r::text, 2, length(r::text) - 2), E'\\n') from ({ROWS}) r");
    let body = db.query_one(&sql, &[]).await.unwrap().get::<_, String>(0);
    let header = "id,name,adt,visits,tags,\"at,tri\"\"butes\",created_at,birth_date";
    assert_eq!(csv(&columns, &rows), format!("{header}\n{body}"));
    assert_eq!(csv(&columns, &[]), "\n");
}

#[tokio::test]
async fn formulas_can_be_taken_out_of_csv() {
    let db = connect().await;
    let sql = "select -5 as n, '-5'::text as t, -1.5::numeric as d, '+15550001'::varchar as p, '{-1}'::int4[] as a, \
               '-infinity'::date as w, 1 as \"=cmd()\"";
    let row = db.query_one(sql, &[]).await.unwrap();
    let columns = columns_of(row.columns());
    let mut list = ListWriter::new(columns.clone(), Format::Csv(Formulas::Escaped));
    list.push(|number| cell(&row, number)).unwrap();
    assert_eq!(
        String::from_utf8(list.finish().concat()).unwrap(),
        "n,t,d,p,a,w,\"'=cmd()\"\n-5,\"'-5\",-1.5,\"'+15550001\",{-1},\"'-infinity\",1"
    );
}

#[tokio::test]
async fn every_kind_of_column_is_written_by_the_writer_of_its_type() {
    let db = connect().await;
    for kind in [
        Kind::SmallInt,
        Kind::Integer,
        Kind::BigInt,
        Kind::Numeric,
        Kind::Double,
        Kind::Boolean,
        Kind::Text,
        Kind::Uuid,
        Kind::Timestamp,
        Kind::Date,
        Kind::Json,
        Kind::Inet,
        Kind::Bytes,
        Kind::TextArray,
        Kind::IntegerArray,
    ] {
        let statement = db.prepare(&format!("select null::{}", kind.sql())).await.unwrap();
        assert_eq!(Writer::of(statement.columns()[0].type_()), Ok(Writer::of_kind(kind)), "{kind:?}");
    }
}
