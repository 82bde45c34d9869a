//! What belongs to no table: the list of tables, the batch, the body of every error.

use poem::http::Method;
use serde_json::{Value, json};

use super::{
    answers::{JSON, answer, answers},
    filters,
    model::{
        Body, Components, Operation, Path, Schema, SchemaRef, closed, inline, list, media, named, security, string,
        text,
    },
    names::{BATCH, BATCH_ANSWER, BATCH_OPERATION, BATCH_RESULT, ERROR, QUERY, ROOT, TABLES_TAG},
    parameters as with, reads,
    schemas::put,
};

/// `GET /api` and `POST /api/batch`
pub(super) fn paths() -> Vec<Path> {
    let path = |path: &str, operation| Path { path: path.to_owned(), operations: vec![operation] };
    vec![path("/api", root()), path("/api/batch", batch())]
}

/// The objects of both, and those that all tables share.
pub(super) fn register(components: &mut Components) {
    put(components, ERROR, error());
    for (name, test) in filters::tests() {
        put(components, name, test);
    }
    put(components, QUERY, reads::query_form());
    put(components, ROOT, root_answer());
    put(components, BATCH, batch_request());
    put(components, BATCH_OPERATION, batch_operation());
    put(components, BATCH_ANSWER, success(list(named(BATCH_RESULT)), "What each operation answered, in their order"));
    put(components, BATCH_RESULT, batch_result());
}

fn operation(method: Method, id: &'static str, summary: &'static str, description: &'static str) -> Operation {
    Operation {
        method,
        tags: vec![TABLES_TAG],
        summary: Some(summary),
        description: Some(description),
        external_docs: None,
        params: Vec::new(),
        request: None,
        responses: answers(Vec::new(), &[]),
        deprecated: false,
        security: security(),
        operation_id: Some(id),
        code_samples: Vec::new(),
    }
}

fn root() -> Operation {
    let about = "The tables and functions that this credential can use, and where they are.";
    Operation {
        params: vec![with::property()],
        responses: answers(vec![answer(200, "What there is", vec![media(JSON, named(ROOT))], &[])], &[]),
        ..operation(Method::GET, "api_root", "List what this credential can use", about)
    }
}

fn batch() -> Operation {
    let about = "Up to 100 operations on tables in one transaction: all of them are done, or none. The answer to the \
                 first that fails is the answer to the batch, with its place in front of the sentence. A batch of n \
                 costs n of the quota.";
    let content = vec![media(JSON, named(BATCH))];
    Operation {
        params: vec![with::prefer(), with::idempotency_key(), with::property()],
        request: Some(Body { description: Some("The operations, in their order"), content, required: true }),
        responses: answers(
            vec![answer(
                200,
                "All of them are done",
                vec![media(JSON, named(BATCH_ANSWER))],
                &["Idempotency-Replayed"],
            )],
            &[300, 404, 405, 406, 409, 412, 415, 422],
        ),
        ..operation(Method::POST, "batch", "Do several things at once", about)
    }
}

fn member(name: &'static str, about: &'static str, schema: Schema) -> (&'static str, SchemaRef) {
    (name, inline(Schema { description: Some(about), ..schema }))
}

fn object(about: &'static str, required: &[&'static str], properties: Vec<(&'static str, SchemaRef)>) -> Schema {
    Schema { description: Some(about), required: required.to_vec(), properties, ..Schema::new("object") }
}

/// `{"success": true, "data": …}`
fn success(data: Schema, about: &'static str) -> Schema {
    let properties = vec![
        member("success", "Always true", Schema { example: Some(json!(true)), ..Schema::new("boolean") }),
        member("data", about, data),
    ];
    object(about, &["success", "data"], properties)
}

fn root_answer() -> Schema {
    let named = |name: &str, path: &str| {
        vec![member("name", "Its name", string(name)), member("path", "Where it is", string(path))]
    };
    let words = |example: &str| list(inline(string(example)));
    let mut table = named("players", "/api/players");
    table.push(member("operations", "What this credential may do, by the ids of operations", words("players_list")));
    let function = named("create-api-key", "/api/functions/create-api-key");
    let links = string("http://127.0.0.1:8080/openapi.json");
    let links = Schema { additional_properties: Some(Box::new(inline(links))), ..Schema::new("object") };
    let property = Schema {
        example: Some(json!("0198c5a2-7d51-7c6e-9a3c-2f6f1f0c9a51")),
        ..Schema::new_with_format("string", "uuid")
    };
    let table = object("A table", &["name", "path", "operations"], table);
    let function = object("A function", &["name", "path"], function);
    let data = object(
        "What this credential can use",
        &["property_id", "tables", "functions", "links"],
        vec![
            member("property_id", "The property that it works on", property),
            member("tables", "The tables", list(inline(table))),
            member("functions", "The functions", list(inline(function))),
            member("links", "Where else to look, by name", links),
        ],
    );
    success(data, "What this credential can use")
}

fn batch_request() -> Schema {
    let operations = Schema { max_items: Some(100), ..list(named(BATCH_OPERATION)) };
    Schema {
        example: Some(json!({ "operations": [batch_example()] })),
        additional_properties: closed(Vec::new()).additional_properties,
        ..object(
            "Operations that are done together",
            &["operations"],
            vec![member("operations", "In their order", operations)],
        )
    }
}

fn batch_example() -> Value {
    json!({ "method": "PATCH", "path": "/players?external_id.eq=P-100234", "body": { "status": "inactive" } })
}

fn batch_operation() -> Schema {
    let methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];
    let method = Schema { enum_items: methods.iter().map(|method| json!(method)).collect(), ..string("PATCH") };
    let headers =
        Schema { additional_properties: Some(Box::new(inline(string("return=minimal")))), ..Schema::new("object") };
    Schema {
        example: Some(batch_example()),
        additional_properties: closed(Vec::new()).additional_properties,
        ..object(
            "One operation",
            &["method", "path"],
            vec![
                member("method", "What is done", method),
                member(
                    "path",
                    "Where, from the table on, with its query string",
                    string("/players?external_id.eq=P-100234"),
                ),
                member("body", "Its body", Schema { example: Some(json!({ "status": "inactive" })), ..Schema::ANY }),
                member("headers", "Its headers, as `Prefer`", headers),
            ],
        )
    }
}

fn batch_result() -> Schema {
    let status = Schema { example: Some(json!(200)), ..Schema::new_with_format("integer", "int32") };
    let body = Schema { nullable: true, example: Some(json!([])), ..Schema::ANY };
    object(
        "What one operation answered",
        &["status"],
        vec![member("status", "The status", status), member("body", "The body; null when there is none", body)],
    )
}

fn error() -> Schema {
    let sentence = "Could not find the 'colour' column of 'players' in the schema cache";
    let no = Schema { example: Some(json!(false)), ..Schema::new("boolean") };
    let seconds = Schema { example: Some(json!(12)), ..Schema::new_with_format("integer", "int64") };
    let nullable = |schema: Schema| Schema { nullable: true, ..schema };
    Schema {
        example: Some(json!({
            "success": false, "error": sentence, "code": "PGRST204", "message": sentence, "details": null, "hint": null,
        })),
        ..object(
            text("Why a request was not carried out, in the words of this server and in those of PostgREST"),
            &["success", "error", "code", "message", "details", "hint"],
            vec![
                member("success", "Always false", no),
                member("error", "The reason, as a sentence", string(sentence)),
                member(
                    "code",
                    "The reason for programs: a code of PostgREST, a SQLSTATE, or a word",
                    string("PGRST204"),
                ),
                member("message", "The same sentence", string(sentence)),
                member("details", "What more there is to know", nullable(Schema::ANY)),
                member("hint", "What was meant, perhaps, or what can be done", nullable(Schema::new("string"))),
                member("retry_after", "Whole seconds to wait; with 429 only", seconds),
                member(
                    "request_id",
                    "Names the request in the log of the server; with 500 only",
                    string("0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10"),
                ),
            ],
        )
    }
}
