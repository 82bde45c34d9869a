//! Links in answers: where this list is, and where it goes on.

use super::{super::range::Page, Face, operation::Operation};

/// The order that a cursor belongs to: the table and what its rows are sorted by.
pub(super) fn order_of(op: &Operation) -> String {
    let own: Vec<_> = op.query.order.iter().filter(|order| order.path.is_empty()).collect();
    format!("{}?{own:?}", op.table.name)
}

/// `Content-Location`: the parameters sorted by key, as PostgREST writes it.
pub(super) fn content_location(op: &Operation) -> String {
    let mut pairs: Vec<&str> = op.text.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_by_key(|pair| pair.split('=').next());
    match pairs.is_empty() {
        true => format!("/api/{}", op.table.name),
        false => format!("/api/{}?{}", op.table.name, pairs.join("&")),
    }
}

/// The next page, behind a cursor.
pub(super) fn next_by_cursor(op: &Operation, face: &Face<'_>, cursor: &str, page: Page) -> String {
    link(op, face, &["after", "offset", "limit"], &format!("limit={}&after={cursor}", page.limit))
}

/// The next page, by its offset: for rows that have no place of their own.
pub(super) fn next_by_offset(op: &Operation, face: &Face<'_>, page: Page) -> String {
    link(op, face, &["offset", "limit"], &format!("limit={}&offset={}", page.limit, page.offset + page.limit))
}

fn link(op: &Operation, face: &Face<'_>, without: &[&str], with: &str) -> String {
    let kept = op.text.split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !without.contains(&key)
    });
    let mut pairs: Vec<&str> = kept.collect();
    pairs.push(with);
    // A `>` would end the link early.
    let query = pairs.join("&").replace('>', "%3E").replace('<', "%3C");
    format!("<{}/api/{}?{query}>; rel=\"next\"", face.app.base_url, op.table.name)
}
