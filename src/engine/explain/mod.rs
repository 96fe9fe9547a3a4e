//! How a statement would be run: what EXPLAIN tells of the files of a scan (paths in the lake, and a few of them only), and
//! an outline for people.

mod expression;
mod outline;
mod scan;

use crate::store::Lake;
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use std::sync::Arc;

/// Files of a group that are named; DataFusion names up to five.
const FILES: usize = 2;

/// What stands before the files of a scan.
const GROUPS: &str = "file_groups={";

/// Returns the rows of an EXPLAIN with its texts made shorter.
pub(super) fn shortened(
    stream: SendableRecordBatchStream,
    lake: &Lake,
) -> SendableRecordBatchStream {
    let folder = folder(lake);
    let schema = stream.schema();
    let rows = stream.map(move |batch| shorten(batch?, &folder));
    Box::pin(RecordBatchStreamAdapter::new(schema, rows))
}

/// Returns the outline of a plan, in lines.
pub(super) fn outline(plan: &Arc<dyn ExecutionPlan>, lake: &Lake) -> String {
    let stores = lake.catalog().stores().unwrap_or_default();
    outline::outline(plan, &stores)
}

/// The lake's folder, as the paths of scans begin.
fn folder(lake: &Lake) -> String {
    let root = lake.paths().root();
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let path = object_store::path::Path::from_absolute_path(root);
    path.map_or_else(|_| String::new(), |path| format!("{path}/"))
}

fn shorten(batch: RecordBatch, folder: &str) -> Result<RecordBatch> {
    let texts = |column: &ArrayRef| -> ArrayRef {
        match column.as_string_opt::<i32>() {
            Some(texts) => {
                let short = texts.iter().map(|text| text.map(|text| shorter(text, folder)));
                Arc::new(short.collect::<StringArray>())
            }
            None => Arc::clone(column),
        }
    };
    let columns = batch.columns().iter().map(texts).collect();
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// Returns the text of a plan whose scans name a few files, by their paths in `folder`.
fn shorter(text: &str, folder: &str) -> String {
    let mut parts = text.split(GROUPS);
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        short.push_str(GROUPS);
        let end = part.find("]}").unwrap_or(0);
        let (groups, rest) = part.split_at(end);
        for (at, group) in groups.split('[').enumerate() {
            short.push_str(if at == 0 { "" } else { "[" });
            short.push_str(&few(group, folder));
        }
        short.push_str(rest);
    }
    short
}

/// The files of a group, up to the bracket behind them and what follows it, with the first ones only.
fn few(group: &str, folder: &str) -> String {
    let (files, rest) = group.split_at(group.find(']').unwrap_or(group.len()));
    let named: Vec<_> =
        files.split(", ").map(|file| file.strip_prefix(folder).unwrap_or(file)).collect();
    match named.get(..FILES) {
        Some(first) if named.len() > FILES => format!("{}, ...{rest}", first.join(", ")),
        _ => format!("{}{rest}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_their_path_in_the_lake() {
        let text = "A\n  B: file_groups={2 groups: [[home/l/stores/1/a.orc:0..5, home/l/stores/1/b.orc], \
                    [home/l/stores/1/c.orc, home/l/stores/1/d.orc, home/l/stores/1/e.orc, ...]]}, \
                    projection=[x], predicate=y = [home/l/z]\nC: file_groups={1 group: [[other/f]]}, limit=1";
        let want = "A\n  B: file_groups={2 groups: [[stores/1/a.orc:0..5, stores/1/b.orc], \
                    [stores/1/c.orc, stores/1/d.orc, ...]]}, projection=[x], predicate=y = [home/l/z]\n\
                    C: file_groups={1 group: [[other/f]]}, limit=1";
        assert_eq!(shorter(text, "home/l/"), want);
    }

    #[test]
    fn other_text_stays() {
        for text in
            ["", "Projection: a", "file_groups={", "file_groups={0 groups: []}", "x, y, z, a"]
        {
            assert_eq!(shorter(text, "home/"), text);
        }
    }
}
