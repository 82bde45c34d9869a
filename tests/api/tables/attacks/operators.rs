//! Every operator on every column of every table: what it cannot do is a 400, and none of them may fail us.

use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{super::neighbours::registry, *};

/// What an operator is written with, and a value for it; whether the value fits is the column's matter.
const CONDITIONS: &str = "eq.1 neq.true gt.2020-01-01 gte.a lt.1.5 lte.{} eq(any).{1,2} like(all).{a*} like.a* ilike.*b match.^a \
     imatch.b$ isdistinct.null in.(1,2) in.() is.null is.not_null is.true is.false is.unknown not.is.true not.is.null cs.{a} \
     cs.{\"a\":1} cd.[] ov.{1} sl.[1,2) sr.(1,2] nxl.1 nxr.1 adj.1 fts.a plfts.a phfts(english).a wfts.a";

#[tokio::test]
async fn every_operator_on_every_column_is_answered() {
    let stage = Neighbours::meet().await;
    let mut queries = Vec::new();
    for table in registry().tables() {
        for column in table.columns.iter().filter(|column| !column.hidden) {
            for condition in CONDITIONS.split_ascii_whitespace() {
                let (name, condition) = (column.name, encoded(condition));
                queries.push(format!("/api/{}?select={name}&limit=1&{name}={condition}", table.name));
            }
        }
    }
    let answers = stream::iter(&queries).map(async |query| (query, stage.ask("GET", query).await));
    let wrong: Vec<String> = answers
        .buffer_unordered(8)
        .filter_map(async |(query, answer)| {
            civil(&answer, query);
            (![200, 400].contains(&answer.status)).then(|| format!("{} {query}", answer.status))
        })
        .collect()
        .await;
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn what_is_true_false_or_unknown_is_found() {
    let stage = Neighbours::meet().await;
    for (condition, found) in [
        ("is.true", &[true, true][..]),
        ("not.is.false", &[true, true]),
        ("eq.true", &[true, true]),
        ("is.false", &[false]),
        ("not.is.true", &[false]),
        ("is.unknown", &[]),
        ("not.is.unknown", &[false, true, true]),
    ] {
        let query = format!("/api/api_keys?select=is_active&order=is_active&is_active={condition}");
        let answer = stage.ask("GET", &query).await;
        let expected: Vec<Value> = found.iter().map(|found| json!({ "is_active": found })).collect();
        assert_eq!((answer.status, answer.body), (200, json!(expected)), "{condition}");
    }
}
