//! `POST /api/batch`

use poem::http::Method;
use serde_json::{Value, json};

use super::{
    super::{
        answers::{JSON, answer, answers},
        model::{Body, Operation, Schema, closed, inline, list, media, named, string},
        names::{BATCH, BATCH_ANSWER, BATCH_OPERATION, BATCH_RESULT},
        parameters as with,
    },
    member, object, success,
};

pub(super) fn operation() -> Operation {
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
        ..super::operation(Method::POST, "batch", "Do several things at once", about)
    }
}

/// What is sent and what is answered.
pub(super) fn schemas() -> [(&'static str, Schema); 4] {
    let results = success(list(named(BATCH_RESULT)), "What each operation answered, in their order");
    [(BATCH, request()), (BATCH_OPERATION, one()), (BATCH_ANSWER, results), (BATCH_RESULT, result())]
}

fn request() -> Schema {
    let operations = Schema { max_items: Some(100), ..list(named(BATCH_OPERATION)) };
    Schema {
        example: Some(json!({ "operations": [example()] })),
        description: Some("Operations that are done together"),
        required: vec!["operations"],
        ..closed(vec![member("operations", "In their order", operations)])
    }
}

fn example() -> Value {
    json!({ "method": "PATCH", "path": "/players?external_id.eq=P-100234", "body": { "status": "inactive" } })
}

fn one() -> Schema {
    let methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];
    let method = Schema { enum_items: methods.iter().map(|method| json!(method)).collect(), ..string("PATCH") };
    let path = string("/players?external_id.eq=P-100234");
    let body = Schema { example: Some(json!({ "status": "inactive" })), ..Schema::ANY };
    let headers =
        Schema { additional_properties: Some(Box::new(inline(string("return=minimal")))), ..Schema::new("object") };
    Schema {
        example: Some(example()),
        description: Some("One operation"),
        required: vec!["method", "path"],
        ..closed(vec![
            member("method", "What is done", method),
            member("path", "Where, from the table on, with its query string", path),
            member("body", "Its body", body),
            member("headers", "Its headers, as `Prefer`", headers),
        ])
    }
}

fn result() -> Schema {
    let status = Schema { example: Some(json!(200)), ..Schema::new_with_format("integer", "int32") };
    let body = Schema { nullable: true, example: Some(json!([])), ..Schema::ANY };
    object(
        "What one operation answered",
        &["status", "body"],
        vec![member("status", "The status", status), member("body", "The body; null when there is none", body)],
    )
}
