//! F.3: columns, types and bounds of filters, rows 48 to 57.

use serde_json::{Value, json};

use super::*;
use crate::support::database;

#[tokio::test]
async fn row_48_the_tenant_as_a_filter_narrows_and_never_widens() {
    let stage = Neighbours::meet().await;
    let (ours, theirs) = (stage.ours.tenant.property, stage.theirs.tenant.property);
    for (query, count) in [
        (format!("property_id.eq={ours}"), 1),
        (format!("property_id=neq.{theirs}"), 1),
        (format!("property_id=in.({ours},{theirs})"), 1),
        (format!("or=(property_id.eq.{theirs},property_id.eq.{ours})"), 1),
        ("order=property_id".to_owned(), 1),
        ("property_id=not.is.null".to_owned(), 1),
        (format!("property_id.eq={theirs}"), 0),
        (format!("property_id=neq.{ours}"), 0),
        ("property_id=is.null".to_owned(), 0),
        (format!("or=(property_id.eq.{theirs},property_id.is.null)"), 0),
        (format!("not.or=(property_id.eq.{ours})"), 0),
    ] {
        assert_eq!(stage.found(&query).await.len(), count, "{query}");
    }
    stage.bad("property_id.eq=2").await;
}

#[tokio::test]
async fn row_49_hidden_columns_do_not_exist() {
    let stage = Neighbours::meet().await;
    for (table, columns) in [
        ("api_keys", &["key_hash", "organization_id", "version", "secret"][..]),
        ("game_sessions", &["token", "organization_id"]),
        ("players", &["password_hash", "search_text", "organization_id"]),
        ("games", &["organization_id", "search_text"]),
        ("audit_log", &["organization_id"]),
        ("members", &["organization_id", "password_hash"]),
    ] {
        for column in columns {
            for query in [
                format!("{column}.like=$argon2%25"),
                format!("{column}=not.is.null"),
                format!("select=*,{column}"),
                format!("select=x:{column}"),
                format!("select={column}::text"),
                format!("select={column}->>0"),
                format!("select={column}.count()"),
                format!("order={column}.desc"),
                format!("or=(id.is.null,{column}.gt.a)"),
            ] {
                let answer = stage.ask("GET", &format!("/api/{table}?{query}")).await;
                assert_eq!(refused(&answer, 400, &query), "42703");
                let hint = answer.body["hint"].as_str().unwrap_or_default();
                assert!(!hint.contains(&format!("{table}.{column}")), "{hint}");
            }
        }
    }
    for relation in [
        "api_key_secrets",
        "session_tokens",
        "properties",
        "organizations",
        "memberships",
        "idempotency_keys",
        "pg_authid",
    ] {
        stage.bad(&format!("select=*,{relation}(*)")).await;
        let answer = stage.ask("GET", &format!("/api/{relation}")).await;
        refused(&answer, 404, relation);
    }
}

#[tokio::test]
async fn row_50_patterns_have_bounds() {
    let stage = Neighbours::meet().await;
    for pattern in ["%a".repeat(100), "*a".repeat(6), "_".repeat(500), "a".repeat(257)] {
        for operator in ["like", "ilike", "not.like", "ilike(any)"] {
            let value = if operator.ends_with(')') { format!("{{{pattern}}}") } else { pattern.clone() };
            stage.bad(&pair("first_name", &format!("{operator}.{value}"))).await;
        }
        stage.bad(&pair("or", &format!("(first_name.like.{pattern})"))).await;
    }
}

#[tokio::test]
async fn rows_50_and_52_a_statement_that_takes_too_long_is_503_and_its_connection_lives() {
    let limit = [("PLAYHOUSE_DATABASE__STATEMENT_TIMEOUT_SECONDS", "3"), ("PLAYHOUSE_DATABASE__MAX_CONNECTIONS", "2")];
    let stage = Neighbours::meet_with(&limit, "ours", "theirs").await;
    let (url, key, id) = (&stage.app.database_url, &stage.ours.key, stage.ours.id("players"));
    // Somebody else holds the row, so that the change cannot come to its end.
    let db = database::owner(url).await;
    let held = sea_orm::TransactionTrait::begin(&db).await.unwrap();
    let lock = format!("select from players where id = '{id}' for update");
    sea_orm::ConnectionTrait::execute_unprepared(&held, &lock).await.unwrap();
    for (method, path) in [("PATCH", format!("/api/players/{id}")), ("PATCH", format!("/api/players?id=eq.{id}"))] {
        let answer = stage.app.keyed(key, method, &path, json!({ "tier": "slow" })).await;
        assert_eq!(answer.status, 503, "{}", answer.text);
        silent(&answer, &path);
        shaped(&answer, &path);
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
    }
    held.rollback().await.unwrap();
    db.close().await.unwrap();
    assert_eq!(
        stage.app.keyed(key, "PATCH", &format!("/api/players/{id}"), json!({ "tier": "fast" })).await.status,
        200
    );
    // A pattern that starts over at every letter is given up too, or comes to its end.
    let body = json!({ "external_id": "regex", "attributes": { "text": "a".repeat(60_000) } });
    assert_eq!(stage.send("POST", "/api/players", &body).await.status, 201);
    for pattern in ["(a+)+$", "^(a|aa)*b$", "(.*)(.*)(.*)(.*)x", "(a{1,100}){1,100}b", "((a*)*)*b"] {
        for operator in ["match", "imatch"] {
            let query = pair("attributes->>text", &format!("{operator}.{pattern}"));
            let answer = stage.ask("GET", &format!("/api/players?{query}")).await;
            assert!([200, 400, 503].contains(&answer.status), "{pattern}: {}", answer.text);
            silent(&answer, &query);
        }
    }
    for pattern in ["(", "[a", "a{2,1}", "*", "\\", "a{99999}", "(?"] {
        let answer =
            stage.ask("GET", &format!("/api/players?{}", pair("first_name", &format!("match.{pattern}")))).await;
        assert_eq!(refused(&answer, 400, pattern), "2201B");
    }
    assert_eq!(stage.players("select=id").await.body.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn row_51_wildcards_and_escapes_at_the_end_are_harmless() {
    let stage = Neighbours::meet().await;
    for value in ["\\", "a\\", "%\\", "\\\\\\", "\\a", "*\\"] {
        for operator in ["like", "ilike"] {
            for column in ["first_name", "external_id", "status"] {
                let answer = stage.players(&pair(column, &format!("{operator}.{value}"))).await;
                assert!([200, 400].contains(&answer.status), "{value}: {}", answer.text);
            }
        }
    }
    for value in ["*", "%", "**", "%%"] {
        assert_eq!(stage.found(&pair("first_name.ilike", value)).await.len(), 1, "{value}");
    }
}

#[tokio::test]
async fn rows_53_and_54_values_that_do_not_fit_their_columns_are_refused_by_name() {
    let stage = Neighbours::meet().await;
    for (table, column, value) in [
        ("players", "created_at", "abc"),
        ("players", "id", "abc"),
        ("players", "id", "{01900000-0000-7000-8000-00000000000a}"),
        ("players", "id", "0190000000007000800000000000000a"),
        ("players", "visits", "abc"),
        ("players", "visits", ""),
        ("players", "visits", "1.5"),
        ("players", "visits", "2147483648"),
        ("players", "adt", "1e200000"),
        ("players", "adt", "0x10"),
        ("players", "birth_date", "31.12.2000"),
        ("players", "attributes", "{"),
        ("games", "id", "9223372036854775808"),
        ("games", "id", "2147483648"),
        ("games", "id", "-2147483649"),
        ("games", "id", "1e3"),
        ("game_sessions", "id", "9223372036854775808"),
        ("audit_log", "status", "32768"),
        ("consents", "ip", "300.1.1.1"),
        ("consents", "ip", "1.2.3.4/99"),
        ("api_keys", "is_active", "maybe"),
    ] {
        for operator in ["eq", "gt", "neq", "isdistinct"] {
            let query = pair(column, &format!("{operator}.{value}"));
            let answer = stage.ask("GET", &format!("/api/{table}?{query}")).await;
            refused(&answer, 400, &query);
            assert!(answer.error().contains(column), "{query}: {}", answer.error());
            let query = pair("or", &format!("(id.is.null,{column}.{operator}.\"{value}\")"));
            refused(&stage.ask("GET", &format!("/api/{table}?{query}")).await, 400, &query);
        }
        let query = pair(column, &format!("in.(\"{value}\")"));
        refused(&stage.ask("GET", &format!("/api/{table}?{query}")).await, 400, &query);
    }
    assert_eq!(stage.players("adt=gt.1e308").await.status, 200);
    for (table, id) in [
        ("players", "abc"),
        ("players", "1"),
        ("games", "abc"),
        ("games", "99999999999"),
        ("games", "1.0"),
        ("games", "+1x"),
    ] {
        for method in ["GET", "DELETE"] {
            let answer = stage.ask(method, &format!("/api/{table}/{id}")).await;
            assert!([400, 404].contains(&answer.status), "{table} {id}: {}", answer.text);
            civil(&answer, id);
        }
    }
    for (column, operator, value) in [
        ("visits", "like", "1*"),
        ("visits", "cs", "{1}"),
        ("visits", "sl", "1"),
        ("visits", "fts", "a"),
        ("tags", "gt", "a"),
        ("attributes", "like", "a*"),
        ("status", "cs", "{a}"),
        ("status", "ov", "{a}"),
        ("adt", "match", "1"),
        ("id", "ilike", "*a*"),
        ("created_at", "like", "2020*"),
        ("tags", "cs", "a"),
        ("tags", "cs", "{a"),
        ("tags", "ov", "(a)"),
        ("attributes", "cs", "a"),
        ("first_name", "adj", "[1,2)"),
        ("birth_date", "nxl", "[2020-01-01,)"),
        ("status", "is", "true"),
        ("tags", "eq", "a"),
    ] {
        let query = pair(column, &format!("{operator}.{value}"));
        let answer = stage.players(&query).await;
        assert!([200, 400, 404].contains(&answer.status), "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn row_55_a_query_has_bounds() {
    let stage = Neighbours::meet().await;
    let filters = vec!["visits=gt.0"; 101].join("&");
    stage.bad(&filters).await;
    stage.bad(&format!("or=({})", vec!["visits.gt.0"; 101].join(","))).await;
    stage.bad(&format!("select={}", vec!["id"; 201].join(","))).await;
    stage.bad(&format!("attributes{}=eq.1", "-%3Ea".repeat(17))).await;
    stage.bad(&format!("q={}", ["a"; 11].join("+"))).await;
    assert_eq!(stage.players(&vec!["visits=gt.0"; 100].join("&")).await.status, 200);
}

#[tokio::test]
async fn row_56_filters_come_from_the_query_alone() {
    let stage = Neighbours::meet().await;
    let own = json!([stage.ours.ids["players"]]);
    for headers in
        [[("status", "eq.closed")], [("x-filter", "status=eq.closed")], [("x-http-method-override", "DELETE")]]
    {
        let answer =
            stage.send_with("GET", "/api/players?select=id", &headers, &json!({ "status": "eq.closed" })).await;
        assert_eq!((answer.status, answer.body), (200, json!([{ "id": own[0] }])));
    }
    for path in ["/api/players;status=eq.closed", "/api/players/;status=eq.closed", "/api/players;v=1"] {
        let answer = stage.ask("GET", path).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.text);
        civil(&answer, path);
    }
    assert_eq!(stage.found("#status=eq.closed").await.len(), 1);
}

#[tokio::test]
async fn row_57_counts_in_parallel_do_not_use_up_the_connections() {
    let stage = Neighbours::meet_with(&[("PLAYHOUSE_DATABASE__MAX_CONNECTIONS", "2")], "ours", "theirs").await;
    for count in ["exact", "planned", "estimated"] {
        let prefer = format!("count={count}");
        let headers = [("prefer", &*prefer)];
        let all = (0..50).map(|_| stage.send_with("GET", "/api/players?limit=1", &headers, &Value::Null));
        for answer in futures_util::future::join_all(all).await {
            assert!([200, 206].contains(&answer.status), "{}", answer.text);
            let (_, total) = answer.header("content-range").split_once('/').unwrap();
            assert!(count != "exact" || total == "1", "{total}");
        }
    }
}
