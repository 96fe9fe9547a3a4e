//! UNNEST.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation, Scope};
use crate::analyzer::state::ClauseState;
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use datafusion::common::{NullHandling, UnnestOptions};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use traillake_functions::{ROW, ROW_FIELD, ZIP, ZIP_KEEPING};
use traillake_sql_parser::ast::{Expr as Ast, Ident};
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Code, SqlResult};
use traillake_sql_types::{RowField, Type};

impl Analyzer<'_> {
    /// Gives an unnested array of rows its elements as one column where it is to have one name: `UNNEST(resources) AS
    /// t (r)`. Trino has no such form; the Lake and Athena do. The array's columns stand from `first` on.
    pub(crate) fn rows_of(
        &self,
        relation: Relation,
        arrays: &[Ast],
        names: Option<&[Ident]>,
        first: usize,
    ) -> SqlResult<Relation> {
        let (kept, unnested) = relation.fields.split_at(first.min(relation.fields.len()));
        // The number of an element has no name.
        let (members, number): (Vec<&Field>, Vec<&Field>) =
            unnested.iter().partition(|field| field.name.is_some());
        let one = arrays.len() == 1
            && members.len() > 1
            && number.len() < 2
            && names.is_some_and(|names| names.len() == 1 + number.len());
        if !one {
            return Ok(relation);
        }
        let fields = members
            .iter()
            .map(|field| RowField { name: field.name.clone(), data_type: field.data_type.clone() });
        let data_type = Type::Row(fields.collect::<Vec<_>>().into());
        let values = members.iter().map(|field| self.canonical(field.typed())).collect();
        let row = self.function(&ROW, values, data_type.clone());
        let column = self.column("element", &data_type);
        let others = kept.iter().chain(number.iter().copied());
        let mut exprs: Vec<Expr> = others.map(|field| Expr::Column(field.column.clone())).collect();
        exprs.push(row.expr.alias(&column.name));
        let element = Field::new(None, None, column, data_type);
        let number = number.into_iter().cloned();
        let fields = kept.iter().cloned().chain([element]).chain(number).collect();
        Ok(Relation { plan: projection(relation.plan, exprs)?, fields })
    }

    /// Gives each row of `left` once for every element of some arrays and maps, side by side. With
    /// `keep`, a row without elements is given once, too.
    pub(crate) fn unnest(
        &self,
        left: Relation,
        arrays: &[Ast],
        ordinality: bool,
        keep: bool,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let state = ClauseState::scalar("UNNEST");
        let exprs = self.exprs(Scope::of(&left.fields, context.outer), &state, context);
        let mut values = Vec::new();
        // Columns of each element.
        let mut elements = Vec::new();
        for ast in arrays {
            let value = self.canonical(exprs.expr(ast)?);
            elements.push(match &value.data_type {
                Type::Array(item) => match &**item {
                    Type::Row(fields) => fields.to_vec(),
                    other => vec![RowField::anonymous(other.clone())],
                },
                Type::Map(key, value) => vec![
                    RowField::anonymous((**key).clone()),
                    RowField::anonymous((**value).clone()),
                ],
                other => {
                    return error(
                        Code::InvalidFunctionArgument,
                        ast.at,
                        format!("Cannot unnest type: {other}"),
                    );
                }
            });
            values.push(value);
        }
        // One array of plain elements is unnested as it is; others are zipped into one of rows first.
        let plain = match (values.as_slice(), elements.as_slice()) {
            ([value], [fields]) if !ordinality && !keep => match &value.data_type {
                Type::Array(item) if !matches!(**item, Type::Row(_)) => {
                    Some(fields[0].data_type.clone())
                }
                _ => None,
            },
            _ => None,
        };
        let mut fields: Vec<RowField> = elements.into_iter().flatten().collect();
        if ordinality {
            fields.push(RowField::anonymous(Type::Bigint));
        }
        let (list, item) = match plain {
            Some(item) => (values.swap_remove(0), item),
            None => {
                let item = Type::Row(
                    fields.iter().map(|f| RowField::anonymous(f.data_type.clone())).collect(),
                );
                let zip = if keep { &ZIP_KEEPING } else { &ZIP };
                (self.function(zip, values, Type::array(item.clone())), item)
            }
        };
        let plan = self.attach_all(left.plan, state.subqueries.into_inner())?;
        let column = self.raw_column("unnest", arrow_type(&list.data_type));
        let mut exprs: Vec<Expr> =
            left.fields.iter().map(|field| Expr::Column(field.column.clone())).collect();
        exprs.push(list.expr.alias(&column.name));
        let plan = projection(plan, exprs.clone())?;
        let options =
            UnnestOptions { null_handling: NullHandling::Drop, ..UnnestOptions::default() };
        let plan = LogicalPlanBuilder::new(plan)
            .unnest_columns_with_options(vec![column.clone()], options)?
            .build()?;
        self.columns.borrow_mut().insert(column.clone(), arrow_type(&item));
        let element = TypedExpr::new(Expr::Column(column.clone()), item.clone());
        let made = |field: &RowField, column, data_type| {
            Field::new(
                field.name.as_ref().map(|name| name.to_lowercase()),
                field.name.clone(),
                column,
                data_type,
            )
        };
        let mut all = left.fields;
        if !matches!(item, Type::Row(_)) {
            all.push(made(&fields[0], column, item));
            return Ok(Relation { plan, fields: all });
        }
        exprs.pop();
        for (place, field) in fields.iter().enumerate() {
            let index = TypedExpr::bigint(place as i64);
            let value =
                self.function(&ROW_FIELD, vec![element.clone(), index], field.data_type.clone());
            let column = self.column(field.name.as_deref().unwrap_or("element"), &field.data_type);
            exprs.push(value.expr.alias(&column.name));
            all.push(made(field, column, field.data_type.clone()));
        }
        Ok(Relation { plan: projection(plan, exprs)?, fields: all })
    }
}
