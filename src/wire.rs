//! Types of the wire that OpenAPI documents and answers share: instants, numbers of rows, and members that may be null.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;

/// An instant as RFC 3339 in UTC with milliseconds and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp(pub DateTime<Utc>);

/// The number of a row, 1 … 2147483647.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowId(pub i32);

/// The token of a session: a UUID with hyphens. Any text is taken in, so that the call decides what a wrong one gets.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(pub String);

impl std::fmt::Debug for TokenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<hidden>")
    }
}

/// A JSON object of the caller's own making.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonObject(pub Value);

/// A member that is always there and may be null.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nullable<T>(pub Option<T>);

/// What poem-openapi asks of a type that is one plain value.
macro_rules! plain_type {
    ($type:ty, $name:literal, $schema:expr) => {
        impl Type for $type {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                $name.into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }
    };
}

plain_type!(Timestamp, "timestamp", MetaSchema::new_with_format("string", "date-time"));
plain_type!(TokenText, "token", MetaSchema::new_with_format("string", "uuid"));
plain_type!(
    JsonObject,
    "object",
    MetaSchema {
        additional_properties: Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)))),
        ..MetaSchema::new("object")
    }
);
plain_type!(
    RowId,
    "row id",
    MetaSchema { minimum: Some(1.0), maximum: Some(2_147_483_647.0), ..MetaSchema::new("integer") }
);

impl ToJSON for Timestamp {
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.to_rfc3339_opts(SecondsFormat::Millis, true)))
    }
}

impl ParseFromJSON for Timestamp {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let text = value.as_ref().and_then(Value::as_str).unwrap_or_default();
        DateTime::parse_from_rfc3339(text).map(|at| Self(at.to_utc())).map_err(|_| ParseError::custom("not RFC 3339"))
    }
}

impl ToJSON for JsonObject {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.clone())
    }
}

impl ParseFromJSON for JsonObject {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        value.filter(Value::is_object).map(Self).ok_or_else(|| ParseError::custom("not an object"))
    }
}

impl ToJSON for RowId {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

impl ParseFromJSON for RowId {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Self::parse_from_parameter(&value.unwrap_or_default().to_string())
    }
}

impl ParseFromParameter for RowId {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        // Digits alone: no sign, no space, no exponent.
        let number = if value.bytes().all(|byte| byte.is_ascii_digit()) { value.parse().ok() } else { None };
        number.filter(|id| *id > 0).map(Self).ok_or_else(|| {
            ParseError::custom(format!(
                "must be a whole number from 1 to 2147483647, got {}",
                crate::input::shown(value)
            ))
        })
    }
}

impl ToJSON for TokenText {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }
}

impl ParseFromJSON for TokenText {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        String::parse_from_json(value).map(Self).map_err(ParseError::propagate)
    }
}

impl ParseFromParameter for TokenText {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Ok(Self(value.to_owned()))
    }
}

impl<T: Type> Type for Nullable<T> {
    const IS_REQUIRED: bool = false;
    type RawValueType = T::RawValueType;
    type RawElementValueType = T::RawElementValueType;

    fn name() -> Cow<'static, str> {
        format!("nullable {}", T::name()).into()
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref().merge(MetaSchema { nullable: true, ..MetaSchema::ANY })
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_ref().and_then(Type::as_raw_value)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        match &self.0 {
            Some(value) => value.raw_element_iter(),
            None => Box::new(std::iter::empty()),
        }
    }
}

impl<T: ToJSON> ToJSON for Nullable<T> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.as_ref().and_then(ToJSON::to_json).unwrap_or_default())
    }
}

impl<T: ParseFromJSON> ParseFromJSON for Nullable<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Option::parse_from_json(value).map(Self).map_err(ParseError::propagate)
    }
}
