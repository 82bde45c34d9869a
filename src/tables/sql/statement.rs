//! A statement as it is sent: its text and its parameters.

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use sea_orm::sea_query::{PostgresQueryBuilder, QueryBuilder, SelectStatement, SqlWriter, Value};

use crate::tenant::PropertyId;

/// SQL with the values of its parameters, in the text form of Postgres; the first one is the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text, the same for all values.
    pub text: Arc<str>,
    /// `$1`, `$2`, …; `None` is null.
    pub params: Vec<Option<String>>,
}

impl Statement {
    /// Writes a statement for a tenant.
    pub(super) fn of(tenant: PropertyId, build: impl FnOnce(&mut Collector)) -> Self {
        let mut collector = Collector { text: String::with_capacity(512), params: vec![Some(tenant.to_string())] };
        build(&mut collector);
        Self { text: collector.text.into(), params: collector.params }
    }

    /// The same for a tenant, whoever it was made for.
    pub fn of_tenant(mut self, tenant: PropertyId) -> Self {
        self.params[0] = Some(tenant.to_string());
        self
    }

    /// Writes a select for a tenant.
    pub(super) fn select(tenant: PropertyId, select: &SelectStatement) -> Self {
        Self::of(tenant, |sql| select.build_collect_into(PostgresQueryBuilder, sql))
    }
}

/// The tenant as a value; wherever it stands, it is `$1`.
pub(super) fn tenant_value(tenant: PropertyId) -> Value {
    Value::Uuid(Some(tenant.0))
}

/// Collects text and parameters.
#[derive(Debug)]
pub(super) struct Collector {
    text: String,
    params: Vec<Option<String>>,
}

impl Write for Collector {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl SqlWriter for Collector {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        match value {
            Value::String(text) => {
                self.params.push(text);
                write!(self.text, "${}", self.params.len()).expect("a string takes everything");
            }
            Value::Uuid(Some(_)) => self.text.push_str("$1"),
            // Limits and offsets.
            number => builder.write_value(self, &number).expect("a string takes everything"),
        }
    }

    fn as_writer(&mut self) -> &mut dyn Write {
        self
    }
}
