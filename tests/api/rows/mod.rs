//! Rows as they leave: what is written from binary values is what Postgres prints of the same values.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod edges;
mod malformed;
mod random;

use std::error::Error;

use playhouse::tables::rows::{Format, Formulas, ListWriter, Nulls, OutColumn, Writer, write_object};
use tokio_postgres::{
    Client, Column, NoTls, Row,
    types::{FromSql, Type},
};

use crate::support::database;

/// A connection to a database without tables, with the settings of the server's own connections.
async fn connect() -> Client {
    let (client, connection) = tokio_postgres::connect(&database::empty().await, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'").await.unwrap();
    client
}

/// A value as it came, whatever its type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn cell(row: &Row, number: usize) -> Option<&[u8]> {
    row.get::<_, Option<Raw<'_>>>(number).map(|raw| raw.0)
}

fn columns_of(columns: &[Column]) -> Vec<OutColumn> {
    columns.iter().map(|column| OutColumn::new(column.name(), Writer::of(column.type_()).unwrap())).collect()
}

fn object(columns: &[OutColumn], nulls: Nulls, row: &Row) -> String {
    let mut out = Vec::new();
    write_object(&mut out, columns, nulls, |number| cell(row, number)).unwrap();
    String::from_utf8(out).unwrap()
}

fn csv(columns: &[OutColumn], rows: &[Row]) -> String {
    let mut list = ListWriter::new(columns.to_vec(), Format::Csv(Formulas::Kept));
    for row in rows {
        list.push(|number| cell(row, number)).unwrap();
    }
    String::from_utf8(list.finish().concat()).unwrap()
}

/// Makes a value of each input text by an SQL expression over `i`, and compares each form of it with the server's.
async fn compare(client: &Client, expression: &str, inputs: &[String]) {
    let sql = format!(
        "select r.v, row_to_json(r)::text, json_strip_nulls(row_to_json(r))::text, r::text, format('%s', r.v), r.v is null \
         from (select ({expression}) as v from unnest($1::text[]) with ordinality as t(i, n) order by n offset 0) r"
    );
    let statement = client.prepare(&sql).await.unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    let columns = columns_of(&statement.columns()[..1]);
    let rows = client.query(&statement, &[&inputs]).await.unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    assert_eq!(rows.len(), inputs.len());
    for (row, input) in rows.iter().zip(inputs) {
        let told = format!("{expression} of {input:?}");
        let server = |number: usize| row.get::<_, String>(number);
        assert_eq!(object(&columns, Nulls::Kept, row), server(1), "{told}");
        assert_eq!(object(&columns, Nulls::Stripped, row), server(2), "{told}, nulls stripped");
        let record = server(3);
        let record = &record[1..record.len() - 1];
        assert_eq!(csv(&columns, std::slice::from_ref(row)), format!("v\n{record}"), "{told}, CSV");
        match cell(row, 0) {
            Some(bytes) => assert_eq!(columns[0].writer().text_of(bytes).unwrap(), server(4), "{told}, text"),
            None => assert!(row.get::<_, bool>(5), "{told}"),
        }
    }
}

/// The same, for texts that a type reads.
async fn compare_type(client: &Client, sql_type: &str, inputs: &[&str]) {
    let inputs: Vec<String> = inputs.iter().map(|&input| input.to_owned()).collect();
    compare(client, &format!("i::{sql_type}"), &inputs).await;
}
