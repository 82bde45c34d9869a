//! The refusals of the tables, whose bodies also say what PostgREST would, and the headers that only tables send.

use serde_json::{Map, Value, json};

use super::answers;

/// The schema of their bodies.
pub(super) const ERROR: &str = "#/components/schemas/TableError";

/// Status, name among the components, meaning, a code and a sentence that are really sent.
type Refusal = (&'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const REFUSALS: [Refusal; 19] = [
    ("300", "TableAmbiguous", "Several relations lead to the table that `select` names; `details` lists them", "PGRST201", "Could not embed because more than one relationship was found for 'campaigns' and 'templates'"),
    ("400", "TableBadRequest", "A parameter, header or body member does not fit; the sentence names it, the hint what may be meant", "PGRST204", "Could not find the 'colour' column of 'players' in the schema cache"),
    ("401", "TableUnauthorized", "No credential, or one that does not hold", "unauthorized", "Missing or invalid credentials"),
    ("403", "TableForbidden", "The credential holds, but not for this: the scope, the table or the role is missing", "scope_missing", "This API key does not have the scope write"),
    ("404", "TableNotFound", "No such row; a row of another property is no such row", "not_found", "player not found"),
    ("405", "TableNotSo", "The filters of `PUT` are not exactly the id", "PGRST105", "Filters must include all and only primary key columns with 'eq' operators"),
    ("406", "TableNotAcceptable", "Nothing that `Accept` names can be sent, or one row was asked for and there are none or several", "PGRST116", "Cannot coerce the result to a single JSON object"),
    ("408", "TableTimeout", "The request did not arrive in time", "timeout", "The request did not arrive in time"),
    ("409", "TableConflict", "A unique value is taken, a reference leads nowhere, or the same attempt is still running", "23505", "duplicate key value violates unique constraint \"players_external_id_key\""),
    ("412", "TableChanged", "The row is not what `If-Match` says", "precondition_failed", "The row has changed since it was read; read it again"),
    ("413", "TableContentTooLarge", "The body is larger than what is read", "body_too_large", "The body is too large"),
    ("414", "TableUriTooLong", "The address is longer than what is read; `POST` to `/query` takes more", "uri_too_long", "The URI is too long"),
    ("415", "TableUnsupportedMediaType", "The body is not of a media type that is read here", "PGRST102", "Content-Type not acceptable: text/xml"),
    ("416", "TableRange", "There are no such rows", "PGRST103", "Requested range not satisfiable"),
    ("422", "TableOtherAttempt", "The `Idempotency-Key` was used for another request", "idempotency_key_reused", "This Idempotency-Key was used for another request"),
    ("429", "TableRateLimited", "A quota of the key is used up; `Retry-After` and `retry_after` tell for how long", "rate_limited", "Rate limit exceeded"),
    ("431", "TableHeadersTooLarge", "The headers are larger than what is read", "headers_too_large", "The headers are too large"),
    ("500", "TableInternalError", "A fault of this server; `request_id` is what to report", "internal", "Internal server error"),
    ("503", "TableUnavailable", "The database is away or the server is full; the same request may succeed after `Retry-After`", "unavailable", "The database cannot answer now, try again"),
];

/// Where the refusal of a status stands.
pub(super) fn reference(status: &str) -> Option<String> {
    let name = REFUSALS.iter().find(|refusal| refusal.0 == status)?.1;
    Some(format!("#/components/responses/{name}"))
}

/// Every refusal as a component.
pub(super) fn components() -> Map<String, Value> {
    REFUSALS.iter().map(|refusal| (refusal.1.to_owned(), component(*refusal))).collect()
}

fn component((status, _, meaning, code, sentence): Refusal) -> Value {
    let mut headers = Map::new();
    answers::head(&mut headers, status, true);
    let mut example = json!({
        "success": false, "error": sentence, "code": code, "message": sentence, "details": null, "hint": null,
    });
    match status {
        "429" => example["retry_after"] = json!(12),
        "500" => example["request_id"] = json!("0198c5a2-7d51-7c6e-9a3c-0f3b7b1d5a10"),
        _ => {}
    }
    json!({
        "description": meaning,
        "headers": headers,
        "content": { "application/json": { "schema": { "$ref": ERROR }, "example": example } },
    })
}

/// The headers of tables as components.
pub(super) fn headers() -> Map<String, Value> {
    let header = |name: &str, description: &str, schema: Value| {
        (name.to_owned(), json!({ "description": description, "schema": schema }))
    };
    let text = |example: &str| json!({ "type": "string", "example": example });
    Map::from_iter([
        header(
            "Content-Range",
            "Which rows these are, counted from 0, and of how many: `*` when nobody counted",
            text("0-24/*"),
        ),
        header("Content-Location", "This list, with its parameters sorted", text("/api/players?limit=25")),
        header(
            "ETag",
            "The version of the row, for `If-Match` and `If-None-Match`; absent with related rows or sums",
            text("\"81274-3f2a9c01\""),
        ),
        header("Idempotency-Replayed", "`true` when this is the stored answer to an earlier attempt", text("true")),
        header(
            "Link",
            "Where the next page is, with `rel=\"next\"`; absent on the last page",
            text("<http://127.0.0.1:8080/api/players?limit=25&after=eyJpZCI6IjAxOThjNWEyIn0>; rel=\"next\""),
        ),
        header("Location", "Where the new row is", text("/api/players?id=eq.0198c5a2-7d51-7c6e-9a3c-2f6f1f0c9a51")),
        header("Preference-Applied", "Which preferences held", text("count=exact")),
        header(
            "X-Total-Count",
            "How many rows fit in all, when a count was asked for",
            json!({ "type": "integer", "format": "int64", "example": 1273 }),
        ),
    ])
}
