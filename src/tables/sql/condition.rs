//! Conditions: trees of comparisons as one expression.

use sea_orm::sea_query::{Condition as Group, Expr, ExprTrait};

use super::{
    super::{
        grammar::ast::{Comparison, Condition, Is, Join, Operation},
        kind::Kind,
    },
    field,
    level::{Child, Level},
    operand,
};
use crate::error::ApiError;

impl Level<'_> {
    /// A condition on the rows of this level.
    pub(super) fn condition(&self, condition: &Condition) -> Result<Expr, ApiError> {
        match condition {
            Condition::Compare(comparison) => self.comparison(comparison),
            Condition::Logic { negated, join, of } => {
                let mut group = match join {
                    Join::And => Group::all(),
                    Join::Or => Group::any(),
                };
                for condition in of {
                    group = group.add(self.condition(condition)?);
                }
                let expr: Expr = group.into();
                Ok(if *negated { expr.not() } else { expr })
            }
        }
    }

    fn comparison(&self, comparison: &Comparison) -> Result<Expr, ApiError> {
        let Comparison { field, negated, operation } = comparison;
        if let Some(child) = self.child(&field.name).filter(|_| field.json.is_empty()) {
            return self.null_test(child, *negated, operation);
        }
        let typed = field::typed(self.table, &self.alias, field)?;
        // A place inside JSON holds what came, a column of text holds it composed.
        let is_composed = field.json.is_empty() && matches!(typed.kind, Kind::Text | Kind::TextArray);
        let expr = match operand::composed(operation).filter(|_| is_composed) {
            Some(composed) => operand::condition(typed, &field.name, &composed)?,
            None => operand::condition(typed, &field.name, operation)?,
        };
        Ok(if *negated { expr.not() } else { expr })
    }

    /// Whether a row has rows of a relation, which is all that can be asked of one.
    fn null_test(&self, child: &Child<'_>, negated: bool, operation: &Operation) -> Result<Expr, ApiError> {
        let Operation::Is(is @ (Is::Null | Is::NotNull)) = operation else {
            let sentence = format!("Bad operator on the '{}' embedded resource", child.key());
            return Err(ApiError::bad_request(sentence)
                .with_code("PGRST120")
                .with_details("Only is null or not is null filters are allowed on embedded resources"));
        };
        let wanted = (*is == Is::NotNull) != negated;
        let found = self.matching(child)?;
        Ok(if wanted { Expr::exists(found) } else { Expr::not_exists(found) })
    }
}
