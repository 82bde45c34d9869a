//! Values that chance finds.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};

use super::{compare, connect};

const MANY: usize = 1000;

fn some<S: Strategy>(strategy: S, print: impl Fn(S::Value) -> String) -> Vec<String> {
    let mut runner = TestRunner::default();
    (0..MANY).map(|_| print(strategy.new_tree(&mut runner).unwrap().current())).collect()
}

/// Postgres has no character with the number zero.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~\t\r\n]{0,30}", "[\"\\\\{}(), a]{0,8}"].prop_map(|text| text.replace('\0', "0"))
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        2 => text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..5).prop_map(|members| json!(members)),
        ]
    })
}

#[tokio::test]
async fn any_number_is_the_servers() {
    let db = connect().await;
    compare(&db, "i::int8", &some(any::<i64>(), |n| n.to_string())).await;
    compare(&db, "i::numeric", &some("-?[0-9]{1,30}(\\.[0-9]{1,30})?(e-?[0-9]{1,2})?", |text| text)).await;
    compare(&db, "i::numeric", &some("-?0{0,9}\\.0{0,9}[0-9]{1,9}0{0,9}", |text| text)).await;
    compare(&db, "i::float8", &some(any::<u64>(), |bits| f64::from_bits(bits).to_string())).await;
    compare(&db, "i::float4", &some(any::<u32>(), |bits| f32::from_bits(bits).to_string())).await;
    // Around powers of two, decimals of few digits often lie in the middle of two numbers.
    let whole = (any::<u64>(), 0..64_u32).prop_map(|(n, shift)| n >> shift);
    compare(&db, "i::float8", &some(whole.clone(), |n| n.to_string())).await;
    compare(&db, "i::float4", &some(whole, |n| n.to_string())).await;
    let middles = (0_u64..10_000_000, 0..8_u64).prop_map(|(n, step)| (1 << 54) + (n << 6) + step * 4);
    compare(&db, "i::float8", &some(middles, |n| n.to_string())).await;
    let powers: Vec<_> = (-1074..1024).map(|power| 2_f64.powi(power).to_string()).collect();
    compare(&db, "i::float8", &powers).await;
    let powers: Vec<_> = (-149..128).map(|power| 2_f32.powi(power).to_string()).collect();
    compare(&db, "i::float4", &powers).await;
    compare(&db, "i::float8", &some("-?[0-9]{1,4}(\\.[0-9]{1,3})?e-?[0-9]{1,2}", |text| text)).await;
}

#[tokio::test]
async fn any_text_and_json_is_the_servers() {
    let db = connect().await;
    compare(&db, "i::text", &some(text(), |text| text)).await;
    compare(&db, "i::jsonb", &some(document(), |value| value.to_string())).await;
    compare(&db, "i::json", &some(document(), |value| serde_json::to_string_pretty(&value).unwrap())).await;
    let bytes = prop::collection::vec(any::<u8>(), 0..20);
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    compare(&db, "decode(i, 'hex')", &some(bytes, hex)).await;
    compare(&db, "i::uuid", &some(any::<u128>(), |number| format!("{number:032x}"))).await;
}

#[tokio::test]
async fn any_moment_is_the_servers() {
    let db = connect().await;
    let date = "date '2000-01-01' + i::int4";
    compare(&db, date, &some(-2_451_545..2_145_031_949_i32, |days| days.to_string())).await;
    compare(&db, date, &some(-1_000_000..1_000_000_i32, |days| days.to_string())).await;
    for ty in ["timestamp", "timestamptz"] {
        let moment = format!("{ty} '2000-01-01 00:00:00' + (i || ' microseconds')::interval");
        let all = -211_813_488_000_000_000..9_223_371_331_200_000_000_i64;
        compare(&db, &moment, &some(all, |micros| micros.to_string())).await;
        let near = -63_000_000_000_000_000..250_000_000_000_000_000_i64;
        compare(&db, &moment, &some(near, |micros| micros.to_string())).await;
    }
    let span = "make_interval(0, months => split_part(i, ' ', 1)::int4, days => split_part(i, ' ', 2)::int4) \
                + (split_part(i, ' ', 3) || ' microseconds')::interval";
    let parts = (-30..30_i32, -3..3_i32, prop_oneof![-3..3_i64, any::<i64>().prop_map(|n| n / 2)]);
    compare(&db, span, &some(parts, |(months, days, micros)| format!("{months} {days} {micros}"))).await;
}

#[tokio::test]
async fn any_address_is_the_servers() {
    let db = connect().await;
    let four = (any::<u32>(), 0..=32_u8);
    compare(&db, "i::inet", &some(four, |(bits, mask)| format!("{}/{mask}", Ipv4Addr::from(bits)))).await;
    let six = (any::<[u16; 8]>(), any::<u8>(), 0..=128_u8);
    let print = |(mut words, zeros, mask): ([u16; 8], u8, u8)| {
        words.iter_mut().enumerate().for_each(|(at, word)| *word *= u16::from(zeros >> at & 1));
        format!("{}/{mask}", Ipv6Addr::from(words))
    };
    compare(&db, "i::inet", &some(six.clone(), print)).await;
    compare(&db, "network(i::inet)", &some(six, print)).await;
}

#[tokio::test]
async fn any_array_is_the_servers() {
    let db = connect().await;
    let texts = prop::collection::vec(prop::option::of(text()), 0..6);
    let elements = "array(select e from jsonb_array_elements_text(i::jsonb) with ordinality as x(e, n) order by n)";
    compare(&db, elements, &some(texts, |texts| json!(texts).to_string())).await;
    let numbers = prop::collection::vec(prop::option::of(any::<i64>()), 0..6);
    let elements =
        "array(select e::int8 from jsonb_array_elements_text(i::jsonb) with ordinality as x(e, n) order by n)";
    compare(&db, elements, &some(numbers, |numbers| json!(numbers).to_string())).await;
}
