//! The types of single values whose binary form is known here.

use tokio_postgres::types::{Kind as PgKind, Type};

/// How one value, or one element of an array, is read and printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// Whatever is text on the wire: text, varchar, char(n), name, xml, enums.
    Text,
    Uuid,
    Date,
    Timestamp,
    TimestampZoned,
    Time,
    TimeZoned,
    Interval,
    Json,
    Jsonb,
    Bytes,
    Inet,
    Cidr,
}

impl Scalar {
    pub(super) fn of(ty: &Type) -> Option<Self> {
        Some(match *ty {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID => Self::Oid,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::XML => Self::Text,
            Type::UUID => Self::Uuid,
            Type::DATE => Self::Date,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::TimestampZoned,
            Type::TIME => Self::Time,
            Type::TIMETZ => Self::TimeZoned,
            Type::INTERVAL => Self::Interval,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::BYTEA => Self::Bytes,
            Type::INET => Self::Inet,
            Type::CIDR => Self::Cidr,
            _ => match ty.kind() {
                PgKind::Enum(_) => Self::Text,
                PgKind::Domain(base) => return Self::of(base),
                _ => return None,
            },
        })
    }

    /// Whether JSON prints it without quotes, which is also what makes a cell of a table sheet a number.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8 | Self::Float4 | Self::Float8 | Self::Numeric)
    }
}
