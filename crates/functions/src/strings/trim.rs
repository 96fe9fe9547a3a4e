//! `trim`, `ltrim` and `rtrim`: of white space, or of given code points.

use crate::call::Call;
use crate::registry::{Eval, Failure, Registry};
use arrow::array::ArrayRef;
use traillake_sql_types::Type;
use traillake_sql_types::error::SqlResult;

pub(super) fn register(registry: &mut Registry) {
    let functions: [(&str, Eval, Eval); 3] = [
        ("trim", |call| spaces(call, true, true), |call| given(call, true, true)),
        ("ltrim", |call| spaces(call, true, false), |call| given(call, true, false)),
        ("rtrim", |call| spaces(call, false, true), |call| given(call, false, true)),
    ];
    for (name, spaces, given) in functions {
        for signature in ["(varchar(x)) -> varchar(x)", "(char(x)) -> varchar(x)"] {
            registry.add(name, signature, spaces).fails(Failure::Never);
        }
        for signature in
            ["(varchar(x), varchar(y)) -> varchar(x)", "(char(x), varchar(y)) -> varchar(x)"]
        {
            registry.add(name, signature, given);
        }
    }
}

fn spaces(call: &Call<'_>, left: bool, right: bool) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    call.text1(|text: &str, out| {
        out.push_str(cut(unpadded(text, data_type), left, right, is_space));
        Ok(())
    })
}

fn given(call: &Call<'_>, left: bool, right: bool) -> SqlResult<ArrayRef> {
    let data_type = call.argument_type(0);
    call.text2(|text: &str, set: &str, out| {
        out.push_str(cut(unpadded(text, data_type), left, right, |c| set.contains(c)));
        Ok(())
    })
}

/// Returns a value without the padding of `char(n)`, which is removed first.
fn unpadded<'a>(text: &'a str, data_type: &Type) -> &'a str {
    if matches!(data_type, Type::Char(_)) { text.trim_end_matches(' ') } else { text }
}

fn cut(text: &str, left: bool, right: bool, goes: impl Fn(char) -> bool) -> &str {
    let text = if left { text.trim_start_matches(&goes) } else { text };
    if right { text.trim_end_matches(&goes) } else { text }
}

/// Whether a code point is white space: as Java's `Character.isWhitespace` has it, which leaves out
/// spaces that do not break.
fn is_space(c: char) -> bool {
    matches!(c,
        '\t'..='\r' | '\u{1c}'..=' ' | '\u{1680}' | '\u{2000}'..='\u{2006}'
        | '\u{2008}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_that_do_not_break_stay() {
        assert_eq!(cut("\u{3000}\ta\u{a0} ", true, true, is_space), "a\u{a0}");
        assert_eq!(cut(" a ", true, false, is_space), "a ");
        assert_eq!(cut("xax", false, true, |c| c == 'x'), "xa");
    }
}
