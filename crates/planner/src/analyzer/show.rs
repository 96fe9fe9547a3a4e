//! SHOW, DESCRIBE, and the tables of `information_schema`.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, PlannedStatement, error, planned};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use traillake_functions::catalog::{self, Listed};
use traillake_sql_parser::ast::{Ident, Name, Statement};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// The schema of tables about tables.
pub(crate) const INFORMATION_SCHEMA: &str = "information_schema";

/// A table made of texts.
struct Table<'a> {
    columns: &'a [&'a str],
    rows: Vec<Vec<String>>,
}

impl Analyzer<'_> {
    pub(crate) fn show(&self, statement: &Statement) -> SqlResult<PlannedStatement> {
        let matches = |name: &str, like: &Option<String>| {
            like.as_ref().is_none_or(|pattern| like_text(name, pattern))
        };
        let one = |names: Vec<String>| names.into_iter().map(|name| vec![name]).collect();
        let table = match statement {
            Statement::ShowTables { like } => {
                let names = self.catalog.names().into_iter();
                let names = names.filter(|name| matches(name, like)).collect();
                Table { columns: &["Table"], rows: one(names) }
            }
            Statement::ShowSchemas => {
                let mut names: Vec<_> =
                    self.catalog.schemas().iter().map(|s| (*s).to_owned()).collect();
                names.push(INFORMATION_SCHEMA.to_owned());
                names.sort_unstable();
                Table { columns: &["Schema"], rows: one(names) }
            }
            Statement::ShowCatalogs => Table {
                columns: &["Catalog"],
                rows: one(vec![self.catalog.catalog_name().to_owned()]),
            },
            Statement::ShowColumns { table, like } => Table {
                columns: &["Column", "Type", "Extra", "Comment"],
                rows: self
                    .columns_of(table)?
                    .into_iter()
                    .filter(|(name, _)| matches(name, like))
                    .map(|(name, kind)| vec![name, kind, String::new(), String::new()])
                    .collect(),
            },
            Statement::ShowFunctions { like } => {
                let all = self.functions().into_iter();
                let rows = all.filter(|listed| matches(listed.name, like)).map(|listed| {
                    let (arguments, result) =
                        listed.signature.rsplit_once("->").unwrap_or((listed.signature, ""));
                    let arguments = arguments.trim().trim_end_matches(" OVER (...)");
                    [listed.name, result.trim(), arguments, listed.kind.name()]
                        .map(str::to_owned)
                        .to_vec()
                });
                Table {
                    columns: &["Function", "Return Type", "Argument Types", "Function Type"],
                    rows: rows.collect(),
                }
            }
            Statement::Query(_) | Statement::Explain { .. } => {
                return Err(SqlError::internal("a query is not shown"));
            }
        };
        Ok(planned(self.texts(&table)?, true))
    }

    /// All functions, in order.
    fn functions(&self) -> Vec<Listed> {
        let routines = self.catalog.routines().iter();
        let routines = routines.map(|routine| Listed {
            name: routine.name,
            signature: routine.signature,
            kind: catalog::Kind::Scalar,
        });
        let mut all: Vec<_> = catalog::all().into_iter().chain(routines).collect();
        all.sort_unstable();
        all
    }

    fn columns_of(&self, name: &Name) -> SqlResult<Vec<(String, String)>> {
        let relation = self.table(name, &QueryContext::default())?.visible();
        let columns = relation.fields.into_iter();
        Ok(columns.map(|f| (f.label.unwrap_or_default(), plain(&f.data_type))).collect())
    }

    /// Tables about tables.
    pub(crate) fn information_schema(&self, table: &str, at: Position) -> SqlResult<Relation> {
        let tables = self.catalog.names();
        let schema = self.default_schema();
        let place = [self.catalog.catalog_name(), schema].map(str::to_owned);
        let rows = match table {
            "tables" => tables
                .into_iter()
                .map(|name| {
                    let is_view = self.catalog.view(schema, &name).is_some();
                    let kind = if is_view { "VIEW" } else { "BASE TABLE" };
                    [&place[..], &[name, kind.to_owned()]].concat()
                })
                .collect(),
            "columns" => {
                let mut rows = Vec::new();
                for name in tables {
                    let ident = Ident { value: name.clone(), quoted: true, at };
                    let columns = self.columns_of(&Name { parts: vec![ident], at })?;
                    for (number, (column, data_type)) in columns.into_iter().enumerate() {
                        let own = [name.clone(), column, (number + 1).to_string(), data_type];
                        rows.push([&place[..], &own].concat());
                    }
                }
                rows
            }
            _ => {
                let message = format!(
                    "Table 'information_schema.{table}' does not exist; there are tables and columns"
                );
                return error(Code::TableNotFound, at, message);
            }
        };
        let columns: &[&str] = match table {
            "tables" => &["table_catalog", "table_schema", "table_name", "table_type"],
            _ => &[
                "table_catalog",
                "table_schema",
                "table_name",
                "column_name",
                "ordinal_position",
                "data_type",
            ],
        };
        self.texts(&Table { columns, rows })
    }

    fn texts(&self, table: &Table<'_>) -> SqlResult<Relation> {
        let text = |text: &String| TypedExpr::varchar(text.clone()).expr;
        let rows: Vec<Vec<Expr>> =
            table.rows.iter().map(|row| row.iter().map(text).collect()).collect();
        let empty = rows.is_empty();
        let rows = if empty {
            vec![table.columns.iter().map(|_| TypedExpr::varchar("").expr).collect()]
        } else {
            rows
        };
        let mut values = LogicalPlanBuilder::values(rows)?;
        if empty {
            values = values.limit(0, Some(0))?;
        }
        let values = values.build()?;
        let mut exprs = Vec::new();
        let mut fields = Vec::new();
        for (column, name) in values.schema().columns().into_iter().zip(table.columns) {
            let named = self.column(name, &Type::VARCHAR);
            exprs.push(Expr::Column(column).alias(&named.name));
            fields.push(Field::new(
                Some(name.to_lowercase()),
                Some((*name).to_owned()),
                named,
                Type::VARCHAR,
            ));
        }
        Ok(Relation { plan: projection(values, exprs)?, fields })
    }
}

/// A type without quotes around the names of fields, for people.
fn plain(data_type: &Type) -> String {
    data_type.to_string().replace('"', "")
}

/// LIKE, for names: `%` and `_`.
fn like_text(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        next[0] = p == '%' && fits[0];
        for at in 1..=text.len() {
            next[at] = match p {
                '%' => fits[at] || next[at - 1],
                '_' => fits[at - 1],
                _ => fits[at - 1] && text[at - 1] == p,
            };
        }
        fits = next;
    }
    fits[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        assert!(
            like_text("json_parse", "json%") && like_text("abs", "a_s") && like_text("x", "%x%")
        );
        assert!(!like_text("json_parse", "json") && !like_text("abs", "_") && like_text("", "%"));
    }
}
