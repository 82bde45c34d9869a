//! The types that columns of tables have.

/// The type of a column, as far as filters, rows and the OpenAPI document must know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `smallint`
    SmallInt,
    /// `integer`
    Integer,
    /// `bigint`
    BigInt,
    /// `numeric`
    Numeric,
    /// `double precision`
    Double,
    /// `boolean`
    Boolean,
    /// `text`
    Text,
    /// `uuid`
    Uuid,
    /// `timestamptz`
    Timestamp,
    /// `date`
    Date,
    /// `jsonb`
    Json,
    /// `json`, which keeps the text it was given: it can be shown and taken apart, not compared or sorted by.
    JsonText,
    /// `inet`
    Inet,
    /// `bytea`; never shown, only hidden columns have it.
    Bytes,
    /// `text[]`
    TextArray,
    /// `integer[]`
    IntegerArray,
}

impl Kind {
    /// The name of the type in SQL.
    pub const fn sql(self) -> &'static str {
        match self {
            Self::SmallInt => "smallint",
            Self::Integer => "integer",
            Self::BigInt => "bigint",
            Self::Numeric => "numeric",
            Self::Double => "double precision",
            Self::Boolean => "boolean",
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Timestamp => "timestamptz",
            Self::Date => "date",
            Self::Json => "jsonb",
            Self::JsonText => "json",
            Self::Inet => "inet",
            Self::Bytes => "bytea",
            Self::TextArray => "text[]",
            Self::IntegerArray => "integer[]",
        }
    }

    /// The name that Postgres uses in its own messages.
    pub const fn display(self) -> &'static str {
        match self {
            Self::Timestamp => "timestamp with time zone",
            other => other.sql(),
        }
    }
}
