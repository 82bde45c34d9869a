//! Values that go with a statement.

use std::{borrow::Cow, error::Error, fmt};

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::tenant::PropertyId;

/// A value as Postgres writes it in text, or null. Postgres reads it as the type that the statement's place has, and
/// says so when it cannot; so one type serves all columns, arrays (`{1,2}`) and jsonb included.
#[derive(Clone, PartialEq, Eq)]
pub struct Param<'a>(pub Option<Cow<'a, str>>);

impl<'a> Param<'a> {
    /// The absence of a value.
    pub const NULL: Self = Self(None);

    /// A value that is there.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self(Some(text.into()))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Param<'_> {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<Uuid> for Param<'_> {
    fn from(id: Uuid) -> Self {
        Self::text(id.to_string())
    }
}

impl From<PropertyId> for Param<'_> {
    fn from(property: PropertyId) -> Self {
        property.0.into()
    }
}

impl From<i64> for Param<'_> {
    fn from(number: i64) -> Self {
        Self::text(number.to_string())
    }
}

/// Values are people's data, and the driver offers them to the log.
impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "<hidden>" } else { "null" })
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}
