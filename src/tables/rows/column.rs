//! A column of an answer: its name there, and how its values are printed.

use tokio_postgres::types::{Kind as PgKind, Type};

use crate::tables::kind::Kind;

use super::{array, escape::push_string, read::Malformed, scalar::Scalar, text};

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutColumn {
    name: String,
    key: Box<[u8]>,
    writer: Writer,
}

impl OutColumn {
    /// A column of this name in the answer; two columns may have the same.
    pub fn new(name: impl Into<String>, writer: Writer) -> Self {
        let name = name.into();
        let mut key = vec![b','];
        push_string(&mut key, name.as_bytes());
        key.push(b':');
        Self { name, key: key.into(), writer }
    }

    /// The name in the answer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How the values are printed.
    pub fn writer(&self) -> Writer {
        self.writer
    }

    /// A comma, the name as a JSON string, a colon.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }
}

/// How the values of a type are read from their binary form and printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// A single value.
    One(Single),
    /// An array of single values, of any number of dimensions.
    Many(Single),
}

/// The type of a single value or of an array's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Single(pub(super) Scalar);

impl Writer {
    /// The writer for a type of Postgres.
    ///
    /// # Errors
    /// When no writer knows the type; the statement must then cast the column to `text`.
    pub fn of(ty: &Type) -> Result<Self, UnknownType> {
        if let Some(scalar) = Scalar::of(ty) {
            return Ok(Self::One(Single(scalar)));
        }
        match ty.kind() {
            // These two are arrays that print as lists of numbers.
            _ if matches!(*ty, Type::INT2_VECTOR | Type::OID_VECTOR) => None,
            PgKind::Array(element) => Scalar::of(element).map(|scalar| Self::Many(Single(scalar))),
            PgKind::Domain(base) => return Self::of(base),
            _ => None,
        }
        .ok_or_else(|| UnknownType { oid: ty.oid(), name: ty.name().to_owned() })
    }

    /// The writer for the type of a table's column.
    pub fn of_kind(kind: Kind) -> Self {
        let one = |scalar| Self::One(Single(scalar));
        let many = |scalar| Self::Many(Single(scalar));
        match kind {
            Kind::SmallInt => one(Scalar::Int2),
            Kind::Integer => one(Scalar::Int4),
            Kind::BigInt => one(Scalar::Int8),
            Kind::Numeric => one(Scalar::Numeric),
            Kind::Double => one(Scalar::Float8),
            Kind::Boolean => one(Scalar::Bool),
            Kind::Text => one(Scalar::Text),
            Kind::Uuid => one(Scalar::Uuid),
            Kind::Timestamp => one(Scalar::TimestampZoned),
            Kind::Date => one(Scalar::Date),
            Kind::Json => one(Scalar::Jsonb),
            Kind::JsonText => one(Scalar::Json),
            Kind::Inet => one(Scalar::Inet),
            Kind::Bytes => one(Scalar::Bytes),
            Kind::TextArray => many(Scalar::Text),
            Kind::IntegerArray => many(Scalar::Int4),
        }
    }

    /// The value in Postgres' text form, which a parameter of the same type reads back without loss: for cursors and
    /// `Location`.
    ///
    /// # Errors
    /// When the bytes are not in the form of the type.
    pub fn text_of(self, bytes: &[u8]) -> Result<String, Malformed> {
        let mut out = Vec::new();
        self.push_text(&mut out, bytes)?;
        String::from_utf8(out).map_err(|_| Malformed("text"))
    }

    pub(super) fn push_text(self, out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Malformed> {
        match self {
            Self::One(Single(scalar)) => text::push(out, scalar, bytes),
            Self::Many(Single(scalar)) => array::push_text(out, scalar, bytes),
        }
    }

    /// Whether the values are numbers, which a table sheet may take as they are.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::One(Single(scalar)) if scalar.is_number())
    }
}

/// A type of Postgres that no writer knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownType {
    /// The number of the type in the database.
    pub oid: u32,
    /// Its name there.
    pub name: String,
}

impl std::fmt::Display for UnknownType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no writer for values of the type {} ({}): cast them to text", self.name, self.oid)
    }
}

impl std::error::Error for UnknownType {}
