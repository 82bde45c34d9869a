//! One table as the face knows it: read from its SeaORM entity, with what an entity cannot say added by the registry.

use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, RelationDef, RelationTrait,
    sea_query::{ColumnType, Expr},
};

use super::{grammar::ast::Condition, kind::Kind, registry::Registry, warden::Warden};
use crate::caller::PropertyCaller;

/// The column that says whose a row is.
pub const TENANT: &str = "property_id";
/// The column that, together with the tenant, names a row.
pub const KEY: &str = "id";
/// When a row was made, by the server's clock.
pub const CREATED_AT: &str = "created_at";
/// When a row last changed, by the server's clock.
pub const UPDATED_AT: &str = "updated_at";

/// Which rows of a table a caller sees, as a filter; `None`: all of the tenant's.
pub type Seen = fn(&Registry, &PropertyCaller) -> Option<Condition>;

/// What may be done with the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read, create, change, delete.
    Full,
    /// Read and create: rows are evidence.
    AppendOnly,
    /// Read.
    ReadOnly,
}

/// A table of the face.
#[derive(Debug)]
pub struct Table {
    /// Its name in paths and in the database.
    pub name: &'static str,
    /// The name of one row.
    pub singular: &'static str,
    /// What may be done with its rows.
    pub access: Access,
    /// Whether a credential must name it (or be an administrator's) to use it.
    pub guarded: bool,
    /// Whether it is a view, whose rows have no versions of their own.
    pub view: bool,
    /// All columns in the order of the entity, hidden ones too.
    pub columns: Vec<Column>,
    /// References to other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether its references join the tables they point to, many to many.
    pub junction: bool,
    /// The columns that `q` looks into; they have a trigram index behind the function `<table>_search`.
    pub search: &'static [&'static str],
    /// Which of its rows a caller sees, where that is not all of the tenant's.
    pub seen: Option<Seen>,
    /// Who is asked before its rows are written.
    pub warden: Option<&'static dyn Warden>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// What the database gives it when nobody does.
    pub default: Option<Expr>,
    /// Whether a new row must name it.
    pub required: bool,
    /// Whether it does not exist for callers.
    pub hidden: bool,
    /// Whether only the server gives it values.
    pub server_set: bool,
    /// Whether it is an object whose values are written and never shown: `***` stands for each.
    pub write_only: bool,
    /// The values that it may have; empty: any of its type.
    pub choices: &'static [&'static str],
}

/// A reference to another table of the same tenant.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The name of the constraint.
    pub constraint: String,
    /// The columns here and what they equal there, without the tenant.
    pub on: Vec<(String, String)>,
    /// The table that it points to.
    pub table: String,
}

impl Table {
    /// The table of an entity, with full access to all of its columns but the tenant and the times of a row's life.
    pub fn of<E: EntityTrait>(singular: &'static str) -> Self {
        let columns = E::Column::iter().map(|column| {
            let definition = column.def();
            let name = column.as_str();
            let (nullable, default) = (definition.is_null(), definition.get_column_default().cloned());
            let server_set = [TENANT, CREATED_AT, UPDATED_AT].contains(&name);
            Column {
                name,
                kind: kind(definition.get_column_type())
                    .unwrap_or_else(|| panic!("{singular}.{name} has an unknown type")),
                nullable,
                required: !nullable && default.is_none() && !server_set && name != KEY,
                default,
                hidden: false,
                server_set,
                write_only: false,
                choices: &[],
            }
        });
        Self {
            name: E::default().table_name(),
            singular,
            access: Access::Full,
            guarded: false,
            view: false,
            columns: columns.collect(),
            foreign_keys: E::Relation::iter().filter_map(|relation| foreign_key(&relation.def())).collect(),
            junction: false,
            search: &[],
            seen: None,
            warden: None,
        }
    }

    /// Rows are read and created, never changed.
    #[must_use]
    pub fn append_only(mut self) -> Self {
        self.access = Access::AppendOnly;
        self
    }

    /// Rows are read.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// Only credentials that name the table, and administrators, may use it.
    #[must_use]
    pub fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    /// It is a view: rows are read, and have no versions of their own.
    #[must_use]
    pub fn view(mut self) -> Self {
        self.view = true;
        self.read_only()
    }

    /// Its references join the tables that they point to, many to many.
    #[must_use]
    pub fn junction(mut self) -> Self {
        self.junction = true;
        self
    }

    /// The columns that `q` looks into.
    #[must_use]
    pub fn search(mut self, columns: &'static [&'static str]) -> Self {
        self.search = columns;
        self
    }

    /// Columns that do not exist for callers.
    #[must_use]
    pub fn hide(self, columns: &[&str]) -> Self {
        self.each(columns, |column| {
            column.hidden = true;
            column.required = false;
        })
    }

    /// Columns that only the server gives values.
    #[must_use]
    pub fn server_set(self, columns: &[&str]) -> Self {
        self.each(columns, |column| {
            column.server_set = true;
            column.required = false;
        })
    }

    /// Columns that are objects whose values are written and never shown.
    #[must_use]
    pub fn write_only(self, columns: &[&str]) -> Self {
        self.each(columns, |column| column.write_only = true)
    }

    /// Callers see only those of its rows that fit a filter of theirs. No other table may refer to it or be referred to by
    /// it: relations would lead around the filter.
    #[must_use]
    pub fn seen(mut self, seen: Seen) -> Self {
        self.seen = Some(seen);
        self
    }

    /// Who is asked before its rows are written.
    #[must_use]
    pub fn guarded_by(mut self, warden: &'static dyn Warden) -> Self {
        self.warden = Some(warden);
        self
    }

    /// Columns that a new row must name although the database could do without.
    #[must_use]
    pub fn required(self, columns: &[&str]) -> Self {
        self.each(columns, |column| column.required = true)
    }

    /// The values that a column may have.
    #[must_use]
    pub fn choices(self, column: &str, choices: &'static [&'static str]) -> Self {
        self.each(&[column], |column| column.choices = choices)
    }

    fn each(mut self, names: &[&str], mut change: impl FnMut(&mut Column)) -> Self {
        for name in names {
            let column = self.columns.iter_mut().find(|column| column.name == *name);
            change(column.unwrap_or_else(|| panic!("{} has no column {name}", self.name)));
        }
        self
    }

    /// A column that exists for callers.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name && !column.hidden)
    }

    /// The columns that exist for callers.
    pub fn visible(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !column.hidden)
    }

    /// The columns that a body may name.
    pub fn writable(&self) -> impl Iterator<Item = &Column> {
        self.visible().filter(|column| !column.server_set)
    }

    /// The column that names a row.
    pub fn key(&self) -> &Column {
        self.columns.iter().find(|column| column.name == KEY).expect("the registry demands one")
    }

    /// Whether callers choose ids themselves; whole numbers are the server's.
    pub fn has_own_ids(&self) -> bool {
        self.key().kind == Kind::Uuid
    }

    /// The function that finds rows by a pattern through the trigram index.
    pub fn search_function(&self) -> String {
        format!("{}_search", self.name)
    }
}

/// The kind of a column's type; `None` for a type that the face cannot show.
fn kind(column: &ColumnType) -> Option<Kind> {
    Some(match column {
        ColumnType::SmallInteger => Kind::SmallInt,
        ColumnType::Integer => Kind::Integer,
        ColumnType::BigInteger => Kind::BigInt,
        ColumnType::Decimal(_) | ColumnType::Money(_) => Kind::Numeric,
        ColumnType::Double => Kind::Double,
        ColumnType::Boolean => Kind::Boolean,
        ColumnType::Text | ColumnType::String(_) | ColumnType::Char(_) => Kind::Text,
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::TimestampWithTimeZone => Kind::Timestamp,
        ColumnType::Date => Kind::Date,
        ColumnType::Json => Kind::JsonText,
        ColumnType::JsonBinary => Kind::Json,
        ColumnType::Inet => Kind::Inet,
        ColumnType::Blob | ColumnType::VarBinary(_) | ColumnType::Binary(_) => Kind::Bytes,
        ColumnType::Array(element) => match kind(element)? {
            Kind::Text => Kind::TextArray,
            Kind::Integer => Kind::IntegerArray,
            _ => return None,
        },
        _ => return None,
    })
}

fn foreign_key(relation: &RelationDef) -> Option<ForeignKey> {
    // The framework calls the side that is referred to the owner.
    if relation.is_owner {
        return None;
    }
    let names = |identity: &sea_orm::Identity| identity.iter().map(ToString::to_string).collect::<Vec<_>>();
    let table = relation.to_tbl.sea_orm_table().to_string();
    let on: Vec<_> =
        names(&relation.from_col).into_iter().zip(names(&relation.to_col)).filter(|(here, _)| here != TENANT).collect();
    let constraint = relation.fk_name.clone()?;
    (!on.is_empty()).then_some(ForeignKey { constraint, on, table })
}
