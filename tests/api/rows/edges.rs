//! The values at the edges of each type.

use super::{compare, compare_type, connect};

#[tokio::test]
async fn whole_numbers_and_booleans_are_the_servers() {
    let db = connect().await;
    compare_type(&db, "bool", &["true", "false"]).await;
    compare_type(&db, "int2", &["0", "-1", "9", "10", "99", "100", "32767", "-32768"]).await;
    compare_type(&db, "int4", &["0", "-1", "12345", "2147483647", "-2147483648"]).await;
    compare_type(&db, "int8", &["0", "9007199254740993", "9223372036854775807", "-9223372036854775808"]).await;
    compare_type(&db, "oid", &["0", "4294967295"]).await;
    compare(&db, "null::int4", &[String::new()]).await;
}

#[tokio::test]
async fn floating_point_numbers_are_the_servers() {
    let db = connect().await;
    let both = [
        "0",
        "-0",
        "1",
        "-1.5",
        "0.1",
        "0.0001",
        "0.00012345",
        "0.00001",
        "-1e-5",
        "1e5",
        "1e6",
        "123456",
        "1234567",
        "999999",
        "1e14",
        "1e15",
        "123456789012345",
        "999999999999999",
        "1e+20",
        "1.5e20",
        "NaN",
        "Infinity",
        "-Infinity",
        "3.4028235e38",
        "1.17549435e-38",
        "1e-37",
        "16777216",
        "16777217",
        "33554432",
        "8388608.5",
    ];
    compare_type(&db, "float4", &both).await;
    compare_type(&db, "float4", &["1e-45", "1.4e-44", "4.194304e+06", "5.4943e+10", "9.90000e-37"]).await;
    compare_type(&db, "float8", &both).await;
    let double = [
        "5e-324",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
        "2.225073858507201e-308",
        "9007199254740991",
        "9007199254740992",
        "9007199254740994",
        "18014398509481992",
        "18014398509481984",
        "9223372036854775807",
        "1e22",
        "1e23",
        "9.5367431640625e-07",
        "2.98023223876953125e-8",
        "9e-265",
        "1.844674407370955161e19",
        "8.41e21",
        "2.0919495182368195e19",
        "5e22",
        "1.2e-306",
    ];
    compare_type(&db, "float8", &double).await;
}

#[tokio::test]
async fn decimal_numbers_are_the_servers() {
    let db = connect().await;
    let numbers = [
        "0",
        "0.00",
        "-0.00",
        "120.50",
        "45.00",
        "-1",
        "0.1",
        "-0.001",
        "0.00001",
        "0.000100000",
        "1e-16383",
        "9999",
        "10000",
        "10000.0001",
        "99999999",
        "100000000",
        "1e20",
        "-12345678901234567890.098765432109876543210",
        "1e1000",
        "1e131071",
        "0.0000000000000000000000000000000000000000",
        "NaN",
        "Infinity",
        "-Infinity",
        "123456789.0000",
        "5000.5",
        "1234.56789",
        "-999999999999999999999999999999999999999999",
    ];
    compare_type(&db, "numeric", &numbers).await;
    compare_type(&db, "numeric(12,2)", &["120.5", "-0.004", "9999999999.99"]).await;
}

#[tokio::test]
async fn texts_are_the_servers() {
    let db = connect().await;
    let mut texts: Vec<String> = (1..=0x9f_u32).filter_map(char::from_u32).map(|c| format!("a{c}b{c}")).collect();
    texts.extend(
        [
            "",
            " ",
            " x",
            "x ",
            "null",
            "NULL",
            "a,b",
            "(a)",
            "\"",
            "\\",
            "\\\\\"",
            "=1+1",
            "{}",
            "O'Neil",
            "😀🂡",
            "\u{2028}\u{2029}\u{feff}",
            "\u{10ffff}",
            "ßéñ中文",
            "0123456\"",
            "01234567\"",
            "012345678\n",
            "<script>",
        ]
        .map(str::to_owned),
    );
    compare(&db, "i::text", &texts).await;
    compare(&db, "i::varchar", &texts).await;
    compare(&db, "i::name", &texts).await;
    compare(&db, "array[i, i]", &texts).await;
    compare_type(&db, "char(5)", &["", "ab", "abcde"]).await;
    db.batch_execute(
        "create type mood as enum ('so so', 'good'); create domain short as text check (length(value) < 9)",
    )
    .await
    .unwrap();
    compare_type(&db, "mood", &["so so", "good"]).await;
    compare_type(&db, "mood[]", &["{good,\"so so\",null}"]).await;
    compare_type(&db, "short", &["so so", "good"]).await;
    compare(&db, "convert_to(i, 'utf8')", &texts).await;
    compare_type(&db, "bytea", &["", "\\x00ff10", "\\xdeadbeef"]).await;
}

#[tokio::test]
async fn dates_and_times_are_the_servers() {
    let db = connect().await;
    let dates = [
        "2024-01-05",
        "2000-01-01",
        "1999-12-31",
        "2000-02-29",
        "1900-02-28",
        "1900-03-01",
        "2024-12-31",
        "0001-01-01",
        "0001-12-31 BC",
        "0044-03-15 BC",
        "4713-11-24 BC",
        "4714-11-24 BC",
        "9999-12-31",
        "10000-01-01",
        "5874897-12-31",
        "infinity",
        "-infinity",
        "epoch",
    ];
    compare_type(&db, "date", &dates).await;
    let moments = [
        "2024-01-05 10:00:00",
        "2024-01-05 10:00:00.5",
        "2024-01-05 10:00:00.123456",
        "2024-01-05 23:59:59.000001",
        "1999-12-31 23:59:59.999999",
        "0001-01-01 00:00:00",
        "0044-03-15 10:00:00.25 BC",
        "4714-11-24 00:00:00 BC",
        "12345-06-07 08:09:10",
        "294276-12-31 23:59:59.999999",
        "infinity",
        "-infinity",
        "1969-07-20 20:17:40.10",
    ];
    compare_type(&db, "timestamp", &moments).await;
    compare_type(&db, "timestamptz", &moments).await;
    compare_type(&db, "timestamptz[]", &["{\"2024-01-05 10:00:00.5+02\",null,infinity}"]).await;
    compare_type(&db, "date[]", &["{2024-01-05,\"0044-03-15 BC\"}"]).await;
    let times = ["00:00", "10:00:00", "23:59:59.999999", "24:00", "01:02:03.04"];
    compare_type(&db, "time", &times).await;
    compare_type(&db, "timetz", &times).await;
    compare_type(&db, "timetz", &["10:00+05:30", "10:00-03:00", "10:00:00.5+00:00:30", "10:00-15:59:59"]).await;
    let spans = [
        "0",
        "1 day",
        "-1 day",
        "1 year 2 mons",
        "-1 year 2 mons -3 days 4:05:06.7",
        "25 hours",
        "-00:00:00.5",
        "1 mon -1 day",
        "-1 mon +00:00:01",
        "1 year -1 mon 1 day -1 sec",
        "100 hours 0.000001 sec",
        "178000000 years",
        "2147483647 days -2562047788:00:54.775807",
        "12 mons",
        "-2 days",
    ];
    compare_type(&db, "interval", &spans).await;
}

#[tokio::test]
async fn uuids_and_addresses_are_the_servers() {
    let db = connect().await;
    compare_type(&db, "uuid", &["00000000-0000-4000-8000-000000000001", "DEADBEEF-0123-4567-89ab-cdef01234567"]).await;
    let addresses = [
        "10.0.0.1",
        "10.0.0.1/8",
        "0.0.0.0/0",
        "255.255.255.255/32",
        "::",
        "::/0",
        "::1",
        "::1.2.3.4",
        "::ffff:1.2.3.4",
        "::ffff:0:1.2.3.4",
        "1::",
        "1::8",
        "1:0:0:4:0:0:0:8",
        "1:0:0:4:5:0:0:8",
        "1:0:3:4:5:6:7:8",
        "0:2:3:4:5:6:7:8",
        "2001:db8::1/64",
        "fe80::ffff:ffff:ffff:ffff",
        "0:0:0:0:0:0:7:8",
        "0:0:0:0:0:6:7:8",
        "1:2:3:4:5:6:0:0",
        "::2",
    ];
    compare_type(&db, "inet", &addresses).await;
    compare(&db, "network(i::inet)", &addresses.map(str::to_owned)).await;
}

#[tokio::test]
async fn json_is_the_servers() {
    let db = connect().await;
    let documents = [
        "null",
        "1",
        "\"x\"",
        "true",
        "{}",
        "[]",
        "{\"a\": 1, \"b\":null, \"c\":[null,{\"d\":null}]}",
        "{\"a\":\"x\\\"y\\\\\", \"é,}\":\"{\\\"n\\\":null}\"}",
        "[1.50,2e5,-0.0]",
        "  {\"n\" : null }  ",
        "{\"a\":{\"b\":{\"c\":null}}}",
        "\"null\"",
        "{\"null\":\"null\"}",
        "{\"\":0}",
    ];
    compare_type(&db, "json", &documents).await;
    compare_type(&db, "jsonb", &documents).await;
    let arrays = documents.map(|document| format!("[{document}, null, {document}]"));
    compare(&db, "array(select e from jsonb_array_elements(i::jsonb) e)", &arrays).await;
    compare(&db, "array(select e from json_array_elements(i::json) e)", &arrays).await;
}

#[tokio::test]
async fn arrays_are_the_servers() {
    let db = connect().await;
    let numbers = ["{}", "{1}", "{1,null,-3}", "{{1,2},{3,4}}", "{{{1},{2}},{{3},{null}}}", "[0:1]={5,6}"];
    compare_type(&db, "int2[]", &numbers).await;
    compare_type(&db, "int4[]", &numbers).await;
    compare_type(&db, "int8[]", &numbers).await;
    compare_type(&db, "numeric[]", &["{1.50,NaN,null,-0.001}", "[-2:-1][3:3]={{1},{2}}"]).await;
    compare_type(&db, "float8[]", &["{1e20,Infinity,null,0.1}"]).await;
    let texts = [
        "{}",
        "{vip,slots}",
        "{\"\"}",
        "{NULL,\"NULL\",\"null\"}",
        "{\"a b\",\"q\\\"x\"}",
        "{\"{}\",\"a,b\",\"\\\\\"}",
        "{{a,b},{\"c d\",null}}",
        "{\"\t\",\"\n\",\"\u{b}\"}",
        "{é,😀}",
        "{\"(\"}",
    ];
    compare_type(&db, "text[]", &texts).await;
    compare_type(&db, "varchar[]", &texts).await;
    compare_type(&db, "uuid[]", &["{00000000-0000-4000-8000-000000000001,null}"]).await;
    compare_type(&db, "bool[]", &["{t,f,null}"]).await;
    compare_type(&db, "bytea[]", &["{\"\\\\x00\",\"\\\\x\"}"]).await;
    compare_type(&db, "inet[]", &["{10.0.0.1,10.0.0.0/8}"]).await;
    compare_type(&db, "interval[]", &["{1 day,-00:00:01}"]).await;
}
