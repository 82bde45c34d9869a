//! What is refused, and in which words.

use std::fmt::Write;

use super::super::{What, parse};

/// Every query with its error, as a caller sees it.
fn refused(queries: &[&str]) -> String {
    let mut out = String::new();
    for query in queries {
        let error = parse(query).expect_err(query);
        writeln!(out, "{query}\n  {:?}: {}", error.what, error.message).unwrap();
        for (name, text) in [("details", error.details), ("hint", error.hint)] {
            if let Some(text) = text {
                writeln!(out, "  {name}: {text}").unwrap();
            }
        }
    }
    out
}

#[test]
fn filters_that_are_refused() {
    insta::assert_snapshot!(refused(&[
        "status=active",
        "status=",
        "status=foo.active",
        "status=EQ.active",
        "status.EQ=active",
        "status.lke=a*",
        "status.regex=a",
        "oder=created_at",
        "page=2",
        "status=not.active",
        "status=not.not.eq.a",
        "status.not.not.eq=a",
        "status.not=not.eq.a",
        "not.status.eq=a",
        "status=is.nil",
        "status.is=",
        "tier=neq(any).{gold}",
        "tier.neq(any)={gold}",
        "tier=in(any).(a)",
        "tier=eq(some).{a}",
        "tier=fts().x",
        "tier.in=a,b",
        "tier=in.(a,b",
        "id.in=(1,2) OR 1=1",
        "id.in=((1))",
        ":=eq.1",
        "=eq.1",
        "id;DROP TABLE x.eq=1",
        "status--.eq=a",
        "1=1.eq=1",
        "visits::text=eq.1",
        "a..b=eq.1",
        "\"open.eq=1",
        "eq(any)=1",
        "a->b.c.eq=1",
        "a->->b.eq=1",
    ]));
}

#[test]
fn trees_that_are_refused() {
    insta::assert_snapshot!(refused(&[
        "or=()",
        "or=",
        "or=status.eq.active",
        "or=(status.eq.active",
        "or=(status.xx.active)",
        "or=(status.EQ.active)",
        "or=(status)",
        "or=(xor(status.eq.active,tier.eq.gold))",
        "or=(status.in.active,tier.eq.gold)",
        "or=(a.eq.1,)",
        "or=(a.eq.1) or 1=1",
        "or=(not.a.eq.1)",
        "not.or=(a.is.nothing)",
        "or=(consents.status.eq.granted)",
        "and=(ord(visits.eq.1,visits.eq.2),visits.eq.3)",
    ]));
}

#[test]
fn selects_that_are_refused() {
    insta::assert_snapshot!(refused(&[
        "select=visits::",
        "select=external_id!x",
        "select=external_id[]",
        "select=a:b:c",
        "select=a,,b",
        "select=a,",
        "select=attributes->>--3",
        "select=adt.avg()::numeric(10,2)",
        "select=visits.median()",
        "select=external_id,consents(channel",
        "select=consents(channel))",
        "select=count(*)",
        "select=a!b!c(*)",
        "select=*x",
        "select=\"open",
        "select=a;b",
    ]));
}

#[test]
fn other_parameters_that_are_refused() {
    insta::assert_snapshot!(refused(&[
        "order=",
        "order=external_id.ac",
        "order=external_id.descc",
        "order=external_id.asc.nullslasttt",
        "order=created_at;select pg_sleep(5)",
        "order=(select 1)",
        "order=created_at.desc nulls",
        "order=players(external_id",
        "columns=",
        "on_conflict=a b;",
        "limit=1&limit=999",
        "select=a&select=b",
        "consents.order=a&consents.order=b",
        "offset=-1",
        "limit=abc",
        "s=%ff",
        "s=%zz",
        "s=%4",
        "s.eq=a%00b",
        "status.eq",
        "status.not",
    ]));
}

#[test]
fn an_error_names_its_part() {
    let parts = [
        ("a=b", What::Filter),
        ("or=b", What::Logic),
        ("select=:", What::Select),
        ("order=:", What::Order),
        (":=:", What::Tree),
        ("columns=:", What::Columns),
        ("on_conflict=:", What::OnConflict),
        ("limit=:", What::Limit),
        ("offset=:", What::Offset),
        ("a=%", What::Encoding),
    ];
    for (query, what) in parts {
        let error = parse(query).unwrap_err();
        assert_eq!((error.what, error.code()), (what, "PGRST100"), "{query}");
    }
}

#[test]
fn a_long_text_is_not_repeated_in_full() {
    let error = parse(&format!("status={}", "ü".repeat(5000))).unwrap_err();
    assert!(error.message.chars().count() < 300, "{}", error.message);
}
