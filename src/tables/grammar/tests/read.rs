//! What a query says, where printing would not show a mistake of reading.

use super::super::{ast::*, parse, parse_conditions};

#[test]
fn the_quickstart_query_says_what_it_seems_to_say() {
    let query = parse("status.eq=active&order=created_at.desc&limit=25").unwrap();
    let field = |name: &str| Field { name: name.to_owned(), json: Vec::new() };
    let filter = Condition::Compare(Comparison {
        field: field("status"),
        negated: false,
        operation: Operation::Binary { operator: Operator::Eq, value: "active".to_owned() },
    });
    let created = field("created_at");
    let term = OrderTerm { relation: None, field: created, direction: Some(Direction::Desc), nulls: None };
    let expected = Query {
        filters: vec![Placed { path: Vec::new(), value: filter }],
        order: vec![Placed { path: Vec::new(), value: vec![term] }],
        limit: vec![Placed { path: Vec::new(), value: 25 }],
        ..Query::default()
    };
    assert_eq!(query, expected);
}

#[test]
fn each_operator_is_its_own() {
    let words = [
        "eq",
        "neq",
        "gt",
        "gte",
        "lt",
        "lte",
        "like",
        "ilike",
        "match",
        "imatch",
        "isdistinct",
        "cs",
        "cd",
        "ov",
        "sl",
        "sr",
        "nxl",
        "nxr",
        "adj",
    ];
    let mut seen = Vec::new();
    for word in words {
        let [filter] = &parse(&format!("a.{word}=x")).unwrap().filters[..] else { panic!("{word}") };
        let Condition::Compare(Comparison { operation: Operation::Binary { operator, .. }, .. }) = filter.value else {
            panic!("{word}")
        };
        assert_eq!(operator.word(), word);
        assert!(!seen.contains(&operator));
        seen.push(operator);
    }
}

#[test]
fn an_index_is_digits_and_a_name_is_anything_else() {
    let keys = |query: &str| {
        let query = parse(query).unwrap();
        let Condition::Compare(comparison) = &query.filters[0].value else { panic!() };
        comparison.field.json.iter().map(|step| step.key.clone()).collect::<Vec<_>>()
    };
    let name = |name: &str| JsonKey::Name(name.to_owned());
    assert_eq!(keys("a->0->-1->>b.eq=1"), [JsonKey::Index(0), JsonKey::Index(-1), name("b")]);
    assert_eq!(
        keys("a->\"0\"->1st->2-3->99999999999.eq=1"),
        [name("0"), name("1st"), name("2-3"), name("99999999999")]
    );
    assert_eq!(keys("a->b c->>d@e.eq=1"), [name("b c"), name("d@e")]);
}

#[test]
fn a_negative_limit_is_kept_and_everything_else_must_be_a_whole_number() {
    assert_eq!(parse("limit=-1").unwrap().limit[0].value, -1);
    assert_eq!(parse("limit=9223372036854775807").unwrap().limit[0].value, i64::MAX);
    for garbage in ["", "+5", "%2B5", "%205", "1e3", "0x10", "1.0", "٥", "9223372036854775808", "--1", "-", "NaN"] {
        let error = parse(&format!("limit={garbage}")).unwrap_err();
        assert!(error.message.starts_with("\"limit\" must be a whole number, not "), "{error:?}");
        assert!(parse(&format!("a.offset={garbage}")).is_err(), "{garbage}");
    }
    assert_eq!(parse("offset=-1").unwrap_err().message, "\"offset\" must be a whole number from 0, not \"-1\"");
}

#[test]
fn an_emptied_search_box_searches_for_nothing() {
    assert_eq!(parse("q=").unwrap().search, None);
    assert_eq!(parse("q=+ann+").unwrap().search.as_deref(), Some(" ann "));
}

#[test]
fn a_word_without_a_value_is_left_aside_unless_it_reads_like_a_filter() {
    assert_eq!(parse("_&status&&").unwrap(), Query::default());
    for word in ["status.eq", "status.eq.active", "adt>250", "a->>b", "or(a.eq.1)"] {
        assert!(parse(word).unwrap_err().message.contains("has no value"), "{word}");
    }
}

#[test]
fn a_segment_holds_conditions_only() {
    assert_eq!(parse_conditions("tier.eq=gold&or=(adt.gt.1,visits.gt.2)").unwrap().len(), 2);
    assert_eq!(parse_conditions("").unwrap(), []);
    for other in ["select=a", "order=a", "limit=1", "q=ann", "consents.offset=1", "columns=a"] {
        assert!(parse_conditions(other).unwrap_err().message.starts_with("Only conditions"), "{other}");
    }
}
