//! The functions over patterns: `regexp_like`, `regexp_extract`, `regexp_replace` and so on.

use super::pattern::Pattern;
use super::replacement::Replacement;
use crate::builder::list;
use crate::call::{Call, Column, wrong_layout};
use crate::registry::Registry;
use crate::strings::{TextLists, bound_of, check_size, oversized, varchar_of};
use arrow::array::{Array, ArrayRef, AsArray};
use std::ops::Range;
use std::sync::Arc;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(crate) fn register(registry: &mut Registry) {
    registry.add("regexp_like", "(varchar(x), varchar(y)) -> boolean", like);
    registry.add("regexp_count", "(varchar(x), varchar(y)) -> bigint", count);
    for signature in [
        "(varchar(x), varchar(y)) -> integer",
        "(varchar(x), varchar(y), integer) -> integer",
        "(varchar(x), varchar(y), integer, integer) -> integer",
    ] {
        registry.add("regexp_position", signature, position);
    }
    for signature in
        ["(varchar(x), varchar(y)) -> varchar(x)", "(varchar(x), varchar(y), bigint) -> varchar(x)"]
    {
        registry.add("regexp_extract", signature, extract);
    }
    for signature in [
        "(varchar(x), varchar(y)) -> array(varchar(x))",
        "(varchar(x), varchar(y), bigint) -> array(varchar(x))",
    ] {
        registry.add("regexp_extract_all", signature, extract_all);
    }
    registry.add("regexp_split", "(varchar(x), varchar(y)) -> array(varchar(x))", split);
    registry.add("regexp_replace", "(varchar(x), varchar(y)) -> varchar(x)", |call| {
        replace(call, |_| Some(""))
    });
    registry
        .add("regexp_replace", "(varchar(x), varchar(y), varchar(z)) -> varchar(x)", |call| {
            let replacements = call.column::<&str>(2)?;
            replace(call, |row| replacements.get(row))
        })
        .returns(replaced);
    registry.add(
        "regexp_replace",
        "(varchar, varchar, function(array(varchar), varchar(x))) -> varchar",
        replace_by_lambda,
    );
}

/// Texts and patterns: the first two arguments of all functions.
struct Subjects<'a> {
    texts: Column<'a, &'a str>,
    patterns: Column<'a, &'a str>,
    constant: Option<Arc<Pattern>>,
}

impl<'a> Subjects<'a> {
    fn new(call: &Call<'a>) -> SqlResult<Self> {
        let constant = match call.constant::<&str>(1)? {
            Some(text) if call.rows() > 0 => Some(call.compiled(text, Pattern::new)?),
            _ => None,
        };
        Ok(Self { texts: call.column(0)?, patterns: call.column(1)?, constant })
    }

    /// Returns the text and the pattern of a row, unless one is NULL.
    fn get(&self, call: &Call<'a>, row: usize) -> SqlResult<Option<(&'a str, Arc<Pattern>)>> {
        let Some(text) = self.texts.get(row) else { return Ok(None) };
        if let Some(pattern) = &self.constant {
            return Ok(Some((text, Arc::clone(pattern))));
        }
        let Some(pattern) = self.patterns.get(row) else { return Ok(None) };
        Ok(Some((text, call.compiled(pattern, Pattern::new)?)))
    }
}

fn like(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    call.each(|row| match sources.get(call, row)? {
        Some((text, pattern)) => pattern.is_match(text).map(Some),
        None => Ok(None),
    })
}

fn count(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    call.each(|row| {
        let Some((text, pattern)) = sources.get(call, row)? else { return Ok(None) };
        let mut matches = pattern.matches(text, 0)?;
        let mut count = 0_i64;
        while matches.next()?.is_some() {
            count += 1;
        }
        Ok(Some(count))
    })
}

/// The argument at a place, or its default where there are fewer.
fn optional<'a>(
    call: &Call<'a>,
    at: usize,
) -> SqlResult<impl Fn(usize, i32) -> Option<i32> + use<'a>> {
    let column = (call.len() > at).then(|| call.column::<i32>(at)).transpose()?;
    Ok(move |row, otherwise| column.as_ref().map_or(Some(otherwise), |column| column.get(row)))
}

fn position(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    let (starts, occurrences) = (optional(call, 2)?, optional(call, 3)?);
    call.each(|row| {
        let (Some((text, pattern)), Some(start), Some(occurrence)) =
            (sources.get(call, row)?, starts(row, 1), occurrences(row, 1))
        else {
            return Ok(None);
        };
        if start < 1 {
            return Err(SqlError::argument("start position cannot be smaller than 1"));
        }
        if occurrence < 1 {
            return Err(SqlError::argument("occurrence cannot be smaller than 1"));
        }
        let skipped = usize::try_from(start - 1).unwrap_or(usize::MAX);
        let Some((from, _)) = text.char_indices().nth(skipped) else { return Ok(Some(-1)) };
        let mut matches = pattern.matches(text, from)?;
        let mut found = matches.next()?;
        for _ in 1..occurrence {
            if found.is_none() {
                break;
            }
            found = matches.next()?;
        }
        let position = found.map_or(-1, |found| text[..found.start].chars().count() as i32 + 1);
        Ok(Some(position))
    })
}

/// Returns which group of a row is asked for, unless that is NULL.
fn groups<'a>(call: &Call<'a>) -> SqlResult<impl Fn(usize) -> Option<i64> + use<'a>> {
    let column = (call.len() > 2).then(|| call.column::<i64>(2)).transpose()?;
    Ok(move |row| column.as_ref().map_or(Some(0), |column| column.get(row)))
}

fn extract(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    let groups = groups(call)?;
    call.each_text(|row, out| {
        let (Some((text, pattern)), Some(group)) = (sources.get(call, row)?, groups(row)) else {
            return Ok(false);
        };
        let group = pattern.group(group)?;
        let mut matches = pattern.matches(text, 0)?;
        let found = if group == 0 {
            matches.next()?.map(|range| &text[range])
        } else {
            matches.next_groups()?.and_then(|found| found.text(group))
        };
        out.extend(found);
        Ok(found.is_some())
    })
}

fn extract_all(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    let groups = groups(call)?;
    let mut out = TextLists::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (Some((text, pattern)), Some(group)) = (sources.get(call, row)?, groups(row)) else {
            out.end(false)?;
            continue;
        };
        let group = pattern.group(group)?;
        let mut matches = pattern.matches(text, 0)?;
        if group == 0 {
            while let Some(range) = matches.next()? {
                out.push(Some(&text[range]))?;
            }
        } else {
            while let Some(found) = matches.next_groups()? {
                out.push(found.text(group))?;
            }
        }
        out.end(true)?;
    }
    out.finish(call.result())
}

fn split(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    let mut out = TextLists::with_capacity(call.rows());
    for row in 0..call.rows() {
        let Some((text, pattern)) = sources.get(call, row)? else {
            out.end(false)?;
            continue;
        };
        let mut matches = pattern.matches(text, 0)?;
        let mut end = 0;
        while let Some(range) = matches.next()? {
            out.push(text.get(end..range.start))?;
            end = range.end;
        }
        out.push(text.get(end..))?;
        out.end(true)?;
    }
    out.finish(call.result())
}

/// The type of `regexp_replace`: a replacement, which may hold the match, for each character and the
/// end.
fn replaced(types: &[Type]) -> SqlResult<Type> {
    let bound = |at: usize| types.get(at).and_then(bound_of);
    let length = match (bound(0), bound(2)) {
        (Some(text), Some(to)) => {
            let each = (text.saturating_mul(to) / 2).max(to);
            Some(text.saturating_add(each.saturating_mul(text.saturating_add(1))))
        }
        _ => None,
    };
    Ok(varchar_of(length))
}

fn replace<'a>(
    call: &Call<'a>,
    replacement: impl Fn(usize) -> Option<&'a str>,
) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    let mut last: Option<(&str, Arc<Pattern>, Replacement)> = None;
    call.each_text(|row, out| {
        let (Some((text, pattern)), Some(to)) = (sources.get(call, row)?, replacement(row)) else {
            return Ok(false);
        };
        let mut matches = pattern.matches(text, 0)?;
        let (before, mut end) = (out.len(), 0);
        // A malformed replacement is an error only where it replaces something.
        let known = |(known, of, _): &(&str, Arc<Pattern>, Replacement)| {
            *known == to && Arc::ptr_eq(of, &pattern)
        };
        if !last.as_ref().is_some_and(known) {
            if !pattern.is_match(text)? {
                out.push_str(text);
                return Ok(true);
            }
            let parsed = Replacement::parse(to, &pattern)?;
            last = Some((to, Arc::clone(&pattern), parsed));
        }
        let Some((_, _, replacement)) = &last else { return Ok(false) };
        match replacement.plain() {
            Some(plain) => {
                while let Some(range) = matches.next()? {
                    out.push_str(text.get(end..range.start).unwrap_or_default());
                    check_size(before, out.len() - before + plain.len())?;
                    out.push_str(plain);
                    end = range.end;
                }
            }
            None => {
                while let Some(groups) = matches.next_groups()? {
                    let Some(range) = groups.range(0) else { break };
                    out.push_str(text.get(end..range.start).unwrap_or_default());
                    replacement.write(&groups, before, out)?;
                    end = range.end;
                }
            }
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Ok(true)
    })
}

/// Replaces each match by what a lambda makes of its groups. A replacement that is NULL makes all of
/// the row's result NULL.
fn replace_by_lambda(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let sources = Subjects::new(call)?;
    let mut groups = TextLists::with_capacity(call.rows());
    let mut rows = Vec::new();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for row in 0..call.rows() {
        let Some((text, pattern)) = sources.get(call, row)? else { continue };
        let mut matches = pattern.matches(text, 0)?;
        while let Some(found) = matches.next_groups()? {
            let Some(range) = found.range(0) else { break };
            for group in 1..=pattern.groups() {
                groups.push(found.text(group))?;
            }
            groups.end(true)?;
            rows.push(u32::try_from(row).map_err(|_| oversized())?);
            ranges.push(range);
        }
    }
    let (items, offsets) = groups.parts()?;
    let valid = vec![true; rows.len()];
    let arrays = list(offsets, items, valid, &Type::array(Type::VARCHAR))?;
    let replacements = call.lambda(2)?.call(&rows, &[arrays])?;
    let replacements = replacements
        .as_string_opt::<i32>()
        .ok_or_else(|| wrong_layout("the result of the lambda of regexp_replace", &replacements))?;
    let mut at = 0;
    call.each_text(|row, out| {
        let start = at;
        while rows.get(at).is_some_and(|of| *of as usize == row) {
            at += 1;
        }
        let (Some(text), Some(_)) = (sources.texts.get(row), sources.patterns.get(row)) else {
            return Ok(false);
        };
        let (before, mut end) = (out.len(), 0);
        for (found, range) in ranges.iter().enumerate().take(at).skip(start) {
            if replacements.is_null(found) {
                return Ok(false);
            }
            out.push_str(text.get(end..range.start).unwrap_or_default());
            let replacement = replacements.value(found);
            check_size(before, out.len() - before + replacement.len())?;
            out.push_str(replacement);
            end = range.end;
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_replacements() {
        for (text, to, want) in [(3, 2, 15), (0, 2, 2), (3, 0, 3), (4, 4, 44), (10, 3, 175)] {
            let types = [text, 0, to].map(|length| Type::Varchar(Some(length)));
            assert_eq!(replaced(&types).unwrap(), Type::Varchar(Some(want)));
        }
    }
}
