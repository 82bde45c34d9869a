//! Levels: one table in a query, with what the query says of it.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query as Sql, SelectStatement};

use super::{
    super::{
        grammar::ast::{Condition, Embed, Item, OrderTerm, Placed, Query},
        registry::Registry,
        relation::Relation,
        table::{KEY, TENANT, Table},
    },
    field::bound,
    operand::literal,
    statement::tenant_value,
};
use crate::{error::ApiError, tenant::PropertyId};

/// Whether the caller may see a table that a query leads to.
pub type Allow<'a> = &'a dyn Fn(&Table) -> Result<(), ApiError>;

/// The most rows that any level shows.
pub(super) const MAX_ROWS: u64 = 1000;

/// A table in a query.
#[derive(Debug)]
pub struct Level<'a> {
    pub(super) tenant: PropertyId,
    pub(super) table: &'a Table,
    /// Its name in the statement, used once in it.
    pub(super) alias: String,
    pub(super) items: &'a [Item],
    pub(super) filters: Vec<&'a Condition>,
    /// What each row fulfils that the caller may see at all; `None`: nothing more than the tenant.
    pub(super) seen: Option<&'a Condition>,
    /// Words that each row contains.
    pub(super) search: Option<&'a str>,
    pub(super) order: &'a [OrderTerm],
    pub(super) limit: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) children: Vec<Child<'a>>,
    /// The one row that is meant, where the path names it.
    pub(super) id: Option<String>,
    /// The versions of which this row must still have one; `None`: any.
    pub(super) versions: Option<Vec<u32>>,
    /// Whether instants are written in the time zone of the session.
    pub(super) in_zone: bool,
}

/// A relation inside a level.
#[derive(Debug)]
pub(super) struct Child<'a> {
    pub(super) embed: &'a Embed,
    pub(super) relation: Relation<'a>,
    pub(super) level: Level<'a>,
}

impl Child<'_> {
    /// Its name in answers and in filters.
    pub(super) fn key(&self) -> &str {
        self.embed.alias.as_deref().unwrap_or(&self.embed.target)
    }
}

impl<'a> Level<'a> {
    /// The levels of a query on a table; what the query says of each is put in its place.
    ///
    /// # Errors
    ///
    /// 400 for relations that the registry does not know, and for filters on relations that `select` does not name; what
    /// `allow` says of tables that the caller may not see.
    pub fn of(
        registry: &'a Registry,
        table: &'a Table,
        query: &'a Query,
        tenant: PropertyId,
        allow: Allow<'_>,
    ) -> Result<Self, ApiError> {
        let mut count = 0;
        let mut root = Self::build(registry, table, table.name.to_owned(), &query.select, tenant, allow, &mut count)?;
        root.search = query.search.as_deref();
        for Placed { path, value } in &query.filters {
            root.at(path)?.filters.push(value);
        }
        for Placed { path, value } in &query.order {
            root.at(path)?.order = value;
        }
        for Placed { path, value } in query.limit.iter().filter(|limit| !limit.path.is_empty()) {
            let limit = u64::try_from(*value).map_err(|_| super::super::range::negative_limit())?;
            root.at(path)?.limit = Some(limit);
        }
        for Placed { path, value } in query.offset.iter().filter(|offset| !offset.path.is_empty()) {
            root.at(path)?.offset = Some(*value);
        }
        Ok(root)
    }

    fn build(
        registry: &'a Registry,
        table: &'a Table,
        alias: String,
        items: &'a [Item],
        tenant: PropertyId,
        allow: Allow<'_>,
        count: &mut usize,
    ) -> Result<Self, ApiError> {
        let mut children = Vec::new();
        for item in items {
            let Item::Embed(embed) = item else { continue };
            let relation = registry.relation(table, &embed.target, embed.hint.as_deref())?;
            allow(relation.table)?;
            *count += 1;
            let alias = format!("{}_{count}", relation.table.name);
            let level = Self::build(registry, relation.table, alias, &embed.select, tenant, allow, count)?;
            children.push(Child { embed, relation, level });
        }
        let (filters, search, order, limit, offset) = (Vec::new(), None, [].as_slice(), None, None);
        Ok(Self {
            tenant,
            table,
            alias,
            items,
            filters,
            seen: None,
            search,
            order,
            limit,
            offset,
            children,
            id: None,
            versions: None,
            in_zone: false,
        })
    }

    /// Means the one row of this id.
    ///
    /// # Errors
    ///
    /// 400 for an id that is none.
    pub fn one(&mut self, id: &str) -> Result<(), ApiError> {
        self.id = Some(Self::id_of(self.table, id)?);
        Ok(())
    }

    /// Means one row whose id is put into the statement's parameters later, in the place of `place`.
    pub fn one_of_any_id(&mut self, place: &str) {
        self.id = Some(place.to_owned());
    }

    /// The id of a row as the parameter of a statement.
    ///
    /// # Errors
    ///
    /// 400 for an id that is none.
    pub fn id_of(table: &Table, id: &str) -> Result<String, ApiError> {
        literal(table.key().kind, KEY, id)
    }

    /// Means rows that still have one of these versions.
    pub fn unchanged(&mut self, versions: Vec<u32>) {
        self.versions = Some(versions);
    }

    /// Shows only rows that fulfil this, whatever the query says.
    pub fn seen_through(&mut self, condition: &'a Condition) {
        self.seen = Some(condition);
    }

    /// Writes instants in the time zone of the session, which the statement must then set.
    pub fn in_session_zone(&mut self) {
        self.in_zone = true;
    }

    /// Whether anything narrows the rows.
    pub fn is_narrowed(&self) -> bool {
        !self.filters.is_empty() || self.search.is_some() || self.id.is_some()
    }

    /// The level that a path of relations leads to.
    fn at(&mut self, path: &[String]) -> Result<&mut Self, ApiError> {
        let Some((first, rest)) = path.split_first() else { return Ok(self) };
        let found = self.children.iter().position(|child| child.key() == first).or_else(|| {
            // The name of the table works too where the relation was renamed.
            self.children.iter().position(|child| child.embed.target == *first)
        });
        match found {
            Some(index) => self.children[index].level.at(rest),
            None => Err(not_embedded(first)),
        }
    }

    /// The relation of this name in `select`.
    pub(super) fn child(&self, key: &str) -> Option<&Child<'a>> {
        self.children.iter().find(|child| child.key() == key)
    }

    /// A column of this level's own table.
    pub(super) fn own(&self, column: &str) -> Expr {
        Expr::col((Alias::new(&*self.alias), Alias::new(column)))
    }

    /// Rows of this level without any output: from its table, of its tenant, with its filters.
    pub(super) fn rows(&self) -> Result<SelectStatement, ApiError> {
        let mut select = Sql::select();
        select.from_as(Alias::new(self.table.name), Alias::new(&*self.alias));
        for condition in self.conditions()? {
            select.and_where(condition);
        }
        Ok(select)
    }

    /// What a row of this level fulfils: its tenant, its filters, and what inner relations demand.
    pub(super) fn conditions(&self) -> Result<Vec<Expr>, ApiError> {
        let mut all = vec![self.own(TENANT).eq(tenant_value(self.tenant))];
        if let Some(id) = &self.id {
            all.push(self.own(KEY).eq(bound(id.clone(), self.table.key().kind)));
        }
        if let Some(versions) = &self.versions {
            let any = versions.iter().map(|version| self.own("xmin").eq(Expr::val(version.to_string()).cast_as("xid")));
            all.push(any.reduce(Expr::or).unwrap_or_else(|| Expr::cust("FALSE")));
        }
        if let Some(seen) = self.seen {
            all.push(self.condition(seen)?);
        }
        for condition in &self.filters {
            all.extend(self.implied(condition));
            all.push(self.condition(condition)?);
        }
        if let Some(words) = self.search {
            all.extend(self.search(words)?);
        }
        for child in self.children.iter().filter(|child| child.embed.inner) {
            all.push(Expr::exists(self.matching(child)?));
        }
        Ok(all)
    }
}

/// The error for a relation that `select` does not name.
pub(super) fn not_embedded(name: &str) -> ApiError {
    let shown: String = name.chars().take(100).filter(|c| !c.is_control()).collect();
    ApiError::bad_request(format!("'{shown}' is not an embedded resource in this request"))
        .with_code("PGRST108")
        .with_hint(format!("Verify that '{shown}' is included in the 'select' query parameter."))
}
