//! Relations inside rows: joined laterally, written as JSON by Postgres, or spread into the row.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, JoinType, Query as Sql, SelectStatement};

use super::{
    super::{
        grammar::ast::{Field, Item},
        relation::Cardinality,
        table::TENANT,
    },
    level::{Child, Level, MAX_ROWS},
    output::{Output, feature_missing, output_name},
    statement::tenant_value,
};
use crate::error::ApiError;

const VALUE: &str = "value";
const ROW: &str = "row";

impl Level<'_> {
    /// The rows of a relation that belong to a row of this level, filtered, without outputs.
    fn related(&self, child: &Child<'_>) -> Result<SelectStatement, ApiError> {
        let mut select = child.level.rows()?;
        let relation = &child.relation;
        match &relation.through {
            None => {
                for (here, there) in &relation.on {
                    select.and_where(child.level.own(there).eq(self.own(here)));
                }
            }
            Some(through) => {
                let alias = format!("{}_by", child.level.alias);
                let between = |column: &str| Expr::col((Alias::new(&*alias), Alias::new(column)));
                let mut on = between(TENANT).eq(tenant_value(self.tenant));
                for (here, there) in &through.on {
                    on = on.and(between(here).eq(child.level.own(there)));
                }
                select.join_as(JoinType::InnerJoin, Alias::new(through.table.name), Alias::new(&*alias), on);
                for (here, there) in &relation.on {
                    select.and_where(between(there).eq(self.own(here)));
                }
            }
        }
        Ok(select)
    }

    /// Whether a row has such rows: for `!inner` and `relation=is.null`.
    pub(super) fn matching(&self, child: &Child<'_>) -> Result<SelectStatement, ApiError> {
        let mut select = self.related(child)?;
        select.expr(Expr::cust("1"));
        Ok(select)
    }

    /// The value by which a relation to one row orders its parents.
    pub(super) fn related_value(&self, child: &Child<'_>, value: Expr) -> Result<Expr, ApiError> {
        let mut select = self.related(child)?;
        select.expr(value).limit(1);
        Ok(Expr::SubQuery(None, Box::new(select.into())))
    }

    /// Joins a relation to the rows of this level; what it puts into each row.
    pub(super) fn join(&self, select: &mut SelectStatement, child: &Child<'_>) -> Result<Vec<Output>, ApiError> {
        let embed = child.embed;
        if embed.select.is_empty() {
            return Ok(Vec::new());
        }
        let to_one = child.relation.cardinality == Cardinality::ToOne;
        let mut rows = self.related(child)?;
        let outputs = child.level.show(&mut rows)?;
        child.level.sort(&mut rows)?;
        match child.level.limit {
            Some(limit) => _ = rows.limit(Ord::min(limit, MAX_ROWS)),
            None if to_one => {}
            None => _ = rows.limit(MAX_ROWS),
        }
        if let Some(offset) = child.level.offset {
            rows.offset(offset);
        }
        let place = child.place();
        let value = |name: &str| Expr::col((Alias::new(&*place), Alias::new(name)));
        let row = |name: &str| Expr::col((Alias::new(ROW), Alias::new(name)));
        let mut joined = Sql::select();
        let shown = match (embed.spread, to_one) {
            (false, true) => {
                joined.expr_as(Func::cust("row_to_json").arg(Expr::col(Alias::new(ROW))), Alias::new(VALUE));
                vec![Output::new(child.key(), value(VALUE)).json()]
            }
            (false, false) => {
                let objects = Func::cust("json_agg").arg(Func::cust("row_to_json").arg(Expr::col(Alias::new(ROW))));
                joined.expr_as(objects, Alias::new(VALUE));
                vec![Output::new(child.key(), or_empty(value(VALUE))).json()]
            }
            (true, true) => {
                let names = outputs.iter().map(|output| &*output.name);
                names.clone().for_each(|name| {
                    joined.expr_as(row(name), Alias::new(name));
                });
                outputs.iter().map(|output| output.at(value(&output.name))).collect()
            }
            (true, false) => {
                if child.level.is_aggregated() {
                    return Err(feature_missing(
                        "Aggregates are not implemented for one-to-many or many-to-many spreads.",
                    ));
                }
                for output in &outputs {
                    joined.expr_as(Func::cust("json_agg").arg(row(&output.name)), Alias::new(&*output.name));
                }
                let spread =
                    outputs.iter().map(|output| Output::new(&output.name, or_empty(value(&output.name))).json());
                spread.collect()
            }
        };
        joined.from_subquery(rows, Alias::new(ROW));
        select.join_lateral(JoinType::LeftJoin, joined, Alias::new(&*place), Expr::cust("TRUE"));
        Ok(shown)
    }
}

impl Child<'_> {
    /// The name under which its rows are joined.
    fn place(&self) -> String {
        format!("{}_rows", self.level.alias)
    }

    /// The value of a field that this relation lays into the rows that it is joined to; `None` where it does not.
    pub(super) fn spread_value(&self, field: &Field) -> Option<Expr> {
        let shows = |item: &Item| match item {
            Item::All => field.json.is_empty().then(|| field.name.clone()),
            Item::Field(item) => {
                let plain = item.cast.is_none() && item.aggregate.is_none();
                let name = || item.alias.clone().unwrap_or_else(|| output_name(field));
                (plain && item.field.as_ref() == Some(field)).then(name)
            }
            Item::Embed(_) => None,
        };
        let name = self.embed.select.iter().find_map(shows).filter(|_| self.embed.spread)?;
        Some(Expr::col((Alias::new(self.place()), Alias::new(name))))
    }
}

fn or_empty(value: Expr) -> Expr {
    Func::coalesce([value, Expr::cust("'[]'::json")]).into()
}
