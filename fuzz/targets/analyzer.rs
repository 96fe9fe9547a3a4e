//! Text that parses, planned over a catalog with the Lake's table.
//!
//! No panic, no endless work; the place of an error is in the text; a plan has the columns that are told beside
//! it; and planning again gives the same.

#![no_main]

use chrono::DateTime;
use datafusion::datasource::empty::EmptyTable;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};
use traillake::event::EventSchema;
use traillake_planner::{MemoryCatalog, PlannedStatement, analyze};
use traillake_sql_parser::ast::Statement;
use traillake_sql_parser::{ParameterValues, parse_statement};
use traillake_sql_types::arrow::arrow_type;
use traillake_sql_types::error::{Position, SqlError};

/// Longer plans are not compared.
const MAX_COMPARED_BYTES: usize = 64 << 10;

static CATALOG: LazyLock<MemoryCatalog> = LazyLock::new(|| {
    let mut catalog = MemoryCatalog::default();
    catalog.insert("event_data_store", Arc::new(EmptyTable::new(EventSchema::CloudTrail.arrow())));
    catalog
});

fuzz_target!(|text: &str| {
    let Ok(statement) = parse_statement(text, &ParameterValues::new()) else { return };
    let first = plan(&statement);
    match &first {
        Ok(planned) => has_its_columns(planned),
        Err(error) => {
            if let Some(at) = error.at {
                assert!(is_inside(text, at), "{error}: not in the text");
            }
        }
    }
    assert_eq!(shown(&plan(&statement)), shown(&first), "planned again");
});

fn plan(statement: &Statement) -> Result<PlannedStatement, SqlError> {
    analyze(&*CATALOG, DateTime::UNIX_EPOCH, statement)
}

fn has_its_columns(planned: &PlannedStatement) {
    let fields = planned.plan.schema().fields();
    assert_eq!(fields.len(), planned.columns.len());
    for (field, (label, data_type)) in fields.iter().zip(&planned.columns) {
        assert_eq!(field.data_type(), &arrow_type(data_type), "{label}: {data_type}");
    }
}

fn shown(planned: &Result<PlannedStatement, SqlError>) -> String {
    match planned {
        Ok(planned) => {
            let mut plan = planned.plan.display_indent().to_string();
            plan.truncate(plan.floor_char_boundary(MAX_COMPARED_BYTES));
            plan
        }
        Err(error) => error.to_string(),
    }
}

/// Whether a place is that of a character, or the end of a line.
fn is_inside(text: &str, at: Position) -> bool {
    let line = (at.line as usize).checked_sub(1).and_then(|line| text.split('\n').nth(line));
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&(at.column as usize)))
}
