//! Each bound, at its last good value and one beyond.

use super::super::{What, limits::*, parse};

fn refusal(query: &str) -> String {
    let error = parse(query).expect_err("beyond the bound");
    assert_eq!(error.what, What::Bound, "{error:?}");
    error.message
}

fn repeated(piece: &str, times: usize, separator: &str) -> String {
    vec![piece; times].join(separator)
}

#[test]
fn conditions_nest_eight_deep() {
    let nested = |depth: usize| format!("or={}a.eq.1{}", repeated("(and", depth - 1, "") + "(", ")".repeat(depth));
    assert!(parse(&nested(LOGIC_DEPTH)).is_ok());
    assert_eq!(refusal(&nested(LOGIC_DEPTH + 1)), "Conditions may be nested 8 levels deep, these go deeper");
    refusal(&nested(100_000));
}

#[test]
fn relations_nest_eight_deep() {
    let nested = |depth: usize| format!("select={}*{}", "a(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(EMBED_DEPTH)).is_ok());
    assert_eq!(refusal(&nested(EMBED_DEPTH + 1)), "Relations may be embedded 8 levels deep, these go deeper");
    refusal(&nested(100_000));
    refusal(&format!("{}b.eq=1", "a.".repeat(EMBED_DEPTH + 1)));
}

#[test]
fn select_has_two_hundred_parts() {
    let select = |parts: usize| format!("select=c({})", repeated("a", parts - 1, ","));
    assert!(parse(&select(SELECT_ITEMS)).is_ok());
    assert_eq!(refusal(&select(SELECT_ITEMS + 1)), "select may have 200 parts, this one has 201");
}

#[test]
fn a_query_has_a_hundred_conditions() {
    let plain = |count: usize| repeated("a.eq=1", count, "&");
    assert!(parse(&plain(FILTERS)).is_ok());
    assert_eq!(refusal(&plain(FILTERS + 1)), "A query may have 100 conditions, this one has 101");
    let tree = |count: usize| format!("or=({})", repeated("a.eq.1", count, ","));
    assert!(parse(&tree(FILTERS)).is_ok());
    refusal(&tree(FILTERS + 1));
    refusal(&[tree(60), tree(60)].join("&"));
}

#[test]
fn a_query_has_two_hundred_parameters() {
    let limits = |count: usize| (0..count).map(|at| format!("a{at}.limit=1")).collect::<Vec<_>>().join("&");
    assert!(parse(&limits(PARAMETERS)).is_ok());
    assert_eq!(refusal(&limits(PARAMETERS + 1)), "A query may have 200 parameters, this one has more");
}

#[test]
fn a_list_has_two_hundred_elements() {
    let list = |count: usize| format!("a.in=({})", repeated("1", count, ","));
    assert!(parse(&list(LIST_ITEMS)).is_ok());
    assert_eq!(refusal(&list(10_001)), "A list may have 200 elements, this one has 10001");
    let literal = |count: usize| format!("a.eq(any)={{{}}}", repeated("\",\"", count, ","));
    assert!(parse(&literal(LIST_ITEMS)).is_ok());
    refusal(&literal(LIST_ITEMS + 1));
}

#[test]
fn a_value_has_eight_kilobytes() {
    assert!(parse(&format!("a.eq={}", "x".repeat(VALUE_BYTES))).is_ok());
    let long = "x".repeat(VALUE_BYTES + 1);
    assert_eq!(refusal(&format!("a.eq={long}")), "A value may have 8192 bytes, this one has 8193");
    for query in [
        format!("a.in=(1,{long})"),
        format!("or=(a.eq.{long})"),
        format!("a.fts={long}"),
        format!("q={long}"),
        format!("or=(a.cs.{{{long}}})"),
    ] {
        refusal(&query);
    }
}

#[test]
fn a_pattern_has_five_wildcards_and_is_short() {
    for good in ["*a*b*c*d*", "**a%*b", "\\*\\*\\*\\*\\*\\*a", &"x".repeat(PATTERN_CHARS)] {
        assert!(parse(&format!("a.like={}", good.replace('%', "%25"))).is_ok(), "{good}");
    }
    assert_eq!(refusal("a.like=*a*b*c*d*e*"), "A pattern may have 5 wildcards, this one has 6");
    refusal("or=(a.ilike.*a*b*c*d*e*)");
    refusal("a.like(any)={x,*a*b*c*d*e*}");
    assert!(parse("a.like(any)={*a*b*,*c*d*}").is_ok());
    assert_eq!(refusal(&format!("a.like={}", "_".repeat(500))), "A pattern may have 256 characters, this one has 500");
    assert!(parse("a.eq=*a*b*c*d*e*").is_ok());
}

#[test]
fn order_has_twenty_terms() {
    let order = |count: usize| format!("order={}", repeated("a", count, ","));
    assert!(parse(&order(ORDER_TERMS)).is_ok());
    assert_eq!(refusal(&order(ORDER_TERMS + 1)), "order may have 20 terms, this one has 21");
    refusal(&format!("{}&consents.order=a", order(ORDER_TERMS)));
}

#[test]
fn a_json_path_has_sixteen_arrows() {
    let path = |arrows: usize| format!("a{}.eq=1", "->b".repeat(arrows));
    assert!(parse(&path(JSON_DEPTH)).is_ok());
    assert_eq!(refusal(&path(JSON_DEPTH + 1)), "A JSON path may have 16 arrows, this one has 17");
}
