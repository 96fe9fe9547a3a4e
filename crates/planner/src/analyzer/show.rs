//! SHOW, DESCRIBE, and the tables of `information_schema`.

use crate::analyzer::context::QueryContext;
use crate::analyzer::logical::projection;
use crate::analyzer::scope::{Field, Relation};
use crate::analyzer::typed::TypedExpr;
use crate::analyzer::{Analyzer, PlannedStatement, error, planned};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use traillake_functions::catalog::{self, Listed};
use traillake_functions::is_like;
use traillake_sql_parser::ast::{Ident, Like, Name, Statement};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, Position, SqlError, SqlResult};

/// The schema of tables about tables.
pub(crate) const INFORMATION_SCHEMA: &str = "information_schema";

/// A table made of constants.
struct Table<'a> {
    columns: Vec<(&'a str, Type)>,
    rows: Vec<Vec<TypedExpr>>,
}

impl<'a> Table<'a> {
    fn of_texts(columns: &[&'a str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let columns = columns.iter().map(|name| (*name, Type::VARCHAR)).collect();
        let row = |row: Vec<String>| row.into_iter().map(TypedExpr::varchar).collect();
        Self { columns, rows: rows.into_iter().map(row).collect() }
    }

    /// One column of names.
    fn of_names(column: &'a str, names: Vec<String>) -> Self {
        Self::of_texts(&[column], names.into_iter().map(|name| vec![name]))
    }
}

impl Analyzer<'_> {
    pub(crate) fn show(&self, statement: &Statement) -> SqlResult<PlannedStatement> {
        let table = match statement {
            Statement::ShowTables { schema, like } => {
                let names = self.tables_of(schema.as_ref())?;
                Table::of_names("Table", alike(names, like.as_ref(), String::as_str)?)
            }
            Statement::ShowSchemas { catalog, like } => {
                if let Some(catalog) = catalog {
                    self.check_catalog(catalog)?;
                }
                let mut names: Vec<_> =
                    self.catalog.schemas().iter().map(|s| (*s).to_owned()).collect();
                names.push(INFORMATION_SCHEMA.to_owned());
                names.sort_unstable();
                Table::of_names("Schema", alike(names, like.as_ref(), String::as_str)?)
            }
            Statement::ShowCatalogs { like } => {
                let names = vec![self.catalog.catalog_name().to_owned()];
                Table::of_names("Catalog", alike(names, like.as_ref(), String::as_str)?)
            }
            Statement::ShowColumns { table, like } => {
                let columns = alike(self.columns_of(table)?, like.as_ref(), |(name, _)| name)?;
                let row = |(name, kind)| vec![name, kind, String::new(), String::new()];
                let columns = columns.into_iter().map(row);
                Table::of_texts(&["Column", "Type", "Extra", "Comment"], columns)
            }
            Statement::ShowFunctions { schema, like } => {
                // Those that there are belong to no schema.
                let all = match schema {
                    Some(schema) => self.check_schema_name(schema).map(|()| Vec::new())?,
                    None => self.functions(),
                };
                functions(&alike(all, like.as_ref(), |listed| listed.name)?)
            }
            Statement::Query(_) | Statement::Explain { .. } => {
                return Err(SqlError::internal("a query is not shown"));
            }
        };
        Ok(planned(self.constants(&table)?, true))
    }

    /// The names of the tables of a schema, or of the default one.
    fn tables_of(&self, schema: Option<&Name>) -> SqlResult<Vec<String>> {
        let Some(name) = schema else { return Ok(self.catalog.names()) };
        self.check_schema_name(name)?;
        let (schema, catalog) = match name.parts.as_slice() {
            [catalog, schema] => (schema, Some(catalog)),
            [schema, ..] => (schema, None),
            [] => return Ok(self.catalog.names()),
        };
        if let Some(catalog) = catalog {
            self.check_catalog(catalog)?;
        }
        match schema.lower().as_str() {
            INFORMATION_SCHEMA => Ok(["columns", "tables"].map(str::to_owned).to_vec()),
            known if self.catalog.schemas().contains(&known) => Ok(self.catalog.names()),
            other => {
                let message = format!("Schema '{other}' does not exist");
                error(Code::SchemaNotFound, name.at, message)
            }
        }
    }

    fn check_schema_name(&self, name: &Name) -> SqlResult<()> {
        if name.parts.len() > 2 {
            let message = format!("Too many parts in schema name: {name}");
            return error(Code::Syntax, name.at, message);
        }
        Ok(())
    }

    fn check_catalog(&self, catalog: &Ident) -> SqlResult<()> {
        if !catalog.is(self.catalog.catalog_name()) {
            let message = format!("Catalog '{}' not found", catalog.lower());
            return error(Code::CatalogNotFound, catalog.at, message);
        }
        Ok(())
    }

    /// All functions, in order.
    fn functions(&self) -> Vec<Listed> {
        let routines = self.catalog.routines().iter();
        let routines = routines.map(|routine| Listed {
            name: routine.name,
            signature: routine.signature,
            kind: catalog::Kind::Scalar,
            deterministic: true,
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
        let rows: Vec<_> = match table {
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
        self.constants(&Table::of_texts(columns, rows))
    }

    fn constants(&self, table: &Table<'_>) -> SqlResult<Relation> {
        let exprs = |row: &Vec<TypedExpr>| row.iter().map(|value| value.expr.clone()).collect();
        let mut rows: Vec<Vec<Expr>> = table.rows.iter().map(exprs).collect();
        let empty = rows.is_empty();
        if empty {
            let null = |(_, data_type): &(&str, Type)| Ok(TypedExpr::null(data_type.clone())?.expr);
            rows.push(table.columns.iter().map(null).collect::<SqlResult<_>>()?);
        }
        let mut values = LogicalPlanBuilder::values(rows)?;
        if empty {
            values = values.limit(0, Some(0))?;
        }
        let values = values.build()?;
        let mut exprs = Vec::new();
        let mut fields = Vec::new();
        for (column, (name, data_type)) in values.schema().columns().into_iter().zip(&table.columns)
        {
            let named = self.column(name, data_type);
            exprs.push(Expr::Column(column).alias(&named.name));
            let label = Some((*name).to_owned());
            fields.push(Field::new(Some(name.to_lowercase()), label, named, data_type.clone()));
        }
        Ok(Relation { plan: projection(values, exprs)?, fields })
    }
}

/// The rows whose name matches, or all.
fn alike<T>(rows: Vec<T>, like: Option<&Like>, name: impl Fn(&T) -> &str) -> SqlResult<Vec<T>> {
    let Some(Like { pattern, escape }) = like else { return Ok(rows) };
    let mut kept = Vec::new();
    for row in rows {
        if is_like(name(&row), pattern, escape.as_deref())? {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// Functions as Trino lists them; nothing describes them here.
fn functions(listed: &[Listed]) -> Table<'static> {
    let row = |listed: &Listed| {
        let (arguments, result) =
            listed.signature.rsplit_once("->").unwrap_or((listed.signature, ""));
        let arguments = arguments.trim().trim_end_matches(" OVER (...)");
        let arguments = arguments.strip_prefix('(').and_then(|a| a.strip_suffix(')'));
        vec![
            TypedExpr::varchar(listed.name),
            TypedExpr::varchar(result.trim()),
            TypedExpr::varchar(arguments.unwrap_or_default()),
            TypedExpr::varchar(listed.kind.name()),
            TypedExpr::boolean(listed.deterministic),
            TypedExpr::varchar(""),
        ]
    };
    let columns = vec![
        ("Function", Type::VARCHAR),
        ("Return Type", Type::VARCHAR),
        ("Argument Types", Type::VARCHAR),
        ("Function Type", Type::VARCHAR),
        ("Deterministic", Type::Boolean),
        ("Description", Type::VARCHAR),
    ];
    Table { columns, rows: listed.iter().map(row).collect() }
}

/// A type without quotes around the names of fields, for people.
fn plain(data_type: &Type) -> String {
    data_type.to_string().replace('"', "")
}
