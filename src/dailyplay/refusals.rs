//! Which errors each group of calls documents, beside those that every call can give and [`crate::openapi`] adds.

use crate::refusal::documented;

const BAD_REQUEST: (u16, &str) = (400, "Missing or invalid parameters");
const UNAUTHORIZED: (u16, &str) = (401, "Invalid or revoked API key / missing auth");
const FORBIDDEN: (u16, &str) = (403, "API key does not have access to the requested resource");
const GONE: (u16, &str) = (410, "Token already consumed or expired");

documented! {
    /// createSession.
    Creating: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN;
    /// validateSession.
    Validating: BAD_REQUEST;
    /// consumeSession.
    Consuming: BAD_REQUEST, GONE;
    /// revokeSession.
    Revoking: BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, GONE;
    /// listApiKeys and createApiKey.
    Managing: BAD_REQUEST, UNAUTHORIZED, (403, "Not an owner or admin of the organization");
    /// updateApiKey and deleteApiKey.
    Changing: BAD_REQUEST, UNAUTHORIZED, (403, "Not an owner or admin of the organization"), (404, "No such API key in this organization");
}
