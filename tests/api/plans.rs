//! The plans of the common questions at 200,000 players in 20 properties, asked as the server asks them: as the runtime
//! role, under row-level security, planned without knowing the values.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use playhouse::{
    queue::Sql,
    webhooks::worker::{DELIVERIES, HAND_OUT},
};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement, TransactionTrait};

use crate::support::{app, database};

const PROPERTY: &str = "01900000-0000-7000-8000-000000000003";

/// The indexes are laid after the rows, as a restore does, and nothing is checked that holds by construction.
const ROWS: &str = "set session_replication_role = replica; \
     create temporary table later as select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition \
       from pg_index where indrelid = 'players'::regclass and not indisunique; \
     do $$ declare i record; begin for i in select * from later loop execute 'drop index ' || i.name; end loop; end $$; \
     with o as (insert into organizations (name, slug) values ('O', 'o') returning id) \
     insert into properties (id, organization_id, name) \
       select ('01900000-0000-7000-8000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid, o.id, 'P' from o, generate_series(0, 19) n; \
     insert into players (property_id, external_id, email, phone, first_name, last_name, status, tier, adt, visits, \
         last_visit_at, created_at) \
       select ('01900000-0000-7000-8000-0000000000' || lpad(to_hex(n % 20), 2, '0'))::uuid, 'P-' || n, \
         'guest' || n || '@example.com', '+1702' || lpad(n::text, 7, '0'), \
         (array['Ada', 'Bob', 'Cy', 'Dee', 'Eve', 'Fay', 'Gus'])[1 + n % 7], \
         (array['Smith', 'Jones', 'Lovelace', 'Stone', 'Hebdon'])[1 + n % 5] || n % 300, \
         case when n % 100 < 70 then 'active' when n % 100 < 95 then 'inactive' else 'suspended' end, \
         (array['Bronze', 'Silver', 'Gold', 'Platinum', 'Diamond'])[1 + n / 20 % 5], n % 100000 / 100.0, n / 20 % 60, \
         timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2025-01-01' + n * interval '1 minute' \
       from generate_series(0, 199999) n; \
     do $$ declare i record; begin for i in select * from later loop execute i.definition; end loop; end $$; \
     analyze players";

/// A question, the types and values of its parameters after the tenant, the index that answers it, and the condition
/// that it is searched by.
struct Question {
    asks: &'static str,
    given: &'static [(&'static str, &'static str)],
    index: &'static str,
    condition: &'static str,
}

const NEWEST: &str = "order by created_at desc, id desc limit 25";

const QUESTIONS: &[Question] = &[
    Question {
        asks: NEWEST,
        given: &[],
        index: "players_property_id_created_at_id_idx",
        condition: "(property_id = $1)",
    },
    Question {
        asks: "and status = $2 order by created_at desc, id desc limit 25",
        given: &[("text", "suspended")],
        index: "players_property_id_status_created_at_id_idx",
        condition: "((property_id = $1) AND ((status)::text = $2))",
    },
    Question {
        asks: "and (created_at, id) < ($2, $3) order by created_at desc, id desc limit 25",
        given: &[("timestamptz", "2025-03-01"), ("uuid", PROPERTY)],
        index: "players_property_id_created_at_id_idx",
        condition: "((property_id = $1) AND (ROW(created_at, id) < ROW($2, $3)))",
    },
    Question {
        asks: "and created_at >= $2 and created_at < $3 order by created_at, id limit 25",
        given: &[("timestamptz", "2025-03-01"), ("timestamptz", "2025-03-02")],
        index: "players_property_id_created_at_id_idx",
        condition: "((property_id = $1) AND (created_at >= $2) AND (created_at < $3))",
    },
    Question {
        asks: "and id = $2",
        given: &[("uuid", PROPERTY)],
        index: "players_pkey",
        condition: "((property_id = $1) AND (id = $2))",
    },
    Question {
        asks: "and external_id = $2 order by id limit 100",
        given: &[("text", "P-4003")],
        index: "players_property_id_external_id_key",
        condition: "((property_id = $1) AND ((external_id)::text = $2))",
    },
    Question {
        asks: "and email = $2 order by id limit 100",
        given: &[("text", "guest4003@example.com")],
        index: "players_property_id_email_idx",
        condition: "((property_id = $1) AND ((email)::text = $2))",
    },
    Question {
        asks: "and phone = $2 order by id limit 100",
        given: &[("text", "+17020004003")],
        index: "players_property_id_phone_idx",
        condition: "((property_id = $1) AND ((phone)::text = $2))",
    },
    Question {
        asks: "and visits >= $2 order by visits, id limit 25",
        given: &[("integer", "50")],
        index: "players_property_id_visits_idx",
        condition: "((property_id = $1) AND (visits >= $2))",
    },
    Question {
        asks: "and last_visit_at >= $2 order by last_visit_at desc limit 25",
        given: &[("timestamptz", "2026-02-01")],
        index: "players_property_id_last_visit_at_idx",
        condition: "((property_id = $1) AND (last_visit_at >= $2))",
    },
    Question {
        asks: "and tier = any($2) order by tier limit 25",
        given: &[("text[]", "{Gold,Platinum}")],
        index: "players_property_id_tier_idx",
        condition: "(property_id = $1)",
    },
    // What is filtered in another order than it is listed stays among the tenant's rows. So does a comparison of
    // numerics, which may never use an index under row-level security because an error of it could tell of a hidden row.
    Question {
        asks: "and tier = any($2) order by created_at desc, id desc limit 25",
        given: &[("text[]", "{Gold,Platinum}")],
        index: "players_property_id_created_at_id_idx",
        condition: "(property_id = $1)",
    },
    Question {
        asks: "and visits >= $2 order by created_at desc, id desc limit 25",
        given: &[("integer", "50")],
        index: "players_property_id_created_at_id_idx",
        condition: "(property_id = $1)",
    },
    Question {
        asks: "and adt >= $2 order by created_at desc, id desc limit 25",
        given: &[("numeric", "250.50")],
        index: "players_property_id_created_at_id_idx",
        condition: "(property_id = $1)",
    },
    Question {
        asks: "order by adt desc limit 25",
        given: &[],
        index: "players_property_id_adt_idx",
        condition: "(property_id = $1)",
    },
    Question {
        asks: "and id in (select players_search($2)) order by created_at desc, id desc limit 25",
        given: &[("text", "%lovelace12%")],
        index: "players_pkey",
        condition: "((property_id = $1) AND (id = (players_search($2))))",
    },
];

async fn lines(db: &impl ConnectionTrait, sql: &str) -> String {
    #[derive(FromQueryResult)]
    struct Line {
        #[sea_orm(from_alias = "QUERY PLAN")]
        line: String,
    }
    let lines = Line::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).all(db).await.unwrap();
    lines.into_iter().map(|line| line.line + "\n").collect()
}

/// The plan of a statement, made without its values unless the connection says otherwise.
async fn plan(db: &impl ConnectionTrait, sql: &str, parameters: &[(&str, &str)]) -> String {
    let types: Vec<_> = parameters.iter().map(|(kind, _)| *kind).collect();
    let values: Vec<_> = parameters.iter().map(|(_, value)| format!("'{value}'")).collect();
    db.execute_unprepared(&format!("prepare asked ({}) as {sql}", types.join(", "))).await.unwrap();
    let plan = lines(db, &format!("explain (costs off) execute asked ({})", values.join(", "))).await;
    db.execute_unprepared("deallocate asked").await.unwrap();
    plan
}

#[tokio::test]
async fn at_200_000_players_every_common_question_is_answered_by_an_index_of_the_tenant() {
    let url = database::fresh().await;
    database::execute(&url, ROWS).await;
    let settings = playhouse::config::Database { max_connections: 1, ..app::config(&[]).database };
    let server = playhouse::database::connect(&url, &settings).unwrap().requests;
    server.execute_unprepared(&format!("set app.property_id = '{PROPERTY}'")).await.unwrap();
    for Question { asks, given, index, condition } in QUESTIONS {
        let sql = format!("select id, email from players where property_id = $1 {asks}");
        let plan = plan(&server, &sql, &[&[("uuid", PROPERTY)], *given].concat()).await;
        assert!(!plan.contains("Seq Scan"), "{asks}\n{plan}");
        assert!(plan.contains(&format!("using {index} on players")), "{asks}\n{plan}");
        assert!(plan.contains(&format!("Index Cond: {condition}\n")), "{asks}\n{plan}");
    }
    a_search_uses_the_trigram_index_where_it_helps(&url).await;
}

/// Inside the function: its own statement, as its own role, planned as the function plans.
async fn a_search_uses_the_trigram_index_where_it_helps(url: &str) {
    #[derive(FromQueryResult)]
    struct Body {
        prosrc: String,
        mode: bool,
    }
    let db = database::owner(url).await;
    let sql = "select prosrc, 'plan_cache_mode=force_custom_plan' = any(proconfig) as mode from pg_proc where proname = 'players_search'";
    let body =
        Body::find_by_statement(Statement::from_string(DbBackend::Postgres, sql)).one(&db).await.unwrap().unwrap();
    assert!(body.mode, "each search is planned for its pattern");
    let statement = body.prosrc.split_once("return query ").unwrap().1.split_once(';').unwrap().0;
    let statement = statement.replace("tenant", "$1").replace("pattern", "$2");
    let search = playhouse::database::connect_as_owner(url).await.unwrap();
    let search = search.begin().await.unwrap();
    search
        .execute_unprepared("set local role playhouse_search; set local plan_cache_mode = force_custom_plan")
        .await
        .unwrap();
    for (pattern, index) in [
        ("%lovelace12%", "players_search_text_idx"),
        ("p-12345%", "players_search_text_idx"),
        ("%guest4003@%", "players_search_text_idx"),
        // Without three letters in a row the trigram index has nothing to say.
        ("%e%", "players_property_id_"),
    ] {
        let plan = plan(&search, &statement, &[("uuid", PROPERTY), ("text", pattern)]).await;
        assert!(!plan.contains("Seq Scan"), "{pattern}\n{plan}");
        assert!(plan.contains(&format!("Bitmap Index Scan on {index}")), "{pattern}\n{plan}");
    }
}

/// Prepared when all tables are empty and known to be so, which is when every way looks as good as the next.
#[tokio::test]
async fn the_queues_statements_find_rows_by_their_keys_however_empty_the_tables_were() {
    let url = database::fresh().await;
    for table in ["events", "event_outbox", "webhooks", "webhook_deliveries", "webhook_lanes"] {
        database::execute(&url, &format!("vacuum analyze {table}")).await;
    }
    let worker = playhouse::database::connect_as_owner(&url).await.unwrap().begin().await.unwrap();
    worker
        .execute_unprepared(
            "set local role playhouse_workers; set local enable_seqscan = off; set local jit = off; \
             set local plan_cache_mode = force_generic_plan",
        )
        .await
        .unwrap();
    let (sql, hand_out) = (Sql::new(&DELIVERIES), HAND_OUT.to_owned());
    for (name, statement, values) in [
        ("hand out", &hand_out, 9),
        ("claim", &sql.claim, 8),
        ("finish", &sql.finish, 15),
        ("give back", &sql.give_back, 4),
        ("reclaim", &sql.reclaim, 2),
    ] {
        worker.execute_unprepared(&format!("prepare asked as {statement}")).await.unwrap();
        let nulls = vec!["null"; values].join(", ");
        let plan = lines(&worker, &format!("explain (costs off) execute asked ({nulls})")).await;
        worker.execute_unprepared("deallocate asked").await.unwrap();
        let changed = if name == "hand out" { "event_outbox" } else { "webhook_deliveries" };
        assert!(plan.contains(&format!("Tid Scan on {changed}")), "{name}\n{plan}");
        for bad in ["Seq Scan", "Merge Join", "Materialize"] {
            assert!(!plan.contains(bad), "{name}\n{plan}");
        }
        let scans = plan.lines().zip(plan.lines().skip(1)).filter(|(line, _)| line.contains("Index Scan using"));
        for (scan, condition) in scans {
            // Leases that ran out are those of all tenants.
            let expected = if name == "reclaim" { "lease_until <" } else { "property_id = " };
            assert!(condition.contains("Index Cond") && condition.contains(expected), "{name}: {scan}\n{plan}");
        }
    }
}
