//! The body of every error.

use serde_json::json;

use super::{
    super::model::{Schema, string},
    member, object,
};

/// Why a request was not carried out.
pub(super) fn schema() -> Schema {
    let sentence = "Could not find the 'colour' column of 'players' in the schema cache";
    let no = Schema { example: Some(json!(false)), ..Schema::new("boolean") };
    let seconds = Schema { example: Some(json!(12)), ..Schema::new_with_format("integer", "int64") };
    let nullable = |schema: Schema| Schema { nullable: true, ..schema };
    Schema {
        example: Some(json!({
            "success": false, "error": sentence, "code": "PGRST204", "message": sentence, "details": null, "hint": null,
        })),
        ..object(
            "Why a request was not carried out, in the words of this server and in those of PostgREST",
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
