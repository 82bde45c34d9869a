use super::*;

fn fits(kind: Kind, pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        assert_eq!(literal(kind, text).as_deref(), Ok(*expected), "{text:?} as {}", kind.display());
    }
}

fn same(kind: Kind, texts: &[&str]) {
    texts.iter().for_each(|text| fits(kind, &[(text, text)]));
}

fn refused(kind: Kind, state: &str, texts: &[&str]) {
    for text in texts {
        let outcome = literal(kind, text);
        assert_eq!(outcome.as_ref().map_err(|bad| bad.state), Err(state), "{text:?} as {}", kind.display());
    }
}

#[test]
fn whole_numbers_have_digits_a_sign_and_blanks_around() {
    fits(Kind::Integer, &[(" 7 ", "7"), ("+7", "+7"), ("-2147483648", "-2147483648"), ("007", "007"), ("\t1\n", "1")]);
    same(Kind::SmallInt, &["32767", "-32768"]);
    same(Kind::BigInt, &["9223372036854775807", "-9223372036854775808"]);
    refused(Kind::Integer, "22P02", &["", " ", "abc", "1.0", "1e3", "0x10", "1_000", "- 1", "+-1", "٥", "1 2", "NaN"]);
    refused(Kind::Integer, "22003", &["2147483648", "-2147483649", "99999999999999999999999"]);
    refused(Kind::SmallInt, "22003", &["32768"]);
    refused(Kind::BigInt, "22003", &["9223372036854775808"]);
}

#[test]
fn decimal_numbers_keep_their_digits_and_have_a_thousand_at_most() {
    same(Kind::Numeric, &["120.50", "-0.0", ".5", "5.", "1e3", "1E-3", "+1.5e+2", "NaN", "nan", "-Infinity", "inf"]);
    fits(
        Kind::Numeric,
        &[(" 1 ", "1"), ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827")],
    );
    same(Kind::Numeric, &[&"9".repeat(1000), "1e999", "1e-1000", "0001e999"]);
    refused(
        Kind::Numeric,
        "22003",
        &[&"9".repeat(1001), "1e1000", "1e-1001", "1e99999999999999999999", "1e-2147483648"],
    );
    refused(
        Kind::Numeric,
        "22P02",
        &["", ".", "e5", "1e", "1e+", "1.2.3", "0x1F", "1_000", "--1", "+nan", "one", "1 000"],
    );
}

#[test]
fn floating_numbers_must_be_near_what_a_double_can_hold() {
    same(Kind::Double, &["1.5", "-1e308", "5e-324", "NaN", "-inf", "Infinity", "0e999999", ".5", "0.0"]);
    refused(Kind::Double, "22003", &["1e309", "-1e400", "1e-400", "1e99999999999"]);
    refused(Kind::Double, "22P02", &["", "abc", "0x1p3", "1e", "1,5", "infinite"]);
}

#[test]
fn booleans_have_the_words_of_postgres() {
    for yes in ["true", "t", "TRUE", " tr ", "yes", "y", "on", "1"] {
        fits(Kind::Boolean, &[(yes, "true")]);
    }
    for no in ["false", "f", "No", "of", "off", "0"] {
        fits(Kind::Boolean, &[(no, "false")]);
    }
    refused(Kind::Boolean, "22P02", &["", "o", "2", "truee", "wahr", "null", "onn"]);
}

#[test]
fn a_uuid_has_one_form() {
    let id = "00000000-0000-4000-8000-00000000000a";
    fits(Kind::Uuid, &[(id, id), (&id.to_uppercase(), id)]);
    let braced = format!("{{{id}}}");
    refused(
        Kind::Uuid,
        "22P02",
        &["", "nope", &id.replace('-', ""), &braced, &format!("urn:uuid:{id}"), &format!(" {id}")],
    );
    refused(Kind::Uuid, "22P02", &["00000000-0000-4000-8000-00000000000g", "0000000-00000-4000-8000-00000000000a"]);
}

#[test]
fn instants_become_utc_whatever_form_they_have() {
    let at = "2024-01-05T10:00:00.000000+00:00";
    for same in [
        "2024-01-05T10:00:00Z",
        "2024-01-05t10:00:00z",
        "2024-01-05 10:00",
        "2024-01-05 10:00:00",
        "2024-01-05 10:00:00+00",
        "2024-01-05T12:30:00+02:30",
        "2024-01-05T12:30:00+0230",
        "2024-01-05T06:00:00.000-04:00",
        " 2024-01-05T10:00Z ",
    ] {
        fits(Kind::Timestamp, &[(same, at)]);
    }
    fits(
        Kind::Timestamp,
        &[
            ("2024-01-05", "2024-01-05T00:00:00.000000+00:00"),
            ("2024-01-05T10:00:00.5Z", "2024-01-05T10:00:00.500000+00:00"),
            ("2024-01-05T10:00:00.1234567Z", "2024-01-05T10:00:00.123457+00:00"),
            ("2024-01-05T23:59:59.9999999Z", "2024-01-06T00:00:00.000000+00:00"),
            ("1890-01-01T00:00:00+00:19:32", "1889-12-31T23:40:28.000000+00:00"),
            ("0001-01-01", "0001-01-01T00:00:00.000000+00:00"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"),
        ],
    );
}

#[test]
fn odd_instants_are_refused_by_form_or_by_range() {
    let forms = ["", "xx", "2024", "2024-1-5", "20240105", "2024-01-05T", "2024-01-05T10", "now", "infinity", "epoch"];
    refused(Kind::Timestamp, "22007", &forms);
    let forms = ["+1000000-01-01", "10000-01-01", "-0001-01-01", "2024-01-05T10:00:00.Z", "2024-01-05T10:00:00 00:00"];
    refused(Kind::Timestamp, "22007", &forms);
    refused(
        Kind::Timestamp,
        "22007",
        &["2024-01-05Z", "2024-01-05T10:00:00Zx", "2024-01-05T10:00:00+1", "2024-01-05 BC"],
    );
    refused(Kind::Timestamp, "22008", &["0000-00-00", "0000-01-01", "2023-02-29", "2024-13-01", "2024-01-32"]);
    refused(Kind::Timestamp, "22008", &["2024-01-05T24:00:00Z", "2024-01-05T10:60:00Z", "2016-12-31T23:59:60Z"]);
    refused(
        Kind::Timestamp,
        "22008",
        &["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.9999999Z"],
    );
    refused(
        Kind::Timestamp,
        "22009",
        &["2024-01-05T10:00:00+25:00", "2024-01-05T10:00:00+05:60", "2024-01-05T10:00:00-16:00"],
    );
}

#[test]
fn a_day_may_come_with_a_time_that_is_left_away() {
    fits(Kind::Date, &[("1980-12-10", "1980-12-10"), ("1980-12-10T23:00:00-05:00", "1980-12-10")]);
    refused(Kind::Date, "22007", &["", "today", "10/12/1980", "1980-12"]);
    refused(Kind::Date, "22008", &["1980-02-30", "0000-00-00", "1980-12-10T25:00"]);
}

#[test]
fn json_is_stored_as_it_is_written_when_postgres_can_hold_it() {
    same(
        Kind::Json,
        &["{}", " [1, {\"a\" : null}] ", "1e400", "\"x\"", "\"\\ud83d\\ude00\"", "\"\\\\u0000\"", "-0.50", "true"],
    );
    refused(
        Kind::Json,
        "22P02",
        &["", "{bad", "nul", "{'a':1}", "[1,]", "NaN", "01", "\"\\ud800\"", "[\"\\udc00x\"]", "{} x", "\u{feff}{}"],
    );
    refused(Kind::Json, "22P05", &["\"\\u0000\"", "{\"a\\u0000\":1}", "[\"\\\\\\u0000\"]"]);
    refused(Kind::Json, "22003", &["1e1000001", "{\"a\":[-1E-99999]}"]);
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    same(Kind::Json, &[&nested(128), "[\"[[[\"]"]);
    refused(Kind::Json, "22P02", &[&nested(129), &nested(100_000)]);
}

#[test]
fn addresses_are_of_hosts_or_networks() {
    same(Kind::Inet, &["10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:1.2.3.4", "0.0.0.0/0"]);
    refused(
        Kind::Inet,
        "22P02",
        &["", "10.1", "10.0.0.256", "10.0.0.1/33", "::/129", "10.0.0.1/", "10.0.0.1/+8", "::1/064", "x", " ::1"],
    );
}

#[test]
fn text_is_anything_but_a_null_character() {
    same(Kind::Text, &["", " x ", "NULL", "ñ\u{202e}\n"]);
    for kind in [Kind::Text, Kind::Integer, Kind::Json, Kind::TextArray] {
        refused(kind, "22021", &["a\0b"]);
    }
}

#[test]
fn array_literals_follow_the_grammar_of_postgres() {
    fits(
        Kind::TextArray,
        &[
            ("{}", "{}"),
            (" { } ", "{}"),
            ("{vip,slots}", "{vip,slots}"),
            ("{ a , b c , \"d\" }", "{a,\"b c\",d}"),
            ("{\"a,b\",\"c\\\"d\",\"e\\\\f\",\"\"}", "{\"a,b\",\"c\\\"d\",\"e\\\\f\",\"\"}"),
            ("{NULL,null,\"NULL\",nul\\l}", "{NULL,NULL,\"NULL\",\"null\"}"),
            ("{a\\ , b\\,c}", "{\"a \",\"b,c\"}"),
            ("{\u{a0}é}", "{\u{a0}é}"),
        ],
    );
    fits(Kind::IntegerArray, &[("{1, 2,NULL}", "{1,2,NULL}")]);
    let malformed = [
        "",
        "notarray",
        "{",
        "}",
        "{a",
        "{a,,b}",
        "{a,}",
        "{,a}",
        "{a}b",
        "{{a}}",
        "{a\"b\"}",
        "{\"a\"b}",
        "{\"a}",
        "{a\\",
        "a,b",
        "[1:1]={a}",
        "{a}{b}",
        "{a}}",
    ];
    refused(Kind::TextArray, "22P02", &malformed);
    refused(Kind::IntegerArray, "22P02", &["{a}", "{1.0}", "{\"\"}"]);
    refused(Kind::IntegerArray, "22003", &["{1,2147483648}"]);
}

#[test]
fn elements_are_judged_by_the_type_of_a_column_or_of_its_elements() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(array_elements(Kind::Integer, "{ 1,NULL,3}").unwrap(), [some("1"), None, some("3")]);
    assert_eq!(array_elements(Kind::TextArray, "{a,\"b c\"}").unwrap(), [some("a"), some("b c")]);
    assert_eq!(array_elements(Kind::Text, "{A*,*b}").unwrap(), [some("A*"), some("*b")]);
    assert_eq!(array_elements(Kind::Boolean, "{x}").unwrap_err().state, "22P02");
    assert_eq!(array_elements(Kind::Text, "active").unwrap_err().reason, "malformed array literal");
}

#[test]
fn a_refusal_names_column_type_and_value() {
    let sentence = |kind, text: &str| {
        let error = literal(kind, text).unwrap_err().into_error("visits", kind, text);
        assert_eq!(error.status_code(), 400);
        error.sentence().to_owned()
    };
    assert_eq!(sentence(Kind::Integer, "abc"), "invalid input syntax for type integer: \"abc\" (column visits)");
    assert_eq!(
        sentence(Kind::Integer, "2147483648"),
        "value is out of range for type integer: \"2147483648\" (column visits)"
    );
    assert_eq!(sentence(Kind::TextArray, "x"), "malformed array literal: \"x\" (column visits of type text[])");
    assert_eq!(
        sentence(Kind::Timestamp, "0000-00-00"),
        "date/time field value out of range: \"0000-00-00\" (column visits of type timestamp with time zone)"
    );
}

#[test]
fn a_plus_that_became_a_blank_is_explained() {
    let hint = |text: &str| {
        let error = literal(Kind::Timestamp, text).unwrap_err().into_error("created_at", Kind::Timestamp, text);
        format!("{error:?}").contains("%2B")
    };
    assert!(hint("2024-01-05T10:00:00 00:00"));
    assert!(hint("2024-01-05 10:00:00 02"));
    assert!(!hint("2024-01-05 xx"));
}

proptest::proptest! {
    #[test]
    fn an_array_survives_its_literal(elements: Vec<Option<String>>) {
        let elements: Vec<_> = elements.into_iter().map(|element| element.map(|text| text.replace('\0', ""))).collect();
        proptest::prop_assert_eq!(array_elements(Kind::Text, &array_literal(&elements)).unwrap(), elements);
    }

    #[test]
    fn nothing_that_is_written_makes_a_judge_panic(text: String) {
        for kind in [Kind::Integer, Kind::Numeric, Kind::Double, Kind::Timestamp, Kind::Date, Kind::Json, Kind::Inet, Kind::TextArray] {
            if let Ok(canonical) = literal(kind, &text) {
                let again = literal(kind, &canonical).unwrap().into_owned();
                proptest::prop_assert_eq!(again, canonical.into_owned());
            }
        }
    }
}
