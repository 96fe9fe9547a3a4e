//! Which names mean which columns.

use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, error};
use arrow::datatypes::Field as ArrowField;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlan};
use std::cell::RefCell;
use std::sync::Arc;
use traillake_sql_parser::ast::Ident;
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlResult};

/// A column of a relation.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// The relation's name, its last part last; empty for none. Lower case.
    pub(crate) qualifier: Vec<String>,
    /// The column's name in lower case, if it has one.
    pub(crate) name: Option<String>,
    /// The name as typed, for output.
    pub(crate) label: Option<String>,
    /// The column of the plan.
    pub(crate) column: Column,
    pub(crate) data_type: Type,
    /// Whether it is there only for who names it: `*` and `DESCRIBE` pass over it.
    pub(crate) hidden: bool,
}

impl Field {
    /// Returns a column that anybody sees, of no relation that has a name.
    pub(crate) fn new(
        name: Option<String>,
        label: Option<String>,
        column: Column,
        data_type: Type,
    ) -> Self {
        Self { qualifier: Vec::new(), name, label, column, data_type, hidden: false }
    }
}

/// A plan and what its columns are called.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) plan: LogicalPlan,
    pub(crate) fields: Vec<Field>,
}

/// What a query inside sees of the query around it, and what it used of that.
pub(crate) struct OuterScope<'a> {
    pub(crate) scope: Scope<'a>,
    pub(crate) used: RefCell<Vec<OuterColumn>>,
}

/// A value of the query around, by the name that stands for it inside.
#[derive(Debug, Clone)]
pub(crate) struct OuterColumn {
    pub(crate) name: String,
    /// The value in terms of the query around.
    pub(crate) expr: Expr,
    pub(crate) data_type: Type,
}

/// The names that an expression sees.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) fields: &'a [Field],
    /// Names of the select list, which ORDER BY sees first.
    pub(crate) aliases: &'a [(String, TypedExpr)],
    pub(crate) lambda: Option<&'a LambdaScope<'a>>,
    pub(crate) outer: Option<&'a OuterScope<'a>>,
}

/// Parameters of a lambda, and of those around it.
pub(crate) struct LambdaScope<'a> {
    pub(crate) parameters: Vec<(String, TypedExpr)>,
    pub(crate) around: Option<&'a LambdaScope<'a>>,
}

/// Names that stand side by side: none hides another.
enum ScopeLevel<'a> {
    /// Parameters of a lambda, or names of the select list.
    Values(&'a [(String, TypedExpr)]),
    Columns(&'a [Field]),
}

impl Relation {
    /// The relation without what is hidden in it.
    pub(crate) fn visible(mut self) -> Self {
        self.fields.retain(|field| !field.hidden);
        self
    }

    /// The relation under another name, its last part last.
    pub(crate) fn qualified_as(mut self, name: &[String]) -> Self {
        for field in &mut self.fields {
            field.qualifier = name.to_vec();
        }
        self
    }
}

impl Field {
    /// Whether the relation's name ends in `qualifier`.
    pub(crate) fn is_of(&self, qualifier: &[String]) -> bool {
        self.qualifier.ends_with(qualifier)
    }

    pub(crate) fn typed(&self) -> TypedExpr {
        TypedExpr { expr: Expr::Column(self.column.clone()), data_type: self.data_type.clone() }
    }
}

impl<'a> Scope<'a> {
    /// The names of some columns.
    pub(crate) fn of(fields: &'a [Field], outer: Option<&'a OuterScope<'a>>) -> Self {
        Self { fields, aliases: &[], lambda: None, outer }
    }

    /// The scopes of this query, from the innermost.
    fn scopes(&self) -> impl Iterator<Item = ScopeLevel<'a>> {
        std::iter::successors(self.lambda, |lambda| lambda.around)
            .map(|lambda| ScopeLevel::Values(&lambda.parameters))
            .chain([ScopeLevel::Values(self.aliases), ScopeLevel::Columns(self.fields)])
    }
}

impl ScopeLevel<'_> {
    /// What a whole name means here; more than one are ambiguous.
    fn find(&self, name: &[String]) -> Vec<TypedExpr> {
        let Some((last, qualifier)) = name.split_last() else { return Vec::new() };
        match self {
            Self::Values(values) => {
                let named =
                    values.iter().filter(|(known, _)| qualifier.is_empty() && known == last);
                named.map(|(_, typed)| typed.clone()).collect()
            }
            Self::Columns(fields) => {
                let named = fields.iter().filter(|field| field.name.as_ref() == Some(last));
                named.filter(|field| field.is_of(qualifier)).map(Field::typed).collect()
            }
        }
    }
}

impl Analyzer<'_> {
    /// Resolves a name of one part or more, and says how many parts stand for the value: what is left
    /// are fields of a row. As in Trino, the longest part that is a column, with or without its
    /// relation, wins: `t.x` is the column `x` of `t` before it is the field `x` of a column `t`.
    pub(crate) fn resolve(
        &self,
        names: &Scope<'_>,
        parts: &[&Ident],
        at: Position,
    ) -> SqlResult<Option<(TypedExpr, usize)>> {
        let lower: Vec<String> = parts.iter().map(|part| part.lower()).collect();
        // A catalog, a schema, a table and a column are the most.
        for used in (1..=lower.len().min(4)).rev() {
            if let Some(found) = self.resolve_whole(names, &lower[..used], at)? {
                return Ok(Some((found, used)));
            }
        }
        Ok(None)
    }

    /// Resolves a name of which no part is a field. A scope that knows a beginning of the name hides
    /// those around it.
    fn resolve_whole(
        &self,
        names: &Scope<'_>,
        name: &[String],
        at: Position,
    ) -> SqlResult<Option<TypedExpr>> {
        for scope in names.scopes() {
            let mut found = scope.find(name);
            if let Some(typed) = found.pop() {
                // The same expression twice under one name is not ambiguous.
                if found.iter().any(|other| other.expr != typed.expr) {
                    let name = name.join(".");
                    return error(Code::AmbiguousName, at, format!("Column '{name}' is ambiguous"));
                }
                return Ok(Some(typed));
            }
            if (1..name.len()).any(|end| !scope.find(&name[..end]).is_empty()) {
                return Ok(None);
            }
        }
        let Some(outer) = names.outer else { return Ok(None) };
        let found = self.resolve_whole(&outer.scope, name, at)?;
        Ok(found.map(|typed| self.outer_reference(outer, typed)))
    }

    /// Returns what stands inside a query for a value of the query around it.
    pub(crate) fn outer_reference(&self, outer: &OuterScope<'_>, typed: TypedExpr) -> TypedExpr {
        let mut used = outer.used.borrow_mut();
        let known = used.iter().find(|column| column.expr == typed.expr).cloned();
        let column = known.unwrap_or_else(|| {
            let physical = self.physical_type(&typed);
            let name = self.raw_column("outer", physical).name;
            let column = OuterColumn { name, expr: typed.expr, data_type: typed.data_type };
            used.push(column.clone());
            column
        });
        let plain = Column::new_unqualified(&column.name);
        let physical = self.column_physical_type(&plain, &column.data_type);
        let field = Arc::new(ArrowField::new(&column.name, physical, true));
        TypedExpr { expr: Expr::OuterReferenceColumn(field, plain), data_type: column.data_type }
    }
}
