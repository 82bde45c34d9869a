//! Which errors the functions document, beside those that every call can give.

use crate::refusal::documented;

const BAD_REQUEST: (u16, &str) = (400, "A member of the body is missing, unknown or does not fit, or X-Property-Id is");
const UNAUTHORIZED: (u16, &str) = (401, "No credential, or one that does not hold");
const FORBIDDEN: (u16, &str) = (403, "Not an owner or admin of the property, or another property was named");
const NOT_WRITER: (u16, &str) =
    (403, "The credential may only read, may not use these tables, or another property was named");
const NO_SUCH_WEBHOOK: (u16, &str) = (404, "No such webhook in this property");
const NO_SUCH_KEY: (u16, &str) = (404, "No such API key in this property");

const UNDER_WAY: (u16, &str) = (409, "The same call under this Idempotency-Key is under way");
const REUSED: (u16, &str) = (422, "The Idempotency-Key was used for another request");

documented! {
    /// whoami.
    Asking: (400, "X-Property-Id is missing or is not a uuid"), UNAUTHORIZED, (403, "No member of the property that X-Property-Id names");
    /// create-api-key.
    Creating: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, UNDER_WAY, REUSED;
    /// revoke-api-key.
    Revoking: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NO_SUCH_KEY, UNDER_WAY, REUSED;
    /// rotate-api-key.
    Rotating: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NO_SUCH_KEY,
        (409, "The API key is revoked or has expired, or the same call is under way"), REUSED;
    /// rotate-webhook-secret.
    Turning: BAD_REQUEST, UNAUTHORIZED, NOT_WRITER, NO_SUCH_WEBHOOK, UNDER_WAY, REUSED;
    /// test-webhook.
    Testing: BAD_REQUEST, UNAUTHORIZED, NOT_WRITER, NO_SUCH_WEBHOOK,
        (409, "The webhook has no secret, or the same call is under way"), REUSED,
        (429, "The webhook was tested often enough, or the quota is used up");
    /// redeliver.
    Again: BAD_REQUEST, UNAUTHORIZED, NOT_WRITER, (404, "No such delivery or webhook in this property"),
        (409, "The delivery is still on its way, its webhook or event is gone, or such a job or call is under way"), REUSED;
}
