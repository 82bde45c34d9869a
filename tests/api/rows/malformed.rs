//! Bytes that are no value of their type: an error, whatever they are.

use playhouse::tables::rows::{Format, Formulas, ListWriter, Nulls, OutColumn, UnknownType, Writer, write_object};
use proptest::prelude::*;
use tokio_postgres::types::Type;

const TYPES: [Type; 37] = [
    Type::BOOL,
    Type::INT2,
    Type::INT4,
    Type::INT8,
    Type::OID,
    Type::FLOAT4,
    Type::FLOAT8,
    Type::NUMERIC,
    Type::TEXT,
    Type::UUID,
    Type::DATE,
    Type::TIMESTAMP,
    Type::TIMESTAMPTZ,
    Type::TIME,
    Type::TIMETZ,
    Type::INTERVAL,
    Type::BYTEA,
    Type::INET,
    Type::CIDR,
    Type::BOOL_ARRAY,
    Type::INT2_ARRAY,
    Type::INT4_ARRAY,
    Type::INT8_ARRAY,
    Type::FLOAT4_ARRAY,
    Type::FLOAT8_ARRAY,
    Type::NUMERIC_ARRAY,
    Type::TEXT_ARRAY,
    Type::UUID_ARRAY,
    Type::DATE_ARRAY,
    Type::TIMESTAMP_ARRAY,
    Type::TIMESTAMPTZ_ARRAY,
    Type::TIME_ARRAY,
    Type::TIMETZ_ARRAY,
    Type::INTERVAL_ARRAY,
    Type::BYTEA_ARRAY,
    Type::INET_ARRAY,
    Type::CIDR_ARRAY,
];

/// Writes the bytes in every way; tells whether they were a value. What was written is JSON, or nothing.
fn write(ty: &Type, bytes: &[u8]) -> bool {
    let columns = [OutColumn::new("v", Writer::of(ty).unwrap())];
    let text = columns[0].writer().text_of(bytes);
    let mut list = ListWriter::new(columns.clone(), Format::Csv(Formulas::Escaped));
    assert_eq!(list.push(|_| Some(bytes)).is_ok(), text.is_ok(), "{ty} {bytes:?}");
    for nulls in [Nulls::Kept, Nulls::Stripped] {
        let mut out = Vec::new();
        match write_object(&mut out, &columns, nulls, |_| Some(bytes)) {
            Ok(()) => {
                serde_json::from_slice::<serde::de::IgnoredAny>(&out).unwrap_or_else(|e| panic!("{ty} {bytes:?}: {e}"));
            }
            Err(_) => assert!(out.is_empty() && text.is_err(), "{ty} {bytes:?}"),
        }
    }
    text.is_ok()
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Short numbers make heads that promise something believable.
    let believable = prop::collection::vec(prop_oneof![4 => -1..9_i32, 1 => any::<i32>()], 0..16)
        .prop_map(|numbers| numbers.into_iter().flat_map(i32::to_be_bytes).collect());
    let small = prop::collection::vec(prop_oneof![4 => -1..9_i16, 1 => any::<i16>()], 0..16)
        .prop_map(|numbers| numbers.into_iter().flat_map(i16::to_be_bytes).collect());
    let fixed =
        prop::sample::select(vec![1_usize, 2, 4, 8, 12, 16]).prop_flat_map(|n| prop::collection::vec(any::<u8>(), n));
    prop_oneof![believable, small, fixed, prop::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_value_or_an_error(bytes in bytes()) {
        for ty in TYPES {
            write(&ty, &bytes);
        }
    }

    #[test]
    fn any_bytes_are_survived_where_json_is_expected(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        for ty in [Type::JSON, Type::JSONB, Type::JSON_ARRAY, Type::JSONB_ARRAY] {
            let columns = [OutColumn::new("v", Writer::of(&ty).unwrap())];
            for nulls in [Nulls::Kept, Nulls::Stripped] {
                let _ = write_object(&mut Vec::new(), &columns, nulls, |_| Some(&bytes));
            }
        }
    }
}

#[test]
fn a_value_that_was_cut_off_or_goes_on_is_refused() {
    let array: Vec<u8> = [1, 0, 23, 2, 1, 4, 7, -1].into_iter().flat_map(i32::to_be_bytes).collect();
    let numeric: Vec<u8> = [2_i16, 0, 0, 2, 120, 5000].into_iter().flat_map(i16::to_be_bytes).collect();
    for (ty, bytes) in [
        (Type::BOOL, vec![1]),
        (Type::INT4, vec![0; 4]),
        (Type::FLOAT8, vec![0; 8]),
        (Type::NUMERIC, numeric),
        (Type::UUID, vec![0; 16]),
        (Type::DATE, vec![0; 4]),
        (Type::TIMESTAMPTZ, vec![0; 8]),
        (Type::TIMETZ, vec![0; 12]),
        (Type::INTERVAL, vec![0; 16]),
        (Type::INET, vec![2, 32, 0, 4, 10, 0, 0, 1]),
        (Type::INT4_ARRAY, array),
    ] {
        assert!(write(&ty, &bytes), "{ty}");
        for length in 0..bytes.len() {
            assert!(!write(&ty, &bytes[..length]), "{ty}, {length} bytes");
        }
        assert!(!write(&ty, &[&bytes[..], &[0]].concat()), "{ty}, one byte more");
    }
}

#[test]
fn an_array_cannot_promise_more_than_it_brings() {
    for head in [[1, 0, 23, i32::MAX, 1], [1, 0, 23, -1, 1], [1, 0, 23, 0, 1], [7, 0, 23, 1, 1], [-1, 0, 23, 1, 1]] {
        let bytes: Vec<u8> = head.into_iter().flat_map(i32::to_be_bytes).collect();
        assert!(!write(&Type::INT4_ARRAY, &bytes), "{head:?}");
    }
}

#[test]
fn a_type_without_a_writer_is_named() {
    let error = Writer::of(&Type::POINT).unwrap_err();
    assert_eq!(error, UnknownType { oid: 600, name: "point".to_owned() });
    for ty in [Type::INT4_RANGE, Type::RECORD, Type::INT2_VECTOR, Type::POINT_ARRAY] {
        assert!(Writer::of(&ty).is_err(), "{ty}");
    }
}
