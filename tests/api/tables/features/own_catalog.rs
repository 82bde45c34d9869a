//! The face knows no table by name: a table of this test's own is an entity, a step of SQL and one line.

use std::sync::LazyLock;

use playhouse::{
    call::Call,
    http::ClientAddress,
    tables::{
        registry::{Catalog, Registry},
        serve::Tables,
        table::Table,
    },
};
use poem::{Endpoint, IntoEndpoint, Request};
use poem_openapi::OpenApiService;

use super::*;

/// A thing that was lent.
mod loan {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "loans")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) property_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false, default_expr = "Expr::cust(\"uuid_v7()\")")]
        pub(super) id: Uuid,
        pub(super) item: String,
        pub(super) due: Option<Date>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const STEP: &str = "
create table loans (
  property_id uuid not null references properties (id) on delete cascade,
  id uuid not null default uuid_v7(),
  item text not null,
  due date,
  primary key (property_id, id)
);
grant select, insert, update, delete on loans to playhouse_app;
alter table loans enable row level security;
alter table loans force row level security;
create policy loans_tenant on loans to playhouse_app
  using (property_id = (select current_property())) with check (property_id = (select current_property()));";

#[derive(Debug)]
struct Library;

impl Catalog for Library {
    fn registry() -> &'static Registry {
        static REGISTRY: LazyLock<Registry> =
            LazyLock::new(|| Registry::new(vec![Table::of::<loan::Entity>("loan").search(&["item"])]));
        &REGISTRY
    }
}

#[tokio::test]
async fn a_table_is_an_entity_a_step_and_a_line() {
    let stage = Stage::set().await;
    stage.execute(STEP).await;
    let (_, theirs) = stage.other().await;
    let face = OpenApiService::new(Tables::<Library>::default(), "A library", "1").into_endpoint();
    let call = async |method: &str, path: &str, key: &str, body: Value| {
        let mut request = Request::builder().method(method.parse().unwrap()).uri(path.parse().unwrap());
        request = request.header("x-api-key", key);
        let mut request = if body.is_null() { request.finish() } else { request.body(body.to_string()) };
        // What the floor and the server put into every request.
        request.set_data(ClientAddress::find([127, 0, 0, 1].into(), request.headers(), &[]));
        request.set_data(stage.app.app.clone());
        request.set_data(Call::default());
        let response = face.get_response(request).await;
        let status = response.status().as_u16();
        let text = response.into_body().into_string().await.unwrap();
        (status, serde_json::from_str::<Value>(&text).unwrap_or(Value::Null))
    };
    let get = async |path: &str| call("GET", path, &stage.key, Value::Null).await;

    assert_eq!(get("/api/loans").await, (200, json!([])));
    let (status, lamp) = call("POST", "/api/loans", &stage.key, json!({ "item": "A lamp", "due": "2030-01-02" })).await;
    assert_eq!((status, &lamp["item"]), (201, &json!("A lamp")));
    let rows = json!([{ "item": "A book" }, { "item": "A chair" }]);
    assert_eq!(call("POST", "/api/loans", &stage.key, rows).await.0, 201);
    assert_eq!(
        get("/api/loans?select=item,due&due.is=not_null").await,
        (200, json!([{ "item": "A lamp", "due": "2030-01-02" }]))
    );
    assert_eq!(
        get("/api/loans?select=item&order=item.desc&limit=2").await,
        (200, json!([{ "item": "A lamp" }, { "item": "A chair" }]))
    );
    let path = format!("/api/loans/{}?select=item", lamp["id"].as_str().unwrap());
    assert_eq!(get(&path).await, (200, json!({ "item": "A lamp" })));
    assert_eq!(
        call("PATCH", &path, &stage.key, json!({ "item": "Two lamps" })).await,
        (200, json!({ "item": "Two lamps" }))
    );
    assert_eq!(call("GET", "/api/loans", &theirs, Value::Null).await, (200, json!([])), "nobody else sees them");
    let (status, refusal) = get("/api/loan").await;
    assert_eq!((status, &refusal["hint"]), (404, &json!("Perhaps you meant the table 'loans'")));
    assert_eq!(get("/api/players").await.0, 404, "it has no table but its own");
    let (_, root) = get("/api").await;
    assert_eq!(root["data"]["tables"][0]["name"], "loans");
    let document = OpenApiService::new(Tables::<Library>::default(), "A library", "1").spec();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["paths"]["/api/loans"]["post"]["operationId"], "loans_create");
    assert!(document["paths"]["/api/players"].is_null());
    stage.app.stop().await;
}
