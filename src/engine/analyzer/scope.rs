//! Which names mean which columns.

use super::{Analyzer, error};
use crate::engine::sql_error::{Code, Position, SqlResult};
use crate::engine::syntax::ast::Ident;
use crate::engine::types::Type;
use arrow::datatypes::Field as ArrowField;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan};
use std::cell::RefCell;
use std::sync::Arc;

/// A column of a relation.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// The relation's name, its last part last; empty for none. Lower case.
    pub(super) qualifier: Vec<String>,
    /// The column's name in lower case, if it has one.
    pub(super) name: Option<String>,
    /// The name as typed, for output.
    pub(super) label: Option<String>,
    /// The column of the plan.
    pub(super) column: Column,
    pub(super) kind: Type,
}

/// A plan and what its columns are called.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) plan: LogicalPlan,
    pub(super) fields: Vec<Field>,
}

/// An expression of the plan, and its type.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) expr: Expr,
    pub(super) kind: Type,
}

/// What a query inside sees of the query around it, and what it used of that.
pub(super) struct Outer<'a> {
    pub(super) names: Names<'a>,
    pub(super) used: RefCell<Vec<OuterColumn>>,
}

/// A value of the query around, by the name that stands for it inside.
#[derive(Debug, Clone)]
pub(super) struct OuterColumn {
    pub(super) name: String,
    /// The value in terms of the query around.
    pub(super) expr: Expr,
    pub(super) kind: Type,
}

/// The names that an expression sees.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) fields: &'a [Field],
    /// Names of the select list, which ORDER BY sees first.
    pub(super) aliases: &'a [(String, Typed)],
    pub(super) lambda: Option<&'a LambdaNames<'a>>,
    pub(super) outer: Option<&'a Outer<'a>>,
}

/// Parameters of a lambda, and of those around it.
pub(super) struct LambdaNames<'a> {
    pub(super) parameters: Vec<(String, Typed)>,
    pub(super) around: Option<&'a LambdaNames<'a>>,
}

impl Field {
    /// Whether the relation's name ends in `qualifier`.
    pub(super) fn is_of(&self, qualifier: &[String]) -> bool {
        self.qualifier.ends_with(qualifier)
    }

    pub(super) fn typed(&self) -> Typed {
        Typed { expr: Expr::Column(self.column.clone()), kind: self.kind.clone() }
    }
}

impl<'a> Names<'a> {
    /// The names of some columns.
    pub(super) fn of(fields: &'a [Field], outer: Option<&'a Outer<'a>>) -> Self {
        Self { fields, aliases: &[], lambda: None, outer }
    }
}

impl Analyzer<'_> {
    /// Resolves a name of one part or more: a column, qualified or not, and how many of its parts
    /// were used. What is left are fields of a row.
    pub(super) fn resolve(
        &self,
        names: &Names<'_>,
        parts: &[&Ident],
        at: Position,
    ) -> SqlResult<Option<(Typed, usize)>> {
        let lower: Vec<String> = parts.iter().map(|part| part.lower()).collect();
        if let Some(found) = lambda_parameter(names.lambda, &lower[0]) {
            return Ok(Some((found.clone(), 1)));
        }
        let mut aliases = names.aliases.iter().filter(|(name, _)| *name == lower[0]);
        if let Some((_, typed)) = aliases.next() {
            // The same expression twice under one name is no riddle.
            if aliases.any(|(_, other)| other.expr != typed.expr) {
                return error(
                    Code::AmbiguousName,
                    at,
                    format!("Column '{}' is ambiguous", lower[0]),
                );
            }
            return Ok(Some((typed.clone(), 1)));
        }
        // A column of that name, then one of a relation of that name.
        for qualified in 0..lower.len().min(4) {
            let (qualifier, name) = (&lower[..qualified], &lower[qualified]);
            let mut found = names
                .fields
                .iter()
                .filter(|field| field.name.as_ref() == Some(name) && field.is_of(qualifier));
            if let Some(field) = found.next() {
                if found.next().is_some() {
                    let name = lower[..=qualified].join(".");
                    return error(Code::AmbiguousName, at, format!("Column '{name}' is ambiguous"));
                }
                return Ok(Some((field.typed(), qualified + 1)));
            }
        }
        let Some(outer) = names.outer else { return Ok(None) };
        Ok(self
            .resolve(&outer.names, parts, at)?
            .map(|(typed, used)| (self.outside(outer, typed), used)))
    }

    /// Returns what stands inside a query for a value of the query around it.
    pub(super) fn outside(&self, outer: &Outer<'_>, typed: Typed) -> Typed {
        let mut used = outer.used.borrow_mut();
        let known = used.iter().find(|column| column.expr == typed.expr).cloned();
        let column = known.unwrap_or_else(|| {
            let data_type = self.lies_as(&typed);
            let name = self.raw_column("outer", data_type).name;
            let column = OuterColumn { name, expr: typed.expr, kind: typed.kind };
            used.push(column.clone());
            column
        });
        let plain = Column::new_unqualified(&column.name);
        let data_type = self.data_type(&plain, &column.kind);
        let field = Arc::new(ArrowField::new(&column.name, data_type, true));
        Typed { expr: Expr::OuterReferenceColumn(field, plain), kind: column.kind }
    }

    /// Returns how the value of an expression lies.
    pub(super) fn lies_as(&self, typed: &Typed) -> arrow::datatypes::DataType {
        match &typed.expr {
            Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => {
                self.data_type(column, &typed.kind)
            }
            Expr::Literal(value, _) => value.data_type(),
            _ => crate::engine::types::arrow::arrow_type(&typed.kind),
        }
    }
}

fn lambda_parameter<'a>(names: Option<&'a LambdaNames<'a>>, name: &str) -> Option<&'a Typed> {
    let names = names?;
    match names.parameters.iter().find(|(parameter, _)| parameter == name) {
        Some((_, typed)) => Some(typed),
        None => lambda_parameter(names.around, name),
    }
}
