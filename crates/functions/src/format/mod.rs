//! `format`, as Java's `Formatter` has it, and `format_number`.

mod digits;
mod hash;
mod moment;
mod numbers;
mod print;
mod spec;
mod values;

use crate::call::Call;
use crate::registry::Registry;
use arrow::array::ArrayRef;
use digits::UnsignedDecimal;
use print::{Failure, Printer};
use spec::{Format, Problem};
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};
use values::Readers;

pub(crate) fn register(registry: &mut Registry) {
    // The analyzer makes one row of all arguments after the first.
    registry.add("format", "(varchar, T) -> varchar", format).returns(|types| {
        let fields = match types.get(1) {
            Some(Type::Row(fields)) => fields.iter().map(|field| &field.data_type).collect(),
            other => other.into_iter().collect::<Vec<_>>(),
        };
        match fields.into_iter().find(|data_type| !is_printable(data_type)) {
            None => Ok(Type::VARCHAR),
            Some(data_type) => Err(SqlError::unsupported(format!(
                "Type not supported for formatting: {data_type}"
            ))),
        }
    });
    registry.add("format_number", "(bigint) -> varchar", |call| {
        call.text1(|number: i64, out| {
            format_number(number, out);
            Ok(())
        })
    });
    registry.add("format_number", "(double) -> varchar", |call| {
        call.text1(|number: f64, out| {
            format_number(number as i64, out);
            Ok(())
        })
    });
}

fn is_printable(data_type: &Type) -> bool {
    !matches!(
        data_type,
        Type::Varbinary | Type::Array(_) | Type::Map(..) | Type::Row(_) | Type::Function(..)
    )
}

fn format(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let texts = call.column::<&str>(0)?;
    let Type::Row(fields) = call.argument_type(1) else {
        return Err(SqlError::internal("the arguments of format must be a row"));
    };
    let readers = Readers::new(&call.structs(1)?, fields)?;
    let mut arguments = Vec::with_capacity(fields.len());
    call.each_text(|row, out| {
        let Some(text) = texts.get(row) else { return Ok(false) };
        let format =
            call.compiled(text, |text| Format::parse(text).map_err(|p| explain(text, p)))?;
        readers.read(row, &mut arguments)?;
        Printer::new(&arguments, out).print(&format).map_err(|failure| match failure {
            Failure::Problem(problem) => explain(text, problem),
            Failure::Size(error) => error,
        })?;
        Ok(true)
    })
}

fn explain(text: &str, Problem { exception, message }: Problem) -> SqlError {
    SqlError::argument(format!("Invalid format string: {text} ({exception}: {message})"))
}

/// Appends a number with three digits or so and a unit.
fn format_number(number: i64, out: &mut String) {
    let mut scaled = number as f64;
    let mut unit = "";
    for next in ["K", "M", "B", "T", "Q"] {
        if scaled.abs() < 1000.0 {
            break;
        }
        scaled /= 1000.0;
        unit = next;
    }
    // Negative numbers, being less than 10, have two decimals at any size.
    let decimals = if scaled < 10.0 {
        2
    } else if scaled < 100.0 {
        1
    } else {
        0
    };
    let text = UnsignedDecimal::exact(scaled).plain(decimals);
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if scaled < 0.0 {
        out.push('-');
    }
    out.push_str(text);
    out.push_str(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        for (number, want) in [
            (0, "0"),
            (999, "999"),
            (12_399, "12.4K"),
            (10_050, "10.1K"),
            (100_500, "101K"),
            (-1_125, "-1.13K"),
            (999_999, "1000K"),
            (-999_999_999_999, "-1000B"),
            (i64::MIN, "-9223.37Q"),
            (i64::MAX, "9223Q"),
            (-1_500, "-1.5K"),
        ] {
            let mut out = String::new();
            format_number(number, &mut out);
            assert_eq!(out, want);
        }
    }
}
