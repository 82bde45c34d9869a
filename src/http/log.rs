//! One line per request, without secrets.

use std::{borrow::Cow, fmt::Write as _, time::Duration};

use poem::http::{Method, StatusCode, Uri};

use super::{ClientAddress, RequestId};

const HIDDEN: &str = "…";

/// Characters beyond which a part of a path or a parameter's name is a token and no name; a UUID has 36.
const LONGEST_NAME: usize = 40;

/// Characters of all parameter names together.
const LONGEST_QUERY: usize = 256;

/// What is told about one request.
pub(super) struct Line<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) status: StatusCode,
    pub(super) took: Duration,
    pub(super) id: &'a RequestId,
    pub(super) client: ClientAddress,
    /// Bytes of the answer's body, where known beforehand.
    pub(super) bytes: Option<u64>,
}

impl Line<'_> {
    pub(super) fn write(&self) {
        if !tracing::enabled!(target: "access", tracing::Level::INFO) {
            return;
        }
        tracing::info!(
            target: "access",
            method = self.method.as_str(),
            path = %path(self.uri),
            query = self.uri.query().map(names).as_deref(),
            status = self.status.as_u16(),
            duration_us = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX),
            request_id = self.id.as_str(),
            client = %self.client,
            bytes = self.bytes,
        );
    }
}

/// The path without session tokens and keys.
pub(super) fn path(uri: &Uri) -> Cow<'_, str> {
    let path = uri.path();
    let mut after_sessions = false;
    let mut is_clean = path.is_ascii();
    for part in path.split('/') {
        is_clean &= !after_sessions && !is_secret(part);
        after_sessions = part == "sessions";
    }
    if is_clean {
        return Cow::Borrowed(path);
    }
    let mut shown = String::with_capacity(path.len());
    after_sessions = false;
    for (index, part) in path.split('/').enumerate() {
        if index > 0 {
            shown.push('/');
        }
        show(&mut shown, part, after_sessions);
        after_sessions = part == "sessions";
    }
    Cow::Owned(shown)
}

/// The names of a query's parameters; a value without a name counts as a name.
fn names(query: &str) -> String {
    let mut shown = String::new();
    for pair in query.split('&') {
        if !shown.is_empty() {
            shown.push(',');
        }
        if shown.len() > LONGEST_QUERY {
            shown.push_str(HIDDEN);
            break;
        }
        show(&mut shown, pair.split('=').next().unwrap_or(pair), false);
    }
    shown
}

fn show(shown: &mut String, part: &str, hide: bool) {
    if hide && !part.is_empty() || is_secret(part) {
        shown.push_str(HIDDEN);
        return;
    }
    // Raw characters beyond ASCII can turn a line around or imitate another one.
    for byte in part.bytes() {
        if byte.is_ascii() {
            shown.push(char::from(byte));
        } else {
            let _ = write!(shown, "%{byte:02X}");
        }
    }
}

/// Whether this looks like a key or a token, judged by its beginning and length.
fn is_secret(part: &str) -> bool {
    part.len() > LONGEST_NAME || ["dpk_", "pk_", "sk_", "whsec_"].iter().any(|kind| part.starts_with(kind))
}
