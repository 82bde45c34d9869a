//! Versions of rows: a strong `ETag` per row and representation, compared by `If-Match` and `If-None-Match`.
//!
//! The version is the transaction that wrote the row (`xmin`), so it needs no column and cannot be forgotten by a
//! writer; a dump that is restored gives all rows new versions. Behind it stands what was asked for, because two
//! representations of one version are not the same bytes. `If-Match` asks for the row and compares the version alone.

use poem::http::{HeaderMap, HeaderValue, header};

use super::operation::Operation;

/// The `ETag` of a row of this version in the representation that an operation asks for.
pub(super) fn of(operation: &Operation, version: i64) -> Option<HeaderValue> {
    let mut hash = crc32fast::Hasher::new();
    hash.update(format!("{:?}", operation.query.select).as_bytes());
    hash.update(operation.media.content_type().as_bytes());
    hash.update(operation.prefer.timezone.as_deref().unwrap_or_default().as_bytes());
    HeaderValue::try_from(format!("\"{version}-{:08x}\"", hash.finalize())).ok()
}

/// What `If-Match` demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Demand {
    /// Any version, but there must be one.
    Any,
    /// One of these; none of them is ours when the list is empty.
    OneOf(Vec<u32>),
}

/// Reads `If-Match`.
pub(super) fn demand(headers: &HeaderMap) -> Option<Demand> {
    let tags = tags(headers, &header::IF_MATCH)?;
    if tags.iter().any(|tag| tag == "*") {
        return Some(Demand::Any);
    }
    // A weak tag never matches strongly, and a foreign one never matches.
    let versions = tags.iter().filter_map(|tag| tag.strip_prefix('"')?.split('-').next()?.parse().ok());
    Some(Demand::OneOf(versions.collect()))
}

/// Whether `If-None-Match` names this tag; weakness does not matter for reading.
pub(super) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let Some(tags) = tags(headers, &header::IF_NONE_MATCH) else { return false };
    let tag = tag.to_str().unwrap_or_default();
    tags.iter().any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether only a row that is not there yet may be written.
pub(super) fn only_new(headers: &HeaderMap) -> bool {
    tags(headers, &header::IF_NONE_MATCH).is_some_and(|tags| tags.iter().any(|tag| tag == "*"))
}

fn tags(headers: &HeaderMap, name: &header::HeaderName) -> Option<Vec<String>> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let text = lines.filter_map(|line| line.to_str().ok()).collect::<Vec<_>>().join(",");
    Some(text.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect())
}
