//! Compares answers. Formats must agree before they are measured.

use super::{BenchError, Query};
use crate::engine::{Answer, Engine};
use crate::output::{OutputFormat, WriterOptions, writer};
use arrow::datatypes::{DataType, Field, Fields};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Differing rows that are shown of each side.
const MAX_SHOWN_ROWS: usize = 3;
/// Characters of a row that are shown.
const MAX_ROW_CHARS: usize = 400;

/// Two formats that answer one query differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The query's name.
    pub query: String,
    /// The names of the two.
    pub formats: [&'static str; 2],
    /// In what the answers differ.
    pub what: String,
    /// The first rows that differ, as JSON, with the name of the format that has them.
    pub rows: Vec<(&'static str, String)>,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [one, other] = self.formats;
        write!(f, "{}: {one} and {other} answer differently: {}", self.query, self.what)?;
        self.rows.iter().try_for_each(|(format, row)| write!(f, "\n  {format}: {row}"))
    }
}

type Hash = [u8; 16];

/// An answer, small enough to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AnswerDigest {
    types: Vec<DataType>,
    ordered: bool,
    rows: Vec<Hash>,
}

/// Asks all engines, and returns how many rows the answer has, and how the first one that disagrees
/// with the first of all differs from it. Rows count in their order where the query orders them.
///
/// # Errors
/// When one of them cannot answer.
pub async fn compare(
    query: &Query,
    asked: &[(&'static str, &Engine)],
) -> Result<(u64, Option<Disagreement>), BenchError> {
    let Some((one, others)) = asked.split_first() else { return Ok((0, None)) };
    let a = digest(query, *one).await?;
    for other in others {
        let b = digest(query, *other).await?;
        let Some((what, wanted)) = difference(&a, &b) else { continue };
        let mut rows = Vec::new();
        for ((format, engine), hashes) in [*one, *other].into_iter().zip(wanted) {
            let texts = rows_of(query, (format, engine), &hashes).await?;
            rows.extend(texts.into_iter().map(|text| (format, text)));
        }
        let formats = [one.0, other.0];
        let found = Disagreement { query: query.name.clone(), formats, what, rows };
        return Ok((a.rows.len() as u64, Some(found)));
    }
    Ok((a.rows.len() as u64, None))
}

/// In what two answers differ, and rows of each that show it.
fn difference(a: &AnswerDigest, b: &AnswerDigest) -> Option<(String, [Vec<Hash>; 2])> {
    if a.types != b.types {
        return Some((format!("types {:?} and {:?}", a.types, b.types), [vec![], vec![]]));
    }
    let mut counts: HashMap<Hash, i64> = HashMap::new();
    a.rows.iter().for_each(|row| *counts.entry(*row).or_default() += 1);
    b.rows.iter().for_each(|row| *counts.entry(*row).or_default() -= 1);
    if counts.values().any(|count| *count != 0) {
        let mut only = |rows: &[Hash], sign: i64| -> Vec<Hash> {
            // Each is taken once.
            let mut is_only = |row: &&Hash| {
                let count = counts.get_mut(*row).filter(|count| **count * sign > 0);
                count.map(|count| *count = 0).is_some()
            };
            rows.iter().filter(&mut is_only).take(MAX_SHOWN_ROWS).copied().collect()
        };
        let (wanted, counted) =
            ([only(&a.rows, 1), only(&b.rows, -1)], [a, b].map(|d| d.rows.len()));
        return Some((
            format!("{} and {} rows; only in one of them:", counted[0], counted[1]),
            wanted,
        ));
    }
    let at = a.rows.iter().zip(&b.rows).position(|(a, b)| a != b).filter(|_| a.ordered)?;
    let what = format!(
        "the same rows in another order from row {} on; if ORDER BY leaves ties, order by more:",
        at + 1
    );
    Some((what, [vec![a.rows[at]], vec![b.rows[at]]]))
}

async fn digest(query: &Query, asked: (&'static str, &Engine)) -> Result<AnswerDigest, BenchError> {
    let mut digest_of_rows = AnswerDigest { types: Vec::new(), ordered: false, rows: Vec::new() };
    let answer = each_row(query, asked, &mut |row| digest_of_rows.rows.push(hash(row))).await?;
    digest_of_rows.types = answer.schema().fields().iter().map(|f| plain(f.data_type())).collect();
    digest_of_rows.ordered = answer.ordered;
    Ok(digest_of_rows)
}

/// The texts of the rows with these hashes, once each.
async fn rows_of(
    query: &Query,
    asked: (&'static str, &Engine),
    hashes: &[Hash],
) -> Result<Vec<String>, BenchError> {
    let mut texts = vec![String::new(); hashes.len()];
    let take = &mut |row: &[u8]| {
        if let Some(at) = hashes.iter().position(|wanted| *wanted == hash(row)) {
            let text = String::from_utf8_lossy(row);
            texts[at] = text.chars().take(MAX_ROW_CHARS).collect();
            if text.len() > texts[at].len() {
                texts[at].push_str("...");
            }
        }
    };
    each_row(query, asked, take).await?;
    Ok(texts)
}

/// Hands out every row as JSON: the same text from every format.
async fn each_row(
    query: &Query,
    (format, engine): (&'static str, &Engine),
    take: &mut dyn FnMut(&[u8]),
) -> Result<Answer, BenchError> {
    let failed =
        |error| BenchError::Query { query: query.name.clone(), format, error: Box::new(error) };
    let mut answer = engine.query(&query.sql).await.map_err(failed)?;
    let (labels, kinds) = (answer.labels.clone(), answer.types.clone());
    while let Some(batch) = answer.next().await {
        let mut lines = Vec::new();
        let mut out = writer(OutputFormat::Jsonl, &mut lines, &WriterOptions::default())?;
        out.begin(&labels, &kinds)?;
        out.rows(&batch.map_err(failed)?)?;
        drop(out);
        lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).for_each(&mut *take);
    }
    Ok(answer)
}

fn hash(row: &[u8]) -> Hash {
    let mut short = Hash::default();
    short.copy_from_slice(&Sha256::digest(row)[..16]);
    short
}

/// Returns a type without the ways in which text may be laid out in memory.
fn plain(kind: &DataType) -> DataType {
    let field =
        |field: &Arc<Field>| Arc::new(Field::new(field.name(), plain(field.data_type()), true));
    match kind {
        DataType::Utf8View => DataType::Utf8,
        DataType::Dictionary(_, values) => plain(values),
        DataType::List(item) => DataType::List(field(item)),
        DataType::Map(entries, sorted) => DataType::Map(field(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect::<Fields>()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest_of_rows(rows: &[u8], ordered: bool) -> AnswerDigest {
        let rows = rows.iter().map(|row| [*row; 16]).collect();
        AnswerDigest { types: vec![DataType::Utf8], ordered, rows }
    }

    #[track_caller]
    fn check(a: &[u8], b: &[u8], ordered: bool, want: Option<(&str, &[u8], &[u8])>) {
        let got = difference(&digest_of_rows(a, ordered), &digest_of_rows(b, ordered));
        let got = got.map(|(what, rows)| (what, rows.map(|r| r.iter().map(|h| h[0]).collect())));
        let want = want.map(|(what, a, b)| (what.to_owned(), [a.to_vec(), b.to_vec()]));
        assert_eq!(got, want);
    }

    #[test]
    fn rows_are_compared_with_their_number_and_in_order_where_there_is_one() {
        check(&[1, 2, 2], &[2, 1, 2], false, None);
        check(&[1, 2], &[1, 2], true, None);
        check(
            &[1, 2, 3],
            &[1, 3, 2],
            true,
            Some((
                "the same rows in another order from row 2 on; if ORDER BY leaves ties, order by more:",
                &[2],
                &[3],
            )),
        );
        let one = "2 and 3 rows; only in one of them:";
        check(&[1, 2], &[1, 1, 3], false, Some((one, &[2], &[1, 3])));
    }

    #[test]
    fn text_may_lie_in_memory_as_it_likes() {
        let text = |kind| DataType::Struct(vec![Field::new("a", kind, false)].into());
        let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        assert_eq!(plain(&text(DataType::Utf8View)), plain(&text(coded)));
        assert_ne!(plain(&text(DataType::Utf8View)), plain(&text(DataType::Int64)));
        let other = AnswerDigest { types: vec![DataType::Int64], ..digest_of_rows(&[], false) };
        let (what, _) = difference(&digest_of_rows(&[], false), &other).unwrap();
        assert_eq!(what, "types [Utf8] and [Int64]");
    }
}
