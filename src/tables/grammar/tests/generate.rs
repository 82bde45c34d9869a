//! Queries of every kind, with names and values that contain what the grammar is made of.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::super::ast::*;

/// Any query within the bounds.
pub(super) fn query() -> impl Strategy<Value = Query> {
    let pages = (placed(any::<i64>()), placed(0..=i64::MAX.unsigned_abs()), option::of(text()));
    let filters = vec((path(), condition()).prop_map(|(path, value)| Placed { path, value }), 0..4);
    let search = option::of(text().prop_filter("an empty search is none", |words| !words.trim().is_empty()));
    let columns = || option::of(vec(name(), 1..3));
    (vec(item(), 0..4), filters, search, placed(vec(order_term(), 1..4)), pages, columns(), columns()).prop_map(
        |(select, filters, search, order, (limit, offset, after), columns, on_conflict)| Query {
            select,
            filters,
            search,
            order,
            limit,
            offset,
            after,
            columns,
            on_conflict,
        },
    )
}

/// Any condition within the bounds.
pub(super) fn condition() -> impl Strategy<Value = Condition> {
    let leaf = comparison().prop_map(Condition::Compare);
    leaf.prop_recursive(3, 12, 4, |inner| {
        (any::<bool>(), select(vec![Join::And, Join::Or]), vec(inner, 1..4))
            .prop_map(|(negated, join, of)| Condition::Logic { negated, join, of })
    })
}

/// Text made of what the grammar is made of; never NUL, which no text may contain.
pub(super) fn text() -> impl Strategy<Value = String> {
    const PIECES: [&str; 34] = [
        "", "a", "Z9", " ", "\t", "\n", "\"", "\\", ",", ".", ":", "::", "(", ")", "{", "}", "[", "->", "->>", "-",
        "*", "%", "%41", "&", "=", "+", "!", "ü", "日本", "\u{202e}", "not.", "or(", "null", "eq.",
    ];
    prop_oneof![
        3 => vec(select(PIECES.to_vec()), 0..6).prop_map(|pieces| pieces.concat()),
        1 => "[a-z]{1,8}",
        1 => any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

fn name() -> impl Strategy<Value = String> {
    const WORDS: [&str; 15] = [
        "eq", "in", "is", "not", "and", "or", "order", "limit", "offset", "select", "count", "inner", "left", "q",
        "a-b",
    ];
    prop_oneof![3 => "[a-z_]{1,6}", 1 => select(WORDS.to_vec()).prop_map(str::to_owned), 2 => text()]
}

fn path() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![2 => Just(Vec::new()), 1 => vec(name(), 1..3)]
}

/// Values for different places.
fn placed<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<Placed<T>>> {
    vec((path(), value).prop_map(|(path, value)| Placed { path, value }), 0..3).prop_map(|mut all| {
        let mut seen = Vec::new();
        all.retain(|one| {
            let new = !seen.contains(&one.path);
            seen.push(one.path.clone());
            new
        });
        all
    })
}

fn field() -> impl Strategy<Value = Field> {
    let key = prop_oneof![
        name().prop_map(JsonKey::Name),
        any::<i32>().prop_map(JsonKey::Index),
        any::<i64>().prop_map(|digits| JsonKey::Name(digits.to_string())),
    ];
    let step = (key, any::<bool>()).prop_map(|(key, as_text)| JsonStep { key, as_text });
    (name(), vec(step, 0..3)).prop_map(|(name, json)| Field { name, json })
}

fn comparison() -> impl Strategy<Value = Comparison> {
    (field(), any::<bool>(), operation()).prop_map(|(field, negated, operation)| Comparison {
        field,
        negated,
        operation,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operator::*;
    let operators = vec![
        Eq,
        Neq,
        Gt,
        Gte,
        Lt,
        Lte,
        Like,
        Ilike,
        Match,
        Imatch,
        IsDistinct,
        Contains,
        ContainedBy,
        Overlaps,
        StrictlyLeft,
        StrictlyRight,
        NotLeft,
        NotRight,
        Adjacent,
    ];
    let quantified = operators.iter().copied().filter(|operator| operator.knows_quantifiers()).collect::<Vec<_>>();
    let kinds = vec![SearchKind::Query, SearchKind::Plain, SearchKind::Phrase, SearchKind::Web];
    prop_oneof![
        3 => (select(operators), value()).prop_map(|(operator, value)| Operation::Binary { operator, value }),
        1 => (select(quantified), select(vec![Quantifier::Any, Quantifier::All]), value())
            .prop_map(|(operator, quantifier, value)| Operation::Quantified { operator, quantifier, value }),
        1 => vec(text(), 0..4).prop_map(Operation::In),
        1 => select(Is::ALL.to_vec()).prop_map(Operation::Is),
        1 => (select(kinds), option::of("[a-z_]{1,8}"), text())
            .prop_map(|(kind, config, value)| Operation::Search { kind, config, value }),
    ]
}

/// Text that is also a pattern within the bounds.
fn value() -> impl Strategy<Value = String> {
    let literal = vec("[a-z\" ]{0,3}", 0..4).prop_map(|elements| format!("{{{}}}", elements.join(",")));
    prop_oneof![4 => text(), 1 => literal]
        .prop_map(|text| text.chars().take(100).collect())
        .prop_filter("a pattern may have 5 wildcards", |text: &String| text.matches(['*', '%']).count() <= 5)
}

fn cast() -> impl Strategy<Value = Option<String>> {
    option::of("[a-z][a-z0-9_ ]{0,6}[a-z]")
}

fn item() -> impl Strategy<Value = Item> {
    let functions = vec![Function::Count, Function::Sum, Function::Avg, Function::Min, Function::Max];
    let aggregate = (select(functions), cast()).prop_map(|(function, cast)| Aggregate { function, cast });
    let plain =
        (option::of(name()), field(), cast(), option::of(aggregate)).prop_map(|(alias, field, cast, aggregate)| {
            Item::Field(FieldItem { alias, field: Some(field), cast, aggregate })
        });
    let counted = (option::of(name()), cast()).prop_map(|(alias, cast)| {
        let aggregate = Some(Aggregate { function: Function::Count, cast });
        Item::Field(FieldItem { alias, field: None, cast: None, aggregate })
    });
    let leaf = prop_oneof![1 => Just(Item::All), 4 => plain, 1 => counted];
    leaf.prop_recursive(3, 10, 3, |inner| {
        (option::of(name()), name(), option::of(name()), any::<bool>(), any::<bool>(), vec(inner, 0..3)).prop_map(
            |(alias, target, hint, inner, spread, select)| {
                Item::Embed(Embed { alias, target, hint, inner, spread, select })
            },
        )
    })
}

fn order_term() -> impl Strategy<Value = OrderTerm> {
    let direction = option::of(select(vec![Direction::Asc, Direction::Desc]));
    let nulls = option::of(select(vec![Nulls::First, Nulls::Last]));
    (option::of(name()), field(), direction, nulls).prop_map(|(relation, field, direction, nulls)| OrderTerm {
        relation,
        field,
        direction,
        nulls,
    })
}
