//! Tables, views and named queries.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::show::INFORMATION_SCHEMA;
use crate::analyzer::{Analyzer, error};
use arrow::datatypes::Schema;
use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use traillake_sql_parser::ast::{Ident, Name, Statement};
use traillake_sql_parser::{ParameterValues, parse_statement};
use traillake_sql_types::arrow::type_of;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// How the names of hidden columns begin.
pub(crate) const HIDDEN: char = '$';

impl Analyzer<'_> {
    /// A named query or an event data store.
    pub(crate) fn table(&self, name: &Name, context: &QueryContext<'_>) -> SqlResult<Relation> {
        if let [only] = name.parts.as_slice() {
            let mut named = context.named;
            while let Some(here) = named {
                if only.is(&here.name) {
                    return self.reference(here, only, context);
                }
                named = here.around;
            }
        }
        self.scan(name)
    }

    /// `TABLE name`, which is `SELECT * FROM name`.
    pub(crate) fn all_of_table(
        &self,
        name: &Name,
        context: &QueryContext<'_>,
    ) -> SqlResult<Relation> {
        let Relation { plan, fields } = self.table(name, context)?.visible();
        let columns = fields.iter().map(|field| Expr::Column(field.column.clone()));
        Ok(Relation { plan: projection(plan, columns.collect())?, fields })
    }

    /// A view, by its plan.
    pub(crate) fn view(&self, name: &str, sql: &str) -> SqlResult<Relation> {
        let parsed = parse_statement(sql, &ParameterValues::new());
        let Ok(Statement::Query(query)) = parsed else {
            return Err(SqlError::internal(format!("the view {name} is not a query")));
        };
        Ok(self.query(&query, &QueryContext::default())?.0)
    }

    pub(crate) fn scan(&self, name: &Name) -> SqlResult<Relation> {
        let parts: Vec<_> = name.parts.iter().map(Ident::lower).collect();
        let catalog = self.catalog;
        let (own, schema, table) = match parts.as_slice() {
            [table] => (true, self.default_schema(), table),
            [schema, table] => (true, schema.as_str(), table),
            [of, schema, table] => (of == catalog.catalog_name(), schema.as_str(), table),
            _ => (false, "", &parts[0]),
        };
        if own && schema == INFORMATION_SCHEMA {
            return Ok(self.information_schema(table, name.at)?.qualified_as(&parts));
        }
        let known = own && catalog.schemas().contains(&schema);
        let meant = if known { Some(table.clone()) } else { catalog.elsewhere(&parts) };
        let Some(table) = &meant else {
            let (code, message) = match own {
                true => (Code::SchemaNotFound, format!("Schema '{schema}' does not exist")),
                false => (Code::CatalogNotFound, format!("Catalog '{}' not found", parts[0])),
            };
            return error(code, name.at, message);
        };
        let schema = if known { schema } else { self.default_schema() };
        if let Some(sql) = catalog.view(schema, table) {
            // A position in the view's own text means nothing to who asks.
            let of_view = |error: SqlError| SqlError { at: Some(name.at), ..error };
            return Ok(self.view(table, sql).map_err(of_view)?.qualified_as(&parts));
        }
        let provider = catalog.table(schema, table).map_err(|failure| match failure.code {
            Code::TableNotFound => failure.at(name.at),
            _ => failure,
        })?;
        let reference = self.scan_reference(table);
        let schema = provider.schema();
        let plan = LogicalPlanBuilder::scan(reference.clone(), provider_as_source(provider), None)?
            .build()?;
        self.note_scan(&reference, &schema);
        let mut fields = Vec::new();
        for field in schema.fields() {
            let Some(data_type) = type_of(field.data_type()) else { continue };
            let column = Column::new(Some(reference.clone()), field.name());
            fields.push(Field {
                qualifier: parts.clone(),
                name: Some(field.name().to_lowercase()),
                label: Some(field.name().clone()),
                column,
                data_type,
                // As the connectors of Trino call theirs.
                hidden: field.name().starts_with(HIDDEN),
            });
        }
        Ok(Relation { plan, fields })
    }

    /// Returns a name for another scan of a table.
    pub(crate) fn scan_reference(&self, table: &str) -> TableReference {
        let mut scans = self.scans.borrow_mut();
        let number = scans.entry(table.to_owned()).or_default();
        *number += 1;
        let scan = if *number == 1 { table.to_owned() } else { format!("{table}:{number}") };
        TableReference::bare(scan)
    }

    /// Notes the Arrow types of a scan's columns.
    pub(crate) fn note_scan(&self, reference: &TableReference, schema: &Schema) {
        let mut columns = self.columns.borrow_mut();
        for field in schema.fields() {
            let column = Column::new(Some(reference.clone()), field.name());
            columns.insert(column, field.data_type().clone());
        }
    }

    /// The schema of tables that are named without one.
    pub(crate) fn default_schema(&self) -> &str {
        self.catalog.schemas().first().copied().unwrap_or_default()
    }
}
