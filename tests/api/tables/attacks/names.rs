//! F.3: names, operators and values that pretend to be SQL, rows 42 to 47.

use serde_json::json;

use super::*;

#[tokio::test]
async fn row_42_names_that_are_no_columns_are_refused() {
    let stage = Neighbours::meet().await;
    for name in [
        "id;DROP TABLE players",
        "status--",
        "1=1",
        "id) or (1=1",
        "players.id",
        "public.players.id",
        "id::text",
        "lower(status)",
        "(select 1)",
        "*",
        "",
        ".",
        "..",
        "id.",
        ".id",
        "\"",
        "\"\"",
        "\"a",
        "xmin",
        "ctid",
        "tableoid",
        "oid",
        "players",
        "current_user",
        "search_text",
        "\u{202e}di",
        "іd",
    ] {
        for query in [
            pair(&format!("{name}.eq"), "1"),
            pair(name, "eq.1"),
            format!("select={}", encoded(name)),
            format!("order={}", encoded(name)),
            format!("or=({}.eq.1)", encoded(name)),
            format!("select=id,{}.sum()", encoded(name)),
            format!("columns={}", encoded(name)),
            format!("on_conflict={}", encoded(name)),
        ] {
            // Everything, and a column as a text, are what a selection may be.
            let is_right = query.starts_with("select=") && ["*", "", "id::text"].contains(&name);
            let unused = query.starts_with("columns") || query.starts_with("on_conflict");
            let answer = stage.players(&query).await;
            assert!(answer.status == 400 || is_right || unused, "{query}: {} {}", answer.status, answer.text);
        }
    }
    for name in ["id;DROP TABLE players", "1=1", "(select 1)", "xmin", "\""] {
        let row = json!({ "external_id": "x", name: 1 });
        refused(&stage.send("POST", "/api/players", &row).await, 400, name);
        for parameter in ["columns", "on_conflict"] {
            let path = format!("/api/players?{parameter}={}", encoded(name));
            let headers = [("prefer", "resolution=merge-duplicates")];
            let answer = stage.send_with("POST", &path, &headers, &json!({ "external_id": "x" })).await;
            refused(&answer, 400, &path);
        }
    }
    assert_eq!(stage.players("").await.body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn row_42_a_quoted_column_is_that_column() {
    let stage = Neighbours::meet().await;
    assert_eq!(stage.found("%22status%22.eq=active").await.len(), 1);
    assert!(stage.found("%22status%22=eq.a").await.is_empty());
}

#[tokio::test]
async fn row_43_an_order_that_is_no_order_is_refused_at_once() {
    let stage = Neighbours::meet().await;
    for order in [
        "created_at;select pg_sleep(5)",
        "(select 1)",
        "(select pg_sleep(5))",
        "created_at.desc nulls",
        "1",
        "created_at.desc.nullsmiddle",
        "created_at.sideways",
        "created_at.desc.asc",
        ",",
        "created_at,",
        "",
        "random()",
        "created_at collate \"C\"",
        "created_at desc",
        "consents(status)",
        "created_at->>x->y",
    ] {
        stage.bad(&format!("order={}", encoded(order))).await;
    }
    let many = vec!["id"; 21].join(",");
    stage.bad(&format!("order={many}")).await;
}

#[tokio::test]
async fn row_44_sql_in_a_value_is_a_value() {
    let stage = Neighbours::meet().await;
    for value in [
        "a' OR '1'='1",
        "a'; DROP TABLE players; --",
        "$$",
        "$1",
        "\\x27",
        "E'\\''",
        "/* */",
        "-- ",
        "\\",
        "''",
        "%27%20or%201=1",
        "{{1}}",
        "${1}",
        "?",
        "?1",
        ":id",
        "@@version",
        "|| pg_sleep(5)",
        "1) or (1=1",
        "NULL",
        "DEFAULT",
        "current_user",
    ] {
        for operator in ["eq", "gt", "like", "ilike", "isdistinct"] {
            let found = stage.players(&pair(&format!("email.{operator}"), value)).await;
            let expected = matches!(operator, "gt" | "isdistinct");
            assert!(found.status == 200 || !expected, "{operator} {value}: {}", found.text);
            if operator == "eq" {
                assert_eq!(&*found.text, "[]", "{value}");
            }
        }
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        for query in [
            pair("email", &format!("in.(\"{quoted}\")")),
            pair("or", &format!("(email.eq.\"{quoted}\",first_name.eq.\"{quoted}\")")),
            pair("attributes->>note", &format!("eq.{value}")),
            pair(&format!("attributes->>{}", "a'b"), &format!("eq.{value}")),
            pair("tags", &format!("cs.{{\"{quoted}\"}}")),
            pair("q", value),
        ] {
            let answer = stage.players(&query).await;
            assert_eq!((answer.status, &*answer.text), (200, "[]"), "{query}");
        }
        let row = json!({ "external_id": value, "attributes": { value: value }, "tags": [value] });
        let made = stage.send("POST", "/api/players", &row).await;
        assert_eq!((made.status, &made.body["external_id"]), (201, &json!(value)), "{}", made.text);
        let id = made.body["id"].as_str().unwrap();
        assert_eq!(stage.found(&pair("external_id", &format!("eq.{value}"))).await, [json!(id)]);
        assert_eq!(stage.ask("DELETE", &format!("/api/players/{id}")).await.status, 204);
    }
    assert_eq!(stage.players("").await.body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn row_45_operators_that_nobody_knows_are_refused() {
    let stage = Neighbours::meet().await;
    for query in [
        "status.regex=a",
        "status.raw=a",
        "status.EQ=a",
        "status.eq.eq=a",
        "status.like.not=a",
        "status.similar=a",
        "status=raw.a",
        "status=EQ.a",
        "status==.a",
        "status=eq",
        "status=eq(some).{a}",
        "status=eq(any)a",
        "status=in(any).(a)",
        "status=neq(any).{a}",
        "status.=a",
        "status=.a",
        "status=~.a",
        "status=eqx.a",
        "status=not",
        "status=not.",
        "status=fts(english;drop).a",
        "status=fts().a",
        "status=fts(nosuchlanguage).a",
    ] {
        stage.bad(query).await;
    }
}

#[tokio::test]
async fn row_46_lists_are_whole_and_bounded() {
    let stage = Neighbours::meet().await;
    for value in ["(1,2) OR 1=1", "((1))", "(\"a,b\",\"c)", "1,2", "(", ")", "", "(a", "a)", "(a))(", "{a}", "(a,b"] {
        stage.bad(&pair("id", &format!("in.{value}"))).await;
        stage.bad(&pair("id.in", value)).await;
    }
    assert_eq!(&*stage.players("id=in.()").await.text, "[]");
    assert_eq!(stage.found("id=not.in.()").await.len(), 1);
    for count in [201, 2000] {
        let list = vec!["a"; count].join(",");
        stage.bad(&format!("external_id=in.({list})")).await;
        stage.bad(&format!("external_id=eq(any).{{{list}}}")).await;
    }
    let request = stage.app.request("POST", "/api/players/query").header("x-api-key", &stage.ours.key);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer =
        crate::support::app::send(request.body(format!("external_id=in.({})", vec!["a"; 10_001].join(",")))).await;
    refused(&answer, 400, "10001 items");
}

#[tokio::test]
async fn row_47_is_takes_its_five_words_and_not_stands_once() {
    let stage = Neighbours::meet().await;
    for value in ["nul", "nullx", "1", "", "not.null", "null or 1=1", "(null)", "TRUEE"] {
        stage.bad(&pair("email", &format!("is.{value}"))).await;
    }
    for query in [
        "status=not.not.eq.a",
        "status.not.not.eq=a",
        "not.status=eq.a",
        "not.not.or=(id.is.null)",
        "or=(not.not.and(id.is.null))",
    ] {
        stage.bad(query).await;
    }
    for value in ["true", "false", "unknown"] {
        stage.bad(&format!("email=is.{value}")).await;
    }
    for value in ["null", "not_null", "NULL", "Not_Null"] {
        assert_eq!(stage.players(&format!("email=is.{value}")).await.status, 200, "{value}");
    }
}
