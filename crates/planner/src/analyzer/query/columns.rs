//! Columns of a relation under other names and of other types.

use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::{Analyzer, error};
use datafusion::common::Column;
use traillake_functions::ROW;
use traillake_sql_parser::ast::Ident;
use traillake_sql_types::error::{Code, Position, SqlResult};
use traillake_sql_types::{RowField, Type};

impl Analyzer<'_> {
    /// Gives the columns of a relation other names.
    pub(crate) fn rename(
        &self,
        relation: &mut Relation,
        columns: &[Ident],
        at: Position,
    ) -> SqlResult<()> {
        if columns.len() != relation.fields.len() {
            let message = format!(
                "Column alias list has {} entries but relation has {} columns",
                columns.len(),
                relation.fields.len()
            );
            return error(Code::MismatchedColumnAliases, at, message);
        }
        for (field, column) in relation.fields.iter_mut().zip(columns) {
            field.name = Some(column.lower());
            field.label = Some(column.value.clone());
        }
        Ok(())
    }

    /// Makes the columns of a relation of these types and of their Arrow types, under new names.
    pub(crate) fn coerce_columns(
        &self,
        relation: Relation,
        data_types: &[Type],
        at: Position,
    ) -> SqlResult<Relation> {
        let mut exprs = Vec::new();
        let mut fields = Vec::new();
        for (field, data_type) in relation.fields.iter().zip(data_types) {
            let value = self.canonical(self.coerce(field.typed(), data_type, at)?);
            let column = self.column(field.name.as_deref().unwrap_or("column"), data_type);
            exprs.push(value.expr.alias(&column.name));
            let data_type = data_type.clone();
            fields.push(Field { column, data_type, qualifier: Vec::new(), ..field.clone() });
        }
        Ok(Relation { plan: projection(relation.plan, exprs)?, fields })
    }

    /// Makes a relation of several columns one of a row.
    pub(crate) fn one_column(&self, relation: Relation, at: Position) -> SqlResult<Relation> {
        if relation.fields.len() == 1 {
            return Ok(relation);
        }
        self.row_column(relation, at)
    }

    /// Makes the columns of a relation one, a row.
    pub(crate) fn row_column(&self, relation: Relation, at: Position) -> SqlResult<Relation> {
        if relation.fields.is_empty() {
            return error(Code::InvalidArguments, at, "a subquery without columns");
        }
        let values: Vec<_> =
            relation.fields.iter().map(|field| self.canonical(field.typed())).collect();
        let fields = relation
            .fields
            .iter()
            .map(|field| RowField { name: field.name.clone(), data_type: field.data_type.clone() });
        let data_type = Type::Row(fields.collect());
        let row = self.function(&ROW, values, data_type.clone());
        let column = self.column("row", &data_type);
        let plan = projection(relation.plan, vec![row.expr.alias(&column.name)])?;
        let (name, label, hidden) = (None, None, false);
        let field = Field { qualifier: Vec::new(), name, label, column, data_type, hidden };
        Ok(Relation { plan, fields: vec![field] })
    }
}

pub(crate) fn columns(fields: &[Field]) -> Vec<(Column, Type)> {
    fields.iter().map(|field| (field.column.clone(), field.data_type.clone())).collect()
}

impl Analyzer<'_> {
    /// The same plan below columns of other names.
    pub(crate) fn with_fresh_columns(&self, relation: &Relation) -> SqlResult<Relation> {
        let mut exprs = Vec::new();
        let mut fields = Vec::new();
        for field in &relation.fields {
            let typed = field.typed();
            let column = self
                .raw_column(field.name.as_deref().unwrap_or("column"), self.physical_type(&typed));
            exprs.push(typed.expr.alias(&column.name));
            fields.push(Field { column, ..field.clone() });
        }
        Ok(Relation { plan: projection(relation.plan.clone(), exprs)?, fields })
    }
}
