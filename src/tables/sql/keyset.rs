//! Cursors: the place in an order behind which a page begins, at a cost that does not depend on how deep it is.
//!
//! A cursor holds the sort keys of the last row that was shown. It is signed, for the tenant and for the order that it
//! was made in, so that a changed, truncated or foreign one is recognised.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::{BinOper, Condition as Group, Expr, ExprTrait};
use sha2::Sha256;

use super::{field::bound, order::SortKey};
use crate::{error::ApiError, tenant::PropertyId};

const TAG: usize = 16;

/// A place in an order: the value of each sort key, `None` for null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Vec<Option<String>>);

/// What signs cursors.
pub struct Signer(Hmac<Sha256>);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(<hidden>)")
    }
}

impl Signer {
    /// Signs with a key derived from a secret of the installation.
    pub fn new(secret: &[u8]) -> Self {
        let root = keyed(secret).chain_update(b"playhouse cursors v1").finalize();
        Self(keyed(&root.into_bytes()))
    }

    /// The opaque text of a cursor; `order` names the table and the order that it belongs to.
    pub fn seal(&self, tenant: PropertyId, order: &str, cursor: &Cursor) -> String {
        let values = serde_json::to_vec(&cursor.0).expect("texts always serialise");
        let tag = self.mac(tenant, order, &values).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&tag[..TAG], &values].concat())
    }

    /// The cursor of an opaque text.
    ///
    /// # Errors
    ///
    /// 400 for everything that this installation did not hand out for this tenant and this order.
    pub fn open(&self, tenant: PropertyId, order: &str, text: &str) -> Result<Cursor, ApiError> {
        let refused = || {
            ApiError::bad_request("after must be a cursor from the Link header of the same list, with the same order")
                .with_code("cursor_invalid")
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        let (tag, values) = bytes.split_at_checked(TAG).ok_or_else(refused)?;
        self.mac(tenant, order, values).verify_truncated_left(tag).map_err(|_| refused())?;
        serde_json::from_slice(values).map(Cursor).map_err(|_| refused())
    }

    fn mac(&self, tenant: PropertyId, order: &str, values: &[u8]) -> Hmac<Sha256> {
        let length = u32::try_from(order.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mac = self.0.clone().chain_update(tenant.0.as_bytes()).chain_update(length);
        mac.chain_update(order.as_bytes()).chain_update(values)
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("a key may have any length")
}

/// The condition of standing behind a cursor.
pub(super) fn after(keys: &[SortKey], Cursor(values): &Cursor) -> Result<Expr, ApiError> {
    if keys.len() != values.len() {
        return Err(ApiError::bad_request("after belongs to another order").with_code("cursor_invalid"));
    }
    // One comparison of rows is what an index can begin at; it exists where no key is ever null and all run one way.
    if keys.iter().all(|key| !key.typed.nullable && key.descending == keys[0].descending) {
        let row = Expr::tuple(keys.iter().map(|key| key.typed.expr.clone()));
        let place =
            Expr::tuple(keys.iter().zip(values).filter_map(|(key, value)| Some(bound(value.clone()?, key.typed.kind))));
        return Ok(row.binary(behind(keys[0].descending), place));
    }
    let mut any = Group::any();
    for (index, (key, value)) in keys.iter().zip(values).enumerate() {
        let Some(later) = later(key, value.as_deref()) else { continue };
        let mut all = Group::all();
        for (key, value) in keys.iter().zip(values).take(index) {
            all = all.add(match value {
                Some(value) => key.typed.expr.clone().eq(bound(value.clone(), key.typed.kind)),
                None => key.typed.expr.clone().is_null(),
            });
        }
        any = any.add(all.add(later));
    }
    Ok(any.into())
}

fn behind(descending: bool) -> BinOper {
    if descending { BinOper::SmallerThan } else { BinOper::GreaterThan }
}

/// The condition of one key standing behind a value; `None` when nothing does.
fn later(key: &SortKey, value: Option<&str>) -> Option<Expr> {
    let expr = key.typed.expr.clone();
    match value {
        None => key.nulls_first.then(|| expr.is_not_null()),
        Some(value) => {
            let beyond = expr.clone().binary(behind(key.descending), bound(value.to_owned(), key.typed.kind));
            Some(if key.typed.nullable && !key.nulls_first { beyond.or(expr.is_null()) } else { beyond })
        }
    }
}
