//! Values go as text and come back as Postgres' own bytes.

use playhouse::{error::ApiError, tenant_pool::Param};
use poem::http::StatusCode;

use super::*;

#[tokio::test]
async fn text_fits_a_place_of_any_type() {
    let notes = Notes::with(4).await;
    let mut connection = notes.acquire(notes.a).await;
    let sql = "select $1::int, $2::uuid, $3::jsonb, $4::text[], $5::timestamptz, $6::numeric, $7::text, $8::bool";
    let id = Uuid::now_v7();
    let params = [
        Param::from(42),
        id.into(),
        r#"{"a": [1]}"#.into(),
        "{x,\"y,z\"}".into(),
        "2026-02-17T12:00:00+01:00".into(),
        "12345678901234567890.123".into(),
        Param::NULL,
        "true".into(),
    ];
    let rows = connection.query(sql, &params).await.unwrap();
    let row = rows.get(0).unwrap();
    assert_eq!(row.bytes(0), Some(42_i32.to_be_bytes().as_slice()));
    assert_eq!(row.bytes(1), Some(id.as_bytes().as_slice()));
    assert_eq!(row.bytes(2), Some(b"\x01{\"a\": [1]}".as_slice()));
    assert_eq!(row.bytes(6), None);
    assert_eq!(row.bytes(7), Some([1].as_slice()));
    let types: Vec<_> = (0..row.len()).map(|column| row.type_oid(column)).collect();
    assert_eq!(types, [23, 2950, 3802, 1009, 1184, 1700, 25, 16]);
    assert_eq!(rows.columns()[1].name(), "uuid");
}

#[tokio::test]
async fn text_that_does_not_fit_is_refused_by_its_state() {
    let notes = Notes::with(4).await;
    let mut connection = notes.acquire(notes.a).await;
    for (sql, value, expected) in [
        ("select $1::int", "4x", "22P02"),
        ("select $1::int", "99999999999", "22003"),
        ("select $1::date", "2026-02-30", "22008"),
        ("select $1::text", "a\0b", "22021"),
        ("selct $1", "x", "42601"),
        ("select nothing from notes where body = $1", "x", "42703"),
    ] {
        assert_eq!(state(connection.query(sql, &[value.into()]).await), expected, "{sql} {value:?}");
    }
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
}

#[tokio::test]
async fn what_goes_wrong_answers_with_the_status_that_fits() {
    let notes = Notes::with(4).await;
    let mut connection = notes.acquire(notes.a).await;
    let many = vec![Param::from("1"); 65_536];
    let too_many = connection.query("select 1", &many).await.unwrap_err();
    assert_eq!(ApiError::from(too_many).status_code(), StatusCode::BAD_REQUEST);
    let nul = connection.query("select $1::text", &["a\0b".into()]).await.unwrap_err();
    assert_eq!(ApiError::from(nul).status_code(), StatusCode::BAD_REQUEST);
    let bug = connection.query("select 1 / 0", &[]).await.unwrap_err();
    assert_eq!(ApiError::from(bug).status_code(), StatusCode::INTERNAL_SERVER_ERROR);
    let places = connection.query("select $1::text", &[]).await.unwrap_err();
    assert_eq!(ApiError::from(places).status_code(), StatusCode::INTERNAL_SERVER_ERROR);
    let begin = playhouse::tenant_pool::Begin::read_only().statement_timeout(Duration::from_millis(10));
    let late = connection.transaction(begin).query("select pg_sleep(60)", &[]).await.unwrap_err();
    assert_eq!(ApiError::from(late).status_code(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(connection.query(ALL, &[]).await.unwrap().len() as u64, NOTES);
}
