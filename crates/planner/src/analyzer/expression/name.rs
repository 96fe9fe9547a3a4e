//! Names of columns and fields of rows.

use crate::analyzer::error;
use crate::analyzer::expression::ExpressionAnalyzer;
use crate::analyzer::relation::table::HIDDEN;
use crate::analyzer::typed::TypedExpr;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::Expr;
use traillake_functions::ROW_FIELD;
use traillake_sql_parser::ast::{Expr as Ast, ExprKind, Ident};
use traillake_sql_types::Type;
use traillake_sql_types::arrow::struct_fields;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult, nearest};

impl<'a> ExpressionAnalyzer<'a> {
    /// A column, a parameter, or a field of a row in one.
    pub(crate) fn name(&self, ast: &Ast) -> SqlResult<TypedExpr> {
        let mut parts = Vec::new();
        let mut base = ast;
        let start = loop {
            match &base.kind {
                ExprKind::Field { base: inner, name } => {
                    parts.push(name);
                    base = inner;
                }
                ExprKind::Name(name) => {
                    parts.push(name);
                    break None;
                }
                _ => break Some(base),
            }
        };
        parts.reverse();
        let (mut typed, used) = match start {
            Some(base) => (self.expr(base)?, 0),
            None => match self.analyzer.resolve(&self.scope, &parts, ast.at)? {
                Some(found) => found,
                None => return Err(self.unknown_column(&parts, ast.at)),
            },
        };
        for name in &parts[used..] {
            typed = self.field(typed, name, ast.at)?;
        }
        Ok(typed)
    }

    fn unknown_column(&self, parts: &[&Ident], at: Position) -> SqlError {
        let name: Vec<_> = parts.iter().map(|part| part.lower()).collect();
        let name = name.join(".");
        let names_hidden = parts.iter().any(|part| part.value.starts_with(HIDDEN));
        let known = self.scope.fields.iter().filter(|field| field.hidden == names_hidden);
        let known: Vec<_> = known.filter_map(|field| field.name.clone()).collect();
        let near = if names_hidden && known.is_empty() {
            "; event data stores have hidden columns, views and queries only what they select"
                .to_owned()
        } else {
            let first = parts.first().map(|part| part.lower()).unwrap_or_default();
            nearest(&first, known)
        };
        SqlError::new(Code::ColumnNotFound, format!("Column '{name}' cannot be resolved{near}"))
            .at(at)
    }

    /// A field of a row by its name.
    fn field(&self, base: TypedExpr, name: &Ident, at: Position) -> SqlResult<TypedExpr> {
        let Type::Row(fields) = &base.data_type else {
            let data_type = base.data_type.brief();
            return error(
                Code::TypeMismatch,
                at,
                format!(
                    "Expression is not of type ROW: it is {data_type}, and has no field '{}'",
                    name.value
                ),
            );
        };
        let wanted = name.lower();
        let wanted = self.analyzer.catalog.field_alias(&wanted).map_or(wanted, str::to_owned);
        let mut found = fields.iter().enumerate().filter(|(_, field)| {
            field.name.as_ref().is_some_and(|field| field.to_lowercase() == wanted)
        });
        let Some((index, _)) = found.next() else {
            let known = fields.iter().filter_map(|field| field.name.clone()).collect();
            let near = nearest(&wanted, known);
            let message =
                format!("Column '{wanted}' cannot be resolved: the row has no such field{near}");
            return error(Code::InvalidColumnReference, at, message);
        };
        if found.next().is_some() {
            let message = format!("Ambiguous row field reference: {wanted}");
            return error(Code::AmbiguousName, name.at, message);
        }
        Ok(self.row_field(base, index))
    }

    /// A field of a row by its place.
    pub(crate) fn row_field(&self, base: TypedExpr, index: usize) -> TypedExpr {
        let Type::Row(fields) = &base.data_type else { return base };
        let data_type = fields[index].data_type.clone();
        if is_scanned(&base.expr) {
            let names = struct_fields(fields);
            return TypedExpr::new(get_field(base.expr, names[index].name().as_str()), data_type);
        }
        let index = TypedExpr::bigint(index as i64);
        self.analyzer.function(&ROW_FIELD, vec![base, index], data_type)
    }
}

/// Whether an expression is a column of a scan or a member of a struct in one.
fn is_scanned(expr: &Expr) -> bool {
    match expr {
        Expr::Column(column) => column.relation.is_some(),
        Expr::ScalarFunction(function) => {
            function.name() == "get_field" && function.args.first().is_some_and(is_scanned)
        }
        _ => false,
    }
}
