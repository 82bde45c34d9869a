//! F.4: tenants and their rows, rows 58 to 72; what holds for every table alike is walked elsewhere.

use playhouse::{property_keys::NewPropertyKey, tables::registry::Verb};
use serde_json::{Value, json};

use super::{super::neighbours::registry, *};
use crate::support::{
    app::send,
    database,
    property_keys::{generous, property_key},
};

#[tokio::test]
async fn row_59_what_the_server_sets_is_never_assigned() {
    let stage = Neighbours::meet().await;
    let theirs = json!(stage.theirs.tenant.property);
    for value in [theirs.clone(), json!(null), json!(1), json!("x"), json!([theirs]), json!({ "eq": theirs })] {
        for (method, path) in
            [("POST", "/api/players".to_owned()), ("PATCH", format!("/api/players/{}", stage.ours.id("players")))]
        {
            let body = json!({ "external_id": "mine", "property_id": value });
            let answer = stage.send(method, &path, &body).await;
            assert_eq!(refused(&answer, 403, &body.to_string()), "property_mismatch");
            let answer = stage.send(method, &path, &json!([{ "external_id": "a" , "property_id": value }])).await;
            assert!([400, 403].contains(&answer.status), "{}", answer.text);
        }
    }
    let own = json!({ "external_id": "own", "property_id": stage.ours.tenant.property });
    assert_eq!(stage.send("POST", "/api/players", &own).await.status, 201);
    for column in [
        "org_id",
        "organization_id",
        "key_hash",
        "is_active",
        "rate_limit_per_minute",
        "role",
        "version",
        "xmin",
        "tenant",
    ] {
        let answer = stage.send("POST", "/api/players", &json!({ "external_id": "x", column: 1 })).await;
        assert_eq!(refused(&answer, 400, column), "PGRST204");
        let answer = stage.send("PATCH", "/api/players?id=not.is.null", &json!({ column: 1 })).await;
        assert_eq!(refused(&answer, 400, column), "PGRST204");
    }
    for table in registry().tables().iter().filter(|table| Verb::Create.fits(table.access)) {
        for column in table.visible().filter(|column| column.server_set && column.name != "property_id") {
            let value = super::super::neighbours::value(column, "mine");
            let mut row = super::super::neighbours::least_row(table, &stage.ours.ids, "mine");
            row.insert(column.name.to_owned(), value.clone());
            let answer = stage.send("POST", &format!("/api/{}", table.name), &Value::Object(row)).await;
            assert_eq!(refused(&answer, 400, column.name), "read_only_column", "{}", table.name);
            if Verb::Update.fits(table.access) {
                let path = format!("/api/{}/{}", table.name, stage.ours.id(table.name));
                let answer = stage.send("PATCH", &path, &json!({ column.name: value })).await;
                assert_eq!(refused(&answer, 400, column.name), "read_only_column", "{}", table.name);
            }
        }
        for column in table.columns.iter().filter(|column| column.hidden) {
            let path = format!("/api/{}", table.name);
            let answer = stage.send("POST", &path, &json!({ column.name: 1 })).await;
            assert_eq!(refused(&answer, 400, column.name), "PGRST204", "{}", table.name);
            let path = format!("{path}?columns={}", column.name);
            refused(&stage.send("POST", &path, &json!({ column.name: 1 })).await, 400, column.name);
        }
    }
}

#[tokio::test]
async fn row_59_nobody_moves_a_row_to_another_tenant() {
    let stage = Neighbours::meet().await;
    let theirs = stage.theirs.tenant.property.to_string();
    for (table, id) in
        stage.ours.ids.iter().filter(|(table, _)| registry().table(table).is_some_and(|t| Verb::Update.fits(t.access)))
    {
        let one = format!("/api/{table}/{}", super::super::neighbours::plain(id));
        for (method, path, body) in [
            ("PATCH", one.clone(), json!({ "property_id": theirs })),
            ("PUT", one.clone(), json!({ "property_id": theirs })),
            ("PATCH", format!("/api/{table}"), json!([{ "id": id, "property_id": theirs }])),
            ("PATCH", format!("/api/{table}?property_id=eq.{theirs}"), json!({ "property_id": theirs })),
        ] {
            let answer = stage.send(method, &path, &body).await;
            assert_eq!(refused(&answer, 403, &path), "property_mismatch");
        }
        let answer = stage.ask("DELETE", &format!("/api/{table}?property_id=eq.{theirs}")).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
    let (url, property) = (&stage.app.database_url, &stage.theirs.tenant.property);
    assert_eq!(
        database::number(url, &format!("select count(*) from players where property_id = '{property}'")).await,
        1
    );
}

#[tokio::test]
async fn row_60_the_camel_case_twin_of_a_column_is_unknown() {
    let stage = Neighbours::meet().await;
    for body in [
        json!({ "external_id": "twin", "propertyId": stage.theirs.tenant.property }),
        json!({ "external_id": "twin", "externalId": "other" }),
        json!({ "EXTERNAL_ID": "twin" }),
    ] {
        assert_eq!(refused(&stage.send("POST", "/api/players", &body).await, 400, &body.to_string()), "PGRST204");
    }
    stage.bad("propertyId.eq=1").await;
    stage.bad("select=firstName").await;
}

#[tokio::test]
async fn row_61_a_reference_that_points_abroad_embeds_nothing() {
    let stage = Neighbours::meet_with(&[], "ours", "abroad").await;
    // Only somebody who goes round every constraint can make such rows.
    let (ours, theirs) = (&stage.ours, &stage.theirs);
    let property = ours.tenant.property;
    let sql = format!(
        "set session_replication_role = replica; \
         update consents set player_id = '{}' where property_id = '{property}'; \
         update campaigns set template_id = '{}', segment_id = '{}' where property_id = '{property}'; \
         update game_sessions set game_id = {}, stream_id = {} where property_id = '{property}'; \
         reset session_replication_role;",
        theirs.id("players"),
        theirs.id("templates"),
        theirs.id("segments"),
        theirs.id("games"),
        theirs.id("streams"),
    );
    database::execute(&stage.app.database_url, &sql).await;
    for path in [
        "consents?select=*,players(*)",
        "consents?select=*,...players(external_id)",
        "consents?select=*,players(*,consents(*))",
        "campaigns?select=*,templates(*),segments(*)",
        "campaigns?select=*,templates(*,campaigns(*,segments(*)))",
        "game_sessions?select=*,games(*),streams(*)",
        "games?select=*,game_sessions(*,streams(*)),streams(*)",
        "streams?select=*,games(*,streams(*))",
        "players?select=*,consents(*,players(*))",
        "templates?select=*,campaigns(*)",
    ] {
        let answer = stage.ask("GET", &format!("/api/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(!answer.text.contains("abroad"), "{path}: {}", answer.text);
        assert!(!answer.text.contains(&theirs.tenant.property.to_string()), "{path}: {}", answer.text);
    }
    let answer = stage.ask("GET", "/api/consents?select=id,players(id)").await;
    assert_eq!(answer.body[0]["players"], Value::Null, "{}", answer.text);
    for path in [
        "consents?select=id,players!inner(id)",
        "campaigns?select=id,templates!inner(id)",
        "consents?select=id,players(id)&players=not.is.null",
    ] {
        let answer = stage.ask("GET", &format!("/api/{path}")).await;
        assert_eq!((answer.status, &*answer.text), (200, "[]"), "{path}");
    }
    let answer = stage.ask("GET", "/api/consents?select=id,players(id)&order=players(external_id)").await;
    assert_eq!(answer.body[0]["players"], Value::Null, "{}", answer.text);
}

#[tokio::test]
async fn row_63_a_list_of_ours_and_theirs_touches_ours_alone() {
    let stage = Neighbours::meet().await;
    let (own, foreign) = (stage.ours.id("segments"), stage.theirs.id("segments"));
    let both = format!("/api/segments?id=in.({own},{foreign})");
    let headers = [("prefer", "return=representation,count=exact")];
    let change = json!({ "name": "touched" });
    let answer = stage.send_with("PATCH", &both, &headers, &change).await;
    assert_eq!((answer.status, answer.body.as_array().unwrap().len()), (200, 1));
    assert_eq!(answer.header("content-range"), "0-0/1");
    let bulk = json!([{ "id": own, "name": "touched" }, { "id": foreign, "name": "touched" }]);
    let answer = stage.send_with("PATCH", "/api/segments", &headers, &bulk).await;
    assert_eq!((answer.status, answer.body.as_array().unwrap().len()), (200, 1));
    let everything = [("prefer", "count=exact")];
    let answer = stage.send_with("PATCH", "/api/segments?or=(id.not.is.null,id.is.null)", &everything, &change).await;
    assert_eq!((answer.status, answer.header("content-range")), (204, "0-0/1"));
    let answer = stage.send_with("DELETE", &both, &headers, &Value::Null).await;
    assert_eq!((answer.status, answer.header("content-range")), (200, "*/1"));
    let theirs = send(stage.app.request("GET", "/api/segments").header("x-api-key", &stage.theirs.key)).await;
    assert_eq!(theirs.body[0]["name"], "theirs name");
}

#[tokio::test]
async fn row_64_a_value_that_only_the_other_tenant_has_is_free() {
    let stage = Neighbours::meet().await;
    for (table, column) in
        [("players", "external_id"), ("games", "slug"), ("streams", "slug"), ("suppressions", "address")]
    {
        let mut row = super::super::neighbours::least_row(registry().table(table).unwrap(), &stage.ours.ids, "free");
        row.insert(column.to_owned(), json!(format!("theirs {column}")));
        let made = stage.send("POST", &format!("/api/{table}"), &Value::Object(row.clone())).await;
        assert_eq!(made.status, 201, "{table}: {}", made.text);
        let again = stage.send("POST", &format!("/api/{table}"), &Value::Object(row)).await;
        assert_eq!(refused(&again, 409, table), "23505");
        assert!(!again.text.contains(&stage.theirs.tenant.property.to_string()), "{}", again.text);
    }
}

#[tokio::test]
async fn rows_65_to_67_the_header_that_names_a_property_is_exact() {
    let stage = Neighbours::meet().await;
    let (ours, theirs) = (stage.ours.tenant.property.to_string(), stage.theirs.tenant.property.to_string());
    let token = format!("Bearer {}", stage.app.token(&stage.ours.tenant.owner));
    for credential in [("x-api-key", &stage.ours.key), ("authorization", &token)] {
        let ask = async |headers: &[(&str, &str)]| {
            let request =
                stage.app.request("GET", "/api/players?select=property_id").header(credential.0, credential.1);
            send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
        };
        for value in [
            &format!("{ours},{theirs}"),
            "1,2",
            "01",
            "0x1",
            "",
            "*",
            "null",
            &ours.to_uppercase(),
            &ours.replace('-', ""),
            &ours[1..],
        ] {
            refused(&ask(&[("x-property-id", value)]).await, 400, value);
        }
        refused(&ask(&[("x-property-id", &ours), ("x-property-id", &theirs)]).await, 400, "twice");
        refused(&ask(&[("x-property-id", &ours), ("x-property-id", &ours)]).await, 400, "twice the same");
        refused(&ask(&[("x-property-id", &theirs)]).await, 403, "theirs");
        refused(&ask(&[("x-property-id", &uuid::Uuid::now_v7().to_string())]).await, 403, "nobody's");
        for headers in
            [vec![], vec![("x-property-id", &*ours)], vec![("x_property_id", &*theirs)], vec![("property-id", &theirs)]]
        {
            let answer = ask(&headers).await;
            assert_eq!((answer.status, answer.body), (200, json!([{ "property_id": ours }])), "{headers:?}");
        }
    }
}

#[tokio::test]
async fn row_66_a_property_that_exists_and_one_that_does_not_are_refused_alike() {
    let stage = Neighbours::meet().await;
    let token = format!("Bearer {}", stage.app.token(&stage.ours.tenant.owner));
    for credential in [("x-api-key", &stage.ours.key), ("authorization", &token)] {
        let mut texts = Vec::new();
        for property in [stage.theirs.tenant.property, uuid::Uuid::now_v7()] {
            let request = stage.app.request("GET", "/api/players").header(credential.0, credential.1);
            texts.push(send(request.header("x-property-id", property.to_string())).await.text);
        }
        assert_eq!(texts[0], texts[1]);
    }
}

#[tokio::test]
async fn row_69_head_is_get_without_a_body() {
    let stage = Neighbours::meet().await;
    for path in [
        "players",
        "players?id=is.null",
        "players?limit=0",
        "players?visits=eq.x",
        "nowhere",
        "players/nobody",
        "game_sessions",
    ] {
        let path = format!("/api/{path}");
        let (get, head) = (stage.ask("GET", &path).await, stage.ask("HEAD", &path).await);
        assert_eq!((head.status, &*head.text), (get.status, ""), "{path}");
        for name in ["content-type", "content-range", "proxy-status", "content-location"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    let read = send(stage.app.request("HEAD", "/api/players").header("x-api-key", &stage.ours.reader)).await;
    assert_eq!(read.status, 200);
}

#[tokio::test]
async fn row_70_an_empty_list_of_tables_is_no_table() {
    let stage = Neighbours::meet().await;
    for list in [
        vec![],
        vec!["nowhere".to_owned()],
        vec!["Players".to_owned()],
        vec!["players ".to_owned()],
        vec!["*".to_owned()],
    ] {
        let new = NewPropertyKey { allowed_tables: Some(list.clone()), ..generous() };
        let (_, key) = property_key(&stage.app.database_url, &stage.ours.tenant, new).await;
        for table in registry().tables() {
            let answer =
                send(stage.app.request("GET", &format!("/api/{}", table.name)).header("x-api-key", &key)).await;
            assert_eq!(refused(&answer, 403, table.name), "table_not_allowed", "{list:?}");
        }
        let root = send(stage.app.request("GET", "/api").header("x-api-key", &key)).await;
        assert_eq!(root.body["data"]["tables"], json!([]), "{list:?}");
    }
}

#[tokio::test]
async fn row_71_a_property_that_is_deleted_takes_its_rows_and_keys_along() {
    let stage = Neighbours::meet().await;
    let sql = format!("delete from organizations where id = {}", stage.ours.tenant.org);
    database::execute(&stage.app.database_url, &sql).await;
    for (method, path) in [("GET", "/api/players"), ("POST", "/api/players"), ("DELETE", "/api/players?id=not.is.null")]
    {
        let body = if method == "POST" { json!({ "external_id": "orphan" }) } else { Value::Null };
        let answer = stage.send(method, path, &body).await;
        civil(&answer, path);
        assert!([200, 204, 401, 404, 409].contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
        assert!(answer.status != 200 || answer.text == "[]", "{}", answer.text);
    }
    let sql = format!("select count(*) from players where property_id = '{}'", stage.ours.tenant.property);
    assert_eq!(database::number(&stage.app.database_url, &sql).await, 0);
    let theirs = send(stage.app.request("GET", "/api/players").header("x-api-key", &stage.theirs.key)).await;
    assert_eq!(theirs.body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn row_72_search_and_batches_keep_the_same_walls() {
    let stage = Neighbours::meet_with(&[], "ours", "heron").await;
    for table in registry().tables().iter().filter(|table| !table.search.is_empty()) {
        for column in table.search {
            for query in [
                "q=heron".to_owned(),
                "q=her".to_owned(),
                format!("{column}.ilike=*heron*"),
                format!("{column}.like=heron*"),
            ] {
                for path in
                    [format!("/api/{}?{query}", table.name), format!("/api/{}?{query}&select=count()", table.name)]
                {
                    let answer = stage.ask("GET", &path).await;
                    let none = answer.text == "[]" || answer.text == "[{\"count\":0}]";
                    assert!(answer.status == 200 && none, "{path}: {}", answer.text);
                }
            }
        }
    }
    let theirs = stage.theirs.id("players");
    for operation in [
        json!({ "method": "GET", "path": format!("/players/{theirs}") }),
        json!({ "method": "PATCH", "path": format!("/players/{theirs}"), "body": { "tier": "x" } }),
        json!({ "method": "DELETE", "path": format!("/players/{theirs}") }),
    ] {
        let answer = stage.send("POST", "/api/batch", &json!({ "operations": [operation] })).await;
        assert_eq!(refused(&answer, 404, &operation.to_string()), "not_found");
    }
    for operation in [
        json!({ "method": "GET", "path": "/players", "headers": { "x-property-id": stage.theirs.tenant.property } }),
        json!({ "method": "GET", "path": "/players", "headers": { "x-api-key": stage.theirs.key } }),
        json!({ "method": "GET", "path": "/players", "headers": { "authorization": format!("Bearer {}", stage.theirs.key) } }),
    ] {
        let answer = stage.send("POST", "/api/batch", &json!({ "operations": [operation] })).await;
        civil(&answer, &operation.to_string());
        assert!(!answer.text.contains("heron"), "{}", answer.text);
    }
    for path in [
        "//players",
        "/../players",
        "/players/../api_keys",
        "players",
        "/api/api/players",
        "/functions/whoami",
        "/batch",
        "/org-api-keys",
        "",
        "/",
        "?",
        "/players/a/b",
    ] {
        let operation = json!({ "method": "GET", "path": path });
        let answer = stage.send("POST", "/api/batch", &json!({ "operations": [operation] })).await;
        civil(&answer, path);
        assert!(path == "//players" || answer.status >= 400, "{path}: {}", answer.text);
    }
}
