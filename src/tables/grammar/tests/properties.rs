//! What holds for every query and for every text.

use proptest::prelude::*;

use super::{
    super::{ast::Query, parse, parse_conditions, parse_decoded},
    generate::{query, text},
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_query_reads_as_itself(query in query()) {
        let text = query.to_query_string();
        prop_assert_eq!(parse(&text), Ok(query), "{}", text);
    }

    #[test]
    fn printed_pairs_read_as_the_query(query in query()) {
        let pairs = query.print();
        let read = parse_decoded(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        prop_assert_eq!(read, Ok(query), "{:?}", pairs);
    }

    #[test]
    fn a_query_that_was_read_has_one_spelling(text in almost_a_query()) {
        if let Ok(query) = parse(&text) {
            let printed = query.to_query_string();
            let again = parse(&printed);
            prop_assert_eq!(again.as_ref().map(Query::to_query_string), Ok(printed));
            prop_assert_eq!(again, Ok(query), "{}", text);
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse_conditions(&text);
    }

    #[test]
    fn no_value_breaks_its_reader(key in almost_a_key(), value in text()) {
        let outcome = parse_decoded([(key.as_str(), value.as_str())]);
        if let Err(error) = outcome {
            prop_assert!(!error.message.is_empty());
        }
    }
}

/// Keys that reach every reader.
fn almost_a_key() -> impl Strategy<Value = String> {
    let words = [
        "select",
        "order",
        "limit",
        "offset",
        "or",
        "and",
        "not.or",
        "columns",
        "on_conflict",
        "q",
        "after",
        "a.eq",
        "a.in",
        "a.is",
        "a.like(any)",
        "a.fts(english)",
        "a.not",
        "a",
        "a->b",
        "a.b.order",
        "a.or",
    ];
    prop_oneof![3 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => text()]
}

/// Pairs as somebody might type them.
fn almost_a_query() -> impl Strategy<Value = String> {
    let word = "[a-z]{1,3}";
    let leaf = format!("{word}\\.(not\\.)?(eq|in|is|like|cs|fts)\\.(x|\\(a,b\\)|null|\\{{a\\}}|\"q\")");
    let pairs = format!(
        "(({word}(->>?{word})?(\\.not)?\\.(eq|neq|like|eq\\(any\\)|cs)=[a-z*,.()]{{0,6}})\
         |({word}=(not\\.)?(eq|in|is)\\.(null|\\(a,\"b\"\\)|x))\
         |((not\\.)?(or|and)=\\(({leaf}),(or\\({leaf},{leaf}\\)|{leaf})\\)\\)?)\
         |(select=({word}:)?{word}(::{word})?(,{word}\\(\\*\\))?)\
         |(order={word}(\\.desc)?(\\.nullslast)?)\
         |((limit|offset)=-?[0-9]{{1,3}}))"
    );
    let pair = proptest::string::string_regex(&pairs).expect("the expression is a good one");
    proptest::collection::vec(pair, 1..4).prop_map(|pairs| pairs.join("&"))
}
