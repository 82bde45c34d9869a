//! Which property a call is about: `X-Property-Id`, memberships, and what a key says to it.

use super::*;

impl Stage {
    /// whoami with the owner's token and this header as it is.
    async fn naming(&self, value: &str) -> Answer {
        whoami_as(&self.app, &self.app.token(&self.tenant.owner), Some(value)).await
    }
}

#[tokio::test]
async fn a_user_of_one_property_need_not_name_it() {
    let stage = Stage::set().await;
    let token = stage.app.token(&stage.tenant.owner);
    let id = stage.tenant.property.to_string();
    for named in [None, Some(&*id)] {
        assert_eq!(data(&whoami_as(&stage.app, &token, named).await)["property_id"], json!(id));
    }
    stage.member("cognito", "5f0c1c5e", "editor", Some(stage.tenant.property)).await;
    let seen = data(&whoami_as(&stage.app, &stage.token(IssuerKind::Cognito, "5f0c1c5e"), None).await);
    assert_eq!((&seen["property_id"], &seen["role"]), (&json!(id), &json!("editor")));
    let clerks = whoami_as(&stage.app, &stage.token(IssuerKind::Cognito, &stage.tenant.owner), None).await;
    refused(&clerks, 403, "no_property");
}

#[tokio::test]
async fn a_user_of_several_properties_names_one_of_them() {
    let stage = Stage::set().await;
    let second = stage.property("A second place").await;
    let token = stage.app.token(&stage.tenant.owner);
    let answer = whoami_as(&stage.app, &token, None).await;
    refused(&answer, 400, "property_required");
    let first = json!(stage.tenant.property);
    let choices = answer.body["details"].as_array().unwrap();
    assert!(choices.contains(&json!({ "id": second, "name": "A second place" })), "{choices:?}");
    assert!(choices.len() == 2 && choices.iter().any(|choice| choice["id"] == first), "{choices:?}");
    for id in [&stage.tenant.property, &second] {
        assert_eq!(data(&whoami_as(&stage.app, &token, Some(&id.to_string())).await)["property_id"], json!(id));
    }
    let made = send(
        stage
            .app
            .request("POST", "/api/functions/create-api-key")
            .bearer_auth(&token)
            .json(&json!({ "name": "A key" })),
    );
    refused(&made.await, 400, "property_required");
    // One membership of a property and one of the whole organisation meet in the higher role.
    stage.member("clerk", "user_mixed", "viewer", None).await;
    stage.member("clerk", "user_mixed", "admin", Some(second)).await;
    let token = stage.app.token("user_mixed");
    for (id, role) in [(stage.tenant.property, "viewer"), (second, "admin")] {
        assert_eq!(data(&whoami_as(&stage.app, &token, Some(&id.to_string())).await)["role"], json!(role));
    }
}

#[tokio::test]
async fn a_property_of_somebody_else_is_refused_like_one_that_does_not_exist() {
    let stage = Stage::set().await;
    let stranger = stage.app.tenant().await;
    let foreign = stage.naming(&stranger.property.to_string()).await;
    let absent = stage.naming(&Uuid::now_v7().to_string()).await;
    refused(&foreign, 403, "property_forbidden");
    assert_eq!(foreign.text, absent.text);
    let (_, key) = stage.key(generous()).await;
    for other in [stranger.property, Uuid::now_v7()] {
        let request = stage.app.request("GET", WHOAMI).header("x-api-key", &key);
        refused(&send(request.header("x-property-id", other.to_string())).await, 403, "property_mismatch");
    }
    let own = stage.app.request("GET", WHOAMI).header("x-api-key", &key);
    assert_eq!(send(own.header("x-property-id", stage.tenant.property.to_string())).await.status, 200);
}

#[tokio::test]
async fn a_property_header_that_is_not_one_plain_uuid_is_refused() {
    let stage = Stage::set().await;
    let id = stage.tenant.property.to_string();
    let (_, key) = stage.key(generous()).await;
    for wrong in [
        "",
        "1",
        "01",
        "0x1",
        "1,2",
        &format!("{id},{id}"),
        &id.to_uppercase(),
        &id.replace('-', ""),
        &format!("{{{id}}}"),
        &format!("urn:uuid:{id}"),
        "null",
    ] {
        assert!(refused(&stage.naming(wrong).await, 400, "bad_request").contains("X-Property-Id"), "{wrong}");
        let request = stage.app.request("GET", WHOAMI).header("x-api-key", &key).header("x-property-id", wrong);
        refused(&send(request).await, 400, "bad_request");
    }
    let twice = stage.app.request("GET", WHOAMI).header("x-api-key", &key);
    let twice = send(twice.header("x-property-id", &id).header("x-property-id", &id)).await;
    assert_eq!(twice.status, 400, "{}", twice.text);
    let without = send(stage.app.request("GET", WHOAMI).header("x-property-id", "1")).await;
    unauthorized(&without);
}

#[tokio::test]
async fn the_header_with_an_underscore_is_another_header() {
    let stage = Stage::set().await;
    let stranger = stage.app.tenant().await;
    let (_, key) = stage.key(generous()).await;
    let request = stage.app.request("GET", WHOAMI).header("x-api-key", &key);
    let answer = send(request.header("x_property_id", stranger.property.to_string())).await;
    assert_eq!(data(&answer)["property_id"], json!(stage.tenant.property));
}

#[tokio::test]
async fn a_user_without_a_property_is_refused() {
    let stage = Stage::set().await;
    let token = stage.app.token("user_nobody");
    refused(&whoami_as(&stage.app, &token, None).await, 403, "no_property");
    let named = whoami_as(&stage.app, &token, Some(&stage.tenant.property.to_string())).await;
    refused(&named, 403, "property_forbidden");
}

#[tokio::test]
async fn more_properties_than_a_list_holds_are_named_in_part() {
    let stage = Stage::set().await;
    let org = stage.tenant.org;
    stage
        .execute(&format!(
            "insert into properties (id, organization_id, name) \
             select gen_random_uuid(), {org}, 'Place ' || n from generate_series(1, 150) n"
        ))
        .await;
    let answer = whoami_as(&stage.app, &stage.app.token(&stage.tenant.owner), None).await;
    refused(&answer, 400, "property_required");
    assert_eq!(answer.body["details"].as_array().unwrap().len(), 100);
    assert!(text(&answer.body["hint"]).contains("more than the 100"), "{}", answer.text);
}
