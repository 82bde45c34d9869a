//! What the face does beyond the dialect: paging by cursor, versions, repeated calls, batches, other people's rows.

mod access;
mod batch;
mod bodies;
mod bulk;
mod cursors;
mod embeds;
mod idempotency;
mod lists;
mod own_catalog;
mod put;
mod versions;

use serde_json::{Value, json};

use super::{Stage, external_ids, refused};
use crate::support::app::{Answer, send};

/// An answer's JSON, when its status is this one.
fn body(answer: &Answer, status: u16) -> &Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    &answer.body
}
