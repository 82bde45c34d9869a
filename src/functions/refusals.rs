//! Which errors the functions document, beside those that every call can give.

use crate::refusal::documented;

const BAD_REQUEST: (u16, &str) = (400, "A member of the body is missing, unknown or does not fit, or X-Property-Id is");
const UNAUTHORIZED: (u16, &str) = (401, "No credential, or one that does not hold");
const FORBIDDEN: (u16, &str) = (403, "Not an owner or admin of the property, or another property was named");
const NO_SUCH_KEY: (u16, &str) = (404, "No such API key in this property");

documented! {
    /// whoami.
    Asking: (400, "X-Property-Id is missing or is not a uuid"), UNAUTHORIZED, (403, "No member of the property that X-Property-Id names");
    /// create-api-key.
    Creating: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN;
    /// revoke-api-key.
    Revoking: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NO_SUCH_KEY;
    /// rotate-api-key.
    Rotating: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NO_SUCH_KEY, (409, "The API key is revoked or has expired");
}
