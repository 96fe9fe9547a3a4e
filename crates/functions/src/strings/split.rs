//! Texts taken apart: `split`, `split_part`, `split_to_map`, `split_to_multimap`.

use super::lists::TextLists;
use crate::builder::{ArrayBuilder, TextBuilder, list, map};
use crate::call::{Call, Column};
use crate::registry::Registry;
use arrow::array::ArrayRef;
use hashbrown::HashMap;
use traillake_sql_types::Type;
use traillake_sql_types::error::{SqlError, SqlResult};

pub(super) fn register(registry: &mut Registry) {
    registry.add("split", "(varchar(x), varchar(y)) -> array(varchar(x))", |call| {
        split(call, |_| Some(i64::from(i32::MAX)))
    });
    registry.add("split", "(varchar(x), varchar(y), bigint) -> array(varchar(x))", |call| {
        let limits = call.column::<i64>(2)?;
        split(call, |row| limits.get(row))
    });
    registry.add("split_part", "(varchar(x), varchar(y), bigint) -> varchar(x)", split_part);
    let map = "(varchar, varchar, varchar) -> map(varchar, varchar)";
    registry.add("split_to_map", map, split_to_map);
    let multimap = "(varchar, varchar, varchar) -> map(varchar, array(varchar))";
    registry.add("split_to_multimap", multimap, split_to_multimap);
}

fn split(call: &Call<'_>, limit: impl Fn(usize) -> Option<i64>) -> SqlResult<ArrayRef> {
    let (texts, delimiters) = (call.column::<&str>(0)?, call.column::<&str>(1)?);
    let mut out = TextLists::with_capacity(call.rows());
    for row in 0..call.rows() {
        let (Some(text), Some(delimiter), Some(limit)) =
            (texts.get(row), delimiters.get(row), limit(row))
        else {
            out.end(false)?;
            continue;
        };
        if limit <= 0 {
            return Err(SqlError::argument("Limit must be positive"));
        }
        let limit = i32::try_from(limit).map_err(|_| SqlError::argument("Limit is too large"))?;
        if delimiter.is_empty() {
            return Err(SqlError::argument("The delimiter may not be the empty string"));
        }
        for part in text.splitn(limit as usize, delimiter) {
            out.push(Some(part))?;
        }
        out.end(true)?;
    }
    out.finish(call.result())
}

fn split_part(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let (texts, delimiters) = (call.column::<&str>(0)?, call.column::<&str>(1)?);
    let indices = call.column::<i64>(2)?;
    call.each_text(|row, out| {
        let (Some(text), Some(delimiter), Some(index)) =
            (texts.get(row), delimiters.get(row), indices.get(row))
        else {
            return Ok(false);
        };
        if index <= 0 {
            return Err(SqlError::argument("Index must be greater than zero"));
        }
        let at = usize::try_from(index - 1).unwrap_or(usize::MAX);
        if delimiter.is_empty() {
            let part = text.chars().nth(at);
            out.extend(part);
            return Ok(part.is_some());
        }
        let part = text.split(delimiter).nth(at);
        out.extend(part);
        Ok(part.is_some())
    })
}

/// The arguments of `split_to_map` and `split_to_multimap`.
struct Entries<'a> {
    texts: Column<'a, &'a str>,
    between_entries: Column<'a, &'a str>,
    inside_entries: Column<'a, &'a str>,
}

impl<'a> Entries<'a> {
    fn new(call: &Call<'a>) -> SqlResult<Self> {
        Ok(Self {
            texts: call.column(0)?,
            between_entries: call.column(1)?,
            inside_entries: call.column(2)?,
        })
    }

    /// Returns a row's text and delimiters, unless one is NULL.
    fn get(&self, row: usize) -> SqlResult<Option<(&'a str, &'a str, &'a str)>> {
        let (Some(text), Some(between), Some(inside)) =
            (self.texts.get(row), self.between_entries.get(row), self.inside_entries.get(row))
        else {
            return Ok(None);
        };
        if between.is_empty() {
            return Err(SqlError::argument("entryDelimiter is empty"));
        }
        if inside.is_empty() {
            return Err(SqlError::argument("keyValueDelimiter is empty"));
        }
        if between == inside {
            return Err(SqlError::argument(
                "entryDelimiter and keyValueDelimiter must not be the same",
            ));
        }
        Ok(Some((text, between, inside)))
    }
}

/// Calls `f` with each entry's key and value; `bad` makes the end of the error for a malformed entry.
fn entries<'a>(
    (text, between, inside): (&'a str, &str, &str),
    bad: impl Fn(&str) -> String,
    mut f: impl FnMut(&'a str, &'a str) -> SqlResult<()>,
) -> SqlResult<()> {
    let mut rest = text;
    while !rest.is_empty() {
        let (entry, after) = rest.split_once(between).unwrap_or((rest, ""));
        rest = after;
        let pair = entry.split_once(inside).filter(|(_, value)| !value.contains(inside));
        let (key, value) = pair.ok_or_else(|| {
            SqlError::argument(format!(
                "Key-value delimiter must appear exactly once in each entry. Bad input: {}",
                bad(entry)
            ))
        })?;
        f(key, value)?;
    }
    Ok(())
}

fn count_of(count: usize) -> SqlResult<i32> {
    i32::try_from(count).map_err(|_| super::oversized())
}

fn split_to_map(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let arguments = Entries::new(call)?;
    let rows = call.rows();
    let (mut keys, mut values) =
        (TextBuilder::with_capacity(rows), TextBuilder::with_capacity(rows));
    let (mut offsets, mut nulls, mut count) = (vec![0], Vec::with_capacity(rows), 0_usize);
    let mut seen: HashMap<&str, ()> = HashMap::new();
    for row in 0..rows {
        let arguments = arguments.get(row)?;
        nulls.push(arguments.is_some());
        if let Some(arguments) = arguments {
            seen.clear();
            entries(
                arguments,
                |entry| format!("'{entry}'"),
                |key, value| {
                    if seen.insert(key, ()).is_some() {
                        return Err(SqlError::argument(format!(
                            "Duplicate keys ({key}) are not allowed"
                        )));
                    }
                    count += 1;
                    keys.push(key)?;
                    values.push(value)
                },
            )?;
        }
        offsets.push(count_of(count)?);
    }
    let (keys, values) = (keys.finish(&Type::VARCHAR)?, values.finish(&Type::VARCHAR)?);
    map(offsets, keys, values, nulls, call.result())
}

fn split_to_multimap(call: &Call<'_>) -> SqlResult<ArrayRef> {
    let arguments = Entries::new(call)?;
    let rows = call.rows();
    let mut keys = TextBuilder::with_capacity(rows);
    let mut values = TextLists::with_capacity(rows);
    let (mut offsets, mut nulls, mut count) = (vec![0], Vec::with_capacity(rows), 0_usize);
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in 0..rows {
        let arguments = arguments.get(row)?;
        nulls.push(arguments.is_some());
        if let Some(arguments) = arguments {
            places.clear();
            groups.clear();
            entries(arguments, str::to_owned, |key, value| {
                let place = *places.entry(key).or_insert(groups.len());
                match groups.get_mut(place) {
                    Some((_, group)) => group.push(value),
                    None => groups.push((key, vec![value])),
                }
                Ok(())
            })?;
            for (key, group) in &groups {
                keys.push(key)?;
                for value in group {
                    values.push(Some(value))?;
                }
                values.end(true)?;
            }
            count += groups.len();
        }
        offsets.push(count_of(count)?);
    }
    let (items, bounds) = values.parts()?;
    let valid = vec![true; bounds.len().saturating_sub(1)];
    let values = list(bounds, items, valid, &Type::array(Type::VARCHAR))?;
    map(offsets, keys.finish(&Type::VARCHAR)?, values, nulls, call.result())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> SqlResult<Vec<(&str, &str)>> {
        let mut all = Vec::new();
        entries((text, ",", "=>"), str::to_owned, |key, value| {
            all.push((key, value));
            Ok(())
        })?;
        Ok(all)
    }

    #[test]
    fn entries_of_text() {
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read("a=>1,=>,").unwrap(), [("a", "1"), ("", "")]);
        for bad in ["a", "a=>b=>c", ",a=>1"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
