//! One call on a table, read from the request and not yet carried out.

use bytes::Bytes;
use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, StatusCode, header},
};

use super::{
    super::{
        grammar::{
            self,
            ast::{Condition, Query},
        },
        media::{self, Media},
        prefer::Prefer,
        registry::Verb,
        table::Table,
    },
    writing::Guarded,
};
use crate::{answer::Answer, error::ApiError};

/// A call on a table.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) table: &'static Table,
    pub(super) verb: Verb,
    pub(super) id: Option<String>,
    pub(super) query: Query,
    /// The path, as links begin.
    pub(super) path: String,
    /// The query string, as links repeat it.
    pub(super) text: String,
    pub(super) prefer: Prefer,
    pub(super) media: Media,
    pub(super) headers: HeaderMap,
    /// Whether only the headers are wanted.
    pub(super) head: bool,
    /// What the request brings, but the query of [`Verb::Query`].
    pub(super) body: Bytes,
    /// Which rows the caller sees, where that is not all of the tenant's.
    pub(super) seen: Option<Condition>,
    /// What the table's warden made of it, once it was asked.
    pub(super) guarded: Option<Result<Guarded, ApiError>>,
}

impl Operation {
    /// Reads a request; the path's parameter is the id where the verb is about one row.
    pub(super) async fn read(table: &'static Table, verb: Verb, request: &mut Request) -> Result<Self, ApiError> {
        let mut body = RequestBody::new(request.take_body());
        let bytes = <Vec<u8> as FromRequest>::from_request(request, &mut body).await;
        let bytes = Bytes::from(bytes.map_err(|_| ApiError::bad_request("The body cannot be read"))?);
        let id = match verb.is_of_one() {
            true => Some(request.raw_path_param("param0").map(decoded).transpose()?.unwrap_or_default()),
            false => None,
        };
        let text = request.uri().query().unwrap_or_default().to_owned();
        let parts = Parts { headers: request.headers().clone(), path: request.uri().path().to_owned(), text, id };
        let head = request.method() == poem::http::Method::HEAD;
        Self::of(table, verb, parts, bytes, head)
    }

    /// Puts a call together.
    pub(super) fn of(
        table: &'static Table,
        verb: Verb,
        parts: Parts,
        body: Bytes,
        head: bool,
    ) -> Result<Self, ApiError> {
        let Parts { headers, path, text, id } = parts;
        profile(&headers, verb)?;
        let (text, body) = match verb {
            Verb::Query => (asked(&headers, text, &body)?, Bytes::new()),
            _ => (text, body),
        };
        let query = grammar::parse(&text)?;
        let prefer = Prefer::parse(&headers);
        if let Some(error) = prefer.strict_error() {
            return Err(error);
        }
        let accept: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok()).collect();
        let media = media::negotiate((!accept.is_empty()).then(|| accept.join(",")).as_deref())?;
        let (seen, guarded) = (None, None);
        Ok(Self { table, verb, id, query, path, text, prefer, media, headers, head, body, seen, guarded })
    }

    /// A header of the request.
    pub(super) fn header(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the caller asked for rows in the answer.
    pub(super) fn wants_object(&self) -> bool {
        matches!(self.media, Media::Object { .. })
    }

    /// Refuses another number of rows than one, where the caller asked for one object.
    pub(super) fn require_single(&self, rows: u64) -> Result<(), ApiError> {
        if !self.wants_object() || rows == 1 {
            return Ok(());
        }
        Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, "Cannot coerce the result to a single JSON object")
            .with_code("PGRST116")
            .with_details(format!("The result contains {rows} rows")))
    }

    /// Tells in an answer which preferences held.
    pub(super) fn told(&self, answer: Answer, operation: super::super::prefer::Operation) -> Answer {
        match super::super::prefer::Applied::of(&self.prefer, operation).header() {
            Some(value) => answer.with(header::HeaderName::from_static("preference-applied"), value),
            None => answer,
        }
    }
}

/// What of a request an operation is made of, beside its body.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) headers: HeaderMap,
    pub(super) path: String,
    pub(super) text: String,
    pub(super) id: Option<String>,
}

/// There is one schema, and some clients name it.
fn profile(headers: &HeaderMap, verb: Verb) -> Result<(), ApiError> {
    let name = if verb.reads() { "accept-profile" } else { "content-profile" };
    match headers.get(name) {
        None => Ok(()),
        Some(value) if value == "public" => Ok(()),
        Some(value) => {
            let shown = crate::input::shown(value.to_str().unwrap_or_default());
            Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, format!("Invalid schema: {shown}"))
                .with_code("PGRST106")
                .with_hint("Only the following schemas are exposed: public"))
        }
    }
}

/// The query string that comes as a body.
fn asked(headers: &HeaderMap, text: String, body: &[u8]) -> Result<String, ApiError> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.is_empty() && !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let sentence = format!(
            "The query is read from a body of application/x-www-form-urlencoded, got {}",
            crate::input::shown(media)
        );
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence).with_code("PGRST102"));
    }
    let body = std::str::from_utf8(body)
        .map_err(|_| ApiError::bad_request("The query in the body is not UTF-8").with_code("PGRST100"))?;
    let body = body.trim_end_matches(['\r', '\n']);
    Ok(match (text.is_empty(), body.is_empty()) {
        (true, _) => body.to_owned(),
        (false, true) => text,
        (false, false) => format!("{text}&{body}"),
    })
}

fn decoded(text: &str) -> Result<String, ApiError> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| ApiError::bad_request("The path is not UTF-8"))
}
