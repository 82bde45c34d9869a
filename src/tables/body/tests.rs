use uuid::Uuid;

use super::*;
use crate::tables::{kind::Kind, table::Access};

const TENANT: PropertyId = PropertyId(Uuid::from_u128(0xa));
const ID: &str = "11111111-0000-4000-8000-000000000001";

fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        default: None,
        required: false,
        hidden: false,
        server_set: false,
        write_only: false,
        choices: &[],
    }
}

fn table(id: Kind) -> Table {
    let server_set = |name, kind| Column { server_set: true, ..column(name, kind) };
    Table {
        name: "players",
        singular: "player",
        access: Access::Full,
        guarded: false,
        view: false,
        columns: vec![
            server_set("property_id", Kind::Uuid),
            column("id", id),
            Column { required: true, nullable: false, ..column("external_id", Kind::Text) },
            column("visits", Kind::Integer),
            column("adt", Kind::Numeric),
            column("tags", Kind::TextArray),
            column("attributes", Kind::Json),
            Column { hidden: true, ..column("key_hash", Kind::Bytes) },
            server_set("created_at", Kind::Timestamp),
        ],
        foreign_keys: Vec::new(),
        junction: false,
        search: &[],
        seen: None,
        warden: None,
    }
}

/// A payload in short: names of columns, then rows; `-` is null, `?` absent.
fn short(payload: &Payload<'_>) -> String {
    let names: Vec<&str> = payload.columns.iter().map(|column| column.name).collect();
    let cell = |cell: &Cell| match cell {
        Cell::Literal(Some(text)) => text.clone(),
        Cell::Literal(None) => "-".to_owned(),
        Cell::Absent => "?".to_owned(),
    };
    let rows = payload.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|"));
    std::iter::once(names.join("|")).chain(rows).collect::<Vec<_>>().join("; ")
}

#[derive(Clone, Copy)]
struct Given<'g> {
    table: &'g Table,
    media: BodyMedia,
    columns: Option<&'g [&'g str]>,
    purpose: Purpose,
    missing_default: bool,
}

impl<'g> Given<'g> {
    fn read(self, body: impl AsRef<[u8]>) -> Result<Payload<'g>, ApiError> {
        let columns: Option<Vec<String>> =
            self.columns.map(|names| names.iter().map(|&name| name.to_owned()).collect());
        let (media, purpose) = (self.media, self.purpose);
        read(self.table, media, body.as_ref(), columns.as_deref(), purpose, TENANT, self.missing_default)
    }

    fn short(self, body: &str) -> String {
        short(&self.read(body).unwrap())
    }

    fn refused(self, body: impl AsRef<[u8]>) -> (u16, String) {
        let error = self.read(body).unwrap_err();
        (error.status_code().as_u16(), error.code().unwrap().to_owned())
    }
}

fn insert(table: &Table) -> Given<'_> {
    Given { table, media: BodyMedia::Json, columns: None, purpose: Purpose::Insert, missing_default: false }
}

fn code(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

#[test]
fn an_object_is_one_row_and_an_array_many() {
    let table = table(Kind::Uuid);
    let one = insert(&table).read(r#"{"external_id":"N-1","visits":7}"#).unwrap();
    assert_eq!((short(&one).as_str(), one.was_array), ("external_id|visits; N-1|7", false));
    let many = insert(&table).read(r#" [{"external_id":"N-1","visits":1},{"visits":2,"external_id":"N-2"}]"#).unwrap();
    assert_eq!((short(&many).as_str(), many.was_array), ("external_id|visits; N-1|1; N-2|2", true));
    assert_eq!(insert(&table).short("[]"), "");
    assert_eq!(insert(&table).short("{}"), "; ");
}

#[test]
fn values_are_coerced_as_postgres_coerces_the_members_of_records() {
    let table = table(Kind::Uuid);
    for (member, literal) in [
        (r#""visits":"7""#, "7"),
        (r#""external_id":7"#, "7"),
        (r#""external_id":true"#, "true"),
        (r#""external_id":{"a": 1}"#, r#"{"a": 1}"#),
        (r#""external_id":[1, 2]"#, "[1, 2]"),
        (r#""external_id":null"#, "-"),
        (r#""external_id":"\u00e9\n""#, "é\n"),
        (r#""adt":120.500000000000000000001"#, "120.500000000000000000001"),
        (r#""adt":"1e3""#, "1e3"),
        (r#""tags":["x","y z",null,5,{"a":[1]}]"#, r#"{x,"y z",NULL,5,"{\"a\":[1]}"}"#),
        (r#""tags":"{a,b}""#, "{a,b}"),
        (r#""tags":[]"#, "{}"),
        (r#""attributes":{"a": [1.0, {"b":null}]}"#, r#"{"a": [1.0, {"b":null}]}"#),
        (r#""attributes":"text""#, r#""text""#),
        (r#""attributes":12345678901234567890.10"#, "12345678901234567890.10"),
        (r#""attributes":null"#, "-"),
    ] {
        let name = member[1..].split('"').next().unwrap();
        assert_eq!(insert(&table).short(&format!("{{{member}}}")), format!("{name}; {literal}"));
    }
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_column_and_row() {
    let table = table(Kind::Uuid);
    for (member, state) in [
        (r#""visits":"abc""#, "22P02"),
        (r#""visits":1.0"#, "22P02"),
        (r#""visits":true"#, "22P02"),
        (r#""visits":{}"#, "22P02"),
        (r#""visits":2147483648"#, "22003"),
        (r#""adt":1e2000"#, "22003"),
        (r#""tags":"x""#, "22P02"),
        (r#""tags":7"#, "22P02"),
        (r#""tags":[["a"]]"#, "22P02"),
        (r#""tags":["a\u0000"]"#, "22P05"),
        (r#""external_id":"a\u0000b""#, "22P05"),
        (r#""attributes":{"a":["\u0000"]}"#, "22P05"),
        (r#""external_id":"\ud800""#, "PGRST102"),
        (r#""attributes":["\ud800"]"#, "22P02"),
        (r#""id":"nope""#, "22P02"),
    ] {
        assert_eq!(insert(&table).refused(format!("{{{member}}}")), code(state), "{member}");
    }
    let error = insert(&table).read(r#"[{"visits":1},{"visits":"abc"}]"#).unwrap_err();
    assert_eq!(error.sentence(), "invalid input syntax for type integer: \"abc\" (column visits)");
    assert_eq!(error.details().unwrap(), "Row 2 of the body");
}

#[test]
fn what_is_no_json_of_rows_is_refused() {
    let table = table(Kind::Uuid);
    let deep = format!("{{\"attributes\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", " ", "}{ x", "{\"visits\":1", "{\"visits\":1} x", "\u{feff}{}", "{\"visits\":01}", "[{},]", &deep]
    {
        let error = insert(&table).read(body).unwrap_err();
        assert_eq!((error.sentence(), error.code()), ("Empty or invalid json", Some("PGRST102")), "{body:.40}");
        assert!(error.details().is_some());
    }
    assert_eq!(insert(&table).refused(b"{\"external_id\":\"\xff\"}"), code("PGRST102"));
    for body in ["null", "7", "\"x\"", "[1]", "[{\"visits\":1},333]", "[[]]"] {
        assert_eq!(insert(&table).refused(body), code("PGRST102"), "{body}");
    }
    let chosen = Given { columns: Some(&["external_id"]), ..insert(&table) };
    assert_eq!(chosen.refused("[{\"external_id\":\"N-1\"}, 333]"), code("22023"));
}

#[test]
fn objects_of_one_array_have_the_same_members_unless_columns_are_chosen() {
    let table = table(Kind::Uuid);
    let uneven = r#"[{"external_id":"N-1"},{"external_id":"N-2","visits":1}]"#;
    assert_eq!(insert(&table).refused(uneven), code("PGRST102"));
    assert_eq!(insert(&table).refused(r#"[{"visits":1,"adt":1},{"visits":1}]"#), code("PGRST102"));
    let chosen = Given { columns: Some(&["external_id", "visits"]), ..insert(&table) };
    assert_eq!(chosen.short(uneven), "external_id|visits; N-1|-; N-2|1");
    let with_defaults = Given { missing_default: true, ..chosen };
    assert_eq!(with_defaults.short(uneven), "external_id|visits; N-1|?; N-2|1");
    assert_eq!(chosen.short(r#"{"external_id":"N-1","visits":4,"garbage":1}"#), "external_id|visits; N-1|4");
    assert_eq!(Given { columns: Some(&["foo"]), ..chosen }.refused("[]"), code("PGRST204"));
}

#[test]
fn the_last_of_two_members_of_one_name_counts() {
    let table = table(Kind::Uuid);
    assert_eq!(insert(&table).short(r#"{"visits":1,"external_id":"a","visits":2}"#), "visits|external_id; 2|a");
}

#[test]
fn columns_that_do_not_exist_are_refused_with_the_nearest_name() {
    let table = table(Kind::Uuid);
    let error = insert(&table).read(r#"{"foo":1}"#).unwrap_err();
    assert_eq!(error.sentence(), "Could not find the 'foo' column of 'players' in the schema cache");
    for name in ["foo", "key_hash", "externalId", "propertyId", "", "\\\"", "__proto__", &"x".repeat(100_000)] {
        assert_eq!(insert(&table).refused(format!("{{\"{name}\":1}}")), code("PGRST204"), "{name:.20}");
    }
    let error = insert(&table).read(r#"{"visit":1}"#).unwrap_err();
    assert!(format!("{error:?}").contains("Perhaps you meant the column 'visits'"));
}

#[test]
fn columns_of_the_server_are_refused_by_name() {
    let table = table(Kind::Uuid);
    let error = insert(&table).read(r#"{"external_id":"a","created_at":null}"#).unwrap_err();
    assert_eq!(error.code(), Some("read_only_column"));
    assert!(error.sentence().contains("created_at"));
    let chosen = Given { columns: Some(&["external_id", "created_at"]), ..insert(&table) };
    assert_eq!(chosen.refused("{}"), code("read_only_column"));
}

#[test]
fn ids_that_the_server_gives_are_refused_where_a_row_has_none_yet() {
    let (own, given) = (table(Kind::Uuid), table(Kind::Integer));
    assert_eq!(insert(&own).short(&format!("{{\"id\":\"{ID}\"}}")), format!("id; {ID}"));
    assert_eq!(insert(&given).refused("{\"id\":1}"), code("read_only_column"));
    let update = Given { purpose: Purpose::Update, ..insert(&given) };
    assert_eq!(update.refused("{\"id\":1}"), code("read_only_column"));
    let replace = Given { purpose: Purpose::Replace, ..insert(&given) };
    assert_eq!(replace.short("{\"id\":1}"), "id; 1");
}

#[test]
fn a_row_of_another_property_is_refused_and_the_callers_own_is_left_away() {
    let table = table(Kind::Uuid);
    let own = TENANT.0;
    let body = format!("{{\"property_id\":\"{own}\",\"visits\":1}}");
    assert_eq!(insert(&table).short(&body), "visits; 1");
    let foreign = Uuid::from_u128(0xb);
    let chosen = Given { columns: Some(&["visits", "property_id"]), ..insert(&table) };
    for value in [format!("\"{foreign}\""), "null".to_owned(), "7".to_owned(), "\"\"".to_owned()] {
        let rows = format!("[{{\"property_id\":\"{own}\",\"visits\":1}},{{\"property_id\":{value},\"visits\":1}}]");
        for reading in [insert(&table), chosen] {
            assert_eq!(reading.refused(&rows), (403, "property_mismatch".to_owned()), "{value}");
        }
        let twins = format!("{{\"property_id\":{value},\"property_id\":\"{own}\"}}");
        assert_eq!(insert(&table).refused(&twins), (403, "property_mismatch".to_owned()));
    }
}

#[test]
fn what_a_new_row_must_name_is_asked_for_where_the_database_would_not() {
    let mut table = table(Kind::Uuid);
    table.columns[3].required = true;
    for body in [r#"{"external_id":"a"}"#, r#"{"visits":null}"#, "{}", r#"[{"visits":1},{"visits":null}]"#] {
        let error = insert(&table).read(body).unwrap_err();
        assert_eq!(error.code(), Some("23502"));
        let sentence = "null value in column \"visits\" of relation \"players\" violates not-null constraint";
        assert_eq!(error.sentence(), sentence);
    }
    let update = Given { purpose: Purpose::Update, ..insert(&table) };
    assert_eq!(update.short(r#"{"external_id":null}"#), "external_id; -");
    assert_eq!(update.refused(r#"{"visits":null}"#), code("23502"));
}

#[test]
fn an_update_takes_one_object_and_a_bulk_update_an_array() {
    let table = table(Kind::Uuid);
    let update = Given { purpose: Purpose::Update, ..insert(&table) };
    assert_eq!(update.short("[]"), "");
    assert_eq!(update.refused(r#"[{"visits":1}]"#), code("bulk_with_filter"));
    let bulk = Given { purpose: Purpose::BulkUpdate, ..insert(&table) };
    assert_eq!(bulk.short("[]"), "");
    assert_eq!(bulk.refused(r#"{"visits":1}"#), code("21000"));
}

#[test]
fn each_object_of_a_bulk_update_names_its_row_and_keeps_what_it_leaves_out() {
    let table = table(Kind::Integer);
    let bulk = Given { purpose: Purpose::BulkUpdate, ..insert(&table) };
    let body = r#"[{"id":1,"visits":5},{"adt":null,"id":"2"}]"#;
    assert_eq!(bulk.short(body), "id|visits|adt; 1|5|?; 2|?|-");
    let chosen = Given { columns: Some(&["visits"]), ..bulk };
    assert_eq!(chosen.short(body), "visits|id; 5|1; ?|2");
    assert_eq!(bulk.refused(r#"[{"id":1},{"id":"1"}]"#), code("21000"));
    assert_eq!(bulk.refused(r#"[{"id":1},{"visits":1}]"#), code("id_required"));
    assert_eq!(bulk.refused(r#"[{"id":null}]"#), code("id_required"));
    assert_eq!(bulk.refused(r#"[{"id":1},{"id":2,"foo":1}]"#), code("PGRST204"));
}

#[test]
fn more_than_ten_thousand_rows_are_refused() {
    let table = table(Kind::Uuid);
    let json = |rows: usize| format!("[{}]", vec!["{\"visits\":1}"; rows].join(","));
    assert_eq!(insert(&table).read(json(MAX_ROWS)).unwrap().rows.len(), MAX_ROWS);
    assert_eq!(insert(&table).refused(json(MAX_ROWS + 1)), code("too_many_rows"));
    let csv = Given { media: BodyMedia::Csv, ..insert(&table) };
    let lines = |rows: usize| format!("visits\n{}", "1\n".repeat(rows));
    assert_eq!(csv.read(lines(MAX_ROWS)).unwrap().rows.len(), MAX_ROWS);
    assert_eq!(csv.refused(lines(MAX_ROWS + 1)), code("too_many_rows"));
}

#[test]
fn csv_has_a_header_and_tells_null_from_text() {
    let table = table(Kind::Uuid);
    let csv = Given { media: BodyMedia::Csv, ..insert(&table) };
    let payload = csv.read(format!("id,external_id\n{ID},N-1")).unwrap();
    assert_eq!((short(&payload), payload.was_array), (format!("id|external_id; {ID}|N-1"), true));
    let body = "\u{feff}external_id,visits\r\nNULL,NULL\r\n\"NULL\",\"7\"\r\n\r\n,1\n\"a \"\"b\"\",\nc\",2\n\n";
    assert_eq!(csv.short(body), "external_id|visits; -|-; NULL|7; |1; a \"b\",\nc|2");
    assert_eq!(
        csv.short("tags,attributes\n\"{vip,slots}\",\"{\"\"a\"\": 1}\"\n"),
        "tags|attributes; {vip,slots}|{\"a\": 1}"
    );
    assert_eq!(csv.short("external_id\n\"\"\n"), "external_id; ");
    assert_eq!(csv.short("\"external_id\"\n"), "external_id");
    assert_eq!(csv.short("external_id,visits\nx\"y,1"), "external_id|visits; x\"y|1");
}

#[test]
fn csv_of_the_wrong_shape_is_refused() {
    let table = table(Kind::Uuid);
    let csv = Given { media: BodyMedia::Csv, ..insert(&table) };
    for ragged in ["external_id,visits\nN-1,3\nN-2\n", "external_id\na,b\n", "external_id,visits\n\"\"\n"] {
        let error = csv.read(ragged).unwrap_err();
        assert_eq!(error.sentence(), "All lines must have same number of fields");
        assert_eq!(error.code(), Some("PGRST102"));
    }
    for body in ["", "\n\n", "external_id,external_id\na,b", "external_id\n\"a", "external_id\n\"a\"b\n"] {
        assert_eq!(csv.refused(body), code("PGRST102"), "{body:?}");
    }
    assert_eq!(csv.refused(b"external_id\n\xff"), code("PGRST102"));
    assert_eq!(csv.refused("external_id\na\0b"), code("22021"));
    assert_eq!(csv.refused("foo\n1"), code("PGRST204"));
    assert_eq!(csv.refused("foo\n"), code("PGRST204"));
    assert_eq!(csv.refused("visits\nabc"), code("22P02"));
    let chosen = Given { columns: Some(&["visits"]), ..csv };
    assert_eq!(chosen.short("foo,visits\n1,2"), "visits; 2");
}

proptest::proptest! {
    #[test]
    fn csv_is_read_as_others_write_it(rows: Vec<(String, String)>) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b"]).unwrap();
        rows.iter().for_each(|(a, b)| writer.write_record([a, b]).unwrap());
        let bytes = writer.into_inner().unwrap();
        let read = super::csv::read(&bytes).map(|document| document.rows).unwrap();
        let text = |given: &super::Given<'_>| match given {
            super::Given::Text(text) => text.to_string(),
            _ => "NULL".to_owned(),
        };
        let read: Vec<Vec<String>> = read.iter().flatten().map(|row| row.iter().map(|(_, field)| text(field)).collect()).collect();
        let written: Vec<Vec<String>> = rows.into_iter().map(|(a, b)| vec![a, b]).collect();
        proptest::prop_assert_eq!(read, written);
    }

    #[test]
    fn no_json_makes_the_reader_panic(text in "[\\[{]{0,2}(\"(visits|tags|attributes|property_id|\\\\ud800)\":[\\[\\]{}\"0-9a-z.,:eE\\\\-]{0,12}[,}]){0,3}[\\]}]{0,2}") {
        let table = table(Kind::Uuid);
        for purpose in [Purpose::Insert, Purpose::Update, Purpose::Replace, Purpose::BulkUpdate] {
            let read = read(&table, BodyMedia::Json, text.as_bytes(), None, purpose, TENANT, false);
            for row in read.map(|payload| payload.rows).unwrap_or_default() {
                proptest::prop_assert!(row.len() <= table.columns.len());
            }
        }
    }

    #[test]
    fn no_body_makes_the_reader_panic(bytes: Vec<u8>, csv: bool) {
        let table = table(Kind::Uuid);
        let media = if csv { BodyMedia::Csv } else { BodyMedia::Json };
        let _ = read(&table, media, &bytes, None, Purpose::Insert, TENANT, false).map(|payload| payload.rows.len());
    }
}
