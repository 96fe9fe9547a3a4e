//! What names mean that a statement does not define itself.

use datafusion::catalog::TableProvider;
use std::collections::BTreeMap;
use std::sync::Arc;
use traillake_sql_parser::ast::Expr;
use traillake_sql_parser::{ParameterValues, parse_expression};
use traillake_sql_types::Type;
use traillake_sql_types::error::{Code, SqlError, SqlResult};

/// The tables, views and functions that statements may name, beside those of SQL.
///
/// Names are given in lower case; a table is called by its own name, `schema.table` or
/// `catalog.schema.table`. The schema `information_schema` is made of what a catalog lists.
pub trait Catalog {
    /// The name of the catalog.
    fn catalog_name(&self) -> &str;

    /// The names of its schemas; names without a schema are of the first one.
    fn schemas(&self) -> &[&str];

    /// The names of the tables and views of the default schema, as `SHOW TABLES` lists them.
    fn names(&self) -> Vec<String>;

    /// Returns a table.
    ///
    /// # Errors
    /// When there is no such table, or it cannot be opened.
    fn table(&self, schema: &str, name: &str) -> SqlResult<Arc<dyn TableProvider>>;

    /// Returns what a table of another catalog or schema, by all parts of its name, is called here.
    fn elsewhere(&self, _name: &[String]) -> Option<String> {
        None
    }

    /// Returns the query that a view stands for, unless a table hides it.
    fn view(&self, schema: &str, name: &str) -> Option<&str>;

    /// Returns the name of the field of a row that `name` is another spelling of.
    fn field_alias(&self, name: &str) -> Option<&str>;

    /// Functions made of SQL.
    fn routines(&self) -> &[Routine];
}

/// A catalog of some tables in one schema, `memory.default`.
#[derive(Debug, Default)]
pub struct MemoryCatalog {
    tables: BTreeMap<String, Arc<dyn TableProvider>>,
}

impl MemoryCatalog {
    /// Adds a table, or puts another one in the place of that name.
    pub fn insert(&mut self, name: &str, table: Arc<dyn TableProvider>) {
        self.tables.insert(name.to_lowercase(), table);
    }
}

impl Catalog for MemoryCatalog {
    fn catalog_name(&self) -> &str {
        "memory"
    }

    fn schemas(&self) -> &[&str] {
        &["default"]
    }

    fn names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn table(&self, _: &str, name: &str) -> SqlResult<Arc<dyn TableProvider>> {
        let missing =
            || SqlError::new(Code::TableNotFound, format!("Table '{name}' does not exist"));
        self.tables.get(name).cloned().ok_or_else(missing)
    }

    fn view(&self, _: &str, _: &str) -> Option<&str> {
        None
    }

    fn field_alias(&self, _: &str) -> Option<&str> {
        None
    }

    fn routines(&self) -> &[Routine] {
        &[]
    }
}

/// A function made of SQL, as Trino's `CREATE FUNCTION ... RETURN` makes one: an expression over its
/// parameters, analyzed where it is called, so that a scan reads the fields it names and no others.
#[derive(Debug)]
pub struct Routine {
    /// The name, lower case.
    pub name: &'static str,
    /// What it takes and gives, such as `(varchar) -> varchar`.
    pub signature: &'static str,
    /// Names in its expression, and the type of each; `None` is any row with the fields that are used.
    pub parameters: &'static [(&'static str, Option<Type>)],
    /// The expression.
    pub sql: &'static str,
}

impl Routine {
    /// Returns the expression that it stands for.
    pub(crate) fn body(&self) -> SqlResult<Expr> {
        parse_expression(self.sql, &ParameterValues::new())
    }
}
