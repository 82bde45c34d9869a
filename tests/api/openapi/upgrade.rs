//! From 3.0 to 3.1: the same documents say the same thing.

use playhouse::openapi::upgrade;
use serde_json::{Value, json};

/// Upgrades one schema in a document around it.
fn upgraded(schema: Value) -> Value {
    let document = json!({ "openapi": "3.0.0", "components": { "schemas": { "It": schema } } });
    upgrade(document)["components"]["schemas"]["It"].clone()
}

#[test]
fn null_is_one_of_the_types() {
    assert_eq!(upgraded(json!({ "type": "string", "nullable": true })), json!({ "type": ["string", "null"] }));
    assert_eq!(upgraded(json!({ "type": "string", "nullable": false })), json!({ "type": "string" }));
    assert_eq!(upgraded(json!({ "nullable": true })), json!({}));
}

#[test]
fn null_is_one_of_the_values_of_an_enumeration() {
    assert_eq!(
        upgraded(json!({ "type": "string", "enum": ["a"], "nullable": true })),
        json!({ "type": ["string", "null"], "enum": ["a", null] })
    );
    assert_eq!(
        upgraded(json!({ "type": "string", "enum": ["a", null], "nullable": true }))["enum"],
        json!(["a", null])
    );
}

#[test]
fn a_reference_or_null_are_alternatives() {
    let schema = json!({
        "allOf": [{ "$ref": "#/components/schemas/Other" }, { "description": "d", "nullable": true }],
        "description": "d",
        "nullable": true,
    });
    assert_eq!(
        upgraded(schema),
        json!({ "anyOf": [{ "$ref": "#/components/schemas/Other" }, { "type": "null" }], "description": "d" })
    );
    assert_eq!(
        upgraded(json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }], "nullable": true })),
        json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }, { "type": "null" }] })
    );
    assert_eq!(
        upgraded(
            json!({ "type": "object", "allOf": [{ "required": ["a"] }, { "required": ["b"] }], "title": "t", "nullable": true })
        ),
        json!({ "anyOf": [{ "type": "object", "allOf": [{ "required": ["a"] }, { "required": ["b"] }] }, { "type": "null" }], "title": "t" })
    );
}

#[test]
fn a_description_stands_beside_its_reference() {
    let schema = |inside: Value| json!({ "allOf": [{ "$ref": "#/r" }, inside], "description": "d", "maxLength": 3 });
    assert_eq!(
        upgraded(schema(json!({ "description": "d" }))),
        json!({ "$ref": "#/r", "description": "d", "maxLength": 3 })
    );
    let twice =
        json!({ "allOf": [{ "$ref": "#/r" }, { "example": "x", "nullable": true }], "example": "x", "nullable": true });
    assert_eq!(upgraded(twice), json!({ "anyOf": [{ "$ref": "#/r" }, { "type": "null" }], "examples": ["x"] }));
    let other = upgraded(schema(json!({ "minLength": 1 })));
    assert_eq!(other["allOf"], json!([{ "$ref": "#/r" }, { "minLength": 1 }]), "what is said only inside must stay");
}

#[test]
fn an_example_is_one_of_the_examples() {
    assert_eq!(upgraded(json!({ "type": "string", "example": "x" })), json!({ "type": "string", "examples": ["x"] }));
    let media = json!({ "openapi": "3.0.0", "content": { "application/json": { "schema": {}, "example": { "nullable": true } } } });
    assert_eq!(
        upgrade(media.clone())["content"],
        media["content"],
        "a media type keeps its example, and nobody reads it"
    );
}

#[test]
fn exclusive_bounds_are_numbers() {
    assert_eq!(
        upgraded(json!({ "minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false })),
        json!({ "exclusiveMinimum": 1, "maximum": 9 })
    );
}

#[test]
fn bytes_have_an_encoding_or_a_media_type() {
    assert_eq!(
        upgraded(json!({ "type": "string", "format": "byte" })),
        json!({ "type": "string", "contentEncoding": "base64" })
    );
    assert_eq!(
        upgraded(json!({ "type": "string", "format": "binary" })),
        json!({ "type": "string", "contentMediaType": "application/octet-stream" })
    );
    let body = json!({ "content": { "text/csv": { "schema": { "type": "string", "format": "binary" } } } });
    assert_eq!(
        upgrade(body)["content"]["text/csv"]["schema"],
        json!({ "type": "string", "contentMediaType": "text/csv" })
    );
    assert_eq!(upgraded(json!({ "type": "string", "format": "uuid" })), json!({ "type": "string", "format": "uuid" }));
}

#[test]
fn schemas_are_upgraded_wherever_they_stand() {
    let old = || json!({ "type": "string", "nullable": true });
    let new = json!({ "type": ["string", "null"] });
    let nested = upgraded(
        json!({ "properties": { "a": old() }, "items": old(), "additionalProperties": old(), "anyOf": [old()], "not": old() }),
    );
    for place in ["/properties/a", "/items", "/additionalProperties", "/anyOf/0"] {
        assert_eq!(nested.pointer(place), Some(&new), "{place}");
    }
    let document = upgrade(json!({
        "paths": { "/a": { "get": { "parameters": [{ "schema": old() }], "responses": { "200": { "headers": { "X": { "schema": old() } } } } } } },
        "x-webhooks": { "it.happened": { "post": { "requestBody": { "content": { "application/json": { "schema": old() } } } } } },
    }));
    for place in [
        "/paths/~1a/get/parameters/0/schema",
        "/paths/~1a/get/responses/200/headers/X/schema",
        "/webhooks/it.happened/post/requestBody/content/application~1json/schema",
    ] {
        assert_eq!(document.pointer(place), Some(&new), "{place}");
    }
}

#[test]
fn names_and_values_that_look_like_keywords_are_left_alone() {
    let schema = json!({
        "type": "object",
        "properties": { "nullable": { "type": "boolean" }, "example": { "type": "string" }, "items": { "type": "string" } },
        "default": { "nullable": true, "example": 1 },
        "enum": [{ "format": "byte" }],
    });
    assert_eq!(upgraded(schema.clone()), schema);
}

#[test]
fn the_document_names_its_version_and_dialect() {
    let document = upgrade(json!({ "openapi": "3.0.0", "info": { "title": "t" } }));
    assert_eq!(
        document,
        json!({ "openapi": "3.1.0", "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base", "info": { "title": "t" } })
    );
}
